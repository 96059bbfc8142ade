package index

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/classify/label"
	"qianliyan/ingest/bus"
)

// Store keeps labelled items in one shape, and its place on the bus beside them.
type Store interface {
	// Name is the store's name in metrics, logs and pages.
	Name() string

	// Offsets is the next offset to read of each partition of items.labeled, as
	// durable as the items written before. A store that is empty returns an
	// empty map.
	Offsets(ctx context.Context) (map[int]int64, error)

	// Write puts items in, each replacing an older version of its ID, and leaving
	// a newer one alone; next becomes the answer of Offsets. When it returns nil
	// both are durable. After an error, or a crash in between, any part of it may
	// have happened: the same or an overlapping batch is written again. It is
	// never called concurrently, and next always names every partition.
	Write(ctx context.Context, items []label.Labeled, next map[int]int64) error
}

// Deps is what an Indexer needs of its surroundings.
type Deps struct {
	Bus     *bus.Bus
	Stores  []Store
	Log     *slog.Logger          // nil drops
	Metrics prometheus.Registerer // nil hides
}

// Indexer keeps all stores up to date with items.labeled.
type Indexer struct {
	cfg  Config
	deps Deps
}

var errStub = errors.New("not built yet")

// New checks cfg.
func New(cfg Config, deps Deps) (*Indexer, error) { return &Indexer{cfg, deps}, nil }

// Run follows items.labeled into every store until ctx ends, then returns nil.
func (x *Indexer) Run(ctx context.Context) error { return errStub }

// Lag is how many records each store, by name, has not written yet.
func (x *Indexer) Lag(ctx context.Context) (map[string]int64, error) { return nil, errStub }

// Behind is the largest lag of all stores, 0 when all are up to date.
func (x *Indexer) Behind(ctx context.Context) (int64, error) { return 0, errStub }

// Trimmable is, for each partition of items.labeled, the offset before which
// every store has everything durably.
func (x *Indexer) Trimmable(ctx context.Context) (map[int]int64, error) { return nil, errStub }
