package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	bolt "go.etcd.io/bbolt"

	"qianliyan/ingest/bus"
	"qianliyan/ingest/observe"
)

// Deps is what a Ledger is handed.
type Deps struct {
	Bus     *bus.Bus
	Dir     string                // folder of ledger.db; made when missing
	Folded  func([]Record)        // called after each transaction with its records; may be nil
	Log     *slog.Logger          // nil drops it
	Metrics prometheus.Registerer // nil keeps them hidden
}

// Ledger is the open file. All methods may be called concurrently.
type Ledger struct {
	deps  Deps
	db    *bolt.DB
	meter *observe.Meter

	mu      sync.Mutex
	refs    map[string]uint16 // source → number
	names   []string          // number → source
	offsets map[int]int64     // next to read, durable
	moved   chan struct{}     // closed and replaced when offsets change
	ready   bool              // the first catch-up of Run is done
}

// GuardError says that the broker's log is not the one the ledger was reading.
type GuardError struct {
	Partition int
	Offset    int64 // next the ledger would read
	Bound     bus.Bound
}

// Error says what was found and what to do.
func (e *GuardError) Error() string {
	if e.Offset < e.Bound.First {
		return fmt.Sprintf("ledger stands at offset %d of %s/%d but the broker's log begins at %d: records in between were trimmed unread; "+
			"bring back the ledger of the same backup, or fill a fresh one from the columnar store", e.Offset, bus.Raw, e.Partition, e.Bound.First)
	}
	return fmt.Sprintf("ledger stands at offset %d of %s/%d but the broker's log ends at %d: it is another log; "+
		"bring back the broker's data of the same backup, or move ledger.db away when the broker was meant to start empty", e.Offset, bus.Raw, e.Partition, e.Bound.Last)
}

// Open opens or makes ledger.db in deps.Dir. A file that another process has
// open is an error after a second.
func Open(deps Deps) (*Ledger, error) {
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(deps.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the ledger's folder: %w", err)
	}
	path := filepath.Join(deps.Dir, "ledger.db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return nil, fmt.Errorf("cannot open ledger %q (is it open in another process?): %w", path, err)
	}
	l := &Ledger{
		deps: deps, db: db, meter: observe.New(deps.Metrics, "ingest", "ledger").MayDiscard("malformed").MayFail("broker", "write"),
		refs: map[string]uint16{}, offsets: map[int]int64{}, moved: make(chan struct{}),
	}
	if err := l.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot read ledger %q: %w", path, err), db.Close())
	}
	return l, nil
}

// Close closes the file. Run must have returned.
func (l *Ledger) Close() error {
	if err := l.db.Close(); err != nil {
		return fmt.Errorf("cannot close ledger: %w", err)
	}
	return nil
}

// Offsets is the next offset of each partition of items.raw the ledger will
// read; everything before is durable here.
func (l *Ledger) Offsets() map[int]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.offsets)
}

// Ready reports whether Run has read what the broker held when it started.
func (l *Ledger) Ready() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ready
}

// Run follows the topic until ctx ends, and then returns nil. A broker that
// does not answer is waited for; a log that is another one is a *GuardError.
func (l *Ledger) Run(ctx context.Context) error {
	defer l.setReady(false)
	bounds, err := l.bounds(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	for p, b := range bounds {
		if o := l.Offsets()[p]; o < b.First || o > b.Last {
			return &GuardError{p, o, b}
		}
	}
	caught, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		if l.wait(caught, bounds) == nil {
			l.setReady(true)
			l.deps.Log.Info("ledger has caught up", "stage", "ingest", "name", "ledger")
		}
	})
	// A batch is one sync of the file. The ingestor bridges the wait, so let
	// company gather rather than compete with the broker for the disk.
	opt := bus.FollowOptions{MaxRecords: 1000, Linger: 250 * time.Millisecond, Consumer: "ledger"}
	if err := l.deps.Bus.Follow(ctx, bus.Raw, l.Offsets(), opt, l.handle); err != nil {
		return fmt.Errorf("cannot follow %s: %w", bus.Raw, err)
	}
	return nil
}

// bounds asks the broker until it answers or ctx ends.
func (l *Ledger) bounds(ctx context.Context) (map[int]bus.Bound, error) {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		bounds, err := l.deps.Bus.Bounds(ctx, bus.Raw)
		if err == nil {
			return bounds, nil
		}
		if errors.Is(err, bus.ErrClosed) {
			return nil, fmt.Errorf("cannot start the ledger: %w", err)
		}
		if ctx.Err() == nil {
			l.meter.Error("broker")
			l.deps.Log.Warn("ledger waits for the broker", "stage", "ingest", "name", "ledger", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-time.After(pause):
		}
	}
}

func (l *Ledger) setReady(ready bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ready = ready
}

// CatchUp returns nil when everything the broker had acknowledged before the
// call is folded. It needs Run beside it.
func (l *Ledger) CatchUp(ctx context.Context) error {
	bounds, err := l.deps.Bus.Bounds(ctx, bus.Raw)
	if err != nil {
		return fmt.Errorf("cannot ask for the end of %s: %w", bus.Raw, err)
	}
	if err := l.wait(ctx, bounds); err != nil {
		return fmt.Errorf("ledger has not caught up: %w", err)
	}
	return nil
}

// wait returns when every partition is read to the end named in bounds.
func (l *Ledger) wait(ctx context.Context, bounds map[int]bus.Bound) error {
	for {
		l.mu.Lock()
		done := true
		for p, b := range bounds {
			done = done && l.offsets[p] >= b.Last
		}
		moved := l.moved
		l.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

// handle folds one batch of Follow.
func (l *Ledger) handle(_ context.Context, recs []bus.Record, next map[int]int64) error {
	records := make([]Record, 0, len(recs))
	for _, r := range recs {
		rec, err := recordOf(r)
		if err != nil {
			// Not written by an ingestor. Classify buries it; here there is
			// nothing to remember.
			l.meter.Discarded("malformed", 1)
			l.deps.Log.Error("record passed over", "stage", "ingest", "name", "ledger", "topic", r.Topic, "partition", r.Partition, "offset", r.Offset, "err", err)
			continue
		}
		records = append(records, rec)
	}
	l.meter.Received(len(recs))
	if err := l.fold(records, next); err != nil {
		l.meter.Error("write")
		return fmt.Errorf("cannot write the ledger: %w", err)
	}
	l.meter.Sent(len(records))
	l.move(next)
	if l.deps.Folded != nil {
		l.deps.Folded(records)
	}
	return nil
}

func (l *Ledger) move(next map[int]int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.Copy(l.offsets, next)
	close(l.moved)
	l.moved = make(chan struct{})
}

// recordOf reads key and headers of a record.
func recordOf(r bus.Record) (Record, error) {
	hash, err := strconv.ParseUint(r.Headers[bus.HeaderHash], 16, 64)
	if err != nil {
		return Record{}, fmt.Errorf("header %s: %w", bus.HeaderHash, err)
	}
	rev, err := strconv.ParseUint(r.Headers[bus.HeaderRevision], 10, 32)
	if err != nil || rev == 0 {
		return Record{}, fmt.Errorf("header %s is %q", bus.HeaderRevision, r.Headers[bus.HeaderRevision])
	}
	day := r.Headers[bus.HeaderDay]
	if _, ok := dayNumber(day); !ok {
		return Record{}, fmt.Errorf("header %s is %q", bus.HeaderDay, day)
	}
	source := r.Headers[bus.HeaderSource]
	if source == "" || !r.Key.Valid() {
		return Record{}, fmt.Errorf("source %q or key %q is none", source, r.Key)
	}
	return Record{r.Key, Entry{Source: source, Day: day, Hash: hash, Revision: uint32(rev)}}, nil
}

// Restore fills a fresh ledger with records from elsewhere and the offsets up
// to which they reach. A ledger that holds anything is left alone, with an
// error. When it fails half-way, delete the file and start again: the offsets
// are written last.
func (l *Ledger) Restore(ctx context.Context, records iter.Seq2[Record, error], next map[int]int64) error {
	if len(l.Offsets()) > 0 {
		return errors.New("cannot restore the ledger: it is not empty; move ledger.db away first")
	}
	var batch []Record
	for r, err := range records {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("cannot restore the ledger: %w", err)
		}
		if batch = append(batch, r); len(batch) == 1000 {
			if err := l.fold(batch, nil); err != nil {
				return fmt.Errorf("cannot restore the ledger: %w", err)
			}
			batch = batch[:0]
		}
	}
	if err := l.fold(batch, next); err != nil {
		return fmt.Errorf("cannot restore the ledger: %w", err)
	}
	l.move(next)
	return nil
}
