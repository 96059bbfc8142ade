package bus

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"qianliyan/ingest/setting"
)

func TestDefaultsAreValid(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Error(err)
	}
	if err := (Config{}).Validate(); err != nil {
		t.Errorf("the zero configuration: %v", err)
	}
}

func TestValidateNamesEveryProblem(t *testing.T) {
	const ms = setting.Duration(time.Millisecond)
	bad := Config{
		Prefix: "县/", Partitions: 1000, Replication: 10, MinInsync: 11, Retention: ms, MaxRecord: 10, MaxPending: 15,
		BusyAfter: -1, BatchTimeout: 2000 * ms, PublishTimeout: ms, SessionTimeout: ms, MaxBatch: -1, MaxWait: -1,
		RetryMax: -1, StallAfter: ms, GuardWait: -1,
	}
	err := bad.Validate()
	if err == nil {
		t.Fatal("everything bad is taken")
	}
	lines := strings.Split(err.Error(), "\n")
	ty := reflect.TypeFor[Config]()
	for field := range ty.Fields() {
		key := field.Tag.Get("toml")
		if key == "brokers" {
			continue
		}
		n := 0
		for _, l := range lines {
			if strings.HasPrefix(l, key+"：") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d problems of %q, want 1, in:\n%v", n, key, err)
		}
	}
	if strings.Contains(err.Error(), "%!") {
		t.Errorf("a sentence is badly formed: %v", err)
	}
}

// TestWriterLosesNothing reads what kafka-go's zero values would get wrong.
func TestWriterLosesNothing(t *testing.T) {
	b, err := Open(Config{Brokers: []string{"127.0.0.1:1"}}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for name, w := range map[string]*kafka.Writer{"small": b.small, "large": b.large} {
		if w.RequiredAcks != kafka.RequireAll || w.Async || w.AllowAutoTopicCreation || w.BatchTimeout > 10*time.Millisecond {
			t.Errorf("%s: acks %v, async %v, creation %v, batch timeout %v", name, w.RequiredAcks, w.Async, w.AllowAutoTopicCreation, w.BatchTimeout)
		}
	}
	if b.small.BatchBytes > 1<<20 || b.large.BatchBytes < int64(b.cfg.MaxRecord) || b.large.BatchSize != 1 {
		t.Errorf("batches of %d and %d bytes", b.small.BatchBytes, b.large.BatchBytes)
	}
}

func TestChecksumIsCastagnoli(t *testing.T) {
	// The check value of CRC-32C in the catalogue of CRCs (CRC-32/ISCSI).
	if got := checksum([]byte("123456789")); got != "e3069283" {
		t.Errorf("checksum is %s, want e3069283", got)
	}
}

func TestTraceparentForm(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		tp := NewTraceparent()
		parts := strings.Split(tp, "-")
		if len(parts) != 4 || parts[0] != "00" || len(parts[1]) != 32 || len(parts[2]) != 16 || parts[3] != "01" {
			t.Fatalf("%q is no W3C trace context", tp)
		}
		for _, p := range parts {
			if _, err := hex.DecodeString(p); err != nil || strings.ToLower(p) != p {
				t.Errorf("%q is not lower-case hexadecimal", tp)
			}
		}
		if seen[parts[1]] {
			t.Errorf("trace id %s came twice", parts[1])
		}
		seen[parts[1]] = true
	}
}

func TestTemporary(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{kafka.KafkaStorageError, true},
		{kafka.NotLeaderForPartition, true},
		{kafka.Unknown, true}, // a full disk of the broker in the process
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		{io.ErrUnexpectedEOF, true},
		{kafka.MessageSizeTooLarge, false},
		{kafka.TopicAuthorizationFailed, false},
		{fmt.Errorf("wrapped: %w", io.ErrClosedPipe), false},
	} {
		if got := temporary(c.err); got != c.want {
			t.Errorf("temporary(%v) = %v, want %v", c.err, got, c.want)
		}
	}
}

func TestDamagedIsNoOtherError(t *testing.T) {
	for _, err := range []error{nil, kafka.NotLeaderForPartition, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, &net.OpError{Op: "read", Err: errors.New("reset")}} {
		if damaged(err) {
			t.Errorf("%v is taken for a damaged batch", err)
		}
	}
	if !damaged(fmt.Errorf("fetch: %w", errors.New("crc32 checksum mismatch"))) {
		t.Error("a wrong checksum is not taken for a damaged batch")
	}
}

func TestPublishErrorUnwraps(t *testing.T) {
	err := error(&PublishError{[]error{nil, ErrTooLarge, nil, fmt.Errorf("x: %w", ErrBusy)}})
	if !errors.Is(err, ErrTooLarge) || !errors.Is(err, ErrBusy) || errors.Is(err, ErrUnknown) {
		t.Errorf("%v does not unwrap to its records' errors", err)
	}
	if want := "cannot publish 2 of 4 records: record is too large"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}
