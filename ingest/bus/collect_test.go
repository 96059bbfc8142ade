package bus

import (
	"context"
	"maps"
	"testing"
	"testing/synctest"
	"time"
)

// feed runs collect in a bubble of fake time.
func feed(t *testing.T, opt FollowOptions, parts int, fn func(in chan<- chunk, out <-chan batch)) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		in, out, done := make(chan chunk), make(chan batch), make(chan struct{})
		next := map[int]int64{}
		for p := range parts {
			next[p] = 0
		}
		go func() { defer close(done); collect(ctx, opt, next, in, out) }()
		fn(in, out)
		cancel()
		<-done
	})
}

// some is a chunk of n records of one byte each.
func some(part int, from int64, n int) chunk {
	c := chunk{part: part, next: from + int64(n)}
	for i := range n {
		c.recs = append(c.recs, Record{Partition: part, Offset: from + int64(i), Value: []byte{1}})
	}
	return c
}

func TestCollectLingers(t *testing.T) {
	feed(t, FollowOptions{MaxRecords: 100, MaxBytes: 1000, Linger: 100 * time.Millisecond}, 2, func(in chan<- chunk, out <-chan batch) {
		begin := time.Now()
		in <- some(0, 0, 3)
		time.Sleep(60 * time.Millisecond)
		in <- some(1, 0, 2)
		got := <-out
		if len(got.recs) != 5 || time.Since(begin) != 100*time.Millisecond {
			t.Errorf("%d records after %v, want 5 after 100ms: the first record waits that long, not the last", len(got.recs), time.Since(begin))
		}
		if want := map[int]int64{0: 3, 1: 2}; !maps.Equal(got.next, want) {
			t.Errorf("next %v, want %v", got.next, want)
		}
		begin = time.Now() // and the next batch waits anew
		in <- some(0, 3, 1)
		got = <-out
		if len(got.recs) != 1 || time.Since(begin) != 100*time.Millisecond {
			t.Errorf("second batch: %d records after %v", len(got.recs), time.Since(begin))
		}
	})
}

func TestCollectFullGoesAtOnce(t *testing.T) {
	feed(t, FollowOptions{MaxRecords: 4, MaxBytes: 1000, Linger: time.Hour}, 1, func(in chan<- chunk, out <-chan batch) {
		begin := time.Now()
		in <- some(0, 0, 10)
		for _, want := range []int64{4, 8} {
			got := <-out
			if len(got.recs) != 4 || got.next[0] != want || time.Since(begin) != 0 {
				t.Errorf("%d records, next %d after %v, want 4 and %d at once", len(got.recs), got.next[0], time.Since(begin), want)
			}
		}
		in <- some(0, 10, 2)
		if got := <-out; len(got.recs) != 4 || got.next[0] != 12 {
			t.Errorf("the rest and what came after: %d records, next %d", len(got.recs), got.next[0])
		}
	})
}

// TestCollectGrowsWhileBusy takes a ripe batch late.
func TestCollectGrowsWhileBusy(t *testing.T) {
	feed(t, FollowOptions{MaxRecords: 100, MaxBytes: 1000, Linger: time.Millisecond}, 1, func(in chan<- chunk, out <-chan batch) {
		for i := range 50 {
			in <- some(0, int64(i), 1)
			time.Sleep(10 * time.Millisecond)
		}
		if got := <-out; len(got.recs) != 50 || got.next[0] != 50 {
			t.Errorf("%d records, next %d, want all 50 in one batch", len(got.recs), got.next[0])
		}
	})
}

func TestCollectBytes(t *testing.T) {
	feed(t, FollowOptions{MaxRecords: 100, MaxBytes: 3, Linger: time.Hour}, 1, func(in chan<- chunk, out <-chan batch) {
		in <- some(0, 0, 7)
		for range 2 {
			if got := <-out; len(got.recs) != 3 || got.bytes != 3 {
				t.Errorf("%d records of %d bytes, want 3", len(got.recs), got.bytes)
			}
		}
	})
}

// TestCollectPassesOverNothing moves on where a chunk held no record to hand on.
func TestCollectPassesOverNothing(t *testing.T) {
	feed(t, FollowOptions{MaxRecords: 10, MaxBytes: 100, Linger: time.Millisecond}, 2, func(in chan<- chunk, out <-chan batch) {
		in <- chunk{part: 1, next: 9}
		in <- some(0, 0, 1)
		if got := <-out; !maps.Equal(got.next, map[int]int64{0: 1, 1: 9}) {
			t.Errorf("next %v, want 1 and 9", got.next)
		}
	})
}

// TestCollectGivesNextAway: what a handler keeps does not change under it.
func TestCollectGivesNextAway(t *testing.T) {
	feed(t, FollowOptions{MaxRecords: 1, MaxBytes: 100, Linger: time.Hour}, 1, func(in chan<- chunk, out <-chan batch) {
		in <- some(0, 0, 2)
		first := <-out
		first.next[0] = 77
		if second := <-out; second.next[0] != 2 || first.next[0] != 77 {
			t.Errorf("batches share next: %v %v", first.next, second.next)
		}
	})
}

// TestCollectOffsetsAlone: damage at the end of a log must not keep a reader
// from ever reaching the end.
func TestCollectOffsetsAlone(t *testing.T) {
	feed(t, FollowOptions{MaxRecords: 10, MaxBytes: 1000, Linger: 100 * time.Millisecond}, 2, func(in chan<- chunk, out <-chan batch) {
		in <- chunk{part: 0, next: 0} // nothing new: no batch
		in <- chunk{part: 1, next: 7}
		begin := time.Now()
		got := <-out
		if want := map[int]int64{0: 0, 1: 7}; len(got.recs) != 0 || !maps.Equal(got.next, want) || time.Since(begin) != 100*time.Millisecond {
			t.Errorf("%d records, next %v after %v", len(got.recs), got.next, time.Since(begin))
		}
		in <- chunk{part: 1, next: 7}
		in <- some(0, 0, 1)
		if got = <-out; len(got.recs) != 1 {
			t.Errorf("an empty batch for offsets that were told before")
		}
	})
}
