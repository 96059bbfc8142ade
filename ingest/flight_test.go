package ingest

import (
	"errors"
	"fmt"
	"testing"

	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/ledger"
)

// bridge is an ingestor without a bus: what is published and what the ledger
// reads is played by the test.
func bridge(t *testing.T) *Ingestor {
	t.Helper()
	g, err := New(Defaults(), Deps{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func oneItem(title, day string) *batch {
	it := item.Item{Source: "s", NativeID: "1", ID: item.NewID("s", "1"), Title: title, Day: day, Revision: 1}
	return &batch{items: []item.Item{it}, hashes: []uint64{it.Hash()}, older: make([]ledger.Hashes, 1), out: make([]item.Outcome, 1)}
}

// publish plays one call of Accept up to the broker's answer. during runs
// between sending and the answer.
func publishOne(t *testing.T, g *Ingestor, b *batch, answer error, during func()) item.Item {
	t.Helper()
	mine, left, _ := g.claim(b, []int{0})
	if len(mine) != 1 || len(left) != 0 {
		t.Fatalf("claimed %v, left %v", mine, left)
	}
	todo, err := g.compare(b, mine)
	if err != nil {
		t.Fatal(err)
	}
	if len(todo) == 1 {
		g.leaving(b, todo)
		if during != nil {
			during()
		}
		g.landed(b, todo, []error{answer})
	}
	g.release(b, mine)
	return b.items[0]
}

func (g *Ingestor) sizes() string {
	return fmt.Sprintf("flights %d recent %d doubts %d", len(g.flights), len(g.recent), len(g.doubts))
}

// TestAcknowledgedLate: the ledger may read a record before its publisher
// hears that it is durable; nothing must stay behind in memory.
func TestAcknowledgedLate(t *testing.T) {
	g := bridge(t)
	b := oneItem("一", "2026-01-01")
	rec := ledger.Record{ID: b.items[0].ID, Entry: ledger.Entry{Source: "s", Day: "2026-01-01", Hash: b.hashes[0], Revision: 1}}
	publishOne(t, g, b, nil, func() { g.folded([]ledger.Record{rec}) })
	if got := g.sizes(); got != "flights 0 recent 0 doubts 0" {
		t.Error(got)
	}
	publishOne(t, g, oneItem("一", "2026-01-01"), nil, nil)
	if got := g.sizes(); got != "flights 0 recent 1 doubts 0" {
		t.Error(got)
	}
	g.folded([]ledger.Record{rec})
	if got := g.sizes(); got != "flights 0 recent 0 doubts 0" {
		t.Error(got)
	}
}

// TestDoubt: a record whose answer was lost may have arrived. The repeat after
// midnight keeps its day and revision; other words get the next revision.
func TestDoubt(t *testing.T) {
	lost := fmt.Errorf("%w: gone", bus.ErrUnknown)
	g := bridge(t)
	publishOne(t, g, oneItem("一", "2026-01-01"), lost, nil)
	b := oneItem("一", "2026-01-02")
	if it := publishOne(t, g, b, lost, nil); it.Day != "2026-01-01" || it.Revision != 1 || b.out[0].Status == item.Known {
		t.Errorf("repeat is revision %d of %s, %+v", it.Revision, it.Day, b.out[0])
	}
	b = oneItem("二", "2026-01-02")
	if it := publishOne(t, g, b, nil, nil); it.Day != "2026-01-01" || it.Revision != 2 {
		t.Errorf("correction is revision %d of %s", it.Revision, it.Day)
	}
	if got := g.sizes(); got != "flights 0 recent 1 doubts 0" {
		t.Error(got)
	}
	b = oneItem("二", "2026-01-02")
	publishOne(t, g, b, errors.New("must not be published"), nil)
	if b.out[0].Status != item.Known || b.out[0].Day != "2026-01-01" {
		t.Errorf("outcome %+v, want known", b.out[0])
	}
}

// TestOlderVersions: what was acknowledged is known also while the ledger has
// not read it, and behind a version in doubt.
func TestOlderVersions(t *testing.T) {
	g := bridge(t)
	publishOne(t, g, oneItem("一", "2026-01-01"), nil, nil)
	publishOne(t, g, oneItem("二", "2026-01-01"), nil, nil)
	publishOne(t, g, oneItem("三", "2026-01-01"), bus.ErrUnknown, nil)
	for _, title := range []string{"一", "二"} {
		b := oneItem(title, "2026-01-02")
		publishOne(t, g, b, errors.New("must not be published"), nil)
		if b.out[0].Status != item.Known || b.out[0].Day != "2026-01-01" {
			t.Errorf("%s: %+v, want known", title, b.out[0])
		}
	}
	b := oneItem("三", "2026-01-01")
	if it := publishOne(t, g, b, nil, nil); it.Revision != 3 || b.out[0].Status == item.Known {
		t.Errorf("doubtful version is revision %d, %+v", it.Revision, b.out[0])
	}
}

// TestNeverSent: what was refused before it was sent leaves no doubt.
func TestNeverSent(t *testing.T) {
	g := bridge(t)
	for _, err := range []error{bus.ErrBusy, bus.ErrTooLarge} {
		publishOne(t, g, oneItem("一", "2026-01-01"), err, nil)
		if got := g.sizes(); got != "flights 0 recent 0 doubts 0" {
			t.Errorf("%v: %s", err, got)
		}
	}
	if it := publishOne(t, g, oneItem("一", "2026-01-02"), nil, nil); it.Day != "2026-01-02" {
		t.Errorf("day %s", it.Day)
	}
}

// TestDoubtsAreBounded: memory does not grow with a broker that stays silent.
func TestDoubtsAreBounded(t *testing.T) {
	g := bridge(t)
	for i := range maxDoubts {
		g.doubts[item.ID(fmt.Sprint(i))] = ledger.Entry{}
	}
	publishOne(t, g, oneItem("一", "2026-01-01"), bus.ErrUnknown, nil)
	if len(g.doubts) != 1 {
		t.Errorf("%d doubts", len(g.doubts))
	}
}
