// Package index is stage 3: it writes labelled items into stores, each in the
// shape one kind of question needs.
//
//	index/fulltext   words: which items say this?
//	index/columnar   columns: how many, when, where, about what?
//
// # Promises
//
// Every record of items.labeled reaches every store, or lies on items.dead with
// the reason. It may reach a store twice, and changes nothing the second time:
// a write is an upsert by ID and version. A store that is down holds up no other
// one; it catches up by itself.
//
// # An item that a store refuses
//
// A batch that fails is written again, for ever: an engine that is down comes
// back. One item the engine will never take must not hold up the store, though.
// So a batch that failed Config.IsolateAfter times is written in pieces, and an
// item is buried on items.dead, stage "index/<name>", when
//
//   - it was refused alone in three passes in a row, with the bus's pauses between,
//   - and after that, in the same pass, the store wrote an item it takes: another
//     of the batch, or the last it took before,
//   - and no more than Config.IsolateMost items of the batch are refused.
//
// A store that is down, full or read-only fulfils none of the first two together,
// and nothing is buried. When no item was seen taken since the start, a batch of
// one is buried if the store writes its offsets, but only one such; a larger
// batch refused whole waits, and Problems says so.
//
// The store keeps the older version of a buried item, if it has one. What lies on
// items.dead can be replayed once the store's trouble with it is mended. A crash
// between burying and writing may bury an item twice.
//
// # Offsets
//
// There is no consumer group here. Each store keeps the offsets of what it holds
// beside what it holds, made durable together, and is asked for them at start.
// So a store restored from last night's backup replays the day by itself, if the
// bus still has it.
//
// What every store has may be dropped from the broker in the process: Trimmable.
// From then on the bus cannot fill a store from nothing, and a folder that was
// deleted, or restored from before the trim, must not look like a complete one.
// So a store that lacks what the bus has dropped ends Run with a *GapError, and
// Check says the same before a program takes anything in. The full-text index is
// then built anew from the columnar store ("qianliyan index rebuild"). The
// columnar store is the last copy: it comes back from a backup, together with the
// bus, or by importing again.
//
// A store whose offsets lie beyond the end of the log belongs to another log:
// Run ends with an error that says so rather than skip what comes next.
//
// # To add a store
//
// Implement Store and hand it to New in cmd. It does not belong here when it
// keeps no state of its own (that is a classifier) or when a query over an
// existing store can answer the question.
package index
