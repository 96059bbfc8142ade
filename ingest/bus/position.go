package bus

import (
	"context"
	"math"
	"strconv"
	"sync"
	"time"

	"qianliyan/ingest/observe"
)

// position is how far a consumer is in a partition, for the lag.
type position struct {
	b                     *Bus
	topic, part, consumer string

	mu        sync.Mutex
	end, done int64 // -1 before the first word of it
}

func (b *Bus) position(topic string, part int, consumer string) *position {
	return &position{b: b, topic: topic, part: strconv.Itoa(part), consumer: consumer, end: -1, done: -1}
}

func (p *position) sawEnd(end int64)   { p.set(&p.end, end) }
func (p *position) sawDone(next int64) { p.set(&p.done, next) }

func (p *position) set(field *int64, v int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*field = v
	if p.end >= 0 && p.done >= 0 {
		p.b.lag.WithLabelValues(p.topic, p.part, p.consumer).Set(float64(max(p.end-p.done, 0)))
	}
}

// forget removes the lag: another member of the group shows it now.
func (p *position) forget() {
	p.b.lag.DeleteLabelValues(p.topic, p.part, p.consumer)
}

// consumer counts for whoever reads, and calls its handler.
type consumer struct {
	b     *Bus
	topic string
	name  string
	meter *observe.Meter
}

func (b *Bus) consumer(topic, name string) *consumer {
	return &consumer{b, topic, name, observe.New(b.reg, "bus", name).
		MayDiscard("damaged", "trimmed").MayFail("handler", "stalled", "commit", "offset", "read", "checksum", "damaged")}
}

// handle calls fn until it returns nil or ctx ends; it reports which. A handler
// that takes longer than Config.StallAfter, tries included, is logged and
// counted again and again, as heartbeats go on meanwhile and nobody else would
// notice.
func (c *consumer) handle(ctx context.Context, recs []Record, fn func() error) bool {
	c.meter.Received(len(recs))
	begin := time.Now()
	var watch *time.Timer
	// Set going only once watch holds it, as the function uses watch.
	watch = time.AfterFunc(math.MaxInt64, func() {
		c.meter.Error("stalled")
		c.b.log.Error("handler makes no progress", "name", c.name, "topic", c.topic,
			"partition", recs[0].Partition, "offset", recs[0].Offset, "took", time.Since(begin))
		watch.Reset(c.b.cfg.StallAfter.D())
	})
	watch.Reset(c.b.cfg.StallAfter.D())
	defer watch.Stop()
	for try := 0; ; try++ {
		err := fn()
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return false
		}
		c.meter.Error("handler")
		c.b.log.Warn("cannot handle records, trying again", "name", c.name, "topic", c.topic,
			"partition", recs[0].Partition, "offset", recs[0].Offset, "records", len(recs), "try", try+1, "err", short(err))
		if !c.b.pause(ctx, try) {
			return false
		}
	}
	c.meter.Sent(len(recs))
	age := c.b.age.WithLabelValues(c.name)
	now := time.Now()
	for _, r := range recs {
		age.Observe(max(now.Sub(r.Time).Seconds(), 0))
	}
	return true
}
