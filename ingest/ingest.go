package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/ledger"
	"qianliyan/ingest/observe"
)

// Causes of an *item.Unavailable, to test with errors.Is.
var (
	// ErrClosed: intake is closed; nothing was tried.
	ErrClosed = errors.New("intake is closed")
	// ErrBusy: too much is under way; nothing of the call was taken.
	ErrBusy = errors.New("intake is busy")
)

// Deps is what an Ingestor is handed.
type Deps struct {
	Bus     *bus.Bus
	Dir     string                // folder of the ledger
	Key     []byte                // the installation's key, for Item.Sender
	Healthy func() error          // nil while the broker's disk keeps what it takes; nil func means always
	Log     *slog.Logger          // nil drops it
	Metrics prometheus.Registerer // nil keeps them hidden
}

// Ingestor is the door of the system. All methods may be called concurrently.
type Ingestor struct {
	cfg    Config
	deps   Deps
	gate   *Gate
	ledger *ledger.Ledger
	limits limits

	mu      sync.Mutex
	flights map[item.ID]*flight
	recent  map[item.ID]ledger.Entry
	doubts  map[item.ID]ledger.Entry
	meters  map[string]*observe.Meter // by source

	refusing string // why intake took nothing when last asked; empty once it took something
}

// New opens the ledger. Intake stays closed until Run has caught up.
func New(cfg Config, deps Deps) (*Ingestor, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("cannot set up ingest: %w", err)
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.Healthy == nil {
		deps.Healthy = func() error { return nil }
	}
	gate, err := NewGate(cfg.Secrecy)
	if err != nil {
		return nil, err
	}
	g := &Ingestor{
		cfg: cfg, deps: deps, gate: gate, limits: newLimits(cfg),
		flights: map[item.ID]*flight{}, recent: map[item.ID]ledger.Entry{}, doubts: map[item.ID]ledger.Entry{}, meters: map[string]*observe.Meter{},
	}
	g.ledger, err = ledger.Open(ledger.Deps{
		Bus: deps.Bus, Dir: deps.Dir, Folded: g.folded, Log: deps.Log, Metrics: deps.Metrics,
	})
	if err != nil {
		return nil, err
	}
	observe.Register(deps.Metrics, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "qianliyan_ingest_unfolded_items", Help: "Items published and not yet in the ledger.",
	}, func() float64 { return float64(g.unfolded()) }))
	observe.Register(deps.Metrics, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "qianliyan_ingest_open", Help: "1 while intake takes items, else 0.",
	}, func() float64 {
		if g.Ready() != nil {
			return 0
		}
		return 1
	}))
	return g, nil
}

// Run keeps the ledger up with the bus until ctx ends, and then returns nil.
// An error means that the broker's log does not belong to the ledger; its text
// says what to do.
func (g *Ingestor) Run(ctx context.Context) error { return g.ledger.Run(ctx) }

// Close closes the ledger. Run and all calls of Accept must have returned.
func (g *Ingestor) Close() error { return g.ledger.Close() }

// Ready is nil while intake is open, else an *item.Unavailable that says why.
func (g *Ingestor) Ready() error {
	closed := func(reason string, cause error) error {
		return &item.Unavailable{Reason: reason, After: g.cfg.RetryAfter.D(), Cause: errors.Join(ErrClosed, cause)}
	}
	switch err := g.deps.Healthy(); {
	case err != nil:
		return closed("磁盘写不进或空间不足，请通知管理员，恢复后原样重发", err)
	case !g.ledger.Ready():
		return closed("正在启动，稍候：收件台账还在核对，之后自动开放，届时请原样重发", nil)
	case g.unfolded() > g.cfg.MaxUnfolded:
		return &item.Unavailable{Reason: "收件过快：台账还没有记完，请稍候重发", After: g.cfg.RetryAfter.D(), Cause: ErrBusy}
	}
	return nil
}

func (g *Ingestor) unfolded() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.recent)
}

// CatchUp returns nil when everything acknowledged before the call is in the
// ledger. It needs Run beside it.
func (g *Ingestor) CatchUp(ctx context.Context) error { return g.ledger.CatchUp(ctx) }

// Counts is how many items were accepted, by source and day.
func (g *Ingestor) Counts(ctx context.Context) ([]ledger.Count, error) { return g.ledger.Counts(ctx) }

// IDs lists the accepted items of a source and day, in the order of IDs. It
// reads the whole ledger; see ledger.Ledger.IDs.
func (g *Ingestor) IDs(ctx context.Context, source, day string) ([]item.ID, error) {
	var out []item.ID
	for id, err := range g.ledger.IDs(ctx, source, day) {
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// Entry is what the ledger has of an item; Revision 0 means nothing. An item
// accepted within the last second may not be there yet.
func (g *Ingestor) Entry(id item.ID) (ledger.Entry, error) {
	list, err := g.ledger.Lookup([]item.ID{id})
	if err != nil {
		return ledger.Entry{}, err
	}
	return list[0], nil
}

// Key is the installation's key, for connectors that hash.
func (g *Ingestor) Key() []byte { return g.deps.Key }

// Offsets is the next offset of each partition of items.raw that the ledger
// needs: the broker may drop what lies before.
func (g *Ingestor) Offsets() map[int]int64 { return g.ledger.Offsets() }

// Secret reports whether a text bears a secrecy mark, for rows that never
// become items and would be written to a rejects file.
func (g *Ingestor) Secret(it item.Item) bool { return g.gate.Secret(it) }

// maxMeters bounds the sources shown apart in metrics: a name can be made up
// on the command line.
const maxMeters = 500

func (g *Ingestor) meter(source string) *observe.Meter {
	g.mu.Lock()
	defer g.mu.Unlock()
	m, ok := g.meters[source]
	if ok {
		return m
	}
	if source == "" || len(g.meters) >= maxMeters {
		source = "other"
	}
	if m, ok = g.meters[source]; !ok {
		m = observe.New(g.deps.Metrics, "ingest", source).MayDiscard("known", "secrecy", "invalid").MayFail("publish")
		g.meters[source] = m
	}
	return m
}
