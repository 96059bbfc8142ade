package index_test

import (
	"log/slog"
	"maps"
	"net/http"
	"testing"

	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/cmd/embedded/clickhouse"
	"qianliyan/index"
	"qianliyan/index/columnar"
	"qianliyan/index/fulltext"
	"qianliyan/ingest/item"
)

var (
	_ index.Store = (*fulltext.Index)(nil)
	_ index.Store = (*columnar.Store)(nil)
)

// TestStoresTakePieces holds the real stores to what burying relies on: items
// without offsets, offsets without items, and both once more.
func TestStoresTakePieces(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) (s index.Store, ids func() ([]item.ID, error)){
		"fulltext": func(t *testing.T) (index.Store, func() ([]item.ID, error)) {
			x, err := fulltext.Open(fulltext.Config{Dir: t.TempDir()}, fulltext.Deps{Segmenter: segmenttest.Open(t)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { x.Close() })
			return x, func() ([]item.ID, error) { return x.IDs(t.Context(), "test", labeled(0).Item.Day) }
		},
		"columnar": func(t *testing.T) (index.Store, func() ([]item.ID, error)) {
			e := clickhouse.OpenTest(t)
			cfg := columnar.Defaults()
			cfg.Database, cfg.Analyst = clickhouse.TestDatabase(t, e), clickhouse.TestDatabase(t, e)
			s, err := columnar.Open(t.Context(), cfg, columnar.Deps{
				Transport: func(*http.Transport) (http.RoundTripper, error) { return e, nil },
				Log:       slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s, func() ([]item.ID, error) { return s.IDs(t.Context(), "test", labeled(0).Item.Day) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, ids := open(t)
			next := map[int]int64{0: 7, 3: 2}
			for _, step := range []struct {
				what  string
				items []label.Labeled
				next  map[int]int64
				ids   int
				at    map[int]int64
			}{
				{"nothing", nil, nil, 0, map[int]int64{}},
				{"items only", []label.Labeled{labeled(1), labeled(2)}, nil, 2, map[int]int64{}},
				{"offsets only", nil, next, 2, next},
				{"an item only", []label.Labeled{labeled(3)}, nil, 3, next},
				{"what it has", []label.Labeled{labeled(3)}, next, 3, next},
				{"one partition", nil, map[int]int64{0: 8}, 3, map[int]int64{0: 8, 3: 2}},
			} {
				if err := s.Write(t.Context(), step.items, step.next); err != nil {
					t.Fatalf("%s: %v", step.what, err)
				}
				if got, err := ids(); err != nil || len(got) != step.ids {
					t.Errorf("%s: %d items %v, want %d", step.what, len(got), err, step.ids)
				}
				if at, err := s.Offsets(t.Context()); err != nil || !maps.Equal(at, step.at) {
					t.Errorf("%s: offsets %v %v, want %v", step.what, at, err, step.at)
				}
			}
		})
	}
}
