package bus

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
)

const (
	smallBatch = 1_000_000 // bytes; Kafka's default limit for a batch
	overhead   = 128 << 10 // bytes for what surrounds a record in its batch
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the value of HeaderCRC. kafka-go reads batches without checking
// Kafka's own sum: one flipped bit on disk was delivered as data.
func checksum(value []byte) string {
	return fmt.Sprintf("%08x", crc32.Checksum(value, castagnoli))
}

// NewTraceparent is a W3C trace context with random ids, sampled.
func NewTraceparent() string {
	var id [24]byte
	rand.Read(id[:]) // never fails
	id[0] |= 1       // ids of all zeros are not allowed
	id[16] |= 1
	return "00-" + hex.EncodeToString(id[:16]) + "-" + hex.EncodeToString(id[16:]) + "-01"
}

// Publish appends recs to topic. A nil error means that every record is on
// disk. Otherwise the error is a *PublishError with one error a record; those
// without one are on disk.
//
// Records of one key stay in order, also over calls, as long as each call waits
// for the one before and none of them fails in part. Many records a call are
// far faster than one each; calls at the same time share their way to disk.
//
// ctx ends the waiting, not the sending: a record whose error is ErrUnknown may
// still arrive.
func (b *Bus) Publish(ctx context.Context, topic string, recs []Record) error {
	if len(recs) == 0 {
		return nil
	}
	errs := make([]error, len(recs))
	var run shipment
	failed := false
	flush := func() {
		if len(run.msgs) > 0 {
			failed = !b.ship(ctx, topic, run, errs) || failed
		}
		run = shipment{}
	}
	now := time.Now()
	for i, r := range recs {
		m := b.message(topic, r, now)
		size := messageSize(m)
		if size > int(b.cfg.MaxRecord) {
			errs[i] = fmt.Errorf("%w: %d of at most %d bytes", ErrTooLarge, size, b.cfg.MaxRecord)
			b.meter(topic).Error("too_large")
			continue
		}
		large := size > smallBatch-overhead
		if large != run.large || run.bytes+int64(size) > int64(b.cfg.MaxPending)/2 {
			flush()
		}
		if failed { // sending on would overtake what failed
			errs[i] = fmt.Errorf("not sent: %w", firstError(errs))
			continue
		}
		run.large = large
		run.add(m, i, size)
	}
	flush()
	n := 0
	for _, err := range errs {
		if err == nil {
			n++
		}
	}
	b.meter(topic).Sent(n)
	if n == len(recs) {
		return nil
	}
	return &PublishError{errs}
}

func firstError(errs []error) error {
	i := slices.IndexFunc(errs, func(err error) bool { return err != nil && !errors.Is(err, ErrTooLarge) })
	return errs[i]
}

// shipment is a run of records that go together.
type shipment struct {
	msgs  []kafka.Message
	index []int // of each message in the caller's records
	bytes int64
	large bool
}

func (s *shipment) add(m kafka.Message, i, size int) {
	s.msgs = append(s.msgs, m)
	s.index = append(s.index, i)
	s.bytes += int64(size)
}

// message is r as kafka-go wants it. Headers are sorted, so that equal records
// are equal bytes.
func (b *Bus) message(topic string, r Record, now time.Time) kafka.Message {
	m := kafka.Message{Topic: b.name(topic), Key: []byte(r.Key), Value: r.Value, Time: r.Time}
	if m.Time.IsZero() {
		m.Time = now
	}
	add := func(k, v string) { m.Headers = append(m.Headers, kafka.Header{Key: k, Value: []byte(v)}) }
	add(HeaderCRC, checksum(r.Value))
	if r.Headers[HeaderTraceparent] == "" {
		add(HeaderTraceparent, NewTraceparent())
	}
	for _, k := range slices.Sorted(maps.Keys(r.Headers)) {
		if k != HeaderCRC && (k != HeaderTraceparent || r.Headers[k] != "") {
			add(k, r.Headers[k])
		}
	}
	return m
}

// messageSize bounds what m takes in a batch from above.
func messageSize(m kafka.Message) int {
	n := len(m.Key) + len(m.Value) + 64
	for _, h := range m.Headers {
		n += len(h.Key) + len(h.Value) + 10
	}
	return n
}

// ship sends one run and waits, writing what failed to errs. It reports whether
// all of it is on disk.
//
// kafka-go queues without bound while the broker is down, and goes on sending
// after the caller's ctx ended. So room is taken before and given back when
// kafka-go let go of the bytes, whether or not anybody still waits.
func (b *Bus) ship(ctx context.Context, topic string, s shipment, errs []error) bool {
	fail := func(err error, reason string) bool {
		for _, i := range s.index {
			errs[i] = err
		}
		b.meter(topic).Error(reason)
		return false
	}
	wait, cancel := context.WithTimeout(ctx, b.cfg.BusyAfter.D())
	err := b.room.Acquire(wait, s.bytes)
	cancel()
	switch {
	case ctx.Err() != nil && err != nil:
		return fail(fmt.Errorf("not sent: %w", context.Cause(ctx)), "cancelled")
	case err != nil:
		return fail(ErrBusy, "busy")
	}
	ctx, cancel = context.WithTimeout(ctx, b.cfg.PublishTimeout.D())
	done := make(chan []error, 1)
	go func() {
		defer cancel()
		defer b.room.Release(s.bytes)
		done <- b.write(ctx, s)
	}()
	var got []error
	select {
	case got = <-done:
	case <-ctx.Done():
		// Both may be ready: an answer is worth more than the end of waiting.
		select {
		case got = <-done:
		default:
			return fail(fmt.Errorf("%w: %w", ErrUnknown, context.Cause(ctx)), "unknown")
		}
	}
	ok := true
	for i, err := range got {
		if errs[s.index[i]] = err; err != nil {
			ok = false
		}
	}
	if !ok {
		b.meter(topic).Error("broker")
	}
	return ok
}

// write hands the messages to kafka-go until each is on disk, refused for good,
// or nobody waits any more. The result has one error a message.
func (b *Bus) write(ctx context.Context, s shipment) []error {
	w := b.small
	if s.large {
		w = b.large
	}
	out := make([]error, len(s.msgs))
	left := make([]int, len(s.msgs)) // indexes of what is not on disk
	for i := range left {
		left[i] = i
	}
	for try := 0; ; try++ {
		batch := make([]kafka.Message, len(left))
		for i, j := range left {
			batch[i] = s.msgs[j]
		}
		// Without ctx: its end would leave the bytes in kafka-go's queue, uncounted.
		err := w.WriteMessages(context.Background(), batch...)
		var each kafka.WriteErrors
		if err != nil && !errors.As(err, &each) {
			each = make(kafka.WriteErrors, len(batch))
			for i := range each {
				each[i] = err
			}
		}
		var again []int
		for i, j := range left {
			if out[j] = nil; each != nil {
				out[j] = each[i]
			}
			if out[j] != nil && temporary(out[j]) {
				again = append(again, j)
			}
			if errors.Is(out[j], io.ErrClosedPipe) {
				out[j] = ErrClosed
			}
		}
		if left = again; len(left) == 0 || !b.pause(ctx, try) {
			return out
		}
	}
}

// temporary reports whether sending again may help. The broker's «unknown» is
// what a full disk gives.
func temporary(err error) bool {
	if errors.Is(err, io.ErrClosedPipe) {
		return false
	}
	if ke, ok := errors.AsType[kafka.Error](err); ok {
		return ke.Temporary() || ke == kafka.Unknown
	}
	var large kafka.MessageTooLargeError
	return !errors.As(err, &large)
}
