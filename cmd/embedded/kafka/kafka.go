// Package kafka is a Kafka broker inside the process, for a single machine and
// for tests: real protocol, records on disk, no TCP port.
package kafka

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
)

// Config says where the broker keeps its records.
type Config struct {
	// Dir is the broker's folder. One process at a time may have it open.
	Dir string
	// MinFree is how many bytes must be free on the disk; below that the broker
	// takes no records. Zero means 256 MiB.
	MinFree int64
	// Log gets what a person should know; nil drops it.
	Log *slog.Logger
}

// Broker is a running broker.
type Broker struct{}

var errStub = errors.New("not built yet")

// Open starts a broker on cfg.Dir.
func Open(cfg Config) (*Broker, error) { return nil, errStub }

// OpenTest is a broker on a temporary folder that ends with the test.
func OpenTest(t testing.TB) *Broker { t.Helper(); t.Fatal(errStub); return nil }

// Close stops the broker after writing what it holds.
func (b *Broker) Close() error { return errStub }

// Addr is the broker's address, to be reached through Dial only.
func (b *Broker) Addr() string { return "" }

// Dial connects to the broker; it has the form of net.Dialer.DialContext.
func (b *Broker) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return nil, errStub
}

// Trim drops the records of a partition before the offset, except the last one.
func (b *Broker) Trim(ctx context.Context, topic string, partition int, before int64) error {
	return errStub
}

// Healthy is nil while the broker's disk takes records and keeps them.
func (b *Broker) Healthy() error { return errStub }

// FailProduce makes the broker ask fn before each produce request and answer
// with an error when fn returns one. For tests; nil ends it.
func (b *Broker) FailProduce(fn func() error) {}
