package bustest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
)

func (h harness) topics(t *testing.T) {
	ctx := limit(t)
	b := h.newBus(t)
	if err := b.Ping(ctx); err == nil {
		t.Error("Ping succeeds without topics")
	}
	for range 2 {
		if err := b.EnsureTopics(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Ping(ctx); err != nil {
		t.Errorf("Ping: %v", err)
	}
	for _, topic := range bus.Topics() {
		got, err := b.Bounds(ctx, topic)
		if err != nil || len(got) != b.Config().Partitions {
			t.Errorf("%s has %d partitions, want %d (%v)", topic, len(got), b.Config().Partitions, err)
		}
	}
}

func (h harness) order(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	const keys, versions = 7, 40
	for v := range versions {
		recs := records(0, keys)
		for i := range recs {
			recs[i].Value = fmt.Appendf(nil, "%02d %03d", i, v)
		}
		publish(t, b, bus.Raw, recs)
	}
	got := newSeen()
	f := start(ctx, func(ctx context.Context) error {
		return b.Follow(ctx, bus.Raw, nil, bus.FollowOptions{}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
			got.add(recs)
			return nil
		})
	})
	got.wait(ctx, t, keys*versions)
	f.stop(t)
	last, part, offset := map[item.ID]string{}, map[item.ID]int{}, map[int]int64{}
	for _, r := range got.recs {
		if r.Topic != bus.Raw || r.Offset != offset[r.Partition] {
			t.Fatalf("record %s/%d at offset %d, want offset %d", r.Topic, r.Partition, r.Offset, offset[r.Partition])
		}
		offset[r.Partition]++
		if p, ok := part[r.Key]; ok && p != r.Partition {
			t.Errorf("key %s lies in partitions %d and %d", r.Key, p, r.Partition)
		}
		part[r.Key] = r.Partition
		if string(r.Value) <= last[r.Key] {
			t.Errorf("key %s: %q after %q", r.Key, r.Value, last[r.Key])
		}
		last[r.Key] = string(r.Value)
	}
}

func (h harness) headers(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	trace := bus.NewTraceparent()
	when := time.Date(2024, 5, 6, 7, 8, 9, 123e6, time.UTC)
	in := bus.Record{Key: item.NewID("bustest", "h"), Value: []byte("西街路灯不亮"), Time: when, Headers: map[string]string{
		bus.HeaderSource: "热线", bus.HeaderDay: "2024-05-06", bus.HeaderHash: "00ff", bus.HeaderRevision: "3",
		bus.HeaderTraceparent: trace, bus.HeaderCRC: "not what Publish computes",
	}}
	publish(t, b, bus.Raw, []bus.Record{in, {Key: in.Key, Value: []byte("再报一次")}})
	if len(in.Headers) != 6 || in.Headers[bus.HeaderCRC] != "not what Publish computes" {
		t.Error("Publish changed the caller's headers")
	}
	got := newSeen()
	f := start(ctx, func(ctx context.Context) error {
		return b.Follow(ctx, bus.Raw, nil, bus.FollowOptions{}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
			got.add(recs)
			return nil
		})
	})
	got.wait(ctx, t, 2)
	f.stop(t)
	r := got.recs[0]
	if r.Key != in.Key || string(r.Value) != string(in.Value) || !r.Time.Equal(when) {
		t.Errorf("got %s %q at %v, want %s %q at %v", r.Key, r.Value, r.Time, in.Key, in.Value, when)
	}
	for k, v := range in.Headers {
		if k != bus.HeaderCRC && r.Headers[k] != v {
			t.Errorf("header %s is %q, want %q", k, r.Headers[k], v)
		}
	}
	if len(r.Headers[bus.HeaderCRC]) != 8 {
		t.Errorf("header crc is %q, want 8 digits", r.Headers[bus.HeaderCRC])
	}
	second := got.recs[1]
	if tp := second.Headers[bus.HeaderTraceparent]; len(tp) != len(trace) || !strings.HasPrefix(tp, "00-") || tp == trace {
		t.Errorf("record without traceparent got %q", tp)
	}
	if second.Time.IsZero() {
		t.Error("record without a time got none")
	}
}

func (h harness) sizes(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	most := int(b.Config().MaxRecord)
	recs := records(0, 5)
	want := []int{10, 1 << 20, 10, most - 4096, 10}
	for i, n := range want {
		recs[i].Key = recs[0].Key // one partition: the order must survive the sizes
		recs[i].Value = noise(n, byte(i))
	}
	publish(t, b, bus.Raw, recs)
	mixed := records(10, 3)
	mixed[1].Value = noise(most+1, 9)
	err := b.Publish(ctx, bus.Raw, mixed)
	var pe *bus.PublishError
	if !errors.As(err, &pe) || pe.Errs[0] != nil || pe.Errs[2] != nil || !errors.Is(pe.Errs[1], bus.ErrTooLarge) {
		t.Fatalf("a record above the limit: got %v, want ErrTooLarge for it alone", err)
	}
	got := newSeen()
	f := start(ctx, func(ctx context.Context) error {
		return b.Follow(ctx, bus.Raw, nil, bus.FollowOptions{}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
			got.add(recs)
			return nil
		})
	})
	got.wait(ctx, t, len(want)+2)
	f.stop(t)
	i := 0
	for _, r := range got.recs {
		if r.Key == recs[0].Key {
			if string(r.Value) != string(recs[i].Value) {
				t.Errorf("record %d has %d bytes, want %d, or other ones", i, len(r.Value), want[i])
			}
			i++
		}
	}
}

// noise is n bytes that do not compress, different for each seed.
func noise(n int, seed byte) []byte {
	out := make([]byte, n)
	x := uint32(seed) + 1
	for i := range out {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		out[i] = byte(x)
	}
	return out
}

func (h harness) cancelledPublish(t *testing.T) {
	b := h.ready(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := b.Publish(ctx, bus.Raw, records(0, 3))
	var pe *bus.PublishError
	if !errors.As(err, &pe) || len(pe.Errs) != 3 || len(pe.Failed()) != 3 {
		t.Errorf("Publish with an ended context: %v, want an error for each record", err)
	}
	publish(t, b, bus.Raw, records(0, 3)) // and the bus still works
}

func (h harness) bounds(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	publish(t, b, bus.Raw, records(0, 100))
	got, err := b.Bounds(ctx, bus.Raw)
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for p, bound := range got {
		if bound.First != 0 || bound.Last < 0 {
			t.Errorf("partition %d: %+v", p, bound)
		}
		sum += bound.Last
	}
	if sum != 100 {
		t.Errorf("bounds add up to %d records, want 100", sum)
	}
	if _, err := b.Bounds(ctx, "no.such.topic"); err == nil {
		t.Error("Bounds of a topic that does not exist succeeds")
	}
}

func (h harness) bury(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	rec := records(0, 1)[0]
	rec.Topic, rec.Partition, rec.Offset = bus.Raw, 2, 77
	rec.Headers = map[string]string{bus.HeaderSource: "来信", bus.HeaderCRC: "deadbeef"}
	if err := b.Bury(ctx, rec, "classify", errors.New("no such form")); err != nil {
		t.Fatal(err)
	}
	got := newSeen()
	f := start(ctx, func(ctx context.Context) error {
		return b.Follow(ctx, bus.Dead, nil, bus.FollowOptions{}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
			got.add(recs)
			return nil
		})
	})
	got.wait(ctx, t, 1)
	f.stop(t)
	r := got.recs[0]
	want := map[string]string{
		bus.HeaderSource: "来信", bus.HeaderDeadStage: "classify", bus.HeaderDeadReason: "no such form",
		bus.HeaderDeadTopic: bus.Raw, bus.HeaderDeadPartition: "2", bus.HeaderDeadOffset: "77", bus.HeaderDeadCRC: "deadbeef",
	}
	for k, v := range want {
		if r.Headers[k] != v {
			t.Errorf("header %s is %q, want %q", k, r.Headers[k], v)
		}
	}
	if r.Key != rec.Key || string(r.Value) != string(rec.Value) {
		t.Errorf("buried %s %q, want %s %q", r.Key, r.Value, rec.Key, rec.Value)
	}
}

func (h harness) cancellation(t *testing.T) {
	b, ctx := h.ready(t), limit(t)
	publish(t, b, bus.Raw, records(0, 10))
	reached := make(chan struct{}, 8)
	hang := func(ctx context.Context) error {
		reached <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	g := start(ctx, func(ctx context.Context) error {
		return b.Group(ctx, "cancel", bus.Raw, func(ctx context.Context, _ []bus.Record) error { return hang(ctx) })
	})
	<-reached
	g.stop(t)
	f := start(ctx, func(ctx context.Context) error {
		return b.Follow(ctx, bus.Raw, nil, bus.FollowOptions{}, func(ctx context.Context, _ []bus.Record, _ map[int]int64) error { return hang(ctx) })
	})
	<-reached
	f.stop(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Follow(ended, bus.Raw, nil, bus.FollowOptions{}, nil); err != nil {
		t.Errorf("Follow with an ended context: %v", err)
	}
	if err := b.Group(ended, "cancel", bus.Raw, nil); err != nil {
		t.Errorf("Group with an ended context: %v", err)
	}
}
