package index

import (
	"context"
	"fmt"
	"slices"

	"qianliyan/classify/label"
	"qianliyan/ingest/bus"
)

// aloneTries is in how many passes one after the other an item must be refused
// alone before it is buried. The bus pauses ever longer between them, so that a
// store's short trouble is over before the third.
const aloneTries = 3

// Why a record is buried, in metrics.
const (
	refused     = "refused"
	undecodable = "undecodable"
)

// batch is what Follow hands over at once, kept until it is written: Follow
// repeats a failed call with the same records, and what was found out about
// them must outlive the call.
type batch struct {
	recs    []bus.Record // as they came
	decoded int          // how many of recs became an entry or were buried
	entries []*entry     // what is to be written, in order
	tries   int          // how often it failed as a whole
}

// entry is one item with the record it came in, which Bury needs.
type entry struct {
	rec   bus.Record
	item  label.Labeled
	alone int   // passes in a row in which it was refused alone
	err   error // the last refusal
}

// is reports whether b is the batch of recs.
func (b *batch) is(recs []bus.Record) bool {
	if b == nil || len(b.recs) != len(recs) {
		return false
	}
	for i, r := range recs {
		if r.Partition != b.recs[i].Partition || r.Offset != b.recs[i].Offset {
			return false
		}
	}
	return true
}

// put writes entries and next, and remembers an item the store took.
func (f *feed) put(ctx context.Context, entries []*entry, next map[int]int64) error {
	items := make([]label.Labeled, len(entries))
	for i, e := range entries {
		items[i] = e.item
	}
	if err := f.store.Write(ctx, items, next); err != nil {
		f.meter.Error("write")
		return err
	}
	if len(items) > 0 {
		last := items[len(items)-1] // copied: the batch is not to stay in memory
		f.taken = &last
	}
	return nil
}

// isolate is called when b failed often. It writes b in pieces, buries the items
// that the store refuses for good, and then writes next. It returns nil when all
// of that is done; otherwise b comes again.
//
// Whether an item or the store is to blame is not in the error, so it is tried:
// only a store that takes something else, after it refused the item, refuses the
// item itself.
func (f *feed) isolate(ctx context.Context, b *batch, next map[int]int64, cause error) error {
	if err := f.probe(ctx, b); err != nil {
		return cause // the store is in trouble: nothing is to be learnt about items
	}
	alone, err := f.sift(ctx, b)
	if err != nil {
		return err
	}
	if len(alone) > 0 {
		// Again: it may have gone down meanwhile, and refused them for that.
		if err := f.probe(ctx, b); err != nil {
			return cause
		}
		if err := f.judge(ctx, b, alone); err != nil {
			return err
		}
	}
	// The pieces are in. Written once more as a whole, a batch that is only too
	// large for the store would fail again.
	return f.put(ctx, nil, next)
}

// probe makes the store write what it has: the item it took last and its own
// offsets. Both change nothing, but they take a disk that is not full and an
// engine that is up, as any item does. Where this process has not seen the
// store take an item there are only the offsets.
func (f *feed) probe(ctx context.Context, b *batch) error {
	stored, err := f.store.Offsets(ctx)
	if err != nil {
		return err
	}
	// An empty store has no offsets to write again. Everything before the batch
	// is done, so its beginning is one, and never ahead of the truth.
	at := map[int]int64{}
	for _, r := range b.recs {
		if first, ok := at[r.Partition]; !ok || r.Offset < first {
			at[r.Partition] = r.Offset
		}
	}
	for p, n := range stored {
		at[p] = max(at[p], n)
	}
	var items []label.Labeled
	if f.taken != nil {
		items = []label.Labeled{*f.taken}
	}
	return f.store.Write(ctx, items, at)
}

// sift writes b in ever smaller pieces, without offsets, and returns the entries
// that are refused alone. Afterwards all others are in the store. What was
// refused in an earlier pass is written alone from the start.
//
// All pieces of one size come before the smaller ones. So most of a good batch
// is in before a single item is blamed, and a store that refuses everything is
// known by the number of pieces, long before each item was tried.
func (f *feed) sift(ctx context.Context, b *batch) (alone []*entry, err error) {
	var rest []*entry
	pieces := [][]*entry{nil}
	for _, e := range b.entries {
		if e.alone > 0 {
			pieces = append(pieces, []*entry{e})
		} else {
			rest = append(rest, e)
		}
	}
	pieces[0] = rest
	for len(pieces) > 0 {
		var halves [][]*entry
		for _, p := range pieces {
			if len(p) == 0 {
				continue
			}
			cause := f.put(ctx, p, nil)
			if cause == nil {
				for _, e := range p {
					e.alone = 0
				}
				continue
			}
			// A store that hangs would take its time with each piece.
			if _, err := f.store.Offsets(ctx); err != nil || ctx.Err() != nil {
				return nil, cause
			}
			if mid := len(p) / 2; mid > 0 {
				halves = append(halves, p[:mid], p[mid:])
			} else {
				p[0].err = cause
				alone = append(alone, p[0])
			}
			// Each piece that failed holds one at least.
			if n := len(alone) + len(halves)/2; n > f.x.cfg.IsolateMost {
				return nil, fmt.Errorf("at least %d items of one batch are refused, which is the store's trouble "+
					"unless isolate_most, now %d, is raised: %w", n, f.x.cfg.IsolateMost, cause)
			}
		}
		pieces = halves
	}
	return alone, nil
}

// judge buries those of alone that were refused often enough and takes them
// out of b. The error says that some are left.
func (f *feed) judge(ctx context.Context, b *batch, alone []*entry) error {
	var left *entry
	for _, e := range alone {
		e.alone++
		if e.alone < aloneTries || !f.witnessed(b) {
			left = e
			continue
		}
		if err := f.bury(ctx, e.rec, refused, fmt.Errorf("refused alone %d times: %w", e.alone, e.err)); err != nil {
			return err
		}
		b.drop(e)
		// When no item was taken yet, this is the one burial allowed.
		f.trusted = f.trusted || f.taken == nil
	}
	if left != nil {
		return fmt.Errorf("item %s is refused alone: %w", left.rec.Key, left.err)
	}
	return nil
}

// witnessed reports whether the store is known to take items: the last probe
// wrote one. Where the process never saw that, a batch of one is believed on
// the word of its offsets, but once: a store that no item fits any more, say
// after an upgrade, must not have them all buried one by one.
func (f *feed) witnessed(b *batch) bool {
	return f.taken != nil || len(b.entries) == 1 && !f.trusted
}

// drop takes e out of what is to be written.
func (b *batch) drop(e *entry) {
	b.entries = slices.DeleteFunc(b.entries, func(o *entry) bool { return o == e })
}

// bury puts a record aside for good, counted and logged.
func (f *feed) bury(ctx context.Context, r bus.Record, reason string, cause error) error {
	if err := f.x.bus.Bury(ctx, r, "index/"+f.store.Name(), cause); err != nil {
		return err
	}
	f.meter.Discarded(reason, 1)
	f.x.log.Error("item buried", "name", f.store.Name(), "item_id", r.Key,
		"partition", r.Partition, "offset", r.Offset, "err", cause)
	return nil
}
