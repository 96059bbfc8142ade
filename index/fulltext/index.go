package fulltext

import (
	"context"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// Index is the open full-text index. It may be used from many goroutines;
// Write calls must not overlap.
type Index struct {
	cfg  Config
	deps Deps
}

// Open opens the index in cfg.Dir, or makes an empty one. An index written by
// another version of the program or of the segmenter is *RebuildError.
func Open(cfg Config, deps Deps) (*Index, error) { return &Index{cfg, deps}, nil }

// Close waits for running calls and closes all shards.
func (x *Index) Close() error { return nil }

// Name is "fulltext".
func (x *Index) Name() string { return "fulltext" }

// Offsets returns the next offset of every partition that was written.
func (x *Index) Offsets(ctx context.Context) (map[int]int64, error) { return nil, nil }

// Write stores items under their IDs, replacing what was there, and then the
// offsets. When it returns nil, both are on disk.
func (x *Index) Write(ctx context.Context, items []label.Labeled, next map[int]int64) error {
	return nil
}

// Has reports whether the item is in the index.
func (x *Index) Has(ctx context.Context, id item.ID) (bool, error) { return false, nil }

// DayCount is the number of items of one source and day.
type DayCount struct {
	Source string
	Day    string // 2006-01-02
	N      int
}

// CountByDay counts all items, ordered by day and source.
func (x *Index) CountByDay(ctx context.Context) ([]DayCount, error) { return nil, nil }

// IDs lists the items of one source and day, ordered.
func (x *Index) IDs(ctx context.Context, source, day string) ([]item.ID, error) { return nil, nil }

// Search answers q on one consistent state of every shard.
func (x *Index) Search(ctx context.Context, q Query) (Answer, error) { return Answer{}, nil }
