package bus

import (
	"errors"
	"fmt"
)

// Errors to test with errors.Is.
var (
	// ErrBusy: as many bytes as Config.MaxPending allows are waiting for the
	// broker. Nothing of the call was sent. Web handlers answer 503 with
	// Retry-After.
	ErrBusy = errors.New("too much is waiting for the broker")

	// ErrTooLarge: the record exceeds Config.MaxRecord. Sending it again is of
	// no use.
	ErrTooLarge = errors.New("record is too large")

	// ErrUnknown: ctx ended before the broker answered. The record may be on
	// disk, now or in a moment; publishing it again is right, as every reader
	// takes a record twice without harm.
	ErrUnknown = errors.New("not known whether the broker has it")

	// ErrOffsetBeyondEnd: a stored offset lies behind the end of its partition,
	// or the end went back. The log is not the one the offset was stored
	// against: another folder, a restored copy, or a topic made anew. Nothing
	// is read, as reading on would silently skip what comes next.
	ErrOffsetBeyondEnd = errors.New("stored offset lies beyond the end of the log")

	// ErrClosed: the bus was closed.
	ErrClosed = errors.New("bus is closed")
)

// PublishError says which records of a Publish are not known to be on disk.
type PublishError struct {
	Errs []error // one for each record, in order; nil = on disk
}

// Error names the first problem and how many records have one.
func (e *PublishError) Error() string {
	bad := e.Failed()
	if len(bad) == 0 {
		return "cannot publish" // not returned by Publish
	}
	return fmt.Sprintf("cannot publish %d of %d records: %v", len(bad), len(e.Errs), e.Errs[bad[0]])
}

// Failed is the indexes of the records that are not known to be on disk.
func (e *PublishError) Failed() []int {
	var out []int
	for i, err := range e.Errs {
		if err != nil {
			out = append(out, i)
		}
	}
	return out
}

// Unwrap lets errors.Is and errors.As look at every record's error.
func (e *PublishError) Unwrap() []error {
	var out []error
	for _, i := range e.Failed() {
		out = append(out, e.Errs[i])
	}
	return out
}

// OffsetError is an ErrOffsetBeyondEnd with its numbers.
type OffsetError struct {
	Topic     string
	Partition int
	Offset    int64 // the stored offset, or the end seen before
	Bound     Bound // what the broker has
}

// Error says what was found and what to do.
func (e *OffsetError) Error() string {
	return fmt.Sprintf("cannot read %s/%d from offset %d: %v (the broker has %d to %d): "+
		"bring back the broker's data that belongs to this store, or rebuild the store",
		e.Topic, e.Partition, e.Offset, ErrOffsetBeyondEnd, e.Bound.First, e.Bound.Last)
}

// Unwrap is ErrOffsetBeyondEnd.
func (e *OffsetError) Unwrap() error { return ErrOffsetBeyondEnd }
