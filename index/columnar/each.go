package columnar

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"qianliyan/classify/label"
)

// keysAtOnce is how many keys Each reads ahead: a megabyte of them. Fewer would
// ask the engine more often to find its place, more is no faster.
const keysAtOnce = 10_000

// key names one item, in the order of the table.
type key struct {
	Day    time.Time `ch:"day"`
	Source string    `ch:"source"`
	ID     string    `ch:"id"`
}

// Each hands every item to f, in its latest version and with all its labels, in
// batches of at most batch, ordered by day, source and id. Words is empty. It is
// what another store is built anew from.
//
// One batch is in memory at a time; f must not keep it. Each ends with the first
// error of f. What is written meanwhile may be in it or not: read Offsets before,
// and the log from there on has the rest.
func (s *Store) Each(ctx context.Context, batch int, f func([]label.Labeled) error) error {
	batch = max(batch, 1)
	after := key{Day: time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)} // the first day a Date32 has
	for {
		var keys []key
		err := s.conn.Select(ctx, &keys, statement("select_keys"), clickhouse.Named("day", after.Day.Format(time.DateOnly)),
			clickhouse.Named("source", after.Source), clickhouse.Named("id", after.ID), clickhouse.Named("n", keysAtOnce))
		if err != nil {
			return fmt.Errorf("cannot list items: %w", err)
		}
		for part := range slices.Chunk(keys, batch) {
			items, err := s.page(ctx, part)
			if err != nil {
				return err
			}
			if err := f(items); err != nil {
				return err
			}
		}
		if len(keys) < keysAtOnce {
			return nil
		}
		after = keys[len(keys)-1]
	}
}

// page reads the items of keys, which are in order and not empty.
func (s *Store) page(ctx context.Context, keys []key) ([]label.Labeled, error) {
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	var recs []record
	err := s.conn.Select(ctx, &recs, statement("select_page"), clickhouse.Named("ids", ids),
		clickhouse.Named("from", keys[0].Day.Format(time.DateOnly)), clickhouse.Named("to", keys[len(keys)-1].Day.Format(time.DateOnly)))
	if err != nil {
		return nil, fmt.Errorf("cannot read %d items: %w", len(keys), err)
	}
	// Fewer would be items that are silently missing from what is built of them.
	if len(recs) < len(keys) {
		return nil, fmt.Errorf("cannot read %d items: the engine has only %d of them", len(keys), len(recs))
	}
	items := make([]label.Labeled, len(recs))
	for i := range recs {
		row, err := recs[i].row()
		if err != nil {
			return nil, err
		}
		items[i] = row.Labeled
	}
	return items, nil
}
