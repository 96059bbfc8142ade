package classify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/classify/label"
	"qianliyan/cmd/embedded/kafka"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

// line is a bus over an in-process broker, with its topics.
func line(t *testing.T, br *kafka.Broker, cfg bus.Config) *bus.Bus {
	t.Helper()
	cfg.RetryMax = setting.Duration(50 * time.Millisecond)
	b, err := bus.Open(cfg, bus.Deps{Dial: br.Dial})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// start runs p until the test or the returned function ends it.
func start(t *testing.T, p *Pipeline) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// A record that fits unlabelled and no longer labelled can never be written:
// it must be buried with the reason, whole, and the others go on.
func TestRunBuriesWhatGrewTooLarge(t *testing.T) {
	const limit = 1 << 20
	b := line(t, kafka.OpenTest(t), bus.Config{Partitions: 1, MaxRecord: limit, MaxPending: 4 * limit})
	large := letter(1, "")
	room := limit - 4096 - len(record(t, large).Value)
	large.Text = strings.Repeat("路灯不亮，", room/len("路灯不亮，"))
	if n := len(record(t, large).Value); n >= limit-1024 {
		t.Fatalf("the record has %d bytes before labelling already", n)
	}
	recs := []bus.Record{record(t, letter(0, "前一封")), record(t, large), record(t, letter(2, "后一封"))}
	if err := b.Publish(t.Context(), bus.Raw, recs); err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	start(t, open(t, Deps{Bus: b, Metrics: reg}))
	var texts []string
	for _, rec := range read(t, b, bus.Labeled, 2) {
		l, err := label.Decode(rec.Value)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, l.Item.Text)
	}
	if !slices.Equal(texts, []string{"前一封", "后一封"}) {
		t.Errorf("labelled %q", texts)
	}
	dead := read(t, b, bus.Dead, 1)[0]
	if dead.Key != large.ID || !strings.Contains(dead.Headers[bus.HeaderDeadReason], "too large") {
		t.Errorf("buried %s for %q", dead.Key, dead.Headers[bus.HeaderDeadReason])
	}
	if it, err := item.Decode(dead.Value); err != nil || it.Text != large.Text {
		t.Errorf("the dead letter is not what came: %v", err)
	}
	eventually(t, "one item is counted as buried", func() bool { return buried(t, reg) == 1 })
}

// buried is the count of items given up on.
func buried(t *testing.T, reg *prometheus.Registry) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == "qianliyan_discarded_total" && l.GetValue() == "buried" {
					return m.GetCounter().GetValue()
				}
			}
		}
	}
	return 0
}

// eventually waits for what happens after a batch is on disk.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 1000 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// While the broker refuses to write, nothing may be lost nor committed; when it
// takes records again, each must come out, and in the order of its key.
func TestRunOutlastsTheBroker(t *testing.T) {
	br := kafka.OpenTest(t)
	b := line(t, br, bus.Config{Partitions: 2, PublishTimeout: setting.Duration(200 * time.Millisecond)})
	const keys, revisions = 6, 4
	var recs []bus.Record
	for r := 1; r <= revisions; r++ {
		for k := range keys {
			it := letter(k, fmt.Sprintf("第%d次来信", r))
			it.Revision = uint32(r)
			recs = append(recs, record(t, it))
		}
	}
	if err := b.Publish(t.Context(), bus.Raw, recs); err != nil {
		t.Fatal(err)
	}
	var refused atomic.Int32
	tried := make(chan struct{})
	br.FailProduce(func() error {
		if refused.Add(1) == 3 {
			close(tried)
		}
		return errors.New("injected: disk full")
	})
	stop := start(t, open(t, Deps{Bus: b}))
	<-tried
	if bounds, err := b.Bounds(t.Context(), bus.Labeled); err != nil || bounds[0].Last+bounds[1].Last != 0 {
		t.Errorf("written while the broker refused: %v, %v", bounds, err)
	}
	offsets, err := b.GroupOffsets(t.Context(), Group, bus.Raw)
	if err != nil {
		t.Fatal(err)
	}
	for p, n := range offsets {
		if n > 0 {
			t.Errorf("partition %d is committed up to %d before anything was written", p, n)
		}
	}
	br.FailProduce(nil)
	last := map[item.ID]uint32{}
	follow(t, b, func(l label.Labeled) bool {
		// After a failed write the batch comes again whole, so that a revision
		// may come twice; but none may be skipped.
		if l.Item.Revision > last[l.Item.ID]+1 {
			t.Errorf("%s: revision %d follows %d", l.Item.ID, l.Item.Revision, last[l.Item.ID])
		}
		last[l.Item.ID] = max(last[l.Item.ID], l.Item.Revision)
		sum := uint32(0)
		for _, r := range last {
			sum += r
		}
		return sum == keys*revisions
	})
	stop()
	if bounds, err := b.Bounds(t.Context(), bus.Dead); err != nil || bounds[0].Last+bounds[1].Last != 0 {
		t.Errorf("buried for the broker's fault: %v, %v", bounds, err)
	}
}

// follow reads items.labeled until enough says so.
func follow(t *testing.T, b *bus.Bus, enough func(label.Labeled) bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	done := false
	err := b.Follow(ctx, bus.Labeled, nil, bus.FollowOptions{}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
		for _, rec := range recs {
			l, err := label.Decode(rec.Value)
			if err != nil {
				return err
			}
			if done = done || enough(l); done {
				stop()
			}
		}
		return nil
	})
	if err != nil || !done {
		t.Fatalf("read enough: %v, %v", done, err)
	}
}

// A second start goes on where the first one stopped.
func TestRunGoesOn(t *testing.T) {
	b := line(t, kafka.OpenTest(t), bus.Config{Partitions: 1})
	for round := range 3 {
		if err := b.Publish(t.Context(), bus.Raw, []bus.Record{record(t, letter(round, fmt.Sprint("第", round, "封")))}); err != nil {
			t.Fatal(err)
		}
		stop := start(t, open(t, Deps{Bus: b}))
		read(t, b, bus.Labeled, round+1)
		eventually(t, "the record is committed", func() bool {
			offsets, err := b.GroupOffsets(t.Context(), Group, bus.Raw)
			if err != nil {
				t.Fatal(err)
			}
			return offsets[0] > int64(round)
		})
		stop()
	}
}

// A batch that is cut short by the end is an error, so that it is not
// committed, and gives back its slots.
func TestCancelledBatch(t *testing.T) {
	p := open(t, Deps{})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var recs []bus.Record
	for i := range 10 {
		recs = append(recs, record(t, letter(i, "路灯不亮")))
	}
	if err := p.handle(ctx, recs); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if len(p.slots) != 0 {
		t.Errorf("%d slots are still taken", len(p.slots))
	}
}

func TestWhyOfUnknownLabel(t *testing.T) {
	p := open(t, Deps{})
	for _, l := range []label.Label{{}, {By: "urgency", Reason: "gone"}, {By: "gone", Reason: "dead"}, {By: "topic"}} {
		if got := p.Why(l); got != "" {
			t.Errorf("%+v is explained as %q", l, got)
		}
	}
	if got := p.Why(label.Label{By: "urgency", Reason: "dead"}); got == "" {
		t.Error("a rule is not explained")
	}
	if p.Taxonomy() == nil {
		t.Error("no taxonomy")
	}
}

// What other stages set must pass through unchanged.
func TestLabelKeepsTheItem(t *testing.T) {
	p := open(t, Deps{})
	it := letter(7, "楼道里堆满了杂物，请社区管一管。")
	it.Extra = []item.Field{{Name: "诉求类型", Value: "投诉"}}
	it.Places = []string{"长沙市"}
	l, err := p.Label(t.Context(), it)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprintf("%+v", l.Item) != fmt.Sprintf("%+v", it) {
		t.Errorf("item became %+v", l.Item)
	}
	if got := strings.Join(l.Words.Text.Split(l.Item.Text), ""); got != it.Text {
		t.Errorf("the words add up to %q", got)
	}
}
