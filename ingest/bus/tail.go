package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"

	"qianliyan/ingest/item"
	"qianliyan/ingest/observe"
)

// fetchBytes bounds one answer of the broker; a larger single batch still comes
// whole.
const fetchBytes = 4 << 20

// chunk is what one fetch brought of one partition.
type chunk struct {
	part  int
	recs  []Record
	next  int64 // where to go on once recs are done
	bytes int
}

// tail reads one partition by single fetch requests. kafka-go's Reader moves on
// by itself where an offset does not fit the log, delivers damaged batches,
// hides where the log ends while it is idle, and its Close can hang; a request
// has an answer or an error.
type tail struct {
	b     *Bus
	topic string
	part  int
	next  int64 // next offset to read; negative: the first there is
	end   int64 // the log's end when last seen
	pos   *position
	meter *observe.Meter

	placed bool      // next was compared with the log since the last error
	moved  time.Time // when records last came, or none were left to come
}

// run emits chunks until ctx ends (nil) or the offset does not fit the log (an
// *OffsetError). Everything else is logged, counted and tried again.
func (t *tail) run(ctx context.Context, emit func(context.Context, chunk) error) error {
	t.moved = time.Now()
	for fails := 0; ctx.Err() == nil; {
		c, err := t.step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrOffsetBeyondEnd):
			t.meter.Error("offset")
			return err
		case err != nil:
			t.placed = false
			t.meter.Error("read")
			if fails == 3 { // a broker that restarts gives a few
				t.b.log.Warn("cannot read", "topic", t.topic, "partition", t.part, "offset", t.next, "err", short(err))
			}
			t.b.pause(ctx, fails)
			fails++
			continue
		}
		fails = 0
		if c.next > t.next {
			t.next, t.moved = c.next, time.Now()
			if emit(ctx, c) != nil {
				return nil // only the end of ctx
			}
		}
		t.watch()
	}
	return nil
}

// watch says when records are there and none come.
func (t *tail) watch() {
	if t.next >= t.end {
		t.moved = time.Now()
	}
	if time.Since(t.moved) > t.b.cfg.StallAfter.D() {
		t.meter.Error("stalled")
		t.b.log.Error("reading makes no progress", "topic", t.topic, "partition", t.part, "offset", t.next, "end", t.end)
		t.moved = time.Now()
		t.placed = false
	}
}

// step waits up to Config.MaxWait for records. An empty chunk is no error.
func (t *tail) step(ctx context.Context) (chunk, error) {
	c := chunk{part: t.part, next: t.next}
	if !t.placed {
		if err := t.place(ctx); err != nil {
			return c, err
		}
		c.next = t.next
	}
	recs, end, err := t.fetch(ctx, t.next)
	if damaged(err) {
		return t.passDamage(ctx, err)
	}
	if errors.Is(err, kafka.OffsetOutOfRange) || err == nil && end < max(t.end, t.next) {
		t.placed = false // the log became shorter or was trimmed: place judges
		return c, nil
	}
	if err != nil {
		return c, err
	}
	t.end = end
	t.pos.sawEnd(end)
	for _, r := range recs {
		c.next = r.Offset + 1
		if want, ok := r.Headers[HeaderCRC]; ok && want != checksum(r.Value) {
			t.meter.Error("checksum")
			cause := fmt.Errorf("value has checksum %s, its header says %s: damaged on the way", checksum(r.Value), want)
			if err := t.bury(ctx, r, cause); err != nil {
				return c, err
			}
			continue
		}
		c.bytes += len(r.Value)
		c.recs = append(c.recs, r)
	}
	return c, nil
}

// bury puts aside what cannot be read. A damaged record of Dead itself is only
// counted: each reader of Dead would add another.
func (t *tail) bury(ctx context.Context, r Record, cause error) error {
	if t.topic == Dead {
		t.meter.Discarded("damaged", 1)
		return nil
	}
	return t.b.Bury(ctx, r, "bus", cause)
}

// place compares where to read, and the end seen before, with what the broker
// has. What lies beyond the end is looked at again for Config.GuardWait.
func (t *tail) place(ctx context.Context) error {
	until := time.Now().Add(t.b.cfg.GuardWait.D())
	for n := 0; ; n++ {
		all, err := t.b.Bounds(ctx, t.topic)
		if err != nil {
			return err
		}
		bound, need := all[t.part], max(t.next, t.end)
		switch {
		case need > bound.Last && time.Now().After(until):
			return &OffsetError{t.topic, t.part, need, bound}
		case need > bound.Last:
			if !t.b.pause(ctx, min(n, 4)) {
				return ctx.Err()
			}
			continue
		case t.next < 0:
			t.next = bound.First
		case t.next < bound.First:
			t.meter.Discarded("trimmed", int(bound.First-t.next))
			t.b.log.Warn("records were dropped by the broker before they were read",
				"topic", t.topic, "partition", t.part, "offset", t.next, "first", bound.First)
			t.next = bound.First
		}
		t.end, t.placed = bound.Last, true
		t.pos.sawDone(t.next)
		t.pos.sawEnd(t.end)
		return nil
	}
}

// fetch reads from offset at, and the log's end with it.
func (t *tail) fetch(ctx context.Context, at int64) ([]Record, int64, error) {
	ctx, cancel := context.WithTimeout(ctx, t.b.cfg.MaxWait.D()+2*requestTimeout)
	defer cancel()
	res, err := t.b.fetcher.Fetch(ctx, &kafka.FetchRequest{
		Topic: t.b.name(t.topic), Partition: t.part, Offset: at,
		MinBytes: 1, MaxBytes: fetchBytes, MaxWait: t.b.cfg.MaxWait.D(),
	})
	if err != nil {
		return nil, 0, err
	}
	var recs []Record
	for {
		kr, err := res.Records.ReadRecord()
		if err != nil {
			if !errors.Is(err, io.EOF) && res.Error == nil {
				res.Error = err
			}
			return recs, res.HighWatermark, res.Error
		}
		r, err := t.record(kr)
		if err != nil {
			return nil, 0, err
		}
		if r.Offset >= at { // a batch may begin earlier
			recs = append(recs, r)
		}
	}
}

// record copies what kafka-go holds in pages it takes back.
func (t *tail) record(kr *kafka.Record) (Record, error) {
	key, err := bytesOf(kr.Key)
	if err != nil {
		return Record{}, err
	}
	r := Record{Topic: t.topic, Partition: t.part, Offset: kr.Offset, Key: item.ID(key), Time: kr.Time}
	if r.Value, err = bytesOf(kr.Value); err != nil {
		return Record{}, err
	}
	if len(kr.Headers) > 0 {
		r.Headers = make(map[string]string, len(kr.Headers))
		for _, h := range kr.Headers {
			r.Headers[h.Key] = string(h.Value)
		}
	}
	return r, nil
}

func bytesOf(b kafka.Bytes) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	defer b.Close()
	return kafka.ReadAll(b)
}
