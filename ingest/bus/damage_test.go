package bus_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"qianliyan/cmd/embedded/kafka"
	"qianliyan/ingest/bus"
)

// TestWrongChecksumIsBuried writes past the bus what the bus would not write.
func TestWrongChecksumIsBuried(t *testing.T) {
	b, br := ready(t)
	w := &kafkago.Writer{
		Addr: kafkago.TCP(br.Addr()), Topic: bus.Raw, RequiredAcks: kafkago.RequireAll, BatchTimeout: time.Millisecond,
		Transport: &kafkago.Transport{Dial: br.Dial}, Balancer: kafkago.Murmur2Balancer{},
	}
	defer w.Transport.(*kafkago.Transport).CloseIdleConnections()
	defer w.Close()
	msg := func(value, crc string) kafkago.Message {
		m := kafkago.Message{Key: []byte("k"), Value: []byte(value)}
		if crc != "" {
			m.Headers = []kafkago.Header{{Key: bus.HeaderCRC, Value: []byte(crc)}}
		}
		return m
	}
	if err := w.WriteMessages(t.Context(), msg("没有校验", ""), msg("改动过", "00000000"), msg("也没有", "")); err != nil {
		t.Fatal(err)
	}
	got := collect(t, b, bus.Raw, 2)
	if len(got) != 2 || string(got[0].Value) != "没有校验" || string(got[1].Value) != "也没有" {
		t.Errorf("read %v, want the two records without a wrong checksum", got)
	}
	dead := collect(t, b, bus.Dead, 1)[0]
	if string(dead.Value) != "改动过" || dead.Headers[bus.HeaderDeadCRC] != "00000000" || dead.Headers[bus.HeaderDeadOffset] != "1" {
		t.Errorf("buried %q with %v", dead.Value, dead.Headers)
	}
}

// TestDamagedBatchIsPassedOver flips a byte of one batch on the broker's disk.
func TestDamagedBatchIsPassedOver(t *testing.T) {
	for _, c := range []struct {
		name  string
		batch int // which of three
		first int64
	}{{"first", 0, 0}, {"middle", 1, 10}, {"last", 2, 20}} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			br, err := kafka.Open(kafka.Config{Dir: dir, MinFree: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer br.Close()
			b := open(t, quick(), bus.Deps{Dial: br.Dial})
			if err := b.EnsureTopics(t.Context()); err != nil {
				t.Fatal(err)
			}
			for batch := range 3 {
				recs := make([]bus.Record, 10)
				for i := range recs {
					recs[i] = bus.Record{Key: "k", Value: []byte(strconv.Itoa(batch*10 + i))}
				}
				if err := b.Publish(t.Context(), bus.Raw, recs); err != nil {
					t.Fatal(err)
				}
			}
			flip(t, dir, bus.Raw, c.batch)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var got []bus.Record
			ended := make(chan error, 1)
			go func() {
				ended <- b.Follow(ctx, bus.Raw, nil, bus.FollowOptions{}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
					if got = append(got, recs...); len(got) == 21 {
						cancel()
					}
					return nil
				})
			}()
			dead := collect(t, b, bus.Dead, 1)[0]
			// One more shows that reading went on behind the damage.
			if err := b.Publish(t.Context(), bus.Raw, []bus.Record{{Key: "k", Value: []byte("30")}}); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			for _, r := range got {
				if r.Offset/10 == c.first/10 || string(r.Value) != strconv.Itoa(int(r.Offset)) {
					t.Errorf("read %q at offset %d", r.Value, r.Offset)
				}
			}
			if dead.Headers[bus.HeaderDeadOffset] != strconv.Itoa(int(c.first)) || dead.Headers[bus.HeaderDeadUntil] != strconv.Itoa(int(c.first)+9) {
				t.Errorf("buried %v, want offsets %d to %d", dead.Headers, c.first, c.first+9)
			}
		})
	}
}

// flip changes the last byte of batch n in the only segment of topic that has
// one. A batch is 8 bytes of offset, 4 of length, then as many bytes.
func flip(t *testing.T, dir, topic string, n int) {
	t.Helper()
	var name string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && filepath.Ext(p) == ".dat" && strings.Contains(p, topic) {
			if info, _ := d.Info(); info.Size() > 0 {
				name = p
			}
		}
		return err
	})
	if err != nil || name == "" {
		t.Fatalf("no segment of %s in %s: %v", topic, dir, err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	length := func() int {
		return 12 + int(data[at+8])<<24 + int(data[at+9])<<16 + int(data[at+10])<<8 + int(data[at+11])
	}
	for range n {
		at += length()
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	end := at + length() - 1
	if _, err := f.WriteAt([]byte{data[end] ^ 0x10}, int64(end)); err != nil {
		t.Fatal(err)
	}
}

// TestTrimmedStartSaysSo follows from an offset that was dropped.
func TestTrimmedStartSaysSo(t *testing.T) {
	br := kafka.OpenTest(t)
	reg := prometheus.NewPedanticRegistry()
	cfg := quick()
	cfg.Partitions = 1
	b := open(t, cfg, bus.Deps{Dial: br.Dial, Metrics: reg})
	if err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		if err := b.Publish(t.Context(), bus.Raw, []bus.Record{{Key: "k", Value: []byte(strconv.Itoa(i))}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := br.Trim(t.Context(), bus.Raw, 0, 20); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var got []bus.Record
	err := b.Follow(ctx, bus.Raw, map[int]int64{0: 5}, bus.FollowOptions{Consumer: "late"},
		func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
			if got = append(got, recs...); len(got) == 10 {
				cancel()
			}
			return nil
		})
	if err != nil || len(got) != 10 || got[0].Offset != 20 {
		t.Fatalf("read %d records from %d (%v), want 10 from 20", len(got), got[0].Offset, err)
	}
	for reason, want := range map[string]float64{"trimmed": 15, "damaged": 0} {
		if got := series(t, reg, "qianliyan_discarded_total", "late", reason); got != want {
			t.Errorf("%v records discarded as %s, want %v", got, reason, want)
		}
	}
}

// TestGroupOffsetBeyondEnd commits for a group what its log never held.
func TestGroupOffsetBeyondEnd(t *testing.T) {
	b, br := ready(t)
	tr := &kafkago.Transport{Dial: br.Dial}
	defer tr.CloseIdleConnections()
	c := &kafkago.Client{Addr: kafkago.TCP(br.Addr()), Transport: tr}
	res, err := c.OffsetCommit(t.Context(), &kafkago.OffsetCommitRequest{
		GroupID: "g", GenerationID: -1, Topics: map[string][]kafkago.OffsetCommit{bus.Raw: {{Partition: 2, Offset: 50}}},
	})
	if err != nil || res.Topics[bus.Raw][0].Error != nil {
		t.Fatal(err, res)
	}
	err = b.Group(t.Context(), "g", bus.Raw, func(context.Context, []bus.Record) error { return nil })
	var oe *bus.OffsetError
	if !errors.As(err, &oe) || oe.Partition != 2 || oe.Offset != 50 || oe.Bound.Last != 0 {
		t.Errorf("Group with offset 50 on an empty log: %v, want an OffsetError", err)
	}
}
