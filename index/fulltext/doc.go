// Package fulltext finds items by their words. It is one of the stores of
// stage index, and the only one that query/search asks.
//
// # Promise
//
//   - What holds the words is found, what is found holds them: any part of a
//     text, down to one character, in any width and case. Totals and facets are
//     exact. Two tests hold this against a scan of random texts.
//   - Write returns when items and offsets are on disk and the items are found.
//     After a crash the offsets on disk are never ahead of the items; replaying
//     from them changes nothing, and an older version never replaces a newer.
//   - Title and text are kept as received, so that search, marks and checks need
//     no other store.
//
// # On disk
//
//	meta.json     schema and segmenter; another version of either is *RebuildError
//	commit.json   next offset of every partition, renamed into place after a flush
//	lock          held by the one process that owns the folder
//	2026-03/      the items whose Day lies in that month: a scorch index (bleve's
//	              storage engine: root.bolt, *.zap)
//
// Item.Day never changes, so an item never moves. A question with days opens
// only the shards of its months. Every shard stays open; one costs a few open
// files and, once asked, about 76 bytes of columns an item.
//
// # Rebuilding
//
// Nothing here is the only copy: every item lies in the columnar store too. So an
// index of another schema or segmenter (a changed user dictionary) is not
// converted but built anew, as is one that was lost, by "qianliyan index rebuild":
// into a folder beside this one, by Write with items and no offsets, then by
// Write with the offsets that the columnar store had before. Items whose Words
// are empty, or were cut by another segmenter, are cut here.
//
// # Fields
//
//	tw, bw   words of title and text, of two characters and more; title and text stored
//	tg, g    grams of the title, of title and text
//	m, r     doc values: labels and day; time, version and field lengths
//	channel source unit topic region urgency form   keywords to filter by
//
// Everything is folded by item.Normalize first: narrow, lower case, white space
// dropped. A run is a stretch of letters, digits and marks of any script; in a
// run every character begins exactly one gram: with the next character, or
// alone at the run's end. So A3区 has the grams a3 3区 区, and 12345 is found
// by 234 as 路灯坏了 by 灯坏. Punctuation parts runs and is not indexed.
//
// The obvious way, phrase queries over words, misses two thirds of parts of
// names (the segmenter cuts a name here so and there so) and needs positions,
// which are half the index.
//
// # Answering
//
// This package uses scorch and goes round bleve's query layer, because
// exactness wants sets and not iterators. Per segment, a bitmap is made:
//
//  1. lists and days, by keywords and columns;
//  2. every Has: the AND of its grams. One gram that is the whole text decides
//     by itself, one character is the OR of all grams it begins. Anything longer
//     is read in the stored words, only in documents that are still candidates,
//     unless the segmenter saw it there as a word. What was read is remembered
//     per segment, which never changes: paging and facets read nothing again;
//  3. and, or, not on these sets; not is exact because its operand is.
//
// Facets count the bitmap over columns. Hits are ordered by score, time or
// urgency, then time, then ID: a total order, so a page begins exactly behind
// the last hit of the page before, without a limit. BM25 is computed here, with
// true lengths from columns: they are right after any replay, revision or
// crash, as they belong to the documents themselves.
//
// # Cost
//
// Figures and how to measure them: go test -bench . ./index/fulltext (needs
// the letters of QIANLIYAN_DATA). Nearly all work of writing is scorch's, and
// grows with the number of different terms in a flush: hand in thousands of
// items at once when there are thousands, and each is a tenth cheaper.
//
// # What is not guaranteed
//
// A search sees each shard at one moment, but shards one after the other.
// Document frequencies count replaced documents until their segment is merged,
// which can move two hits that score almost the same.
// Lengths are counted up to two million terms a field. There is no limit on a
// text but the memory to hold it.
//
// One process owns the folder. A second full-text node keeps its own copy from
// its own offsets; searching over HTTP in another process would meet the
// methods Search, Has, CountByDay and IDs.
package fulltext
