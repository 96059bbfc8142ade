// Package ingest is the first stage: texts come in, each once, in one shape.
//
//	sources ─▶ Accept: gate → check → identity → ledger → publish ─▶ items.raw
//	                                                ▲                  │
//	                                                └──── follows ─────┘
//
// # What the stage promises
//
//   - Accepted means durable: an Outcome says accepted or known only for what
//     the broker has acknowledged on disk. Whoever gets no such answer sends
//     the same again, as often as needed, without making a second item.
//   - The same text is one item: the ID is a hash of source and native id (see
//     package item). The same version again is known; other words under the
//     same number are the next Revision, published under the same ID and Day.
//     Known is also a version older than the latest (the last 32 of an item):
//     a file imported again never turns newer words back, and a source that
//     means to take a correction back has to say so in new words.
//   - The order of revisions is the order of acceptance, also when several
//     callers hand in versions of one item at once: a call waits for another
//     that is publishing the item, instead of publishing beside it.
//   - The words are never altered. What cannot be stored as it is (broken
//     UTF-8, NUL characters, over-long texts) is rejected with a Problem.
//   - A text that bears a secrecy mark is refused first, and kept nowhere: not
//     on the bus, not in a log, not in the Problem (see Gate).
//   - Sender is never a number that can be called: what is no keyed hash is
//     hashed with the installation's key before it goes on.
//
// # When intake is closed
//
// Accept takes nothing and returns *item.Unavailable, with the reason in the
// sender's words, while the ledger has not caught up after a start, while the
// disk of the broker does not keep what it is given (Deps.Healthy), and while
// too much waits for the ledger. It opens again by itself.
//
// # What is not known
//
// A publish may end without an answer, and the record arrive later. The item
// is then failed, never known, until the ledger has seen it; a repeat keeps
// the Day and the Revision of the first try, so that the copy that arrived and
// the repeat are the same version in the same place.
//
// # One process
//
// The ledger of one process decides what is known. Two processes that ingest
// the same source at the same moment would both accept the same item; readers
// would still make one item of it, by ID. Run one ingest process, or give each
// its own sources.
//
// # The ways in, and why there is no table of them
//
// Three ways in exist: files (source/file), pushes (source/push) and the form
// (source/form). All three are handed texts by somebody; each is wired by
// cmd/internal/run with what it alone needs (a folder, tokens, pages), and a
// table of constructors would have one row of each shape. The interface Poller
// and the table kinds.go belong to sources that are asked on a schedule and
// keep a cursor; they come with the first of these. A listener needs neither.
//
// # To add a source
//
// Write a package under ingest/source that imports item, mapping and setting
// only, takes the door as func(ctx, []item.Item) ([]item.Outcome, error), makes
// items of what it reads and hands back outcomes in the source's own terms.
// Fill Channel, Source, Title, Text and, wherever the source has one, NativeID;
// leave ID, Received, Day and Revision. Then call sourcetest.Run in its test:
// a source is done when that suite passes. Do not add one for a file with
// other column names: that is a mapping file.
package ingest
