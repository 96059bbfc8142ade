package index_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/classify/label"
	"qianliyan/index"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

// TestRefusedItemsAreBuried also covers that what the store takes gets in, and
// that the next batch is written as usual.
func TestRefusedItemsAreBuried(t *testing.T) {
	for _, c := range []struct {
		name  string
		items int
		bad   []int
	}{
		{"one among a hundred good", 101, []int{40}},
		{"two in one batch", 50, []int{7, 8}},
		{"first and last", 30, []int{0, 29}},
		{"alone", 1, []int{0}},
		{"half of a few", 4, []int{1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, _ := openBus(t)
			s, reg := newPicky(), prometheus.NewPedanticRegistry()
			s.refuse = poison(c.bad...)
			send(t, b, 0, c.items)
			// Few items come from several partitions: a short wait could part them.
			x, stop := runWith(t, index.Config{BatchLinger: setting.Duration(300 * time.Millisecond)}, b, reg, s)
			caughtUp(t, b, s)
			send(t, b, 1000, 1010)
			caughtUp(t, b, s)
			stop()
			checkAll(t, s, 0, c.items, c.bad...)
			checkAll(t, s, 1000, 1010)
			checkBuried(t, b, c.bad...)
			for _, n := range c.bad {
				if got := s.alone[labeled(n).Item.ID]; got < 3 {
					t.Errorf("item %d was buried after %d tries alone, want 3 at least", n, got)
				}
			}
			checkCounts(t, reg, c.items+10, c.items+10-len(c.bad), len(c.bad))
			if p := x.Problems(); len(p) != 0 {
				t.Errorf("problems %v after the burial", p)
			}
		})
	}
}

// TestTroubleOfTheStoreBuriesNothing lets a store fail in ways that look like
// refused items, each for many tries, and then recover.
func TestTroubleOfTheStoreBuriesNothing(t *testing.T) {
	id := labeled(40).Item.ID
	// goesDown is a store that breaks whenever item 40 comes alone, and is up
	// again when the batch comes as a whole.
	goesDown := func(silent error) func(*picky) {
		return func(s *picky) {
			broken := false
			s.change(func(items []label.Labeled, next map[int]int64) error {
				switch {
				case len(items) > 1 && len(next) > 0:
					broken = false
				case len(items) == 1 && items[0].Item.ID == id:
					broken = true
				}
				if s.silent = nil; broken {
					s.silent = silent
					return errDown
				}
				return poison(40)(items, next)
			}, nil)
		}
	}
	fails := func(refuse rule, silent error) func(*picky) {
		return func(s *picky) { s.change(refuse, silent) }
	}
	noItems := func(items []label.Labeled, _ map[int]int64) error {
		if len(items) > 0 {
			return errDown
		}
		return nil
	}
	noOffsets := func(_ []label.Labeled, next map[int]int64) error {
		if len(next) > 0 {
			return errDown
		}
		return nil
	}
	for _, c := range []struct {
		name   string
		seen   int // items the store takes before its trouble
		from   int // first item of the trouble
		to     int
		begins func(*picky)
		alone  bool // it lasts until item 40 came alone often, not only many writes
	}{
		{"down", 10, 10, 100, fails(down, errDown), false},
		{"answers and writes nothing", 10, 10, 100, fails(down, nil), false},
		{"answers and writes nothing from the start", 0, 0, 100, fails(down, nil), false},
		{"answers and writes nothing, one item", 10, 10, 11, fails(down, nil), false},
		{"answers and writes nothing from the start, one item", 0, 0, 1, fails(down, nil), false},
		{"writes offsets and no items", 10, 10, 100, fails(noItems, nil), false},
		{"writes offsets and no items, one item", 10, 10, 11, fails(noItems, nil), false},
		{"writes offsets and no items from the start", 0, 0, 100, fails(noItems, nil), false},
		{"writes items and no offsets", 10, 10, 100, fails(noOffsets, nil), false},
		{"goes down over one item", 10, 10, 100, goesDown(errDown), true},
		{"stops writing over one item", 10, 10, 100, goesDown(nil), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, _ := openBus(t)
			s, reg := newPicky(), prometheus.NewPedanticRegistry()
			if c.seen == 0 {
				c.begins(s)
			}
			x, stop := run(t, b, reg, s)
			if c.seen > 0 {
				send(t, b, 0, c.seen)
				caughtUp(t, b, s)
				c.begins(s)
			}
			s.mu.Lock()
			before := s.batches
			s.mu.Unlock()
			send(t, b, c.from, c.to)
			s.until(t, "many tries", func() bool {
				if c.alone {
					return s.alone[id] > 5
				}
				return s.batches > before+20
			})
			if p := x.Problems(); p["picky"] == nil {
				t.Error("no problem is told")
			}
			s.heal()
			caughtUp(t, b, s)
			stop()
			checkAll(t, s, 0, c.to)
			checkBuried(t, b)
			checkCounts(t, reg, c.to, c.to, 0)
		})
	}
}

func TestARefusedItemMayHeal(t *testing.T) {
	b, _ := openBus(t)
	s, reg := newPicky(), prometheus.NewPedanticRegistry()
	id := labeled(40).Item.ID
	s.refuse = func(items []label.Labeled, next map[int]int64) error {
		if s.alone[id] > 2 { // the third time alone it is taken
			return nil
		}
		return poison(40)(items, next)
	}
	send(t, b, 0, 100)
	_, stop := run(t, b, reg, s)
	caughtUp(t, b, s)
	stop()
	checkAll(t, s, 0, 100)
	checkBuried(t, b)
	checkCounts(t, reg, 100, 100, 0)
}

// TestABatchTooLargeIsWrittenInPieces: no item is refused alone, so each gets in
// though the batch never does.
func TestABatchTooLargeIsWrittenInPieces(t *testing.T) {
	b, _ := openBus(t)
	s := newPicky()
	s.refuse = func(items []label.Labeled, _ map[int]int64) error {
		if len(items) > 10 {
			return errors.New("memory limit exceeded")
		}
		return nil
	}
	send(t, b, 0, 100)
	_, stop := run(t, b, nil, s)
	caughtUp(t, b, s)
	stop()
	checkAll(t, s, 0, 100)
	checkBuried(t, b)
}

// TestTooManyRefusedAreNotBuried also covers the way out that the error names.
func TestTooManyRefusedAreNotBuried(t *testing.T) {
	b, _ := openBus(t)
	s := newPicky()
	bad := []int{0, 11, 22, 33, 44, 55, 66, 77, 88, 99}
	s.refuse = poison(bad...)
	send(t, b, 0, 100)
	x, stop := runWith(t, index.Config{IsolateAfter: 1, IsolateMost: 4, BatchLinger: setting.Duration(time.Second)}, b, nil, s)
	s.until(t, "many tries", func() bool { return s.batches > 100 })
	if p := x.Problems()["picky"]; p == nil || !strings.Contains(p.Error(), "isolate_most") {
		t.Errorf("problem %v, want one that names isolate_most", p)
	}
	stop()
	checkBuried(t, b)
	_, stop = runWith(t, index.Config{IsolateAfter: 1, IsolateMost: 10}, b, nil, s)
	caughtUp(t, b, s)
	stop()
	checkAll(t, s, 0, 100, bad...)
	checkBuried(t, b, bad...)
}

// TestAWholeBatchRefused: what the store took last stands in for the neighbour
// that the batch lacks; before it took anything, the batch waits.
func TestAWholeBatchRefused(t *testing.T) {
	b, _ := openBus(t)
	s := newPicky()
	_, stop := run(t, b, nil, s)
	send(t, b, 0, 10)
	caughtUp(t, b, s)
	s.change(poison(10, 11, 12), nil)
	send(t, b, 10, 13)
	caughtUp(t, b, s)
	stop()
	checkAll(t, s, 0, 13, 10, 11, 12)
	checkBuried(t, b, 10, 11, 12)

	s.change(poison(20), nil)
	twice := encoded(t, labeled(20)) // of one key, so that they come together
	if err := b.Publish(t.Context(), bus.Labeled, []bus.Record{twice, twice}); err != nil {
		t.Fatal(err)
	}
	id := labeled(20).Item.ID
	_, stop = run(t, b, nil, s)
	s.until(t, "many tries", func() bool { return s.alone[id] > 10 })
	checkBuried(t, b, 10, 11, 12)
	s.heal()
	caughtUp(t, b, s)
	stop()
	checkAll(t, s, 20, 21)
}

// TestOffsetsAloneAreBelievedOnce: a store that no item fits any more must not
// have them all buried, however slowly they come.
func TestOffsetsAloneAreBelievedOnce(t *testing.T) {
	b, _ := openBus(t)
	s := newPicky()
	s.refuse = poison(0, 1)
	_, stop := run(t, b, nil, s)
	send(t, b, 0, 1)
	caughtUp(t, b, s)
	checkBuried(t, b, 0)
	send(t, b, 1, 2)
	id := labeled(1).Item.ID
	s.until(t, "many tries", func() bool { return s.alone[id] > 12 })
	checkBuried(t, b, 0)
	s.heal()
	caughtUp(t, b, s)
	stop()
	checkAll(t, s, 1, 2)
}

func TestStopsInTheMiddleOfAPass(t *testing.T) {
	b, _ := openBus(t)
	s := newPicky()
	s.refuse = poison(40)
	s.hang = make(chan item.ID)
	send(t, b, 0, 100)
	_, stop := runWith(t, index.Config{IsolateAfter: 1}, b, nil, s)
	<-s.hang // an item is being written alone
	stop()
	checkBuried(t, b)
	if s.late > 0 {
		t.Errorf("%d items were tried after the end", s.late)
	}
	s.hang = nil
	_, stop = run(t, b, nil, s)
	caughtUp(t, b, s)
	stop()
	checkAll(t, s, 0, 100, 40)
	checkBuried(t, b, 40)
}

// TestRetriesDoNotBuryTwice: what cannot be decoded lies in a batch that comes
// again and again.
func TestRetriesDoNotBuryTwice(t *testing.T) {
	b, _ := openBus(t)
	s := newPicky()
	s.refuse = down
	good := encoded(t, labeled(1))
	err := b.Publish(t.Context(), bus.Labeled, []bus.Record{{Key: good.Key, Value: []byte("{")}, good})
	if err != nil {
		t.Fatal(err)
	}
	_, stop := run(t, b, nil, s)
	s.until(t, "many tries", func() bool { return s.batches > 8 })
	s.heal()
	caughtUp(t, b, s)
	stop()
	checkAll(t, s, 1, 2)
	if n := dead(t, b); n != 1 {
		t.Errorf("%d records buried, want 1", n)
	}
}
