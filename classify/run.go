package classify

import (
	"context"
	"errors"
	"maps"
	"sync"

	"qianliyan/classify/label"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
)

// group is the consumer group all classify processes share.
const group = "classify"

// Run labels what arrives on items.raw until ctx ends, and then returns nil.
func (p *Pipeline) Run(ctx context.Context) error {
	if p.bus == nil {
		return errors.New("cannot run classify: no bus")
	}
	return p.bus.Group(ctx, group, bus.Raw, p.handle)
}

// answer is what became of one record: out, or the reason to bury it.
type answer struct {
	out bus.Record
	err error
}

// handle labels one batch and publishes it in its order. It returns nil once
// every record lies on items.labeled or items.dead.
func (p *Pipeline) handle(ctx context.Context, recs []bus.Record) error {
	p.meter.Received(len(recs))
	answers, err := p.labelAll(ctx, recs)
	if err != nil {
		return err
	}
	out := make([]bus.Record, 0, len(recs))
	from := make([]bus.Record, 0, len(recs)) // from[i] became out[i]
	for i, a := range answers {
		if a.err != nil {
			if err := p.bury(ctx, recs[i], "label", a.err); err != nil {
				return err
			}
			continue
		}
		out, from = append(out, a.out), append(from, recs[i])
	}
	return p.publish(ctx, out, from)
}

// publish writes out. A record that became too large with its labels can never
// be written and is buried as it was received; any other failure is returned,
// and the whole batch is tried again.
func (p *Pipeline) publish(ctx context.Context, out, from []bus.Record) error {
	err := p.bus.Publish(ctx, bus.Labeled, out)
	var failed *bus.PublishError
	if err == nil || !errors.As(err, &failed) {
		if err == nil {
			p.meter.Sent(len(out))
		}
		return err
	}
	for i, e := range failed.Errs {
		if e != nil && !errors.Is(e, bus.ErrTooLarge) {
			p.meter.Error("publish")
			return err
		}
		if e != nil {
			if err := p.bury(ctx, from[i], "size", e); err != nil {
				return err
			}
			continue
		}
		p.meter.Sent(1)
	}
	return nil
}

func (p *Pipeline) bury(ctx context.Context, rec bus.Record, reason string, cause error) error {
	p.log.Error("item cannot be labelled", "stage", "classify", "item_id", rec.Key, "partition", rec.Partition, "offset", rec.Offset, "err", cause)
	p.meter.Discarded(reason, 1)
	return p.bus.Bury(ctx, rec, "classify", cause)
}

// labelAll answers every record, as many at a time as there are free slots.
// The error is ctx's; what is wrong with a record stands in its answer.
func (p *Pipeline) labelAll(ctx context.Context, recs []bus.Record) ([]answer, error) {
	answers := make([]answer, len(recs))
	var wg sync.WaitGroup
	defer wg.Wait()
	for i, rec := range recs {
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		wg.Go(func() {
			defer func() { <-p.slots }()
			answers[i].out, answers[i].err = p.labelRecord(ctx, rec)
		})
	}
	wg.Wait()
	return answers, ctx.Err()
}

func (p *Pipeline) labelRecord(ctx context.Context, rec bus.Record) (bus.Record, error) {
	it, err := item.Decode(rec.Value)
	if err != nil {
		return bus.Record{}, err
	}
	l, err := p.Label(ctx, it)
	if err != nil {
		return bus.Record{}, err
	}
	value, err := label.Encode(l)
	if err != nil {
		return bus.Record{}, err
	}
	// The checksum belongs to the old value; Publish sets the new one.
	headers := maps.Clone(rec.Headers)
	delete(headers, bus.HeaderCRC)
	return bus.Record{Key: rec.Key, Value: value, Headers: headers}, nil
}
