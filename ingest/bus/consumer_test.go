package bus_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kmsg"

	"qianliyan/cmd/embedded/kafka"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/setting"
)

func numbered(from, to int) []bus.Record {
	var out []bus.Record
	for i := from; i < to; i++ {
		out = append(out, bus.Record{Key: "k", Value: []byte(strconv.Itoa(i))})
	}
	return out
}

// onePartition is a bus whose numbers are easy to foretell.
func onePartition(t *testing.T, stall setting.Duration) (*bus.Bus, *kafka.Broker, *prometheus.Registry) {
	t.Helper()
	br := kafka.OpenTest(t)
	reg := prometheus.NewPedanticRegistry()
	cfg := quick()
	cfg.Partitions = 1
	cfg.StallAfter = stall
	b := open(t, cfg, bus.Deps{Dial: br.Dial, Metrics: reg})
	if err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b, br, reg
}

// TestLagAndAge looks at the metrics while a handler fails and after.
func TestLagAndAge(t *testing.T) {
	b, _, reg := onePartition(t, 0)
	if err := b.Publish(t.Context(), bus.Raw, numbered(0, 10)); err != nil {
		t.Fatal(err)
	}
	lag := func(n int) string {
		return `
# HELP qianliyan_lag_records Records of a partition that a consumer has not done yet.
# TYPE qianliyan_lag_records gauge
qianliyan_lag_records{consumer="store",partition="0",topic="items.raw"} ` + strconv.Itoa(n) + "\n"
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tries := 0
	err := b.Follow(ctx, bus.Raw, nil, bus.FollowOptions{Consumer: "store"}, func(context.Context, []bus.Record, map[int]int64) error {
		switch tries++; tries {
		case 1:
			return errors.New("away")
		case 2:
			if err := testutil.GatherAndCompare(reg, strings.NewReader(lag(10)), "qianliyan_lag_records"); err != nil {
				t.Error(err)
			}
		case 3:
			if err := testutil.GatherAndCompare(reg, strings.NewReader(lag(1)), "qianliyan_lag_records"); err != nil {
				t.Error(err)
			}
			cancel()
			return nil
		}
		return b.Publish(ctx, bus.Raw, numbered(10, 11))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := testutil.GatherAndCompare(reg, strings.NewReader(lag(0)), "qianliyan_lag_records"); err != nil {
		t.Error(err)
	}
	if n, err := testutil.GatherAndCount(reg, "qianliyan_age_seconds"); err != nil || n != 1 {
		t.Errorf("%d series of the age, want 1 (%v)", n, err)
	}
	for reason, want := range map[string]float64{"handler": 1, "read": 0, "commit": 0} {
		if got := series(t, reg, "qianliyan_errors_total", "store", reason); got != want {
			t.Errorf("%v errors of %s, want %v", got, reason, want)
		}
	}
}

// TestLostCommitIsRepeated drops connections on commit: the records come again,
// none is passed over, and in the end all are committed.
func TestLostCommitIsRepeated(t *testing.T) {
	b, br, _ := onePartition(t, 0)
	for range 2 {
		br.Control(kmsg.OffsetCommit.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			return nil, errors.New("cut"), true
		})
	}
	if err := b.Publish(t.Context(), bus.Raw, numbered(0, 20)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	calls, next := 0, 0
	err := b.Group(ctx, "g", bus.Raw, func(_ context.Context, recs []bus.Record) error {
		calls++
		if at := int(recs[0].Offset); at > next {
			t.Errorf("call %d begins at %d, %d was not handled", calls, at, next)
		}
		next = int(recs[len(recs)-1].Offset) + 1
		if calls == 3 {
			cancel() // the third commit is not dropped, and comes although ctx ended
		}
		return nil
	})
	if err != nil || calls != 3 {
		t.Fatalf("%d calls, want 3: two lost commits (%v)", calls, err)
	}
	got, err := b.GroupOffsets(t.Context(), "g", bus.Raw)
	if err != nil || got[0] != 20 {
		t.Errorf("committed %v, want 20 (%v)", got, err)
	}
}

// TestHandlerThatHangsIsReported counts it while it hangs.
func TestHandlerThatHangsIsReported(t *testing.T) {
	b, _, reg := onePartition(t, 100*ms)
	if err := b.Publish(t.Context(), bus.Raw, numbered(0, 1)); err != nil {
		t.Fatal(err)
	}
	stalled := func() bool {
		all, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			for _, m := range f.Metric {
				for _, l := range m.Label {
					if l.GetName() == "reason" && l.GetValue() == "stalled" && m.GetCounter().GetValue() >= 1 {
						return true
					}
				}
			}
		}
		return false
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := b.Follow(ctx, bus.Raw, nil, bus.FollowOptions{}, func(ctx context.Context, _ []bus.Record, _ map[int]int64) error {
		for !stalled() && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
		return nil
	})
	if err != nil || !stalled() {
		t.Errorf("a handler that hangs was not reported (%v)", err)
	}
}

// TestPublishWithoutAnAnswer cancels while the broker is silent, and finds the
// records there all the same.
func TestPublishWithoutAnAnswer(t *testing.T) {
	b, br, _ := onePartition(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	var asked atomic.Bool
	br.FailProduce(func() error {
		if asked.CompareAndSwap(false, true) {
			cancel()
			return errors.New("the first try fails")
		}
		return nil
	})
	err := b.Publish(ctx, bus.Raw, numbered(0, 3))
	var pe *bus.PublishError
	if !errors.As(err, &pe) || len(pe.Failed()) != 3 || !errors.Is(err, bus.ErrUnknown) {
		t.Errorf("Publish whose caller left: %v, want ErrUnknown for each record", err)
	}
	if got := collect(t, b, bus.Raw, 3); len(got) != 3 {
		t.Errorf("%d records arrived, want 3", len(got))
	}
}

// dialer reaches whichever broker runs.
func dialer(br *atomic.Pointer[kafka.Broker]) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		return br.Load().Dial(ctx, network, addr)
	}
}

// TestBrokerRestartsUnderReaders closes and opens the broker while a group and a
// follower read.
func TestBrokerRestartsUnderReaders(t *testing.T) {
	dir := t.TempDir()
	var br atomic.Pointer[kafka.Broker]
	openBroker := func() {
		b, err := kafka.Open(kafka.Config{Dir: dir, MinFree: 1})
		if err != nil {
			t.Fatal(err)
		}
		br.Store(b)
	}
	openBroker()
	defer func() { br.Load().Close() }()
	b := open(t, quick(), bus.Deps{Dial: dialer(&br)})
	if err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var grouped, followed atomic.Int64
	done := make(chan error, 2)
	go func() {
		done <- b.Group(ctx, "g", bus.Raw, func(_ context.Context, recs []bus.Record) error { grouped.Add(int64(len(recs))); return nil })
	}()
	go func() {
		done <- b.Follow(ctx, bus.Raw, nil, bus.FollowOptions{}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
			followed.Add(int64(len(recs)))
			return nil
		})
	}()
	sent := int64(0)
	for round := range 3 {
		if round > 0 {
			br.Load().Close()
			openBroker()
		}
		recs := numbered(0, 50)
		for b.Publish(ctx, bus.Raw, recs) != nil && ctx.Err() == nil { // what is sent twice only adds
			time.Sleep(10 * time.Millisecond)
		}
		sent += 50
		for (grouped.Load() < sent || followed.Load() < sent) && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
	}
	if ctx.Err() != nil {
		t.Errorf("grouped %d and followed %d of %d records", grouped.Load(), followed.Load(), sent)
	}
	cancel()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// series is the value of one counter of stage bus; it must be there.
func series(t *testing.T, reg *prometheus.Registry, metric, name, reason string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if f.GetName() == metric && labels["name"] == name && labels["reason"] == reason {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Errorf("no series %s of %s for %q", metric, name, reason)
	return 0
}
