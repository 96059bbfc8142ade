package kafka

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// faults is what tests put in the way of producers.
type faults struct {
	mu      sync.Mutex
	produce func() error
	last    kmsg.Request // kfake asks for every topic and partition of a request
	refused bool         // what was said of last
}

// FailProduce makes the broker call fn before each produce request, and answer
// all its records with Kafka's storage error when fn returns an error. For
// tests; nil ends it. fn must not block, nor call the broker: it holds it up.
func (b *Broker) FailProduce(fn func() error) {
	b.faults.mu.Lock()
	defer b.faults.mu.Unlock()
	b.faults.produce = fn
}

// Control is kfake's own hook for every request of one kind of the protocol, for
// tests: see Cluster.ControlKey there. Its answer of true handles the request,
// and ends the hook.
func (b *Broker) Control(key int16, fn func(kmsg.Request) (kmsg.Response, error, bool)) {
	b.cluster.ControlKey(key, fn)
}

// gate refuses produce requests, with an error after which clients try again,
// while the disk is not to be trusted or a test says so. It is a fault rather
// than a control: a control keeps the last request of every connection that ever
// was, and with it up to a megabyte each.
func (b *Broker) gate() kfake.Fault {
	return kfake.Fault{
		Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.KafkaStorageError, Count: -1,
		When: func(req kmsg.Request) bool {
			f := &b.faults
			f.mu.Lock()
			defer f.mu.Unlock()
			if req != f.last {
				f.last = req
				f.refused = b.Healthy() != nil || f.produce != nil && f.produce() != nil
			}
			return f.refused
		},
	}
}
