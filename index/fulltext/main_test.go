package fulltext

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/ingest/item"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		writeForever(dir)
	}
	goleak.VerifyTestMain(m,
		// Started by bleve's package variables, for good.
		goleak.IgnoreAnyFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}

// open opens the index in dir until the test ends.
func open(t testing.TB, dir string) *Index {
	t.Helper()
	x, err := Open(Config{Dir: dir}, Deps{Segmenter: segmenttest.Open(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// made is an item without words, as one whose words another segmenter cut.
func made(source string, n int, day, title, text string) label.Labeled {
	at, err := time.ParseInLocation(time.DateOnly, day, item.Zone)
	if err != nil {
		panic(err)
	}
	native := fmt.Sprint(n)
	return label.Labeled{
		Item: item.Item{
			ID: item.NewID(source, native), Channel: item.Letter, Source: source, NativeID: native,
			Title: title, Text: text, Submitted: at.Add(time.Duration(n%1440) * time.Minute), Day: day, Revision: 1,
		},
		At: time.UnixMilli(1_700_000_000_000),
	}
}

func withLabels(l label.Labeled, kv ...string) label.Labeled {
	for i := 0; i < len(kv); i += 2 {
		l.Labels = append(l.Labels, label.Label{Kind: label.Kind(kv[i]), Value: kv[i+1], Score: 1})
	}
	return l
}

func write(t testing.TB, x *Index, next map[int]int64, items ...label.Labeled) {
	t.Helper()
	if err := x.Write(t.Context(), items, next); err != nil {
		t.Fatal(err)
	}
}

func find(t testing.TB, x *Index, q Query) Answer {
	t.Helper()
	a, err := x.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func has(text string) *Where { return &Where{Op: Has, Text: text} }
