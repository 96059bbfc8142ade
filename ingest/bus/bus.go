package bus

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"github.com/prometheus/client_golang/prometheus"
)

// Deps is what a Bus needs of its surroundings.
type Deps struct {
	// Dial opens connections; nil dials TCP. The broker in the process brings
	// its own.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Log gets what a person should know; nil drops it.
	Log *slog.Logger
	// Metrics gets the counters, the lag and the age; nil keeps them hidden.
	Metrics prometheus.Registerer
}

// Bus is one process's access to the broker. All methods may be called
// concurrently.
type Bus struct {
	cfg Config
}

var errStub = errors.New("not built yet")

// Open checks cfg and prepares the bus. It does not wait for the broker: Ping
// and EnsureTopics do.
func Open(cfg Config, deps Deps) (*Bus, error) { return nil, errStub }

// Close sends what waits, then drops all connections. Group and Follow must
// have returned.
func (b *Bus) Close() {}

// Config is the configuration with its defaults filled in.
func (b *Bus) Config() Config { return b.cfg }

// EnsureTopics makes the topics that are missing and waits until they can be
// used. Existing topics are left as they are.
func (b *Bus) EnsureTopics(ctx context.Context) error { return errStub }

// Ping reports whether the broker answers and has every topic.
func (b *Bus) Ping(ctx context.Context) error { return errStub }

// Publish appends recs to topic. A nil error means that every record is on
// disk. Otherwise the error is a *PublishError with one error a record; those
// without one are on disk.
func (b *Bus) Publish(ctx context.Context, topic string, recs []Record) error { return errStub }

// Group reads topic as a member of group until ctx ends, and then returns nil.
// handle gets records of one partition in order; when it returns nil they are
// committed. When it returns an error it is called again with the same records,
// after a growing pause. Several partitions are handled concurrently.
func (b *Bus) Group(ctx context.Context, group, topic string, handle func(ctx context.Context, recs []Record) error) error {
	return errStub
}

// Bounds is what each partition of topic holds.
func (b *Bus) Bounds(ctx context.Context, topic string) (map[int]Bound, error) { return nil, errStub }

// GroupOffsets is the committed offset (the next to read) of each partition in
// which group has committed.
func (b *Bus) GroupOffsets(ctx context.Context, group, topic string) (map[int]int64, error) {
	return nil, errStub
}

// Bury puts rec on Dead with the reason. It returns nil when it is on disk
// there; the caller then passes over the record.
func (b *Bus) Bury(ctx context.Context, rec Record, stage string, cause error) error { return errStub }
