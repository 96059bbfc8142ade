package fulltext

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// shard is one month of items: a scorch index, the storage engine of bleve,
// without bleve's mapping and query layers, which this package replaces.
type shard struct {
	month string
	index index.Index
	cols  columnCache
}

// openShard opens or makes the shard in dir. Scorch replays nothing: its
// bolt file names the segments of the last flush, and files of an unfinished
// one are removed.
func openShard(dir, month string, queue *index.AnalysisQueue) (*shard, error) {
	path := filepath.Join(dir, month)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make shard %q: %w", month, err)
	}
	x, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path":         path,
		"bolt_timeout": "5s",
	}, queue)
	if err != nil {
		return nil, fmt.Errorf("cannot open shard %q: %w", month, err)
	}
	if err := x.Open(); err != nil {
		return nil, fmt.Errorf("cannot open shard %q: %w", month, err)
	}
	return &shard{month: month, index: x}, nil
}

// write stores docs in one flush and returns when they are on disk: scorch
// answers a batch when its persister has written the segment, its bolt file
// and synced both, unless asked otherwise.
func (s *shard) write(docs []*document.Document) error {
	b := index.NewBatch()
	for _, d := range docs {
		b.Update(d)
	}
	if err := s.index.Batch(b); err != nil {
		return fmt.Errorf("cannot write %d items to shard %q: %w", len(docs), s.month, err)
	}
	return nil
}

// snapshot is the shard as it is now. It must be closed.
func (s *shard) snapshot() (*scorch.IndexSnapshot, error) {
	r, err := s.index.Reader()
	if err != nil {
		return nil, fmt.Errorf("cannot read shard %q: %w", s.month, err)
	}
	snap, ok := r.(*scorch.IndexSnapshot)
	if !ok || snap == nil {
		return nil, fmt.Errorf("cannot read shard %q: it is closed", s.month)
	}
	return snap, nil
}

func (s *shard) close() error {
	if err := s.index.Close(); err != nil {
		return fmt.Errorf("cannot close shard %q: %w", s.month, err)
	}
	return nil
}
