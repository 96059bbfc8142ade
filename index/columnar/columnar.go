package columnar

import (
	"context"
	"fmt"
	"sync"

	// The columns carry the zone's name, which the client resolves; a bare
	// server or container may have no zone files.
	_ "time/tzdata"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/index"
	"qianliyan/ingest/observe"
)

// Store is the columnar store. It implements index.Store. Safe for concurrent
// use; writes queue.
type Store struct {
	cfg  Config
	deps Deps
	conn driver.Conn
	took prometheus.Histogram

	mu  sync.Mutex // held by Write
	seq uint64     // of the last row in commits
}

var _ index.Store = (*Store)(nil)

// Open connects, makes the databases where they are missing, and applies the
// migrations that are. A migration that was changed after it was applied, or
// made by a newer program, is an error. Close the store after use.
func Open(ctx context.Context, cfg Config, deps Deps) (*Store, error) {
	conn, err := Connect(cfg, deps, cfg.Database)
	if err != nil {
		return nil, err
	}
	s := &Store{
		cfg: cfg, deps: deps, conn: conn,
		took: observe.Register(deps.Metrics, prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "qianliyan_columnar_write_seconds", Help: "Time of one batch, offsets included.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
		})),
	}
	if err := s.setUp(ctx, shipped); err != nil {
		conn.Close()
		return nil, err
	}
	if _, s.seq, err = s.commits(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// Name is the store's name in logs, metrics and doctor.
func (s *Store) Name() string { return "columnar" }

// Remedy is what helps when the bus no longer has what the store lacks, in
// Chinese: nothing else keeps all that this store keeps.
func (s *Store) Remedy() string {
	return "分析库没有别处可以重建：请把整个数据目录（消息队列和分析库）恢复到同一份备份，或用新的数据目录重新导入原来的文件。"
}

// Close releases the connections; statements under way end with an error.
func (s *Store) Close() error { return s.conn.Close() }

// Ping reports whether the engine answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.conn.Ping(ctx); err != nil {
		return fmt.Errorf("cannot reach ClickHouse: %w", err)
	}
	return nil
}
