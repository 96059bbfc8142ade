package ingest

import (
	"errors"

	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/ledger"
)

// Three maps bridge the time between publishing an item and reading it back
// into the ledger. All are guarded by Ingestor.mu.
//
//	flights  being published by a call of Accept; others wait for it
//	recent   acknowledged, not yet folded
//	doubts   published without an answer; may have arrived
//
// An item leaves a map only after the ledger's transaction with it, so looking
// here first and into the ledger then never misses one.

// flight is one item while a call of Accept has claimed it.
type flight struct {
	done   chan struct{} // closed when the call has let go of all its items
	rev    uint32        // revision being published; 0 before
	folded bool          // the ledger has read that revision already
}

// version is what was last published of an item.
type version struct {
	ledger.Entry
	durable bool // acknowledged; otherwise it may or may not have arrived
}

// maxDoubts bounds the memory of publishes without an answer. Beyond it all
// are forgotten, which costs at most that an item counts twice in a revision.
const maxDoubts = 100_000

// claim takes items for this call, each ID once. held is closed when one that
// another call has is free; nil when there is none.
func (g *Ingestor) claim(b *batch, indexes []int) (mine, left []int, held chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	done := make(chan struct{})
	for _, i := range indexes {
		id := b.items[i].ID
		switch f := g.flights[id]; {
		case f == nil:
			g.flights[id] = &flight{done: done}
			mine = append(mine, i)
		case f.done == done:
			left = append(left, i)
		default:
			left, held = append(left, i), f.done
		}
	}
	return mine, left, held
}

// release lets waiting calls go on.
func (g *Ingestor) release(b *batch, mine []int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.flights[b.items[mine[0]].ID].done) // all of the call share it
	for _, i := range mine {
		delete(g.flights, b.items[i].ID)
	}
}

// known is the last version of each item.
func (g *Ingestor) known(b *batch, mine []int) ([]version, error) {
	out := make([]version, len(mine))
	doubt := map[int]ledger.Entry{}
	var ids []item.ID
	var where []int
	g.mu.Lock()
	for k, i := range mine {
		id := b.items[i].ID
		if e, ok := g.doubts[id]; ok {
			doubt[k] = e
		}
		if e, ok := g.recent[id]; ok {
			out[k] = version{e, true}
			continue
		}
		ids, where = append(ids, id), append(where, k)
	}
	g.mu.Unlock()
	entries, err := g.ledger.Lookup(ids)
	if err != nil {
		return nil, err
	}
	for n, e := range entries {
		out[where[n]] = version{e, true}
	}
	for k, e := range doubt {
		if e.Revision > out[k].Revision {
			out[k] = version{e, false}
		}
	}
	return out, nil
}

// leaving notes the revisions about to be published, so that folded can tell
// when the ledger is faster than the acknowledgement.
func (g *Ingestor) leaving(b *batch, todo []int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, i := range todo {
		g.flights[b.items[i].ID].rev = b.items[i].Revision
	}
}

// landed notes what became of them; errs nil means that nothing was sent.
func (g *Ingestor) landed(b *batch, todo []int, errs []error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for k, i := range todo {
		it := b.items[i]
		f := g.flights[it.ID]
		e := ledger.Entry{Source: it.Source, Day: it.Day, Hash: b.hashes[i], Revision: it.Revision, Older: b.older[i]}
		switch {
		case f.folded || errs == nil || errors.Is(errs[k], bus.ErrTooLarge) || errors.Is(errs[k], bus.ErrBusy): // in the ledger, or never sent
		case errs[k] == nil:
			g.recent[it.ID] = e
			delete(g.doubts, it.ID)
		default:
			if len(g.doubts) >= maxDoubts {
				clear(g.doubts)
			}
			g.doubts[it.ID] = e
		}
		f.rev = 0
	}
}

// folded forgets what the ledger now knows. The ledger calls it after each
// transaction.
func (g *Ingestor) folded(records []ledger.Record) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range records {
		if e, ok := g.recent[r.ID]; ok && e.Revision <= r.Revision {
			delete(g.recent, r.ID)
		}
		if e, ok := g.doubts[r.ID]; ok && e.Revision <= r.Revision {
			delete(g.doubts, r.ID)
		}
		if f := g.flights[r.ID]; f != nil && f.rev != 0 && f.rev <= r.Revision {
			f.folded = true
		}
	}
}
