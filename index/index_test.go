package index_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"qianliyan/classify/label"
	"qianliyan/cmd/embedded/kafka"
	"qianliyan/index"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Started by bleve's package variables, for good.
		goleak.IgnoreAnyFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}

// sink is a store in memory that can fail.
type sink struct {
	name string

	mu      sync.Mutex
	items   map[item.ID]label.Labeled
	next    map[int]int64
	fail    error
	batches int
	changed chan struct{} // closed and made anew at every write
}

func newSink(name string) *sink {
	return &sink{name: name, items: map[item.ID]label.Labeled{}, next: map[int]int64{}, changed: make(chan struct{})}
}

func (s *sink) Name() string { return s.name }

func (s *sink) Offsets(context.Context) (map[int]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.next), nil
}

func (s *sink) Write(_ context.Context, items []label.Labeled, next map[int]int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches++
	defer func() { close(s.changed); s.changed = make(chan struct{}) }()
	if s.fail != nil {
		return s.fail
	}
	for _, l := range items {
		if l.Version() >= s.items[l.Item.ID].Version() {
			s.items[l.Item.ID] = l
		}
	}
	if len(next) > 0 {
		s.next = next
	}
	return nil
}

func (s *sink) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// until waits for a state of the sink; each write is looked at once.
func (s *sink) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		s.mu.Lock()
		done, changed := ok(), s.changed
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("%s: %s did not come", s.name, what)
		}
	}
}

func (s *sink) has(n int) func() bool { return func() bool { return len(s.items) == n } }

func openBus(t *testing.T) (*bus.Bus, *kafka.Broker) {
	t.Helper()
	br := kafka.OpenTest(t)
	const ms = setting.Duration(time.Millisecond)
	b, err := bus.Open(bus.Config{RetryMax: 10 * ms, GuardWait: 50 * ms}, bus.Deps{Dial: br.Dial})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b, br
}

func labeled(i int) label.Labeled {
	native := fmt.Sprint(i)
	return label.Labeled{
		Item: item.Item{
			ID: item.NewID("test", native), Channel: item.Letter, Source: "test", NativeID: native,
			Text: "北门菜场的下水道又堵了", Day: "2024-03-01", Revision: 1,
		},
		At: time.UnixMilli(1_700_000_000_000),
	}
}

func send(t *testing.T, b *bus.Bus, from, to int) {
	t.Helper()
	var recs []bus.Record
	for i := from; i < to; i++ {
		l := labeled(i)
		v, err := label.Encode(l)
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, bus.Record{Key: l.Item.ID, Value: v})
	}
	if err := b.Publish(t.Context(), bus.Labeled, recs); err != nil {
		t.Fatal(err)
	}
}

// run starts an Indexer; stop ends it and checks that it ended well.
func run(t *testing.T, b *bus.Bus, reg prometheus.Registerer, stores ...index.Store) (x *index.Indexer, stop func()) {
	t.Helper()
	return runWith(t, index.Config{}, b, reg, stores...)
}

func runWith(t *testing.T, cfg index.Config, b *bus.Bus, reg prometheus.Registerer, stores ...index.Store) (x *index.Indexer, stop func()) {
	t.Helper()
	x, err := index.New(cfg, index.Deps{Bus: b, Stores: stores, Metrics: reg, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx) }()
	return x, func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

func TestEveryStoreGetsEveryItem(t *testing.T) {
	b, _ := openBus(t)
	reg := prometheus.NewPedanticRegistry()
	one, two := newSink("one"), newSink("two")
	send(t, b, 0, 300)
	x, stop := run(t, b, reg, one, two)
	one.until(t, "300 items", one.has(300))
	two.until(t, "300 items", two.has(300))
	stop()
	lag, err := x.Lag(t.Context())
	if err != nil || !maps.Equal(lag, map[string]int64{"one": 0, "two": 0}) {
		t.Errorf("lag %v %v, want none", lag, err)
	}
	trim, err := x.Trimmable(t.Context())
	if err != nil || !maps.Equal(trim, one.next) || len(trim) != b.Config().Partitions {
		t.Errorf("trimmable %v %v, want %v", trim, err, one.next)
	}
	const want = `
# HELP qianliyan_received_total Records taken in.
# TYPE qianliyan_received_total counter
qianliyan_received_total{name="one",reason="",stage="index"} 300
qianliyan_received_total{name="two",reason="",stage="index"} 300
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "qianliyan_received_total"); err != nil {
		t.Error(err)
	}
}

// TestAStoreThatFailsHoldsUpNoOther also covers that it catches up by itself.
func TestAStoreThatFailsHoldsUpNoOther(t *testing.T) {
	b, _ := openBus(t)
	good, bad := newSink("good"), newSink("bad")
	bad.set(errors.New("disk gone"))
	send(t, b, 0, 100)
	x, stop := run(t, b, nil, good, bad)
	defer stop()
	good.until(t, "100 items", good.has(100))
	bad.until(t, "a second try", func() bool { return bad.batches >= 2 })
	behind, err := x.Behind(t.Context())
	if err != nil || behind != 100 {
		t.Errorf("behind %d %v, want 100", behind, err)
	}
	if p := x.Problems(); len(p) != 1 || p["bad"] == nil || !strings.Contains(p["bad"].Error(), "disk gone") {
		t.Errorf("problems %v, want that of bad alone", p)
	}
	if trim, err := x.Trimmable(t.Context()); err != nil || len(trim) != 0 {
		t.Errorf("trimmable %v %v, want nothing: bad has nothing", trim, err)
	}
	bad.set(nil)
	bad.until(t, "100 items", bad.has(100))
	send(t, b, 100, 101)
	bad.until(t, "101 items", bad.has(101))
	if p := x.Problems(); len(p) != 0 {
		t.Errorf("problems %v after recovery", p)
	}
}

func TestResumesFromTheStoresOffsets(t *testing.T) {
	b, _ := openBus(t)
	s := newSink("s")
	send(t, b, 0, 50)
	_, stop := run(t, b, nil, s)
	s.until(t, "50 items", s.has(50))
	stop()
	old := s.next
	send(t, b, 50, 60)
	s.items = map[item.ID]label.Labeled{} // what was written must not come again
	_, stop = run(t, b, nil, s)
	s.until(t, "the 10 new items", s.has(10))
	stop()
	s.next, s.items = old, map[item.ID]label.Labeled{} // a restored copy replays the gap
	_, stop = run(t, b, nil, s)
	s.until(t, "the 10 items again", s.has(10))
	stop()
	s.next, s.items = nil, map[item.ID]label.Labeled{} // and an empty one everything
	_, stop = run(t, b, nil, s)
	s.until(t, "all items", s.has(60))
	stop()
}

func TestUndecodableIsBuried(t *testing.T) {
	b, _ := openBus(t)
	s := newSink("s")
	good := labeled(1)
	v, err := label.Encode(good)
	if err != nil {
		t.Fatal(err)
	}
	other := labeled(2).Item.ID
	err = b.Publish(t.Context(), bus.Labeled, []bus.Record{
		{Key: other, Value: []byte("{")},
		{Key: other, Value: v}, // under another's key
		{Key: good.Item.ID, Value: v},
	})
	if err != nil {
		t.Fatal(err)
	}
	x, stop := run(t, b, nil, s)
	s.until(t, "the good item", func() bool { _, ok := s.items[good.Item.ID]; return ok })
	for behind := int64(1); behind > 0; {
		if behind, err = x.Behind(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if len(s.items) != 1 {
		t.Errorf("%d items written, want 1", len(s.items))
	}
	bounds, err := b.Bounds(t.Context(), bus.Dead)
	if err != nil {
		t.Fatal(err)
	}
	dead := int64(0)
	for _, x := range bounds {
		dead += x.Last
	}
	if dead != 2 {
		t.Errorf("%d records buried, want 2", dead)
	}
}

func TestAForeignStoreStopsRun(t *testing.T) {
	b, _ := openBus(t)
	send(t, b, 0, 5)
	s := newSink("s")
	s.next = map[int]int64{0: 1000}
	x, err := index.New(index.Config{}, index.Deps{Bus: b, Stores: []index.Store{s}})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Run(t.Context()); !errors.Is(err, bus.ErrOffsetBeyondEnd) || !strings.Contains(err.Error(), "into s") {
		t.Errorf("Run with foreign offsets: %v", err)
	}
	if len(s.items) != 0 {
		t.Error("items were written all the same")
	}
}

// TestTrimBehindTheSlowest wires Trimmable to the broker as cmd does.
func TestTrimBehindTheSlowest(t *testing.T) {
	b, br := openBus(t)
	s := newSink("s")
	send(t, b, 0, 200)
	x, stop := run(t, b, nil, s)
	s.until(t, "200 items", s.has(200))
	trim, err := x.Trimmable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for p, before := range trim {
		if err := br.Trim(t.Context(), bus.Labeled, p, before); err != nil {
			t.Fatal(err)
		}
	}
	send(t, b, 200, 220)
	s.until(t, "220 items", s.has(220))
	stop()
	bounds, err := b.Bounds(t.Context(), bus.Labeled)
	if err != nil {
		t.Fatal(err)
	}
	for p, bound := range bounds {
		if bound.First != trim[p]-1 {
			t.Errorf("partition %d begins at %d, want %d: all but the last record dropped", p, bound.First, trim[p]-1)
		}
	}
	// A new store would get only what is left, so it gets nothing.
	late := newSink("late")
	x, err = index.New(index.Config{}, index.Deps{Bus: b, Stores: []index.Store{s, late}})
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"Check": x.Check(t.Context()), "Run": x.Run(t.Context())} {
		var gap *index.GapError
		if !errors.As(err, &gap) || !errors.Is(err, index.ErrGap) || gap.Store != "late" || gap.Offset != 0 || gap.First != bounds[gap.Partition].First {
			t.Errorf("%s with an empty store on a trimmed bus: %v, want a GapError", name, err)
		}
	}
	if len(late.items) != 0 || x.Problems()["late"] == nil {
		t.Errorf("%d items written, problems %v", len(late.items), x.Problems())
	}
	late.next = maps.Clone(trim) // one that has what was trimmed goes on
	_, stop = run(t, b, nil, late)
	late.until(t, "the 20 new items", late.has(20))
	stop()
}

// restorable is a store that says how it is filled again.
type restorable struct{ *sink }

func (restorable) Remedy() string { return "请重建" }

func TestCheck(t *testing.T) {
	b, br := openBus(t)
	if err := checkOf(t, b, newSink("fresh")); err != nil {
		t.Errorf("an empty store on a fresh bus: %v", err)
	}
	send(t, b, 0, 100)
	if err := checkOf(t, b, newSink("empty")); err != nil {
		t.Errorf("an empty store on a bus that keeps everything: %v", err)
	}
	if err := br.Trim(t.Context(), bus.Labeled, 0, 5); err != nil {
		t.Fatal(err)
	}
	bounds, err := b.Bounds(t.Context(), bus.Labeled)
	if err != nil || bounds[0].First == 0 {
		t.Fatalf("bounds %v %v: nothing was trimmed", bounds, err)
	}
	first := bounds[0].First
	for at, want := range map[int64]bool{0: false, first - 1: false, first: true, first + 1: true} {
		s := newSink("s")
		s.next = map[int]int64{0: at}
		if err := checkOf(t, b, s); (err == nil) != want {
			t.Errorf("a store at %d of a bus from %d: %v", at, first, err)
		}
	}
	if err := checkOf(t, b, newSink("s")); err == nil || !strings.Contains(err.Error(), "重新导入") {
		t.Errorf("%v does not say what to do", err)
	}
	if err := checkOf(t, b, restorable{newSink("s")}); err == nil || !strings.HasSuffix(err.Error(), "请重建") {
		t.Errorf("%v does not say what the store says", err)
	}
}

func checkOf(t *testing.T, b *bus.Bus, s index.Store) error {
	t.Helper()
	x, err := index.New(index.Config{}, index.Deps{Bus: b, Stores: []index.Store{s}})
	if err != nil {
		t.Fatal(err)
	}
	return x.Check(t.Context())
}

func TestLowest(t *testing.T) {
	for _, c := range []struct {
		in   []map[int]int64
		want map[int]int64
	}{
		{nil, map[int]int64{}},
		{[]map[int]int64{{0: 5}}, map[int]int64{0: 5}},
		{[]map[int]int64{{0: 5, 1: 7}, {0: 6, 1: 2}}, map[int]int64{0: 5, 1: 2}},
		{[]map[int]int64{{0: 5, 1: 7}, {0: 6}}, map[int]int64{0: 5}},
		{[]map[int]int64{{}, {0: 6}}, map[int]int64{}},
	} {
		if got := index.Lowest(c.in...); !maps.Equal(got, c.want) {
			t.Errorf("Lowest(%v) = %v, want %v", c.in, got, c.want)
		}
	}
}

func TestNewAndValidate(t *testing.T) {
	if _, err := index.New(index.Config{}, index.Deps{Stores: []index.Store{newSink("a"), newSink("a")}}); err == nil {
		t.Error("two stores of one name are taken")
	}
	if err := index.Defaults().Validate(); err != nil {
		t.Error(err)
	}
	err := index.Config{
		BatchRecords: -1, BatchLinger: setting.Duration(time.Hour), BatchBytes: 1,
		IsolateAfter: -1, IsolateMost: -1,
	}.Validate()
	for _, key := range []string{"batch_records", "batch_linger", "batch_bytes", "isolate_after", "isolate_most"} {
		if err == nil || !slices.ContainsFunc(strings.Split(err.Error(), "\n"), func(l string) bool { return strings.HasPrefix(l, key+"：") }) {
			t.Errorf("no problem of %s in %v", key, err)
		}
	}
}
