package columnar

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// ErrNotFound says that no item has the ID.
var ErrNotFound = errors.New("item not found")

// Row is one stored item: its latest version.
type Row struct {
	label.Labeled           // Words is empty: they are not kept here
	Stored        time.Time // when it was written here
}

// Item is the latest version of one item, or ErrNotFound.
func (s *Store) Item(ctx context.Context, id item.ID) (Row, error) {
	rows, err := s.Items(ctx, []item.ID{id})
	if err != nil {
		return Row{}, err
	}
	if len(rows) == 0 {
		return Row{}, fmt.Errorf("cannot read item %s: %w", id, ErrNotFound)
	}
	return rows[0], nil
}

// Items are the latest versions of the given items, in the order of ids; those
// that are not stored are left out.
func (s *Store) Items(ctx context.Context, ids []item.ID) ([]Row, error) {
	want := make([]string, 0, len(ids))
	for _, id := range ids {
		if id.Valid() {
			want = append(want, string(id))
		}
	}
	if len(want) == 0 {
		return nil, nil
	}
	var recs []record
	if err := s.conn.Select(ctx, &recs, statement("select_items"), clickhouse.Named("ids", want)); err != nil {
		return nil, fmt.Errorf("cannot read %d items: %w", len(want), err)
	}
	found := make(map[item.ID]Row, len(recs))
	for i := range recs {
		row, err := recs[i].row()
		if err != nil {
			return nil, err
		}
		found[row.Item.ID] = row
	}
	out := make([]Row, 0, len(found))
	for _, id := range ids {
		if row, ok := found[id]; ok {
			out = append(out, row)
		}
	}
	return out, nil
}

// Count is how many distinct items one source has on one day.
type Count struct {
	Source string
	Day    string // 2006-01-02
	N      int
}

// CountByDay counts distinct items, ordered by day and source.
func (s *Store) CountByDay(ctx context.Context) ([]Count, error) {
	var rows []struct {
		Source string    `ch:"source"`
		Day    time.Time `ch:"day"`
		N      uint64    `ch:"n"`
	}
	if err := s.conn.Select(ctx, &rows, statement("count_by_day")); err != nil {
		return nil, fmt.Errorf("cannot count items by day: %w", err)
	}
	out := make([]Count, len(rows))
	for i, r := range rows {
		out[i] = Count{r.Source, r.Day.Format(time.DateOnly), int(r.N)}
	}
	return out, nil
}

// IDs are the distinct items of one source on one day, in order.
func (s *Store) IDs(ctx context.Context, source, day string) ([]item.ID, error) {
	var rows []struct {
		ID string `ch:"id"`
	}
	if err := s.conn.Select(ctx, &rows, statement("ids"), clickhouse.Named("source", source), clickhouse.Named("day", day)); err != nil {
		return nil, fmt.Errorf("cannot read items of %q on %s: %w", source, day, err)
	}
	out := make([]item.ID, len(rows))
	for i, r := range rows {
		out[i] = item.ID(r.ID)
	}
	return out, nil
}
