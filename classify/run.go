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

// Group is the consumer group all classify processes share.
const Group = "classify"

// Run labels what arrives on items.raw until ctx ends, and then returns nil.
func (p *Pipeline) Run(ctx context.Context) error {
	if p.bus == nil {
		return errors.New("cannot run classify: no bus")
	}
	return p.bus.Group(ctx, Group, bus.Raw, p.handle)
}

// answer is what became of one record: out, or the reason to bury it.
type answer struct {
	out bus.Record
	err error
}

// handle labels one batch and publishes it in its order. It returns nil once
// every record lies on items.labeled or items.dead. After an error the batch
// comes again whole; what lies there already is written a second time, which
// every reader takes without harm. So it counts only when all is done.
func (p *Pipeline) handle(ctx context.Context, recs []bus.Record) error {
	answers, err := p.labelAll(ctx, recs)
	if err != nil {
		return err
	}
	var out []bus.Record
	var from []int // out[i] was made of recs[from[i]]
	for i, a := range answers {
		if a.err == nil {
			out, from = append(out, a.out), append(from, i)
		}
	}
	large, err := p.publish(ctx, out)
	if err != nil {
		p.meter.Error("publish")
		return err
	}
	for i, e := range large {
		answers[from[i]].err = e
	}
	for i, a := range answers {
		if a.err == nil {
			continue
		}
		if err := p.bus.Bury(ctx, recs[i], "classify", a.err); err != nil {
			p.meter.Error("bury")
			return err
		}
		p.log.Error("item cannot be labelled", "stage", "classify", "item_id", recs[i].Key,
			"partition", recs[i].Partition, "offset", recs[i].Offset, "err", a.err)
	}
	p.count(answers)
	return nil
}

// publish writes out and returns the records, by index, that became too large
// with their labels: they can never be written. Any other failure is an error.
func (p *Pipeline) publish(ctx context.Context, out []bus.Record) (map[int]error, error) {
	err := p.bus.Publish(ctx, bus.Labeled, out)
	var failed *bus.PublishError
	if !errors.As(err, &failed) {
		return nil, err
	}
	large := map[int]error{}
	for _, i := range failed.Failed() {
		if !errors.Is(failed.Errs[i], bus.ErrTooLarge) {
			return nil, err
		}
		large[i] = failed.Errs[i]
	}
	return large, nil
}

// count books a finished batch.
func (p *Pipeline) count(answers []answer) {
	buried := 0
	for _, a := range answers {
		if a.err != nil {
			buried++
		}
	}
	p.meter.Received(len(answers))
	p.meter.Sent(len(answers) - buried)
	p.meter.Discarded("buried", buried)
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
