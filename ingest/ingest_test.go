package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	kafkago "github.com/segmentio/kafka-go"
	"go.uber.org/goleak"

	"qianliyan/cmd/embedded/kafka"
	"qianliyan/ingest"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node is an ingestor on a broker of its own.
type node struct {
	*ingest.Ingestor
	broker  *kafka.Broker
	bus     *bus.Bus
	dir     string
	healthy atomic.Pointer[error]
	log     *bytes.Buffer
	metrics *prometheus.Registry
	stop    func()
}

func newNode(t testing.TB) *node {
	t.Helper()
	n := &node{broker: kafka.OpenTest(t), dir: t.TempDir(), log: &bytes.Buffer{}}
	var err error
	n.bus, err = bus.Open(bus.Config{}, bus.Deps{Dial: n.broker.Dial})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.bus.Close)
	if err := n.bus.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.open(t)
	n.start(t)
	t.Cleanup(func() { n.close(t) })
	return n
}

func (n *node) open(t testing.TB) {
	t.Helper()
	n.metrics = prometheus.NewPedanticRegistry()
	var err error
	n.Ingestor, err = ingest.New(ingest.Defaults(), ingest.Deps{
		Bus: n.bus, Dir: n.dir, Key: []byte("a key"), Metrics: n.metrics,
		Log: slog.New(slog.NewTextHandler(&lockedWriter{w: n.log}, nil)),
		Healthy: func() error {
			if p := n.healthy.Load(); p != nil {
				return *p
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.stop = func() {}
}

// start runs the ledger and waits until intake is open.
func (n *node) start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	n.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	for n.Ready() != nil {
		select {
		case err := <-done:
			t.Fatalf("Run: %v", err)
		case <-t.Context().Done():
			t.Fatal("never ready")
		case <-time.After(time.Millisecond):
		}
	}
}

func (n *node) close(t testing.TB) {
	t.Helper()
	if n.Ingestor == nil {
		return
	}
	n.stop()
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	n.Ingestor = nil
}

type lockedWriter struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func letter(native string) item.Item {
	return item.Item{
		Channel: item.Letter, Source: "信箱", NativeID: native, Title: "路灯不亮",
		Text: "人民路的路灯坏了三天。", Submitted: time.Date(2026, 3, 1, 23, 30, 0, 0, time.UTC),
	}
}

func accept(t *testing.T, n *node, items ...item.Item) []item.Outcome {
	t.Helper()
	out, err := n.Accept(t.Context(), items)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != len(items) {
		t.Fatalf("%d outcomes for %d items", len(out), len(items))
	}
	return out
}

func statuses(out []item.Outcome) string {
	var s []string
	for _, o := range out {
		s = append(s, string(o.Status))
	}
	return strings.Join(s, " ")
}

func want(t *testing.T, out []item.Outcome, statusList string) {
	t.Helper()
	if got := statuses(out); got != statusList {
		t.Errorf("outcomes %q, want %q (%+v)", got, statusList, out)
	}
}

func countsOf(t *testing.T, n *node) map[string]int {
	t.Helper()
	if err := n.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := n.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, c := range list {
		out[c.Source+" "+c.Day] = c.N
	}
	return out
}

// raw reads what is on items.raw, by ID in the order of the log.
func raw(t *testing.T, n *node) map[item.ID][]item.Item {
	t.Helper()
	bounds, err := n.bus.Bounds(t.Context(), bus.Raw)
	if err != nil {
		t.Fatal(err)
	}
	left := int64(0)
	for _, b := range bounds {
		left += b.Last - b.First
	}
	out := map[item.ID][]item.Item{}
	if left == 0 {
		return out
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = n.bus.Follow(ctx, bus.Raw, nil, bus.FollowOptions{Linger: time.Millisecond}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
		for _, r := range recs {
			it, err := item.Decode(r.Value)
			if err != nil {
				t.Error(err)
			}
			if r.Headers[bus.HeaderSource] != it.Source || r.Headers[bus.HeaderDay] != it.Day || r.Headers[bus.HeaderRevision] != fmt.Sprint(it.Revision) ||
				r.Headers[bus.HeaderHash] != fmt.Sprintf("%x", it.Hash()) || r.Key != it.ID {
				t.Errorf("headers %v do not fit item %+v", r.Headers, it)
			}
			out[it.ID] = append(out[it.ID], it)
		}
		if left -= int64(len(recs)); left <= 0 {
			cancel()
		}
		return nil
	})
	cancel()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAcceptOnce(t *testing.T) {
	n := newNode(t)
	a := letter("1")
	out := accept(t, n, a)
	want(t, out, "accepted")
	id := item.NewID("信箱", "1")
	// 23:30 UTC is the next morning in the office's zone.
	if out[0].ID != id || out[0].Day != "2026-03-02" {
		t.Errorf("outcome %+v, want id %s on 2026-03-02", out[0], id)
	}
	want(t, accept(t, n, a), "known")
	if got := countsOf(t, n); !maps.Equal(got, map[string]int{"信箱 2026-03-02": 1}) {
		t.Errorf("counts %v", got)
	}
	want(t, accept(t, n, a), "known") // from the ledger now

	corrected := a
	corrected.Text, corrected.Submitted = "人民路的路灯修好了。", a.Submitted.AddDate(0, 0, 5)
	out = accept(t, n, corrected)
	want(t, out, "accepted")
	if out[0].Day != "2026-03-02" {
		t.Errorf("a correction moved the item to %s", out[0].Day)
	}
	want(t, accept(t, n, a, corrected), "known known") // a version once taken is known for ever
	got := raw(t, n)[id]
	if len(got) != 2 {
		t.Fatalf("%d records, want 2", len(got))
	}
	for i, it := range got {
		if it.Revision != uint32(i+1) || it.Day != "2026-03-02" || it.Received.IsZero() {
			t.Errorf("record %d: revision %d, day %s", i, it.Revision, it.Day)
		}
	}
	if got[0].Text != a.Text || got[1].Text != corrected.Text {
		t.Error("words were altered")
	}
	if got := countsOf(t, n); !maps.Equal(got, map[string]int{"信箱 2026-03-02": 1}) {
		t.Errorf("counts %v after corrections", got)
	}
	ids, err := n.IDs(t.Context(), "信箱", "2026-03-02")
	if err != nil || len(ids) != 1 || ids[0] != id {
		t.Errorf("IDs %v, %v", ids, err)
	}
	if e, err := n.Entry(id); err != nil || e.Revision != 2 || e.Hash != got[1].Hash() {
		t.Errorf("entry %+v, %v", e, err)
	}
}

// TestOverlap: a file with two rows of one number, and two files that tell one
// number in different words, leave everything as after the first import, also
// by turns and after a restart.
func TestOverlap(t *testing.T) {
	n := newNode(t)
	a, b, c := letter("1"), letter("1"), letter("1")
	b.Text, c.Text = "人民路的路灯坏了四天。", "人民路的路灯坏了五天。"
	first, second := []item.Item{a, b, letter("2")}, []item.Item{c, letter("3")}
	want(t, accept(t, n, first...), "accepted accepted accepted")
	want(t, accept(t, n, second...), "accepted accepted")
	rounds := func(times int) {
		t.Helper()
		for range times {
			want(t, accept(t, n, first...), "known known known")
			want(t, accept(t, n, second...), "known known")
		}
	}
	rounds(5) // before the ledger has read them
	if got := countsOf(t, n); got["信箱 2026-03-02"] != 3 {
		t.Errorf("counts %v", got)
	}
	rounds(5)
	n.close(t)
	n.open(t)
	n.start(t)
	rounds(5)
	if list := raw(t, n)[item.NewID("信箱", "1")]; len(list) != 3 || list[2].Text != c.Text {
		t.Errorf("%d versions on the bus: %+v", len(list), list)
	}
}

func TestWithoutNumberOrTime(t *testing.T) {
	n := newNode(t)
	a := letter("")
	b := a
	b.Text = "人民路的路灯坏了三天。 " // the same words, normalised
	want(t, accept(t, n, a), "accepted")
	out := accept(t, n, b)
	if out[0].ID != item.NewID("信箱", item.ContentID(a.Title, a.Text, a.Submitted)) {
		t.Errorf("id %s", out[0].ID)
	}
	c := letter("9")
	c.Submitted = time.Time{}
	before := time.Now().In(item.Zone).Format(time.DateOnly)
	out = accept(t, n, c)
	if after := time.Now().In(item.Zone).Format(time.DateOnly); out[0].Day != before && out[0].Day != after {
		t.Errorf("day %s of a text without time", out[0].Day)
	}
}

func TestSameBatch(t *testing.T) {
	n := newNode(t)
	a, b := letter("1"), letter("2")
	a2 := a
	a2.Title = "路灯还是不亮"
	want(t, accept(t, n, a, b, a, a2, a2), "accepted accepted known accepted known")
	if got := raw(t, n); len(got[item.NewID("信箱", "1")]) != 2 || len(got[item.NewID("信箱", "2")]) != 1 {
		t.Errorf("records %v", got)
	}
	want(t, accept(t, n), "")
}

func TestSender(t *testing.T) {
	n := newNode(t)
	a, b := letter("1"), letter("2")
	a.Sender, b.Sender = "13800000000", strings.Repeat("0f", 16)
	accept(t, n, a, b)
	got := raw(t, n)
	if s := got[item.NewID("信箱", "1")][0].Sender; !item.ID(s).Valid() {
		t.Errorf("a number went through as %q", s)
	}
	if s := got[item.NewID("信箱", "2")][0].Sender; s != b.Sender {
		t.Errorf("a keyed hash became %q", s)
	}
	want(t, accept(t, n, a), "known")
}

func TestRejects(t *testing.T) {
	n := newNode(t)
	for name, c := range map[string]struct {
		change func(*item.Item)
		column string
	}{
		"no words":       {func(it *item.Item) { it.Title, it.Text = " \n", "　" }, ""},
		"long title":     {func(it *item.Item) { it.Title = strings.Repeat("长", 2001) }, "标题"},
		"long text":      {func(it *item.Item) { it.Text = strings.Repeat("长", 1<<21) }, "正文"},
		"long extras":    {func(it *item.Item) { it.Extra = []item.Field{{Name: "表", Value: strings.Repeat("长", 3<<20)}} }, ""},
		"no channel":     {func(it *item.Item) { it.Channel = "" }, "渠道"},
		"other channel":  {func(it *item.Item) { it.Channel = "pigeon" }, "渠道"},
		"no source":      {func(it *item.Item) { it.Source = " " }, "来源"},
		"odd source":     {func(it *item.Item) { it.Source = "a\nb" }, "来源"},
		"long source":    {func(it *item.Item) { it.Source = strings.Repeat("源", 101) }, "来源"},
		"long number":    {func(it *item.Item) { it.NativeID = strings.Repeat("1", 513) }, "编号"},
		"broken UTF-8":   {func(it *item.Item) { it.Text = "路灯\xc2\xb7\xff" }, "正文"},
		"NUL":            {func(it *item.Item) { it.Text = "路\x00灯" }, "正文"},
		"NUL in a field": {func(it *item.Item) { it.Extra = []item.Field{{Name: "备注", Value: "\x00"}} }, "备注"},
		"too early":      {func(it *item.Item) { it.Submitted = time.Date(1969, 1, 1, 0, 0, 0, 0, item.Zone) }, "提交时间"},
		"too late":       {func(it *item.Item) { it.Submitted = time.Now().AddDate(0, 0, 3) }, "提交时间"},
		"event nowhere":  {func(it *item.Item) { it.Event = time.Date(12026, 1, 1, 0, 0, 0, 0, item.Zone) }, "事发时间"},
	} {
		bad := letter("bad")
		c.change(&bad)
		out := accept(t, n, letter("good "+name), bad)
		if statuses(out) != "accepted rejected" {
			t.Errorf("%s: %s", name, statuses(out))
			continue
		}
		p := out[1].Problem
		if p == nil || p.Column != c.column || p.Reason == "" || p.Hint == "" || p.Secret || out[1].ID != "" || len(p.Value) > 300 {
			t.Errorf("%s: outcome %+v, problem %+v", name, out[1], p)
		}
	}
}

// TestSecretNowhere looks for the words of a refused text in everything that
// was written.
func TestSecretNowhere(t *testing.T) {
	n := newNode(t)
	words := "夜莺计划的部署如下"
	bad := letter("s")
	bad.Title, bad.Text = "机密★1年", words
	out := accept(t, n, letter("1"), bad)
	want(t, out, "accepted rejected")
	if p := out[1].Problem; p == nil || !p.Secret || p.Value != "" || out[1].ID != "" {
		t.Errorf("problem %+v", p)
	}
	countsOf(t, n)
	if _, ok := raw(t, n)[item.NewID("信箱", "s")]; ok {
		t.Error("it is on the bus")
	}
	if got := testutil.ToFloat64(counter(t, n, "qianliyan_discarded_total", "信箱", "secrecy")); got != 1 {
		t.Errorf("counted %v times", got)
	}
	n.close(t)
	if strings.Contains(n.log.String(), "夜莺") {
		t.Error("it is in the log")
	}
	err := filepath.WalkDir(n.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		if bytes.Contains(b, []byte("夜莺")) {
			t.Errorf("it is in %s", p)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// counter finds one series.
func counter(t *testing.T, n *node, metric, name, reason string) prometheus.Collector {
	t.Helper()
	families, err := n.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "found"})
	for _, f := range families {
		if f.GetName() != metric {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["name"] == name && labels["reason"] == reason && labels["stage"] == "ingest" {
				g.Set(m.GetCounter().GetValue())
			}
		}
	}
	return g
}

func TestCounters(t *testing.T) {
	n := newNode(t)
	bad := letter("bad")
	bad.Title, bad.Text = "", ""
	accept(t, n, letter("1"), letter("2"), bad)
	accept(t, n, letter("1"))
	for _, c := range []struct {
		metric, reason string
		want           float64
	}{{"received", "", 4}, {"sent", "", 2}, {"discarded", "known", 1}, {"discarded", "invalid", 1}} {
		if got := testutil.ToFloat64(counter(t, n, "qianliyan_"+c.metric+"_total", "信箱", c.reason)); got != c.want {
			t.Errorf("%s %s = %v, want %v", c.metric, c.reason, got, c.want)
		}
	}
}

func TestClosed(t *testing.T) {
	n := newNode(t)
	full := errors.New("no space left on device")
	n.healthy.Store(&full)
	_, err := n.Accept(t.Context(), []item.Item{letter("1")})
	var shut *item.Unavailable
	if !errors.As(err, &shut) || !errors.Is(err, ingest.ErrClosed) || !errors.Is(err, full) || shut.After <= 0 || !strings.Contains(shut.Reason, "磁盘") {
		t.Errorf("err %v", err)
	}
	n.healthy.Store(nil)
	want(t, accept(t, n, letter("1")), "accepted")
	n.stop()
	if _, err := n.Accept(t.Context(), []item.Item{letter("2")}); !errors.Is(err, ingest.ErrClosed) {
		t.Errorf("accepted without a ledger: %v", err)
	}
	n.start(t)
	want(t, accept(t, n, letter("1"), letter("2")), "known accepted")
}

// TestBrokerDown: nothing is said to be accepted while the broker refuses, and
// the repeat is the same revision on the same day.
func TestBrokerDown(t *testing.T) {
	n := newNode(t)
	want(t, accept(t, n, letter("0")), "accepted")
	n.broker.FailProduce(func() error { return errors.New("disk") })
	a := letter("1")
	a2 := a
	a2.Title = "更正"
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	out, err := n.Accept(ctx, []item.Item{letter("0"), a, a2, letter("2")})
	if err != nil {
		t.Fatal(err)
	}
	want(t, out, "known failed failed failed")
	for _, o := range out[1:] {
		if o.ID == "" || o.Problem == nil || o.Problem.Reason == "" || o.Problem.Hint == "" {
			t.Errorf("outcome %+v, problem %+v", o, o.Problem)
		}
	}
	n.broker.FailProduce(nil)
	// What was given up may still arrive by itself, so known is as right.
	for _, o := range accept(t, n, a, a2, letter("2")) {
		if o.Status != item.Accepted && o.Status != item.Known {
			t.Errorf("outcome %+v once the broker is back", o)
		}
	}
	want(t, accept(t, n, a2, letter("2")), "known known")
	for id, list := range raw(t, n) {
		last := uint32(0)
		for _, it := range list {
			if it.Revision > last+1 {
				t.Errorf("%s: revision %d after %d", id, it.Revision, last)
			}
			last = max(last, it.Revision)
		}
	}
	if got := countsOf(t, n); !maps.Equal(got, map[string]int{"信箱 2026-03-02": 3}) {
		t.Errorf("counts %v", got)
	}
}

// TestCancelled: a caller that gives up learns that it does not know, and may
// ask again.
func TestCancelled(t *testing.T) {
	n := newNode(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out, err := n.Accept(ctx, []item.Item{letter("1")})
	if err == nil && statuses(out) != "failed" {
		t.Errorf("outcome %q with a context that has ended", statuses(out))
	}
	out = accept(t, n, letter("1"))
	if s := statuses(out); s != "accepted" && s != "known" {
		t.Errorf("then %q", s)
	}
	if got := countsOf(t, n); !maps.Equal(got, map[string]int{"信箱 2026-03-02": 1}) {
		t.Errorf("counts %v", got)
	}
}

// TestKilledBeforeFold closes between publishing and folding, and opens again:
// the ledger catches up before intake opens.
func TestKilledBeforeFold(t *testing.T) {
	n := newNode(t)
	var first []item.Item
	for i := range 50 {
		first = append(first, letter(fmt.Sprint("a", i)))
	}
	accept(t, n, first...)
	counted := countsOf(t, n)
	if counted["信箱 2026-03-02"] != 50 {
		t.Fatalf("counts %v", counted)
	}
	// The ledger stops; what is published now it has never seen.
	n.close(t)
	other := &node{broker: n.broker, bus: n.bus, dir: t.TempDir(), log: &bytes.Buffer{}}
	other.open(t)
	other.start(t)
	var second []item.Item
	for i := range 30 {
		second = append(second, letter(fmt.Sprint("b", i)))
	}
	accept(t, other, second...)
	all := countsOf(t, other)
	other.close(t)

	n.open(t)
	if list, err := n.Counts(t.Context()); err != nil || len(list) != 1 || list[0] != (ledger.Count{Source: "信箱", Day: "2026-03-02", N: 50}) {
		t.Errorf("before it catches up: %v, %v", list, err)
	}
	if err := n.Ready(); err == nil {
		t.Error("open before the ledger has caught up")
	}
	n.start(t)
	for _, o := range accept(t, n, append(first, second...)...) {
		if o.Status != item.Known {
			t.Fatalf("%+v after the restart", o)
		}
	}
	if got := countsOf(t, n); !maps.Equal(got, all) || got["信箱 2026-03-02"] != 80 {
		t.Errorf("counts %v, want %v", got, all)
	}
	// A ledger that lost its file reads everything again.
	n.close(t)
	if err := os.Remove(filepath.Join(n.dir, "ledger.db")); err != nil {
		t.Fatal(err)
	}
	n.open(t)
	n.start(t)
	if got := countsOf(t, n); !maps.Equal(got, all) {
		t.Errorf("counts %v after the file was lost, want %v", got, all)
	}
}

// TestOtherLog: a ledger that is ahead of the broker, or behind what the
// broker has trimmed, stops instead of forgetting.
func TestOtherLog(t *testing.T) {
	n := newNode(t)
	for i := range 40 {
		accept(t, n, letter(fmt.Sprint(i)))
	}
	countsOf(t, n)
	n.close(t)
	fresh := newNode(t)
	fresh.close(t)
	fresh.dir = n.dir // the ledger of one, the broker of the other
	fresh.open(t)
	var guard *ledger.GuardError
	if err := fresh.Run(t.Context()); !errors.As(err, &guard) || guard.Offset <= guard.Bound.Last {
		t.Errorf("err %v", err)
	}
	if err := fresh.Ready(); err == nil {
		t.Error("intake is open")
	}
	fresh.close(t)

	bounds, err := n.bus.Bounds(t.Context(), bus.Raw)
	if err != nil {
		t.Fatal(err)
	}
	for p, b := range bounds {
		if err := n.broker.Trim(t.Context(), bus.Raw, p, b.Last); err != nil {
			t.Fatal(err)
		}
	}
	n.open(t) // it holds what was trimmed
	n.start(t)
	want(t, accept(t, n, letter("3")), "known")
	n.close(t)
	n.dir = t.TempDir() // and now it does not
	n.open(t)
	defer n.close(t)
	if err := n.Run(t.Context()); !errors.As(err, &guard) || guard.Offset >= guard.Bound.First {
		t.Errorf("err %v", err)
	}
}

// TestOddRecords: what no ingestor wrote, or what was damaged, at the end of
// the log does not keep intake closed.
func TestOddRecords(t *testing.T) {
	n := newNode(t)
	accept(t, n, letter("1"))
	n.close(t)
	w := &kafkago.Writer{
		Addr: kafkago.TCP(n.broker.Addr()), Topic: bus.Raw, RequiredAcks: kafkago.RequireAll, BatchTimeout: time.Millisecond,
		Transport: &kafkago.Transport{Dial: n.broker.Dial},
	}
	defer w.Transport.(*kafkago.Transport).CloseIdleConnections()
	defer w.Close()
	for _, m := range []kafkago.Message{
		{Key: []byte("who"), Value: []byte("what")},
		{Key: []byte("k"), Value: []byte("changed"), Headers: []kafkago.Header{{Key: bus.HeaderCRC, Value: []byte("00000000")}}},
		{Key: []byte("l"), Value: []byte("changed"), Headers: []kafkago.Header{{Key: bus.HeaderCRC, Value: []byte("00000000")}}},
	} {
		if err := w.WriteMessages(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	n.open(t)
	n.start(t)
	want(t, accept(t, n, letter("1"), letter("2")), "known accepted")
	if got := countsOf(t, n); !maps.Equal(got, map[string]int{"信箱 2026-03-02": 2}) {
		t.Errorf("counts %v", got)
	}
}

// TestManyCallers hands in versions of few items from many callers at once:
// every version is published once, in one order, and nothing twice.
func TestManyCallers(t *testing.T) {
	n := newNode(t)
	const callers, calls, ids = 8, 12, 5
	var wg sync.WaitGroup
	var accepted atomic.Int64
	for c := range callers {
		wg.Go(func() {
			for k := range calls {
				var batch []item.Item
				for i := range 6 {
					it := letter(fmt.Sprint((c + k*i) % ids))
					it.Title = fmt.Sprint("第", (k+i)%4, "稿")
					batch = append(batch, it)
				}
				out, err := n.Accept(t.Context(), batch)
				if err != nil {
					t.Error(err)
					return
				}
				for _, o := range out {
					switch o.Status {
					case item.Accepted:
						accepted.Add(1)
					case item.Known:
					default:
						t.Errorf("outcome %+v", o)
					}
				}
			}
		})
	}
	wg.Wait()
	records := 0
	for id, list := range raw(t, n) {
		for i, it := range list {
			if it.Revision != uint32(i+1) || it.Day != "2026-03-02" {
				t.Errorf("%s: record %d is revision %d of %s", id, i, it.Revision, it.Day)
			}
			if i > 0 && it.Hash() == list[i-1].Hash() {
				t.Errorf("%s: revision %d says what the one before said", id, it.Revision)
			}
			records++
		}
	}
	if int64(records) != accepted.Load() {
		t.Errorf("%d records for %d accepted", records, accepted.Load())
	}
	if got := countsOf(t, n); !maps.Equal(got, map[string]int{"信箱 2026-03-02": ids}) {
		t.Errorf("counts %v", got)
	}
	if got := gauge(t, n, "qianliyan_ingest_unfolded_items"); got != 0 {
		t.Errorf("%v items are still waited for", got)
	}
}

func gauge(t *testing.T, n *node, name string) float64 {
	t.Helper()
	families, err := n.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

func TestConfig(t *testing.T) {
	if err := ingest.Defaults().Validate(); err != nil {
		t.Error(err)
	}
	err := ingest.Config{Earliest: "yesterday", Secrecy: "/none.toml"}.Validate()
	for _, key := range []string{"max_title", "max_text", "earliest", "max_unfolded", "retry_after", "secrecy"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("no word of %s in %v", key, err)
		}
	}
	c := ingest.Defaults()
	c.Earliest = "1900-01-01"
	if err := c.Validate(); err == nil {
		t.Error("days before 1970 cannot be kept")
	}
	if _, err := ingest.New(ingest.Config{}, ingest.Deps{}); err == nil {
		t.Error("New took an empty configuration")
	}
}

// BenchmarkAccept takes new letters of 400 characters, 500 a call, on the
// broker in the process.
func BenchmarkAccept(b *testing.B) {
	n := newNode(b)
	text := strings.Repeat("人民路的路灯坏了三天。", 36)
	total := 0
	for b.Loop() {
		batch := make([]item.Item, 500)
		for i := range batch {
			batch[i] = letter(fmt.Sprint(total))
			batch[i].Text = text
			total++
		}
		if _, err := n.Accept(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "items/s")
}

// TestRefusalIsLoggedOnce: senders try again every few seconds, the log hears
// of the state once, and of its end.
func TestRefusalIsLoggedOnce(t *testing.T) {
	n := newNode(t)
	full := errors.New("no space left")
	for range 2 {
		n.healthy.Store(&full)
		for range 5 {
			_, err := n.Accept(t.Context(), []item.Item{letter("1")})
			if !errors.Is(err, ingest.ErrClosed) || strings.Contains(err.Error(), "intake") || strings.Contains(err.Error(), "space") {
				t.Fatalf("err %v: the words are for the sender, the cause for the log", err)
			}
		}
		n.healthy.Store(nil)
		accept(t, n, letter(fmt.Sprint(time.Now().UnixNano())))
	}
	n.close(t)
	if log := n.log.String(); strings.Count(log, "takes nothing") != 2 || strings.Count(log, "takes items again") != 2 || !strings.Contains(log, "no space left") {
		t.Errorf("log:\n%s", log)
	}
}
