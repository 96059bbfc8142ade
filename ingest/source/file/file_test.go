package file

import (
	"bytes"
	"context"
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/text/encoding"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var key = []byte("a key for tests only")

// gate is an intake in memory: it knows an item by ID and Hash, as the real
// one does, and refuses texts with a mark.
type gate struct {
	hash    map[item.ID]uint64
	items   []item.Item // accepted, in order
	batches int
	largest int // items of one batch
}

func newGate() *gate { return &gate{hash: map[item.ID]uint64{}} }

func secret(it item.Item) bool { return strings.Contains(it.Title+it.Text, "机密★") }

func (g *gate) accept(_ context.Context, items []item.Item) ([]item.Outcome, error) {
	g.batches++
	g.largest = max(g.largest, len(items))
	out := make([]item.Outcome, len(items))
	for i, it := range items {
		out[i].ID = it.ID
		h, known := g.hash[it.ID]
		switch {
		case secret(it):
			out[i] = item.Outcome{Status: item.Rejected, Problem: &item.Problem{Reason: "带有密级标志", Hint: "按保密规定处理", Secret: true}}
		case known && h == it.Hash():
			out[i].Status = item.Known
		default:
			g.hash[it.ID] = it.Hash()
			g.items = append(g.items, it)
			out[i].Status = item.Accepted
		}
	}
	return out, nil
}

func options(t testing.TB, g *gate) Options {
	t.Helper()
	set, err := mapping.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Mappings: set, Source: "测试", Key: key, Accept: g.accept, Secret: secret}
}

// put writes a file into a fresh folder and returns its path.
func put(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run imports data under name with the shipped kinds.
func run(t testing.TB, name string, data []byte) (*gate, Report, error) {
	t.Helper()
	g := newGate()
	rep, err := Import(t.Context(), put(t, name, data), options(t, g))
	return g, rep, err
}

// encoded is s in another encoding.
func encoded(t testing.TB, e encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readRejects parses a rejects file.
func readRejects(t testing.TB, path string) [][]string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, ok := bytes.CutPrefix(b, []byte("\uFEFF"))
	if !ok {
		t.Errorf("%s has no byte order mark: Excel would not read its Chinese", path)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// titles of the items a gate took.
func (g *gate) titles() []string {
	var out []string
	for _, it := range g.items {
		out = append(out, it.Title)
	}
	return out
}

func tally(r Report) [3]int { return [3]int{r.Accepted, r.Known, r.Rejected} }
