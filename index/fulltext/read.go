package fulltext

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"qianliyan/ingest/item"
)

// DayCount is the number of items of one source and day.
type DayCount struct {
	Source string
	Day    string // 2006-01-02
	N      int
}

// listSource is the place of "source" in Lists.
const listSource = 1

// Has reports whether the item is in the index.
func (x *Index) Has(_ context.Context, id item.ID) (bool, error) {
	done, err := x.begin()
	if err != nil {
		return false, err
	}
	defer done()
	x.mu.RLock()
	shards := make([]*shard, 0, len(x.shards))
	for _, s := range x.shards {
		shards = append(shards, s)
	}
	x.mu.RUnlock()
	for _, s := range shards {
		ok, err := s.has(id)
		if err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func (s *shard) has(id item.ID) (ok bool, err error) {
	defer rescue(&err)
	snap, _, err := s.snapshot()
	if err != nil {
		return false, err
	}
	defer snap.Close()
	for _, seg := range snap.Segments() {
		docs, err := seg.DocNumbers([]string{string(id)})
		if err != nil {
			return false, fmt.Errorf("cannot look up item %s in shard %q: %w", id, s.month, err)
		}
		if !docs.IsEmpty() {
			return true, nil
		}
	}
	return false, nil
}

// CountByDay counts all items, ordered by day and source.
func (x *Index) CountByDay(ctx context.Context) ([]DayCount, error) {
	counts := map[DayCount]int{}
	err := x.each(ctx, "", "", func(v *view, doc uint32) {
		counts[DayCount{Source: v.cols.value(listSource, doc), Day: v.cols.value(listDay, doc)}]++
	})
	if err != nil {
		return nil, err
	}
	out := make([]DayCount, 0, len(counts))
	for c, n := range counts {
		c.N = n
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b DayCount) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Source, b.Source)) })
	return out, nil
}

// IDs lists the items of one source and day, ordered.
func (x *Index) IDs(ctx context.Context, source, day string) ([]item.ID, error) {
	var out []item.ID
	err := x.each(ctx, day, day, func(v *view, doc uint32) {
		if v.cols.value(listSource, doc) == source && v.cols.value(listDay, doc) == day {
			out = append(out, item.ID(hex.EncodeToString(v.cols.ids[doc][:])))
		}
	})
	slices.Sort(out)
	return out, err
}

// each calls f for every item of the shards that may hold days from…to.
func (x *Index) each(ctx context.Context, from, to string, f func(v *view, doc uint32)) (err error) {
	done, err := x.begin()
	if err != nil {
		return err
	}
	defer done()
	defer rescue(&err)
	views, closeViews, err := x.views(from, to)
	if err != nil {
		return err
	}
	defer closeViews()
	for _, v := range views {
		if err := ctx.Err(); err != nil {
			return err
		}
		for it := v.live().Iterator(); it.HasNext(); {
			f(v, it.Next())
		}
	}
	return nil
}
