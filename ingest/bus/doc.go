// Package bus is the only way between stages: topics on a Kafka broker, spoken
// to through kafka-go. Whether the broker runs in the process or is a cluster is
// an address and a dial function; everything else is the same code.
//
// # Topics
//
//	items.raw      accepted items        ingest   → classify, ledger
//	items.labeled  labelled items        classify → every store of index
//	items.dead     what nobody could use anybody → people
//	items.actions  what people did       query    → stores; kept for ever
//
// A record's key is its item's ID: the versions of one item lie in one
// partition, in order. Its headers carry a checksum of the value and a W3C
// traceparent; the stage that publishes adds the others (see the constants).
//
// # Promises
//
//   - Publish returns nil when every record is on disk, on all the brokers that
//     Config.MinInsync asks for; else it says of which record it does not know.
//   - At least once: a record handled may come again, after a crash, a rebalance
//     or a lost answer, also in a later place of the log. Handlers upsert by ID.
//   - An offset moves only after the handler returned nil. A handler that fails
//     gets the same records again, after a growing pause, for ever: it decides
//     itself what is hopeless, and calls Bury.
//   - Nothing is skipped silently. A record whose value does not fit its checksum
//     is buried; a batch that cannot be read at all is passed over with one record
//     on items.dead that names the offsets; records dropped before they were read
//     are logged and counted; an offset beyond the end of the log stops the reader
//     with an OffsetError.
//   - Memory is bounded: Config.MaxPending before the broker, one fetch of 4 MiB a
//     partition and two batches a follower behind it.
//
// Not promised: exactly once, order between keys, and order of one key after a
// Publish that failed in part (label.Labeled.Version orders versions all the
// same).
//
// # Group or Follow
//
// Group shares a topic's partitions among processes and keeps offsets on the
// broker: for work that leaves nothing behind in the process (classify). Follow
// reads all partitions in one process from offsets the caller keeps beside its
// data: for stores. Two followers know nothing of each other.
//
// # Why not kafka-go's Reader
//
// Its commits carry no generation: a member that lost a partition was seen to
// move its offset back. It does not check batches, skips by itself to where the
// log begins, waits silently beyond its end, and its Close can hang. So reading
// stands on single fetch requests (tail.go), which have an answer or an error,
// and committing on kafka-go's ConsumerGroup, which has generations. Its Writer
// is good once its zero values are replaced (Bus.writer) and its queue, which
// knows no bound, stands behind one.
//
// # Latency
//
// A single record waits Config.BatchTimeout for company, then for the disk. A
// reader gets it at once: the broker holds back only empty answers.
//
// # Metrics
//
//	qianliyan_{received,sent,discarded,errors}_total{stage="bus"}
//	    name is the topic for what is published, the consumer for what is read;
//	    reasons: busy, cancelled, unknown, broker, too_large (publishing), read,
//	    offset, checksum, damaged, stalled, handler, commit (reading), trimmed,
//	    buried (discarded)
//	qianliyan_lag_records{topic,partition,consumer}
//	qianliyan_age_seconds{consumer}   from publishing to the handler's nil
//
// # To add a topic
//
// Add a constant and a line in Topics. Every installation makes it at its next
// start. What one stage says to itself is no topic: keep it in the stage.
package bus
