package bustest

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"qianliyan/ingest/bus"
)

// following starts a Follow that gathers into got and keeps the last next.
func following(ctx context.Context, b *bus.Bus, from map[int]int64, got *seen, last *map[int]int64) running {
	return start(ctx, func(ctx context.Context) error {
		return b.Follow(ctx, bus.Labeled, from, bus.FollowOptions{Linger: 20 * time.Millisecond},
			func(_ context.Context, recs []bus.Record, next map[int]int64) error {
				if last != nil {
					*last = next
				}
				got.add(recs)
				return nil
			})
	})
}

func (h harness) follow(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	publish(t, b, bus.Labeled, records(0, 300))
	got := newSeen()
	last := map[int]int64{}
	f := following(ctx, b, nil, got, &last)
	got.wait(ctx, t, 300)
	publish(t, b, bus.Labeled, records(300, 5)) // one that waits is woken
	got.wait(ctx, t, 305)
	f.stop(t)
	if len(got.recs) != 305 {
		t.Errorf("followed %d records, want 305", len(got.recs))
	}
	bounds, err := b.Bounds(ctx, bus.Labeled)
	if err != nil {
		t.Fatal(err)
	}
	if len(last) != len(bounds) {
		t.Errorf("next names %d partitions, want %d", len(last), len(bounds))
	}
	for p, bound := range bounds {
		if last[p] != bound.Last {
			t.Errorf("partition %d: next is %d, the log ends at %d", p, last[p], bound.Last)
		}
	}
}

func (h harness) followResumes(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	publish(t, b, bus.Labeled, records(0, 200))
	got := newSeen()
	last := map[int]int64{}
	f := following(ctx, b, nil, got, &last)
	got.wait(ctx, t, 200)
	f.stop(t)
	keep := maps.Clone(last)
	publish(t, b, bus.Labeled, records(200, 50))
	rest := newSeen()
	f = following(ctx, b, last, rest, nil)
	rest.wait(ctx, t, 50)
	f.stop(t)
	if len(rest.recs) != 50 || rest.times["000199"] != 0 || rest.times["000200"] != 1 {
		t.Errorf("resumed with %d records, want the 50 new ones", len(rest.recs))
	}
	if !maps.Equal(keep, last) {
		t.Error("Follow changed the caller's offsets")
	}
	middle := map[int]int64{0: 3} // others from the first
	part := newSeen()
	bounds, err := b.Bounds(ctx, bus.Labeled)
	if err != nil {
		t.Fatal(err)
	}
	want := 250 - int(min(3, bounds[0].Last))
	f = following(ctx, b, middle, part, nil)
	part.wait(ctx, t, want)
	f.stop(t)
	if len(part.recs) != want {
		t.Errorf("from the middle of one partition: %d records, want %d", len(part.recs), want)
	}
}

func (h harness) followRetry(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	publish(t, b, bus.Labeled, records(0, 100))
	got := newSeen()
	var calls, inside atomic.Int32
	var first []bus.Record
	f := start(ctx, func(ctx context.Context) error {
		return b.Follow(ctx, bus.Labeled, nil, bus.FollowOptions{MaxRecords: 100},
			func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
				if inside.Add(1) != 1 {
					t.Error("handle was called while it ran")
				}
				defer inside.Add(-1)
				switch n := calls.Add(1); {
				case n == 1:
					first = recs
					return errors.New("the store is away")
				case n <= 3:
					if len(recs) != len(first) || &recs[0] != &first[0] {
						t.Error("handle was not called with the same records again")
					}
					return errors.New("still away")
				}
				got.add(recs)
				return nil
			})
	})
	got.wait(ctx, t, 100)
	f.stop(t)
	if len(got.recs) != 100 {
		t.Errorf("handled %d records, want 100", len(got.recs))
	}
}

func (h harness) followLimits(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	recs := records(0, 500)
	publish(t, b, bus.Labeled, recs)
	for name, opt := range map[string]bus.FollowOptions{
		"records": {MaxRecords: 33},
		"bytes":   {MaxBytes: 10 * 6},
	} {
		most := 33
		if opt.MaxRecords == 0 {
			most = 10
		}
		got := newSeen()
		next := map[int]int64{}
		f := start(ctx, func(ctx context.Context) error {
			return b.Follow(ctx, bus.Labeled, nil, opt, func(_ context.Context, recs []bus.Record, after map[int]int64) error {
				if len(recs) > most {
					t.Errorf("%s: a batch has %d records, want at most %d", name, len(recs), most)
				}
				for _, r := range recs {
					if r.Offset != next[r.Partition] {
						t.Errorf("%s: partition %d: offset %d, want %d", name, r.Partition, r.Offset, next[r.Partition])
					}
					next[r.Partition] = r.Offset + 1
				}
				if !maps.Equal(next, after) && len(next) == len(after) {
					t.Errorf("%s: next is %v after records up to %v", name, after, next)
				}
				got.add(recs)
				return nil
			})
		})
		got.wait(ctx, t, 500)
		f.stop(t)
	}
}

func (h harness) followGuard(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	publish(t, b, bus.Labeled, records(0, 20))
	bounds, err := b.Bounds(ctx, bus.Labeled)
	if err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]map[int]int64{
		"behind the end":       {0: bounds[0].Last + 1},
		"no such partition":    {99: 1},
		"far behind, with log": {1: 1 << 40},
	} {
		got := newSeen()
		err := following(ctx, b, from, got, nil).result(t)
		var oe *bus.OffsetError
		if !errors.Is(err, bus.ErrOffsetBeyondEnd) || !errors.As(err, &oe) || from[oe.Partition] != oe.Offset {
			t.Errorf("%s: %v, want an OffsetError for %v", name, err, from)
		}
	}
	at := map[int]int64{}
	for p, bound := range bounds {
		at[p] = bound.Last
	}
	got := newSeen()
	f := following(ctx, b, at, got, nil)
	publish(t, b, bus.Labeled, records(20, 8))
	got.wait(ctx, t, 8)
	f.stop(t)
}
