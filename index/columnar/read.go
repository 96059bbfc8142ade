package columnar

import (
	"context"
	"errors"

	"qianliyan/ingest/item"
)

// ErrNotFound says that no item has the ID.
var ErrNotFound = errors.New("item not found")

// Item is the latest version of one item, or ErrNotFound.
func (s *Store) Item(ctx context.Context, id item.ID) (Row, error) { return Row{}, ErrNotFound }

// Items are the latest versions of the given items, in the order of ids; those
// that are not stored are left out.
func (s *Store) Items(ctx context.Context, ids []item.ID) ([]Row, error) { return nil, nil }

// Count is how many distinct items one source has on one day.
type Count struct {
	Source string
	Day    string // 2006-01-02
	Items  uint64
}

// CountByDay counts distinct items, ordered by day and source.
func (s *Store) CountByDay(ctx context.Context) ([]Count, error) { return nil, nil }

// IDs are the distinct items of one source on one day, in order.
func (s *Store) IDs(ctx context.Context, source, day string) ([]item.ID, error) { return nil, nil }
