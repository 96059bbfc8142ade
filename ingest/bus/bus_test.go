package bus_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"qianliyan/cmd/embedded/kafka"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/bus/bustest"
	"qianliyan/ingest/setting"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ms = setting.Duration(time.Millisecond)

// quick is a configuration that gives up soon.
func quick() bus.Config {
	return bus.Config{
		GuardWait: 100 * ms, RetryMax: 200 * ms, SessionTimeout: 6000 * ms, StallAfter: 5000 * ms,
		PublishTimeout: 5000 * ms, MaxRecord: 2 << 20,
	}
}

// logTo shows warnings of a failing test.
func logTo(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

func open(t *testing.T, cfg bus.Config, deps bus.Deps) *bus.Bus {
	t.Helper()
	deps.Log = logTo(t)
	b, err := bus.Open(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// inProcess is a bus on a broker of its own.
func inProcess(t *testing.T) (*bus.Bus, *kafka.Broker) {
	t.Helper()
	br := kafka.OpenTest(t)
	b := open(t, quick(), bus.Deps{Dial: br.Dial, Metrics: prometheus.NewPedanticRegistry()})
	return b, br
}

func ready(t *testing.T) (*bus.Bus, *kafka.Broker) {
	t.Helper()
	b, br := inProcess(t)
	if err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b, br
}

func TestBusInProcess(t *testing.T) {
	brokers := map[*bus.Bus]*kafka.Broker{}
	bustest.Run(t,
		func(t *testing.T) *bus.Bus {
			b, br := inProcess(t)
			brokers[b] = br
			return b
		},
		func(t *testing.T, b *bus.Bus) *bus.Bus {
			return open(t, b.Config(), bus.Deps{Dial: brokers[b].Dial})
		})
}

// TestBusKafka runs the same contract on a real broker: deploy/kafka/up.sh
// starts one and prints its address.
func TestBusKafka(t *testing.T) {
	addr := os.Getenv("KAFKA_BROKERS")
	if addr == "" {
		if os.Getenv("REQUIRE_KAFKA") != "" {
			t.Fatal("REQUIRE_KAFKA is set and KAFKA_BROKERS is not: export KAFKA_BROKERS=$(deploy/kafka/up.sh up)")
		}
		t.Skip("no real broker: export KAFKA_BROKERS=$(deploy/kafka/up.sh up)")
	}
	bustest.Run(t,
		func(t *testing.T) *bus.Bus {
			cfg := quick()
			cfg.Brokers = strings.Split(addr, ",")
			cfg.Prefix = "t" + random() + "."
			return open(t, cfg, bus.Deps{})
		},
		func(t *testing.T, b *bus.Bus) *bus.Bus { return open(t, b.Config(), bus.Deps{}) })
}

func random() string {
	b := make([]byte, 6)
	rand.Read(b)
	return hex.EncodeToString(b)
}

func TestOpenNeedsABroker(t *testing.T) {
	if _, err := bus.Open(bus.Config{}, bus.Deps{}); err == nil || !strings.Contains(err.Error(), "没有填写 Kafka 地址") {
		t.Errorf("Open without broker: %v", err)
	}
	if _, err := bus.Open(bus.Config{Brokers: []string{"a:1"}, Partitions: -1}, bus.Deps{}); err == nil {
		t.Error("Open takes a bad configuration")
	}
}

func TestPublishWhileBrokerIsDown(t *testing.T) {
	dir := t.TempDir()
	br, err := kafka.Open(kafka.Config{Dir: dir, MinFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	cfg := quick()
	cfg.PublishTimeout = 300 * ms
	var up atomic.Pointer[kafka.Broker]
	up.Store(br)
	b := open(t, cfg, bus.Deps{Dial: func(ctx context.Context, n, a string) (net.Conn, error) { return up.Load().Dial(ctx, n, a) }})
	if err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	br.Close()
	recs := []bus.Record{{Key: "a", Value: []byte("一")}, {Key: "b", Value: []byte("二")}}
	err = b.Publish(t.Context(), bus.Raw, recs)
	var pe *bus.PublishError
	if !errors.As(err, &pe) || len(pe.Failed()) != 2 {
		t.Fatalf("Publish without a broker: %v, want an error for each record", err)
	}
	if err := b.Ping(t.Context()); err == nil {
		t.Error("Ping succeeds without a broker")
	}
	if br, err = kafka.Open(kafka.Config{Dir: dir, MinFree: 1}); err != nil {
		t.Fatal(err)
	}
	up.Store(br)
	defer br.Close()
	for b.Publish(t.Context(), bus.Raw, recs) != nil { // as senders do
		if t.Context().Err() != nil {
			t.Fatal("Publish does not recover")
		}
	}
}

func TestPublishRetriesWhatWasRefused(t *testing.T) {
	b, br := ready(t)
	left := 3
	br.FailProduce(func() error {
		if left--; left >= 0 {
			return errors.New("refused")
		}
		return nil
	})
	recs := make([]bus.Record, 100)
	for i := range recs {
		recs[i] = bus.Record{Key: "k", Value: []byte{byte(i)}}
	}
	if err := b.Publish(t.Context(), bus.Raw, recs); err != nil {
		t.Fatal(err)
	}
	got := collect(t, b, bus.Raw, len(recs))
	for i, r := range got {
		if int(r.Value[0]) != i {
			t.Fatalf("record %d holds %d: the order of a key was lost", i, r.Value[0])
		}
	}
}

// TestPublishBusy fills the room for waiting bytes while the broker refuses.
func TestPublishBusy(t *testing.T) {
	br := kafka.OpenTest(t)
	cfg := quick()
	cfg.MaxRecord, cfg.MaxPending, cfg.BusyAfter, cfg.PublishTimeout = 1<<20, 2<<20, 50*ms, 1000*ms
	b := open(t, cfg, bus.Deps{Dial: br.Dial})
	if err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	br.FailProduce(func() error { return errors.New("refused") })
	value := make([]byte, 700<<10)
	results := make(chan error, 6)
	for range cap(results) {
		go func() { results <- b.Publish(t.Context(), bus.Raw, []bus.Record{{Key: "k", Value: value}}) }()
	}
	busy := 0
	for range cap(results) {
		err := <-results
		if err == nil {
			t.Error("Publish succeeds while the broker refuses")
		}
		if errors.Is(err, bus.ErrBusy) {
			busy++
		}
	}
	if busy != 4 {
		t.Errorf("%d of 6 calls were refused as busy, want 4: two records fit the room", busy)
	}
	br.FailProduce(nil)
	for n := 0; ; n++ { // the room comes back
		err := b.Publish(t.Context(), bus.Raw, []bus.Record{{Key: "k", Value: value}})
		if err == nil {
			break
		}
		if n == 50 {
			t.Fatal(err)
		}
	}
}

func TestPublishAfterClose(t *testing.T) {
	b, _ := ready(t)
	b.Close()
	if err := b.Publish(t.Context(), bus.Raw, []bus.Record{{Key: "k"}}); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Publish after Close: %v, want ErrClosed", err)
	}
}

// collect reads the first n records of topic.
func collect(t *testing.T, b *bus.Bus, topic string, n int) []bus.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out []bus.Record
	err := b.Follow(ctx, topic, nil, bus.FollowOptions{Linger: time.Millisecond}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
		if out = append(out, recs...); len(out) >= n {
			cancel()
		}
		return nil
	})
	if err != nil || len(out) < n {
		t.Fatalf("read %d of %d records of %s: %v", len(out), n, topic, err)
	}
	return out
}
