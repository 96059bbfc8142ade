package columnar

import (
	"context"

	"qianliyan/classify/label"
)

func (s *Store) write(ctx context.Context, items []label.Labeled, next map[int]int64) error {
	return nil
}

func (s *Store) offsets(ctx context.Context) (map[int]int64, error) { return nil, nil }

func (s *Store) setUp(ctx context.Context) error { return nil }
