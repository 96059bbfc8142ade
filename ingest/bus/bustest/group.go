package bustest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"qianliyan/ingest/bus"
)

func (h harness) groupRetry(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	const n = 50
	publish(t, b, bus.Raw, records(0, n))
	got := newSeen()
	var failures atomic.Int32
	g := start(ctx, func(ctx context.Context) error {
		return b.Group(ctx, "retry", bus.Raw, func(_ context.Context, recs []bus.Record) error {
			for _, r := range recs[1:] {
				if r.Partition != recs[0].Partition {
					t.Error("one call got records of two partitions")
				}
			}
			if failures.Add(1) <= 3 {
				return errors.New("the store is away")
			}
			got.add(recs)
			return nil
		})
	})
	got.wait(ctx, t, n)
	g.stop(t)
	if len(got.recs) != n {
		t.Errorf("handled %d records, want %d: a failed call is repeated, a successful one is not", len(got.recs), n)
	}
}

func (h harness) groupResume(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	if got, err := b.GroupOffsets(ctx, "resume", bus.Raw); err != nil || len(got) != 0 {
		t.Errorf("offsets of a new group: %v %v, want none", got, err)
	}
	publish(t, b, bus.Raw, records(0, 40))
	all := newSeen()
	run := func() running {
		return start(ctx, func(ctx context.Context) error {
			return b.Group(ctx, "resume", bus.Raw, func(_ context.Context, recs []bus.Record) error { all.add(recs); return nil })
		})
	}
	g := run()
	all.wait(ctx, t, 40)
	g.stop(t)
	committed, err := b.GroupOffsets(ctx, "resume", bus.Raw)
	if err != nil {
		t.Fatal(err)
	}
	bounds, err := b.Bounds(ctx, bus.Raw)
	if err != nil {
		t.Fatal(err)
	}
	for p, bound := range bounds {
		if committed[p] != bound.Last {
			t.Errorf("partition %d: committed %d of %d", p, committed[p], bound.Last)
		}
	}
	publish(t, b, bus.Raw, records(40, 40))
	g = run()
	all.wait(ctx, t, 80)
	g.stop(t)
	if len(all.recs) != 80 {
		t.Errorf("handled %d records in two runs, want 80", len(all.recs))
	}
}

// groupShares lets a second member come and go while records arrive.
func (h harness) groupShares(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	other := h.again(t, b)
	all, second := newSeen(), newSeen()
	member := func(b *bus.Bus, also *seen) running {
		return start(ctx, func(ctx context.Context) error {
			return b.Group(ctx, "share", bus.Raw, func(_ context.Context, recs []bus.Record) error {
				all.add(recs)
				if also != nil {
					also.add(recs)
				}
				return nil
			})
		})
	}
	n := 0
	feed := func(k int) {
		publish(t, b, bus.Raw, records(n, k))
		n += k
	}
	feed(100)
	first := member(b, nil)
	all.wait(ctx, t, n)
	two := member(other, second)
	for second.distinct() == 0 { // until the second has partitions
		feed(40)
		all.wait(ctx, t, n)
	}
	two.stop(t)
	feed(100)
	all.wait(ctx, t, n)
	first.stop(t)
}
