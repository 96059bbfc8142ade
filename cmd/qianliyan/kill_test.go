package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qianliyan/cmd/internal/corpus"
	"qianliyan/ingest/item"
	"qianliyan/query/doctor"
)

// pushConfig writes a configuration with one source that may push.
func pushConfig(t *testing.T, dir string) string {
	t.Helper()
	token := filepath.Join(dir, "token")
	text := fmt.Sprintf("data = %q\n[http]\naddress = \"127.0.0.1:0\"\n[log]\nlevel = \"warn\"\n[[push.sources]]\nname = \"推送\"\nchannel = \"letter\"\ntoken_file = %q\n",
		filepath.Join(dir, "data"), token)
	path := filepath.Join(dir, "qianliyan.toml")
	for name, s := range map[string]string{token: "a-token-for-this-test-only\n", path: text} {
		if err := os.WriteFile(name, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// pushLine is an item as another system would send it.
func pushLine(it item.Item) map[string]any {
	return map[string]any{
		"native_id": it.NativeID, "title": it.Title, "text": it.Text,
		"submitted": it.Submitted.Format(time.RFC3339), "places": it.Places,
	}
}

// TestKilled feeds items by push and by file while the server is killed again
// and again, and then asks doctor: every item whose acceptance was said is in
// both stores, once. QIANLIYAN_KILLS is the number of kills, of which the whole
// test has 30, over 20,000 items.
func TestKilled(t *testing.T) {
	items, kills := 4000, 8
	if testing.Short() {
		items, kills = 2000, 3
	}
	if s := os.Getenv("QIANLIYAN_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
		items = 20000
	}
	dir := t.TempDir()
	config := pushConfig(t, dir)
	all, err := corpus.Generate(corpus.Options{Items: items, End: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	pushed, filed := all[:items/2], all[items/2:]

	var current atomic.Pointer[server]
	current.Store(startServer(t, config))
	var feeding sync.WaitGroup
	fed := make(chan struct{})
	acked := &acks{}
	feeding.Go(func() { pushAll(t, &current, pushed, acked) })
	feeding.Go(func() { importAll(t, config, dir, filed, acked) })
	go func() { feeding.Wait(); close(fed) }()

	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	feedingEnded := 0
	for k := range kills {
		select {
		case <-fed: // the stores may still be at work
			feedingEnded++
		default:
		}
		time.Sleep(time.Duration(100+rng.IntN(1500)) * time.Millisecond)
		current.Load().kill()
		current.Store(startServer(t, config))
		if t.Failed() {
			t.Fatalf("stopped after %d kills", k+1)
		}
	}
	<-fed
	t.Logf("%d kills, %d of them after the feeding had ended", kills, feedingEnded)
	current.Load().kill() // and doctor repairs nothing, it only waits

	var r doctor.Report
	if err := command(t, &r, "doctor", "--config", config, "--deep", "--json", "--wait", "3m"); err != nil {
		t.Fatal(err)
	}
	if !r.OK || r.Behind != 0 || r.Accepted != items || r.Fulltext != items || r.Columnar != items || r.DeadLetters != 0 {
		t.Errorf("doctor says %+v, want %d everywhere", r, items)
	}
	if n := acked.len(); n != items {
		t.Errorf("%d items were acknowledged, want %d", n, items)
	}
}

// acks are the ids the server has said it has.
type acks struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (a *acks) add(ids ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ids == nil {
		a.ids = map[string]bool{}
	}
	for _, id := range ids {
		a.ids[id] = true
	}
}

func (a *acks) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.ids)
}

// pushAll sends items in small batches and repeats each until it is
// acknowledged, as a careful sender does.
func pushAll(t *testing.T, current *atomic.Pointer[server], items []item.Item, acked *acks) {
	for start := 0; start < len(items) && !t.Failed(); start += 50 {
		var body bytes.Buffer
		for _, it := range items[start:min(start+50, len(items))] {
			json.NewEncoder(&body).Encode(pushLine(it))
		}
		for !t.Failed() {
			var answer struct {
				Accepted, Known, Rejected int
				Results                   []struct {
					ID     string
					Status item.Status
				}
			}
			err := post(t.Context(), current.Load().http+"/push/v1/items", "a-token-for-this-test-only", bytes.NewReader(body.Bytes()), &answer)
			if err == nil && answer.Rejected > 0 {
				t.Errorf("push rejected %d items", answer.Rejected)
			}
			if err == nil {
				for _, r := range answer.Results {
					acked.add(r.ID)
				}
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// importAll writes items into files and imports each until the command says
// that every row is in.
func importAll(t *testing.T, config, dir string, items []item.Item, acked *acks) {
	const perFile = 1000
	for start := 0; start < len(items) && !t.Failed(); start += perFile {
		batch := items[start:min(start+perFile, len(items))]
		path := filepath.Join(dir, fmt.Sprintf("part-%05d.jsonl", start))
		var b strings.Builder
		for _, it := range batch {
			json.NewEncoder(&b).Encode(map[string]any{"id": it.NativeID, "title": it.Title, "text": it.Text, "time": it.Submitted.Format("2006-01-02 15:04:05")})
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Error(err)
			return
		}
		for try := 0; !t.Failed(); try++ {
			var r struct{ Accepted, Known, Rejected int }
			err := command(t, &r, "import", "--config", config, "--channel", "call", "--source", "文件", "--json", path)
			if r.Rejected > 0 {
				t.Errorf("import rejected %d rows: %v", r.Rejected, err)
			}
			if err == nil && r.Accepted+r.Known == len(batch) {
				for _, it := range batch {
					acked.add(string(item.NewID("文件", it.NativeID)))
				}
				break
			}
			if try > 500 {
				t.Errorf("import of %s never ended: %v", path, err)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}
