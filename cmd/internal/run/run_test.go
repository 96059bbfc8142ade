package run

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qianliyan/classify/label"
	"qianliyan/cmd/internal/config"
	"qianliyan/cmd/internal/corpus"
	"qianliyan/index"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
	"qianliyan/query/filter"
	"qianliyan/query/search"
)

// testConfig is a node on a temporary folder without an address.
func testConfig(t *testing.T) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	cfg.HTTP.Address = ""
	cfg.Embedded.MinFree = 1
	return cfg
}

// running is a node at work; stop ends it and waits.
type runningNode struct {
	*Node
	stop func()
}

func runNode(t *testing.T, cfg config.Config, f faults) runningNode {
	t.Helper()
	n, err := start(t.Context(), cfg, slog.New(slog.DiscardHandler), f)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the node ended with %v", err)
		}
	}
	t.Cleanup(stop)
	if err := n.AwaitIntake(t.Context()); err != nil {
		t.Fatal(err)
	}
	return runningNode{n, stop}
}

// waitFor waits for something that must come; how long it takes is not judged.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited two minutes for %s", what)
		}
	}
}

func testItems(t *testing.T, n int) []item.Item {
	t.Helper()
	items, err := corpus.Generate(corpus.Options{Items: n, End: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// feed hands items in, in batches, each until it is accepted.
func feed(t *testing.T, n *Node, items []item.Item) {
	t.Helper()
	for len(items) > 0 {
		batch := items[:min(200, len(items))]
		out, err := n.Accept(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out {
			if o.Status != item.Accepted && o.Status != item.Known {
				t.Fatalf("%+v: %v", o, o.Problem)
			}
		}
		items = items[len(batch):]
	}
}

func drain(t *testing.T, n *Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := n.Drain(ctx, nil); err != nil {
		t.Fatal(err)
	}
}

// agree fails unless all books hold want items, the same ones.
func agree(t *testing.T, n *Node, want int) {
	t.Helper()
	r, err := n.Doctor(t.Context(), true, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK || r.Accepted != want || r.Fulltext != want || r.Columnar != want || r.DeadLetters != 0 {
		t.Fatalf("doctor says %+v, want %d everywhere", r, want)
	}
}

// gated is a store that fails while shut is set.
type gated struct {
	index.Store
	shut *atomic.Bool
}

func (g gated) Write(ctx context.Context, items []label.Labeled, next map[int]int64) error {
	if g.shut.Load() {
		return errors.New("injected: the index does not answer")
	}
	return g.Store.Write(ctx, items, next)
}

// cut is a transport that fails while shut is set.
type cut struct {
	http.RoundTripper
	shut *atomic.Bool
}

func (c cut) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.shut.Load() {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, errors.New("injected: the engine does not answer")
	}
	return c.RoundTripper.RoundTrip(r)
}

// metric reads one line of /metrics.
func metric(t *testing.T, n *Node, prefix string) string {
	t.Helper()
	res, err := newClient(n.Address()).send(t.Context(), http.MethodGet, "/metrics", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, prefix) {
			return strings.TrimSpace(line[strings.LastIndex(line, " "):])
		}
	}
	return ""
}

// TestStoresFail shuts one store after the other: intake goes on, the lag
// shows, and nothing is missing when the store is back.
func TestStoresFail(t *testing.T) {
	var engineShut, indexShut atomic.Bool
	n := runNode(t, testConfig(t), faults{
		transport: func(rt http.RoundTripper) http.RoundTripper { return cut{rt, &engineShut} },
		store:     func(s index.Store) index.Store { return gated{s, &indexShut} },
	})
	items := testItems(t, 900)
	for i, shut := range []*atomic.Bool{&engineShut, &indexShut} {
		store := []string{"columnar", "fulltext"}[i]
		shut.Store(true)
		feed(t, n.Node, items[i*300:(i+1)*300])
		waitFor(t, store+" to lag", func() bool {
			n.health.mu.Lock()
			defer n.health.mu.Unlock()
			return n.health.lag[store] >= 300 && n.health.broken[partOf[store]] != ""
		})
		if got := metric(t, n.Node, `qianliyan_lag_records{consumer="`+store+`"`); got == "" || got == "0" {
			t.Errorf("the lag of %s shows as %q in /metrics", store, got)
		}
		var page strings.Builder
		if err := newClient(n.Address()).Stream(t.Context(), "/", nil, &page); err != nil {
			t.Errorf("the page of the day with %s down: %v", store, err)
		} else if !strings.Contains(page.String(), partOf[store]) {
			t.Errorf("the page of the day does not name %s", partOf[store])
		}
		shut.Store(false)
	}
	feed(t, n.Node, items[600:])
	drain(t, n.Node)
	agree(t, n.Node, 900)
}

// TestBrokerFails refuses produce requests: intake says so, and the same items
// handed in again later are all there, once.
func TestBrokerFails(t *testing.T) {
	cfg := testConfig(t)
	cfg.Bus.PublishTimeout = setting.Duration(2 * time.Second)
	n := runNode(t, cfg, faults{})
	items := testItems(t, 300)
	feed(t, n.Node, items[:100])
	n.broker.FailProduce(func() error { return errors.New("injected: disk full") })
	out, err := n.Accept(t.Context(), items[100:200])
	if err == nil {
		for _, o := range out {
			if o.Status == item.Accepted {
				t.Fatalf("accepted while the broker refuses: %+v", o)
			}
		}
	}
	n.broker.FailProduce(nil)
	feed(t, n.Node, items)
	drain(t, n.Node)
	agree(t, n.Node, 300)
}

// TestReplay reads every topic again from the start, into stores and ledger
// that have it all: counts and a search stay as they were.
func TestReplay(t *testing.T) {
	cfg := testConfig(t)
	n := runNode(t, cfg, faults{})
	items := testItems(t, 1500)
	feed(t, n.Node, items)
	drain(t, n.Node)
	agree(t, n.Node, 1500)
	before := found(t, n.Node)
	// Everything again: labelled anew by a second group, and the labelled
	// records into both stores.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	count := 0
	err := n.bus.Follow(ctx, bus.Labeled, map[int]int64{}, bus.FollowOptions{Consumer: "replay"}, func(ctx context.Context, recs []bus.Record, _ map[int]int64) error {
		again := make([]bus.Record, len(recs))
		for i, r := range recs {
			again[i] = bus.Record{Key: r.Key, Value: r.Value, Headers: map[string]string{bus.HeaderSource: r.Headers[bus.HeaderSource], bus.HeaderDay: r.Headers[bus.HeaderDay]}}
		}
		if count += len(recs); count >= 1500 {
			cancel()
		}
		return n.bus.Publish(context.WithoutCancel(ctx), bus.Labeled, again)
	})
	if err != nil {
		t.Fatal(err)
	}
	feed(t, n.Node, items) // and by the front door
	drain(t, n.Node)
	agree(t, n.Node, 1500)
	n.stop()

	// The same with stores that have forgotten their offsets.
	if err := os.Remove(filepath.Join(cfg.Data, "fulltext", "commit.json")); err != nil {
		t.Fatal(err)
	}
	again := runNode(t, cfg, faults{})
	drain(t, again.Node)
	agree(t, again.Node, 1500)
	if after := found(t, again.Node); after != before {
		t.Errorf("a search found %d before the replay and %d after", before, after)
	}
}

// found is how many items a search has.
func found(t *testing.T, n *Node) int {
	t.Helper()
	s, err := search.New(n.cfg.Search, search.Deps{Index: n.fulltext, Log: n.log})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Search(t.Context(), search.Request{Filter: filter.Filter{Words: "小区"}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Total == 0 {
		t.Fatal("the search finds nothing")
	}
	return r.Total
}

// TestFullDisk fills the disk under the data folder: intake closes with the
// reason and opens by itself when there is room.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("needs the right to mount a small disk: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("cannot unmount: %v %s", err, out)
		}
	})
	cfg := testConfig(t)
	cfg.Data = filepath.Join(dir, "data")
	cfg.Embedded.MinFree = 64 << 20
	n := runNode(t, cfg, faults{})
	t.Cleanup(n.stop) // before the disk goes
	items := testItems(t, 200)
	feed(t, n.Node, items[:100])
	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	waitFor(t, "intake to close", func() bool {
		_, err := n.Accept(t.Context(), items[100:101])
		var shut *item.Unavailable
		return errors.As(err, &shut) && strings.Contains(shut.Reason, "磁盘")
	})
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "intake to open again", func() bool { return n.ingestor.Ready() == nil })
	feed(t, n.Node, items)
	drain(t, n.Node)
	agree(t, n.Node, 200)
}

// fill writes until the disk takes no more.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1<<20)
	for range 1000 {
		if _, err := f.Write(b); err != nil {
			return
		}
	}
	t.Fatal("the disk has more than 1000 MB; is it the small one?")
}
