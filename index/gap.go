package index

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"qianliyan/ingest/bus"
)

// ErrGap says that a store lacks records which the bus no longer keeps. Going on
// would leave them out for ever, without a word. Test with errors.Is.
var ErrGap = errors.New("the store lacks records that the bus no longer keeps")

// GapError is an ErrGap with its numbers. It is read by the administrator.
type GapError struct {
	Store     string // its Name
	Partition int    // of items.labeled
	Offset    int64  // the store has everything before it; 0 for an empty store
	First     int64  // the first record the bus still keeps
	Remedy    string // what to do, in Chinese
}

// Error says what is missing and what to do.
func (e *GapError) Error() string {
	return fmt.Sprintf("存储 %s 缺少信息：%s 第 %d 分区它写到第 %d 条，消息队列里只剩第 %d 条以后的，中间的补不回来。%s",
		e.Store, bus.Labeled, e.Partition, e.Offset, e.First, e.Remedy)
}

// Unwrap is ErrGap.
func (e *GapError) Unwrap() error { return ErrGap }

// Remedied is a store that knows how it is filled again when the bus no longer
// has what it lacks. The text is Chinese, one or two sentences.
type Remedied interface {
	Remedy() string
}

// remedy is for a store that says nothing itself.
const remedy = "请恢复与它同一时刻的消息队列数据，或用新的数据目录重新导入。"

// gap is a *GapError for the first partition of which s, at the offsets from,
// lacks records that are gone. A partition it does not name it has nothing of.
//
// Trimming keeps the last record that all stores have, so a store that was asked
// before (Trimmable) never lies below First.
func gap(s Store, from map[int]int64, bounds map[int]bus.Bound) error {
	for _, p := range slices.Sorted(maps.Keys(bounds)) {
		if from[p] >= bounds[p].First {
			continue
		}
		e := &GapError{Store: s.Name(), Partition: p, Offset: from[p], First: bounds[p].First, Remedy: remedy}
		if r, ok := s.(Remedied); ok {
			e.Remedy = r.Remedy()
		}
		return e
	}
	return nil
}

// Check asks every store where it is and returns a *GapError for the first that
// Run would end with, so that a program can say so before it takes anything in.
// A store or a bus that does not answer is its error; Run waits for both.
func (x *Indexer) Check(ctx context.Context) error {
	for _, f := range x.feeds {
		if _, err := f.place(ctx); err != nil {
			return err
		}
	}
	return nil
}

// place is where f's store is, or a *GapError. The store is asked before the
// bus: what is trimmed in between, every store has.
func (f *feed) place(ctx context.Context) (map[int]int64, error) {
	from, err := f.store.Offsets(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot read offsets of %s: %w", f.store.Name(), err)
	}
	bounds, err := f.x.bus.Bounds(ctx, bus.Labeled)
	if err != nil {
		return nil, err
	}
	return from, gap(f.store, from, bounds)
}
