package index

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"qianliyan/classify/label"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/observe"
)

// Store keeps labelled items in one shape, and its place on the bus beside them.
type Store interface {
	// Name is the store's name in metrics, logs and pages.
	Name() string

	// Offsets is the next offset to read of each partition of items.labeled, as
	// durable as the items written before. A store that is empty returns an
	// empty map. It is called concurrently with Write.
	Offsets(ctx context.Context) (map[int]int64, error)

	// Write puts items in, each replacing an older version of its ID, and leaving
	// a newer one alone; next becomes the answer of Offsets. When it returns nil
	// both are durable. After an error, or a crash in between, any part of it may
	// have happened: the same or an overlapping batch is written again. items may
	// be empty and may hold several versions of one ID. It is never called
	// concurrently with itself.
	//
	// next names every partition the batch has records of; a partition it does not
	// name stays where it is. An empty next means items only: they are as durable,
	// and Offsets stays what it was. So a failed batch is written in pieces.
	//
	// Items that were written before are written again to see whether the store
	// answers: that must go through the same engine and disk as new ones.
	Write(ctx context.Context, items []label.Labeled, next map[int]int64) error
}

// Deps is what an Indexer needs of its surroundings.
type Deps struct {
	Bus     *bus.Bus
	Stores  []Store
	Log     *slog.Logger          // nil drops
	Metrics prometheus.Registerer // nil hides
}

// Indexer keeps all stores up to date with items.labeled. All methods may be
// called concurrently, Run once.
type Indexer struct {
	cfg   Config
	bus   *bus.Bus
	log   *slog.Logger
	feeds []*feed
}

// New checks cfg. It does not touch the stores.
func New(cfg Config, deps Deps) (*Indexer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	x := &Indexer{cfg: cfg.withDefaults(), bus: deps.Bus, log: deps.Log.With("stage", "index")}
	seen := map[string]bool{}
	for _, s := range deps.Stores {
		if seen[s.Name()] {
			return nil, fmt.Errorf("cannot index into two stores named %q", s.Name())
		}
		seen[s.Name()] = true
		f := &feed{x: x, store: s, meter: observe.New(deps.Metrics, "index", s.Name()).MayDiscard(refused, undecodable).MayFail("write")}
		x.feeds = append(x.feeds, f)
	}
	return x, nil
}

// Run follows items.labeled into every store until ctx ends, then returns nil.
// A store that fails is tried again, ever more slowly, while the others go on.
// An item that a store refuses while it takes others is buried, see the package.
//
// It returns early only with a store's bus.OffsetError or GapError: that store
// belongs to another log, or lacks what the log no longer has, and going on
// would lose items silently. The others stop too, so that somebody looks.
func (x *Indexer) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, f := range x.feeds {
		g.Go(func() error { return f.run(ctx) })
	}
	return g.Wait()
}

// feed is one store and its place.
type feed struct {
	x     *Indexer
	store Store
	meter *observe.Meter

	// Of the one goroutine that Follow calls write on.
	batch   *batch         // what is not written yet; nil between batches
	taken   *label.Labeled // the item the store took last; nil when none since start
	trusted bool           // an item was buried though taken was nil

	mu    sync.Mutex
	next  map[int]int64 // what the store has; nil before its first word
	since time.Time     // when the error began
	err   error         // why the store does not get on; nil when it does
}

// run follows into one store. Its offsets are asked anew at each start, not
// remembered: they are the store's, which may be a restored copy.
func (f *feed) run(ctx context.Context) error {
	var from map[int]int64
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		var err error
		if from, err = f.place(ctx); err == nil {
			break
		}
		if ctx.Err() != nil {
			return nil
		}
		f.failed(err)
		if errors.Is(err, ErrGap) {
			return fmt.Errorf("cannot index into %s: %w", f.store.Name(), err)
		}
		f.x.log.Warn("cannot read where the store is, trying again", "name", f.store.Name(), "err", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
	f.wrote(from)
	err := f.x.bus.Follow(ctx, bus.Labeled, from, bus.FollowOptions{
		MaxRecords: f.x.cfg.BatchRecords, MaxBytes: int(f.x.cfg.BatchBytes),
		Linger: f.x.cfg.BatchLinger.D(), Consumer: f.store.Name(),
	}, f.write)
	if err != nil {
		f.failed(err)
		return fmt.Errorf("cannot index into %s: %w", f.store.Name(), err)
	}
	return nil
}

// write hands one batch to the store. What cannot be decoded is buried first:
// the offsets in next pass over it.
func (f *feed) write(ctx context.Context, recs []bus.Record, next map[int]int64) error {
	if !f.batch.is(recs) {
		f.meter.Received(len(recs))
		f.batch = &batch{recs: recs}
	}
	b := f.batch
	err := f.decode(ctx, b)
	if err == nil {
		err = f.put(ctx, b.entries, next)
		if err != nil {
			b.tries++
		}
		if err != nil && ctx.Err() == nil && b.tries >= f.x.cfg.IsolateAfter {
			err = f.isolate(ctx, b, next, err)
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			f.failed(err)
		}
		return fmt.Errorf("cannot write %d items to %s: %w", len(b.entries), f.store.Name(), err)
	}
	f.meter.Sent(len(b.entries))
	f.batch = nil
	f.wrote(next)
	return nil
}

// decode makes entries of b's records, each once however often b comes.
func (f *feed) decode(ctx context.Context, b *batch) error {
	for ; b.decoded < len(b.recs); b.decoded++ {
		r := b.recs[b.decoded]
		l, err := label.Decode(r.Value)
		if err == nil && l.Item.ID != r.Key {
			err = fmt.Errorf("the record's key is %q, its item's id %q", r.Key, l.Item.ID)
		}
		if err == nil {
			b.entries = append(b.entries, &entry{rec: r, item: l})
		} else if err := f.bury(ctx, r, undecodable, err); err != nil {
			return err
		}
	}
	return nil
}

func (f *feed) wrote(next map[int]int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next, f.err, f.since = next, nil, time.Time{}
}

func (f *feed) failed(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.since = time.Now()
	}
	f.err = err
}

// Lag is how many records each store, by name, has not written yet.
func (x *Indexer) Lag(ctx context.Context) (map[string]int64, error) {
	bounds, err := x.bus.Bounds(ctx, bus.Labeled)
	if err != nil {
		return nil, err
	}
	out := make(map[string]int64, len(x.feeds))
	for _, f := range x.feeds {
		f.mu.Lock()
		behind := int64(0)
		for p, b := range bounds {
			behind += max(b.Last-max(f.next[p], b.First), 0)
		}
		f.mu.Unlock()
		out[f.store.Name()] = behind
	}
	return out, nil
}

// Behind is the largest lag of all stores in records, 0 when all are up to
// date.
func (x *Indexer) Behind(ctx context.Context) (int64, error) {
	lags, err := x.Lag(ctx)
	if err != nil || len(lags) == 0 {
		return 0, err
	}
	return slices.Max(slices.Collect(maps.Values(lags))), nil
}

// Problems is why each store that does not get on does not, by name; empty when
// all do. For readyz and the page of the day.
func (x *Indexer) Problems() map[string]error {
	out := map[string]error{}
	for _, f := range x.feeds {
		f.mu.Lock()
		if f.err != nil {
			out[f.store.Name()] = fmt.Errorf("since %s: %w", f.since.Format(time.RFC3339), f.err)
		}
		f.mu.Unlock()
	}
	return out
}

// Trimmable is, for each partition of items.labeled, the offset before which
// every store has everything durably: what Broker.Trim may drop. It is empty
// where a store has not said where it is.
func (x *Indexer) Trimmable(ctx context.Context) (map[int]int64, error) {
	sets := make([]map[int]int64, 0, len(x.feeds))
	for _, f := range x.feeds {
		// Asked, not remembered: a store restored meanwhile may have gone back.
		offsets, err := f.store.Offsets(ctx)
		if err != nil {
			return nil, fmt.Errorf("cannot read offsets of %s: %w", f.store.Name(), err)
		}
		sets = append(sets, offsets)
	}
	return Lowest(sets...), nil
}

// Lowest is, for each partition that all readers name, the lowest offset: what
// every one of them has. Without readers it is empty. items.raw may be trimmed
// before Lowest of the offsets of classify's group and of the ledger.
func Lowest(readers ...map[int]int64) map[int]int64 {
	out := map[int]int64{}
	if len(readers) == 0 {
		return out
	}
	for p, at := range readers[0] {
		named := true
		for _, r := range readers[1:] {
			other, ok := r[p]
			at, named = min(at, other), named && ok
		}
		if named {
			out[p] = at
		}
	}
	return out
}
