package file

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

const (
	doneDir   = "done"
	failedDir = "failed"
)

// Deps are what a Watch needs from outside.
type Deps struct {
	Mappings *mapping.Set
	Key      []byte
	Accept   Accept
	Secret   func(item.Item) bool // see Options.Secret
	Log      *slog.Logger
	Metrics  prometheus.Registerer // may be nil
}

// Watch imports what is put into the watched folders.
type Watch struct {
	cfg  Config
	deps Deps
}

// NewWatch checks cfg and deps; it touches no folder yet.
func NewWatch(cfg Config, deps Deps) (*Watch, error) {
	return &Watch{cfg: cfg, deps: deps}, cfg.Validate()
}

// Run watches until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
