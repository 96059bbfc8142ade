package index_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"qianliyan/classify/label"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
)

// rule says why a write fails; nil when it does not.
type rule func(items []label.Labeled, next map[int]int64) error

// picky is a sink with an engine that can refuse items, offsets, or to answer.
type picky struct {
	*sink
	refuse rule            // called with the lock of the sink held
	silent error           // why Offsets fails; nil when it does not
	alone  map[item.ID]int // how often an item came alone
	late   int             // writes begun when ctx had ended
	hang   chan item.ID    // when not nil: gets the item that came alone, which then waits for ctx
}

func newPicky() *picky {
	return &picky{sink: newSink("picky"), alone: map[item.ID]int{}, refuse: healthy}
}

func (s *picky) Offsets(ctx context.Context) (map[int]int64, error) {
	s.mu.Lock()
	err := s.silent
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return s.sink.Offsets(ctx)
}

func (s *picky) Write(ctx context.Context, items []label.Labeled, next map[int]int64) error {
	if s.hang != nil && len(items) == 1 {
		select {
		case s.hang <- items[0].Item.ID:
		case <-ctx.Done():
			s.mu.Lock()
			s.late++
			s.mu.Unlock()
		}
		<-ctx.Done()
		return ctx.Err()
	}
	s.mu.Lock()
	if len(items) == 1 {
		s.alone[items[0].Item.ID]++
	}
	s.fail = s.refuse(items, next)
	s.mu.Unlock()
	return s.sink.Write(ctx, items, next)
}

// heal makes the engine well.
func (s *picky) heal() { s.change(healthy, nil) }

func (s *picky) change(refuse rule, silent error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse, s.silent = refuse, silent
}

var (
	errValue = errors.New("value out of range")
	errDown  = errors.New("engine is down")
)

func healthy([]label.Labeled, map[int]int64) error { return nil }

func down([]label.Labeled, map[int]int64) error { return errDown }

// poison refuses every write with one of the items numbered so.
func poison(numbers ...int) rule {
	bad := map[item.ID]bool{}
	for _, n := range numbers {
		bad[labeled(n).Item.ID] = true
	}
	return func(items []label.Labeled, _ map[int]int64) error {
		if slices.ContainsFunc(items, func(l label.Labeled) bool { return bad[l.Item.ID] }) {
			return errValue
		}
		return nil
	}
}

// dead is how many records were buried.
func dead(t *testing.T, b *bus.Bus) int {
	t.Helper()
	bounds, err := b.Bounds(t.Context(), bus.Dead)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, x := range bounds {
		n += int(x.Last - x.First)
	}
	return n
}

// graves reads the records buried.
func graves(t *testing.T, b *bus.Bus) []bus.Record {
	t.Helper()
	n := dead(t, b)
	if n == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out []bus.Record
	err := b.Follow(ctx, bus.Dead, nil, bus.FollowOptions{}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
		if out = append(out, recs...); len(out) >= n {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// checkBuried wants exactly the items numbered so on items.dead.
func checkBuried(t *testing.T, b *bus.Bus, numbers ...int) {
	t.Helper()
	var got, want []string
	for _, r := range graves(t, b) {
		got = append(got, string(r.Key))
		if r.Headers[bus.HeaderDeadStage] != "index/picky" || !strings.Contains(r.Headers[bus.HeaderDeadReason], errValue.Error()) {
			t.Errorf("buried as %q because %q", r.Headers[bus.HeaderDeadStage], r.Headers[bus.HeaderDeadReason])
		}
		if l, err := label.Decode(r.Value); err != nil || l.Item.ID != r.Key {
			t.Errorf("record %s is buried with another value: %v", r.Key, err)
		}
	}
	for _, n := range numbers {
		want = append(want, string(labeled(n).Item.ID))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("buried %v, want %v", got, want)
	}
}

// checkAll wants the items from..to in the store, but for those numbered so.
func checkAll(t *testing.T, s *picky, from, to int, without ...int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := from; n < to; n++ {
		if _, ok := s.items[labeled(n).Item.ID]; ok == slices.Contains(without, n) {
			t.Errorf("item %d is stored: %v", n, ok)
		}
	}
}

// caughtUp waits until the store's offsets are at the end of the log.
func caughtUp(t *testing.T, b *bus.Bus, s *picky) {
	t.Helper()
	bounds, err := b.Bounds(t.Context(), bus.Labeled)
	if err != nil {
		t.Fatal(err)
	}
	s.until(t, "the end of the log", func() bool {
		for p, x := range bounds {
			if s.next[p] != x.Last {
				return false
			}
		}
		return true
	})
}

func checkCounts(t *testing.T, reg *prometheus.Registry, received, sent, refused int) {
	t.Helper()
	want := fmt.Sprintf(`
# HELP qianliyan_received_total Records taken in.
# TYPE qianliyan_received_total counter
qianliyan_received_total{name="picky",reason="",stage="index"} %d
# HELP qianliyan_sent_total Records handed on durably.
# TYPE qianliyan_sent_total counter
qianliyan_sent_total{name="picky",reason="",stage="index"} %d
# HELP qianliyan_discarded_total Records deliberately not handed on, by reason.
# TYPE qianliyan_discarded_total counter
qianliyan_discarded_total{name="picky",reason="refused",stage="index"} %d
qianliyan_discarded_total{name="picky",reason="undecodable",stage="index"} 0
`, received, sent, refused)
	err := testutil.GatherAndCompare(reg, strings.NewReader(want),
		"qianliyan_received_total", "qianliyan_sent_total", "qianliyan_discarded_total")
	if err != nil {
		t.Error(err)
	}
}

func encoded(t *testing.T, l label.Labeled) bus.Record {
	t.Helper()
	v, err := label.Encode(l)
	if err != nil {
		t.Fatal(err)
	}
	return bus.Record{Key: l.Item.ID, Value: v}
}
