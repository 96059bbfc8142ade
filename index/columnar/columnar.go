package columnar

import (
	"context"
	"log/slog"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"qianliyan/classify/label"
)

// Store is the columnar store. It implements index.Store. Safe for concurrent
// use.
type Store struct {
	cfg  Config
	conn driver.Conn
	log  *slog.Logger
	m    *metrics
}

// Open connects, makes the databases where they are missing, and applies the
// migrations that are. Close releases the connections.
func Open(ctx context.Context, cfg Config, deps Deps) (*Store, error) {
	conn, err := Connect(cfg, deps, "")
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, conn: conn, log: deps.Log, m: newMetrics(deps.Metrics)}
	if err := s.setUp(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// Name is the store's name in logs, metrics and doctor.
func (s *Store) Name() string { return "columnar" }

// Close releases the connections; statements under way end with an error.
func (s *Store) Close() error { return s.conn.Close() }

// Ping reports whether the engine answers.
func (s *Store) Ping(ctx context.Context) error { return ping(ctx, s.conn) }

// Offsets are the next offsets of items.labeled by partition; empty before the
// first Write.
func (s *Store) Offsets(ctx context.Context) (map[int]int64, error) { return s.offsets(ctx) }

// Write stores items and then the offsets. When it returns nil both are
// durable. After an error the caller repeats it: an item written twice is one.
func (s *Store) Write(ctx context.Context, items []label.Labeled, next map[int]int64) error {
	return s.write(ctx, items, next)
}

// Row is one stored item: its latest version. Words is empty, they are not
// kept here.
type Row struct {
	label.Labeled
	Stored time.Time // when it was written here
}
