// Package columnar keeps every item with its labels in ClickHouse, for
// counting and for looking an item up. It implements index.Store.
//
// # Promises
//
// When Write returns nil, the items and the next offsets are on disk. Items go
// first, offsets after: a crash in between is repaired by the replay that
// follows. An item written again, in the same or another version, in any
// order, is one item, and its latest version (label.Labeled.Version) counts.
// Every label.Labeled can be stored; see record.fill for what is bent. What is
// read back equals what was written, but for Words, which are not kept, and
// times, which have milliseconds.
//
// When the engine is down or refuses, every method returns the error and keeps
// no state of it: the next call tries anew. Nothing is retried here; the
// caller knows how long it may wait.
//
// Each gives back all items, for another store to be built from. This one cannot
// be built from another: back it up.
//
// # Tables
//
// Database holds `items` (ReplacingMergeTree by version, ordered by day, source
// and id, parted by year), `commits` (offsets) and `migrations`. Analyst holds
// the views that people, questions and dashboards read: `items`, one row an
// item, and `labels`, one row a label. Views run with their maker's rights, so
// that readers need none on Database. Columns of views are only ever added:
// people's own queries depend on them.
//
// An item's day never changes (ingest sets it once), so all versions of an item
// meet in one partition and there the engine replaces the older ones when it
// likes. Until then readers would see both: the views use FINAL, the few
// statements here LIMIT BY or distinct counts.
//
// # Migrations
//
// migrations/NNNN_name.sql run in order, once; the table `migrations` holds
// their checksums. A file that has been released is never edited: Open refuses
// it. Statements end with a semicolon at the end of a line and must bear being
// run again (IF NOT EXISTS, OR REPLACE), as a crash may cut a file off. Names
// in {{}} are filled in from Config; the checksum does not cover their values.
//
// # Embedded and server
//
// Both are spoken to by clickhouse-go over HTTP; in process Deps.Transport
// stands in for the network. The tables ask for fsync themselves, so the
// promise holds on a server with default settings. Replicated tables are not
// rendered yet: one server, or one of a cluster.
package columnar
