package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/segmentio/kafka-go"
)

// HeaderDeadUntil is the last offset of a range that Bury stands for, decimal;
// absent for a single record.
const HeaderDeadUntil = "dead-until"

// damaged reports whether a fetch failed on the bytes of a batch: it came, but
// its checksum, its compression or its form is wrong. kafka-go has no type for
// that; everything else it has one for.
func damaged(err error) bool {
	if err == nil {
		return false
	}
	var ke kafka.Error
	var ne net.Error
	switch {
	case errors.As(err, &ke), errors.As(err, &ne), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, io.ErrClosedPipe), errors.Is(err, net.ErrClosed),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	}
	return true
}

// passDamage goes on behind batches that nobody can read any more. What they
// held is unknown, so a single empty record on Dead stands for the offsets lost.
//
// Reading it again comes first: the damage may have happened on the way.
func (t *tail) passDamage(ctx context.Context, cause error) (chunk, error) {
	c := chunk{part: t.part, next: t.next}
	for n := range 3 {
		t.b.pause(ctx, n)
		if _, _, err := t.fetch(ctx, t.next); !damaged(err) {
			return c, err
		}
	}
	// Offsets in the batch fail, those behind it do not: stride, then halve.
	bad, good := t.next, t.end
	for stride := int64(1); bad+stride < t.end; stride *= 2 {
		_, _, err := t.fetch(ctx, bad+stride)
		if err != nil && !damaged(err) {
			return c, err
		}
		if err == nil {
			good = bad + stride
			break
		}
		bad += stride
	}
	for bad+1 < good {
		mid := (bad + good) / 2
		_, _, err := t.fetch(ctx, mid)
		switch {
		case err == nil:
			good = mid
		case damaged(err):
			bad = mid
		default:
			return c, err
		}
	}
	t.meter.Error("damaged")
	t.b.log.Error("records on the broker's disk are damaged and passed over",
		"topic", t.topic, "partition", t.part, "offset", t.next, "until", good-1, "err", cause)
	lost := Record{
		Topic: t.topic, Partition: t.part, Offset: t.next,
		Headers: map[string]string{HeaderDeadUntil: strconv.FormatInt(good-1, 10)},
	}
	err := t.bury(ctx, lost, fmt.Errorf("%d offsets cannot be read: %w", good-t.next, cause))
	if err != nil {
		return c, err
	}
	c.next = good
	return c, nil
}
