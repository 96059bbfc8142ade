package bus

import (
	"context"
	"time"
)

// FollowOptions shape the batches of Follow. Zero values mean 1000 records,
// 100 ms and 8 MiB.
type FollowOptions struct {
	MaxRecords int           // most records of a batch
	Linger     time.Duration // how long the first record of a batch waits for more
	MaxBytes   int           // a batch is closed when its values reach this size
	Consumer   string        // who reads: label of lag and age; "follow" when empty
}

// Follow reads all partitions of topic until ctx ends, and then returns nil.
//
// from is the next offset to read of each partition; a partition without an
// entry starts at its first record. handle is called by one goroutine with
// records of any partitions, those of one partition in order, and with next:
// the offsets to start from once these records are durable, for every
// partition, the caller's to keep. It is called again with the same arguments,
// after a growing pause, until it returns nil or ctx ends. Meanwhile the next
// batch is read.
func (b *Bus) Follow(ctx context.Context, topic string, from map[int]int64, opt FollowOptions,
	handle func(ctx context.Context, recs []Record, next map[int]int64) error) error {
	return errStub
}
