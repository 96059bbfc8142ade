package fulltext

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"
	"golang.org/x/sync/errgroup"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// Write stores items under their IDs, replacing what was there, and then the
// offsets. When it returns nil, both are on disk and the items are found. A
// crash before that leaves the old offsets, and the replay from there finds
// the same or newer documents. An item that is here in a newer version is
// left alone.
func (x *Index) Write(ctx context.Context, items []label.Labeled, next map[int]int64) error {
	done, err := x.begin()
	if err != nil {
		return err
	}
	defer done()
	start := time.Now()
	items = latest(items)
	if err := x.flush(ctx, items); err != nil {
		return err
	}
	if err := x.commit(next); err != nil {
		return err
	}
	x.metrics.wrote(len(items), time.Since(start))
	return nil
}

// flush writes items to their shards, several shards at a time and each in
// flushes as large as allowed: many small ones cost more.
func (x *Index) flush(ctx context.Context, items []label.Labeled) error {
	byMonth := map[string][]label.Labeled{}
	for _, l := range items {
		if !l.Item.ID.Valid() {
			return fmt.Errorf("cannot write item: id %q is not 32 hexadecimal digits", l.Item.ID)
		}
		month := dayOf(&l.Item)[:len("2006-01")]
		byMonth[month] = append(byMonth[month], l)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(x.cfg.Workers)
	for _, month := range slices.Sorted(maps.Keys(byMonth)) {
		s, err := x.shardFor(month)
		if err != nil {
			return errors.Join(err, g.Wait())
		}
		g.Go(func() error { return x.flushShard(ctx, s, byMonth[month]) })
	}
	return g.Wait()
}

func (x *Index) flushShard(ctx context.Context, s *shard, items []label.Labeled) error {
	if err := s.reopen(); err != nil {
		return err
	}
	items, err := s.fresh(items)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(items, x.cfg.Batch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		docs := make([]*document.Document, len(part))
		for i, l := range part {
			docs[i] = x.newDocument(l)
		}
		if err := s.write(docs); err != nil {
			return err
		}
	}
	return nil
}

// commit moves the offsets, on disk first.
func (x *Index) commit(next map[int]int64) error {
	if len(next) == 0 {
		return nil
	}
	x.mu.RLock()
	offsets := maps.Clone(x.offsets)
	x.mu.RUnlock()
	maps.Copy(offsets, next)
	if err := writeCommit(x.cfg.Dir, offsets); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.offsets = offsets
	return nil
}

// fresh drops the items that the shard has in a newer version. The look-up by
// ID is one that scorch makes for every batch anyway.
func (s *shard) fresh(items []label.Labeled) (out []label.Labeled, err error) {
	defer rescue(&err)
	snap, _, err := s.snapshot()
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	ids := make([]string, len(items))
	for i, l := range items {
		ids[i] = string(l.Item.ID)
	}
	have := map[item.ID]uint64{}
	for _, seg := range snap.Segments() {
		docs, err := seg.DocNumbers(ids)
		if err != nil {
			return nil, fmt.Errorf("cannot look up items in shard %q: %w", s.month, err)
		}
		for it := docs.Iterator(); it.HasNext(); {
			id, version, err := versionOf(seg, uint64(it.Next()))
			if err != nil {
				return nil, fmt.Errorf("cannot look up items in shard %q: %w", s.month, err)
			}
			have[id] = version
		}
	}
	if len(have) == 0 {
		return items, nil
	}
	return slices.DeleteFunc(items, func(l label.Labeled) bool { return have[l.Item.ID] > l.Version() }), nil
}

func versionOf(seg *scorch.SegmentSnapshot, doc uint64) (id item.ID, version uint64, err error) {
	b, err := seg.DocID(doc)
	if err != nil {
		return "", 0, err
	}
	dv, ok := seg.Segment().(segment.DocValueVisitable)
	if !ok {
		return "", 0, errors.New("segment has no doc values")
	}
	var bad error
	_, err = dv.VisitDocValues(doc, []string{fieldRecord}, func(_ string, term []byte) {
		var r record
		r, bad = unpack(term)
		version = r.version
	}, nil)
	return item.ID(b), version, cmp.Or(err, bad)
}
