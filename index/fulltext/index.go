package fulltext

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	index "github.com/blevesearch/bleve_index_api"

	"qianliyan/classify/label"
)

// ErrClosed is returned by every call after Close.
var ErrClosed = errors.New("full-text index is closed")

// Index is the open full-text index. It may be used from many goroutines;
// Write calls must not overlap.
type Index struct {
	cfg     Config
	deps    Deps
	version string // of the segmenter
	lock    *os.File
	queue   *index.AnalysisQueue
	metrics *metrics

	mu      sync.RWMutex // guards what follows; never held during work
	closed  bool
	shards  map[string]*shard // by month
	offsets map[int]int64
	running sync.WaitGroup // calls that Close waits for
}

// Open opens the index in cfg.Dir, or makes an empty one. An index written by
// another version of the program or of the segmenter is *RebuildError.
func Open(cfg Config, deps Deps) (*Index, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Dir == "" {
		return nil, errors.New("cannot open full-text index without a folder")
	}
	if deps.Segmenter == nil {
		return nil, errors.New("cannot open full-text index without a segmenter")
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	cfg = cfg.withDefaults()
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make index folder: %w", err)
	}
	l, err := lock(cfg.Dir)
	if err != nil {
		return nil, err
	}
	x := &Index{
		cfg: cfg, deps: deps, version: deps.Segmenter.Version(), lock: l,
		queue: index.NewAnalysisQueue(cfg.Workers), shards: map[string]*shard{},
	}
	if err := x.open(); err != nil {
		return nil, errors.Join(err, x.closeAll())
	}
	return x, nil
}

func (x *Index) open() error {
	start := time.Now()
	months, err := monthsIn(x.cfg.Dir)
	if err != nil {
		return err
	}
	if err := checkMeta(x.cfg.Dir, meta{Schema, x.version}, len(months) == 0); err != nil {
		return err
	}
	if x.offsets, err = readCommit(x.cfg.Dir); err != nil {
		return err
	}
	for _, m := range months {
		s, err := openShard(x.cfg.Dir, m, x.queue)
		if err != nil {
			return err
		}
		x.shards[m] = s
	}
	if x.metrics, err = newMetrics(x); err != nil {
		return err
	}
	x.deps.Log.Info("full-text index open", "dir", x.cfg.Dir, "shards", len(months), "took", time.Since(start))
	return nil
}

// monthsIn lists the shard folders of dir.
func monthsIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot list index folder: %w", err)
	}
	var out []string
	for _, e := range entries {
		if _, err := time.Parse("2006-01", e.Name()); err == nil && e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// begin registers a call; done must be called when it ends.
func (x *Index) begin() (done func(), err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.closed {
		return nil, ErrClosed
	}
	x.running.Add(1)
	return x.running.Done, nil
}

// Close waits for running calls and closes all shards. A second call does
// nothing.
func (x *Index) Close() error {
	x.mu.Lock()
	if x.closed {
		x.mu.Unlock()
		return nil
	}
	x.closed = true
	x.mu.Unlock()
	x.running.Wait()
	return x.closeAll()
}

func (x *Index) closeAll() error {
	var errs []error
	for _, m := range slices.Sorted(maps.Keys(x.shards)) {
		errs = append(errs, x.shards[m].close())
	}
	x.queue.Close()
	x.metrics.unregister()
	errs = append(errs, x.lock.Close())
	return errors.Join(errs...)
}

// Name is "fulltext".
func (x *Index) Name() string { return "fulltext" }

// Remedy is what helps when the bus no longer has what the index lacks, in
// Chinese.
func (x *Index) Remedy() string {
	return "原文都在分析库中：请停止服务，运行 qianliyan index rebuild 重建全文索引，再启动。"
}

// Offsets returns the next offset of every partition that was written.
func (x *Index) Offsets(context.Context) (map[int]int64, error) {
	done, err := x.begin()
	if err != nil {
		return nil, err
	}
	defer done()
	x.mu.RLock()
	defer x.mu.RUnlock()
	return maps.Clone(x.offsets), nil
}

// shardFor returns the month's shard and makes it where there is none.
func (x *Index) shardFor(month string) (*shard, error) {
	x.mu.RLock()
	s := x.shards[month]
	x.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	s, err := openShard(x.cfg.Dir, month, x.queue)
	if err != nil {
		return nil, err
	}
	if err := syncDir(x.cfg.Dir); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot make shard %q: %w", month, err), s.close())
	}
	if err := syncDir(filepath.Join(x.cfg.Dir, month)); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot make shard %q: %w", month, err), s.close())
	}
	x.deps.Log.Info("full-text shard made", "month", month)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.shards[month] = s
	return s, nil
}

// latest keeps of every ID the last version, in order of first sight: one
// batch may hold two versions, and bleve keeps either.
func latest(items []label.Labeled) []label.Labeled {
	at := make(map[string]int, len(items))
	out := make([]label.Labeled, 0, len(items))
	for _, l := range items {
		i, ok := at[string(l.Item.ID)]
		switch {
		case !ok:
			at[string(l.Item.ID)] = len(out)
			out = append(out, l)
		case l.Version() >= out[i].Version():
			out[i] = l
		}
	}
	return out
}
