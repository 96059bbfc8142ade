package columnar

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/cespare/xxhash/v2"

	"qianliyan/classify/label"
)

// Offsets are the next offsets of items.labeled by partition; empty before the
// first Write.
func (s *Store) Offsets(ctx context.Context) (map[int]int64, error) {
	next, _, err := s.commits(ctx)
	return next, err
}

// commits reads the offsets and the highest seq in use.
func (s *Store) commits(ctx context.Context) (map[int]int64, uint64, error) {
	var rows []struct {
		Partition uint32 `ch:"partition"`
		Next      int64  `ch:"next"`
		Last      uint64 `ch:"last"`
	}
	if err := s.conn.Select(ctx, &rows, statement("offsets")); err != nil {
		return nil, 0, fmt.Errorf("cannot read offsets of columnar store: %w", err)
	}
	next, last := make(map[int]int64, len(rows)), uint64(0)
	for _, r := range rows {
		next[int(r.Partition)] = r.Next
		last = max(last, r.Last)
	}
	return next, last, nil
}

// Write stores items and then the offsets. When it returns nil both are on
// disk. After an error, or a crash, the caller repeats it: an item written
// twice is one item, and a version older than the stored one changes nothing.
func (s *Store) Write(ctx context.Context, items []label.Labeled, next map[int]int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	start := time.Now()
	if err := s.insert(ctx, items, start); err != nil {
		return fmt.Errorf("cannot write %d items: %w", len(items), err)
	}
	if err := s.commit(ctx, next, start); err != nil {
		return fmt.Errorf("cannot write offsets of columnar store: %w", err)
	}
	s.took.Observe(time.Since(start).Seconds())
	return nil
}

// insert sends one batch. Its token names the very versions in it, so that the
// same batch sent again, after an answer that got lost, is not written again.
func (s *Store) insert(ctx context.Context, items []label.Labeled, now time.Time) error {
	if len(items) == 0 {
		return nil
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"insert_deduplication_token": token(items),
		// An import goes over many years, a partition is a month; the default
		// refuses more than 100 of them in one batch.
		"max_partitions_per_insert_block": 0,
		"async_insert":                    0,
	}))
	b, err := s.conn.PrepareBatch(ctx, statement("insert_items"))
	if err != nil {
		return err
	}
	defer b.Close()
	var r record
	for _, l := range items {
		r.fill(l, now)
		if err := b.AppendStruct(&r); err != nil {
			return fmt.Errorf("item %s: %w", l.Item.ID, err)
		}
	}
	return b.Send()
}

// commit notes next. The caller holds s.mu.
func (s *Store) commit(ctx context.Context, next map[int]int64, now time.Time) error {
	if len(next) == 0 {
		return nil
	}
	b, err := s.conn.PrepareBatch(ctx, statement("insert_commits"))
	if err != nil {
		return err
	}
	defer b.Close()
	s.seq++
	for _, p := range slices.Sorted(maps.Keys(next)) {
		if err := b.Append(uint32(p), next[p], s.seq, now); err != nil {
			return err
		}
	}
	return b.Send()
}

// token is a hash over the IDs and versions of items, in order.
func token(items []label.Labeled) string {
	h := xxhash.New()
	var v [8]byte
	for _, l := range items {
		_, _ = h.WriteString(string(l.Item.ID))
		binary.BigEndian.PutUint64(v[:], l.Version())
		_, _ = h.Write(v[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
