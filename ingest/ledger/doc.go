// Package ledger remembers which items were accepted: what ingest must know to
// answer "known" and to number revisions, and what doctor counts against.
//
// # What it promises
//
// The ledger is a follower of the topic items.raw and of nothing else. It
// keeps its offsets in the same transaction as what it read, so it always
// equals a prefix of what the broker acknowledged: nothing is in it that is
// not on the bus, and after CatchUp everything is. A process that dies between
// publishing and folding loses nothing; the next one reads on where the file
// ends. Reading a record twice changes nothing.
//
// It reads headers (source, day, hash, revision) and the key, never the words,
// and keeps none of them.
//
// # Fold
//
// The first record of an ID fixes its source and day for ever and adds one to
// the count of that source and day. A later record with the same or a higher
// revision replaces hash and revision; one with a lower revision is a late
// copy and changes neither. Counts never fall. The hashes of the latest 32
// versions are kept, so that a version which comes again is known even when it
// is not the latest: two files that tell the same item in different words may
// be imported by turns for ever and nothing changes.
//
// # Offset guard
//
// Before it reads, the ledger compares its offsets with what the broker has.
// An offset beyond the end means another log; an offset before the start means
// that records were trimmed which it never saw. Either way it stops with a
// *GuardError: reading on would forget items and accept them a second time.
// The broker may therefore trim items.raw only up to Offsets.
//
// # File
//
// One bbolt file, ledger.db, of five buckets; integers are big endian:
//
//	items    id (16 bytes) → hash (8), day (2: days since 1970-01-01), source (2), revision (uvarint),
//	         hashes of older versions (8 each; none in files of before they were kept)
//	sources  number (2) → name
//	counts   source (2), day (2) → items (8)
//	offsets  partition (4) → next offset (8)
//	meta     "version" → 1
//
// Measured with batches of 1,000 new items, each batch synced (BenchmarkFold):
// about 32,000 records a second of CPU time, and 84 to 112 bytes an item in
// files of 1,000,000 to 300,000 items.
//
// # Lost file
//
// When the file is lost but the broker still has every record from offset 0,
// starting with no file is enough. When records were trimmed, Restore fills a
// fresh file from the columnar store, which keeps every item. That store has
// the latest version only: an older one that comes again then is taken as new,
// once.
package ledger
