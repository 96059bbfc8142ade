package bus

import (
	"time"

	"qianliyan/ingest/item"
)

// The topics. On the broker each name is preceded by Config.Prefix.
const (
	Raw     = "items.raw"     // accepted items, key = item ID, value = item.Encode
	Labeled = "items.labeled" // labelled items, key = item ID, value = label.Encode
	Dead    = "items.dead"    // records nobody could handle, as they were, with reason headers
	Actions = "items.actions" // what people did; kept for ever
)

// Topics lists all topics.
func Topics() []string { return []string{Raw, Labeled, Dead, Actions} }

// Names of headers. Values are text.
const (
	HeaderCRC         = "crc"         // CRC-32C of the value, 8 hex digits; set by Publish, checked on reading
	HeaderTraceparent = "traceparent" // W3C trace context; set by Publish when absent
	HeaderSource      = "source"      // item.Item.Source
	HeaderDay         = "day"         // item.Item.Day
	HeaderHash        = "hash"        // hex of item.Item.Hash
	HeaderRevision    = "revision"    // decimal item.Item.Revision
)

// Headers that Bury adds.
const (
	HeaderDeadStage     = "dead-stage"     // the stage that gave up
	HeaderDeadReason    = "dead-reason"    // its error
	HeaderDeadTopic     = "dead-topic"     // where the record lay, without prefix
	HeaderDeadPartition = "dead-partition" // decimal
	HeaderDeadOffset    = "dead-offset"    // decimal
	HeaderDeadTime      = "dead-time"      // when it was buried, RFC 3339
	HeaderDeadCRC       = "dead-crc"       // the checksum it carried, when that did not fit its value
)

// Record is one record on a topic.
type Record struct {
	Topic     string            // without prefix; set on reading
	Partition int               // set on reading
	Offset    int64             // set on reading
	Key       item.ID           // decides the partition, so that one item's records stay in order
	Value     []byte            // the receiver may keep it
	Headers   map[string]string // Publish reads it and never changes it
	Time      time.Time         // when it was published; Publish sets it when zero
}

// Bound is the part of a partition that can be read.
type Bound struct {
	First int64 // offset of the oldest record kept
	Last  int64 // offset the next record will get; equal to First when the partition is empty
}
