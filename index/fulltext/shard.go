package fulltext

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// shard is one month of items: a scorch index, the storage engine of bleve,
// without bleve's mapping and query layers, which this package replaces.
type shard struct {
	month string
	path  string
	queue *index.AnalysisQueue

	mu    sync.RWMutex // guards the pointers, not what they point to
	index index.Index  // nil after a failed write until the shard opens again
	cols  *columnCache // of this opening: segment numbers begin anew with each
}

// openShard opens or makes the shard in dir. Scorch replays nothing: its
// bolt file names the segments of the last flush, and files of an unfinished
// one are removed.
func openShard(dir, month string, queue *index.AnalysisQueue) (*shard, error) {
	s := &shard{month: month, path: filepath.Join(dir, month), queue: queue}
	if err := os.MkdirAll(s.path, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make shard %q: %w", month, err)
	}
	return s, s.open()
}

func (s *shard) open() error {
	x, err := scorch.NewScorch(scorch.Name, map[string]any{"path": s.path, "bolt_timeout": "5s"}, s.queue)
	if err == nil {
		err = x.Open()
	}
	if err != nil {
		return fmt.Errorf("cannot open shard %q: %w", s.month, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index, s.cols = x, &columnCache{}
	return nil
}

// reopen opens the shard where a failed write has left it closed. Only the
// writer calls it, so what it reads without the lock is its own.
func (s *shard) reopen() error {
	if s.index != nil {
		return nil
	}
	return s.open()
}

// write stores docs in one flush and returns when they are on disk: scorch
// answers a batch when its persister has written the segment and its bolt file
// and synced both, unless asked otherwise. Calls must not overlap.
//
// When a flush fails, a full disk for example, scorch keeps the segment in
// memory but has already torn down parts of it, and whoever touches it panics,
// scorch's own retry first. So the shard is opened again from what is on disk.
// For the same reason there is one flush at a time: a second one would wait
// for a persister that has gone.
func (s *shard) write(docs []*document.Document) error {
	if err := s.reopen(); err != nil {
		return err
	}
	b := index.NewBatch()
	for _, d := range docs {
		b.Update(d)
	}
	err := flushed(s.index, b)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("cannot write %d items to shard %q: %w", len(docs), s.month, err)
	return errors.Join(err, s.close(), s.open())
}

func flushed(x index.Index, b *index.Batch) (err error) {
	defer rescue(&err)
	return x.Batch(b)
}

// rescue turns a panic into an error. It stands where segments are read or
// written, since one whose flush has failed panics (see shard.write).
func rescue(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("segment is broken: %v", p)
	}
}

// snapshot is the shard as it is now, with the columns that belong to it. It
// must be closed.
func (s *shard) snapshot() (*scorch.IndexSnapshot, *columnCache, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.index == nil {
		return nil, nil, fmt.Errorf("cannot read shard %q: it could not be opened again after a failed write", s.month)
	}
	r, err := s.index.Reader()
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read shard %q: %w", s.month, err)
	}
	snap, ok := r.(*scorch.IndexSnapshot)
	if !ok || snap == nil {
		return nil, nil, fmt.Errorf("cannot read shard %q: it is closed", s.month)
	}
	return snap, s.cols, nil
}

// close waits for scorch's goroutines. Snapshots that are open stay readable.
func (s *shard) close() error {
	s.mu.Lock()
	x := s.index
	s.index = nil
	s.mu.Unlock()
	if x == nil {
		return nil
	}
	if err := x.Close(); err != nil {
		return fmt.Errorf("cannot close shard %q: %w", s.month, err)
	}
	return nil
}
