// Package bustest is the contract every broker must meet under ingest/bus. It
// runs on the broker in the process and on a real Apache Kafka, so that a
// difference between the two is a failing test and not a surprise at a customer.
//
// Each test asks for a bus of its own; on a shared broker newBus gives each a
// Config.Prefix of its own. Timeouts in Config should be small (GuardWait,
// RetryMax), as some tests wait for them.
//
// What only one harness can do is tested beside it: a broker that is down,
// refuses, trims, or whose disk holds flipped bits.
package bustest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
)

// Run runs the contract. newBus yields a bus whose topics do not exist yet and
// which is closed after the test. again yields a second bus, as of another
// process, on the topics of b.
func Run(t *testing.T, newBus func(t *testing.T) *bus.Bus, again func(t *testing.T, b *bus.Bus) *bus.Bus) {
	h := harness{newBus, again}
	for _, c := range []struct {
		name string
		fn   func(h harness, t *testing.T)
	}{
		{"topics", harness.topics},
		{"publish keeps the order of a key", harness.order},
		{"headers", harness.headers},
		{"record sizes", harness.sizes},
		{"publish is honest when cancelled", harness.cancelledPublish},
		{"group resumes after an error", harness.groupRetry},
		{"group resumes where it committed", harness.groupResume},
		{"group shares and rebalances", harness.groupShares},
		{"follow", harness.follow},
		{"follow resumes", harness.followResumes},
		{"follow tries again", harness.followRetry},
		{"follow limits its batches", harness.followLimits},
		{"follow guards its offset", harness.followGuard},
		{"bounds", harness.bounds},
		{"bury", harness.bury},
		{"cancellation", harness.cancellation},
	} {
		t.Run(c.name, func(t *testing.T) { c.fn(h, t) })
	}
}

type harness struct {
	newBus func(t *testing.T) *bus.Bus
	again  func(t *testing.T, b *bus.Bus) *bus.Bus
}

// ready is a new bus with its topics.
func (h harness) ready(t *testing.T) *bus.Bus {
	t.Helper()
	b := h.newBus(t)
	if err := b.EnsureTopics(limit(t)); err != nil {
		t.Fatal(err)
	}
	return b
}

// limit is the test's context, ended well before the test binary gives up: it
// bounds a failure, no test waits for it.
func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// records are n records with distinct keys, numbered from first.
func records(first, n int) []bus.Record {
	out := make([]bus.Record, n)
	for i := range out {
		s := fmt.Sprintf("%06d", first+i)
		out[i] = bus.Record{Key: item.NewID("bustest", s), Value: []byte(s)}
	}
	return out
}

func publish(t *testing.T, b *bus.Bus, topic string, recs []bus.Record) {
	t.Helper()
	if err := b.Publish(limit(t), topic, recs); err != nil {
		t.Fatal(err)
	}
}

// seen gathers what handlers got. It is safe for several.
type seen struct {
	mu    sync.Mutex
	recs  []bus.Record
	times map[string]int // by value
	more  chan struct{}  // sent to, without waiting, after each add
}

func newSeen() *seen { return &seen{times: map[string]int{}, more: make(chan struct{}, 1)} }

func (s *seen) add(recs []bus.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recs = append(s.recs, recs...)
	for _, r := range recs {
		s.times[string(r.Value)]++
	}
	select {
	case s.more <- struct{}{}:
	default:
	}
}

func (s *seen) distinct() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.times)
}

// wait returns when n distinct values were seen.
func (s *seen) wait(ctx context.Context, t *testing.T, n int) {
	t.Helper()
	for s.distinct() < n {
		select {
		case <-s.more:
		case <-ctx.Done():
			t.Fatalf("saw %d of %d values: %v", s.distinct(), n, ctx.Err())
		}
	}
}

// running is a Group or Follow in the background.
type running struct {
	cancel context.CancelFunc
	done   chan error
}

func start(ctx context.Context, fn func(ctx context.Context) error) running {
	ctx, cancel := context.WithCancel(ctx)
	r := running{cancel, make(chan error, 1)}
	go func() { r.done <- fn(ctx) }()
	return r
}

// stop ends it and expects a nil error.
func (r running) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	if err := r.result(t); err != nil {
		t.Errorf("returned %v after its context ended, want nil", err)
	}
}

func (r running) result(t *testing.T) error {
	t.Helper()
	defer r.cancel()
	select {
	case err := <-r.done:
		return err
	case <-time.After(60 * time.Second):
		t.Fatal("did not return")
		return nil
	}
}
