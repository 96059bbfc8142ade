package fulltext

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"

	"qianliyan/ingest/item"
)

// Search answers q on one consistent state of every shard. Shards outside the
// days of q are not touched.
func (x *Index) Search(ctx context.Context, q Query) (a Answer, err error) {
	done, err := x.begin()
	if err != nil {
		return Answer{}, err
	}
	defer done()
	defer rescue(&err)
	start := time.Now()
	if q.Order == "" {
		q.Order = ByTime
	}
	if err := q.check(); err != nil {
		return Answer{}, err
	}
	after, err := parseCursor(q.After, q.Order)
	if err != nil {
		return Answer{}, err
	}
	views, closeViews, err := x.views(q.From, q.To)
	if err != nil {
		return Answer{}, err
	}
	defer closeViews()
	r := &run{q: q, after: after, page: page{size: q.Size}, facets: make([]map[string]int, len(q.Facets))}
	if err := r.all(ctx, x, views); err != nil {
		return Answer{}, err
	}
	a, err = r.answer()
	x.metrics.searched(time.Since(start))
	return a, err
}

func (q *Query) check() error {
	if q.Size < 0 || q.Size > MaxSize {
		return fmt.Errorf("cannot search: size %d is not 0…%d", q.Size, MaxSize)
	}
	if !slices.Contains([]Order{ByScore, ByTime, ByUrgency}, q.Order) {
		return fmt.Errorf("cannot search: unknown order %q", q.Order)
	}
	for _, name := range slices.Concat(q.Facets, slices.Collect(maps.Keys(q.Lists))) {
		if !slices.Contains(Lists(), name) {
			return fmt.Errorf("cannot search: unknown list %q", name)
		}
	}
	if q.Loose && len(q.Rank) == 0 {
		return errors.New("cannot search: loose without words")
	}
	return nil
}

// views opens every shard that may hold days from…to, newest first.
func (x *Index) views(from, to string) (views []*view, closeAll func(), err error) {
	x.mu.RLock()
	var shards []*shard
	for _, s := range x.shards {
		if (from == "" || s.month >= month(from)) && (to == "" || s.month <= month(to)) {
			shards = append(shards, s)
		}
	}
	x.mu.RUnlock()
	slices.SortFunc(shards, func(a, b *shard) int { return cmp.Compare(b.month, a.month) })
	var open []*scorch.IndexSnapshot
	release := func() {
		for _, s := range open {
			// Only a counter goes down; there is nothing to do about an error.
			_ = s.Close()
		}
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	defer rescue(&err)
	for _, s := range shards {
		snap, cache, err := s.snapshot()
		if err != nil {
			return nil, nil, err
		}
		open = append(open, snap)
		cols, err := cache.of(snap)
		if err != nil {
			return nil, nil, fmt.Errorf("cannot read shard %q: %w", s.month, err)
		}
		for i, seg := range snap.Segments() {
			views = append(views, &view{s.month, seg, cols[i]})
		}
	}
	return views, release, nil
}

// month is the month of a day; what is no day is compared as it is.
func month(day string) string { return day[:min(len(day), len("2006-01"))] }

// run is one search under way.
type run struct {
	q      Query
	after  *key
	page   page
	total  int
	facets []map[string]int // by place in q.Facets
}

func (r *run) all(ctx context.Context, x *Index, views []*view) error {
	var terms []term
	var average [len(textFields)]float64
	if r.q.Order == ByScore || r.q.Loose {
		var err error
		if terms, average, err = stats(views, x.rankTerms(r.q.Rank)); err != nil {
			return err
		}
	}
	for i := range r.facets {
		r.facets[i] = map[string]int{}
	}
	for _, v := range views {
		if err := ctx.Err(); err != nil {
			return err
		}
		match, err := r.match(ctx, v, terms)
		if err != nil {
			return err
		}
		if match.IsEmpty() {
			continue
		}
		var scores []float32
		if r.q.Order == ByScore && r.q.Size > 0 {
			if scores, err = v.scores(terms, average); err != nil {
				return err
			}
		}
		r.collect(v, match, scores)
	}
	return nil
}

// match is the set of documents of one segment that meet the query. What is
// cheap narrows first, so that fewer stored words are read.
func (r *run) match(ctx context.Context, v *view, terms []term) (*roaring.Bitmap, error) {
	b, err := v.lists(r.q.Lists, v.live())
	if err != nil {
		return nil, err
	}
	b = v.days(r.q.From, r.q.To, b)
	switch {
	case b.IsEmpty():
		return b, nil
	case r.q.Loose:
		shared, err := v.loose(terms)
		if err != nil {
			return nil, err
		}
		return roaring.And(b, shared), nil
	case r.q.Where != nil:
		return v.where(ctx, r.q.Where, b)
	}
	return b, nil
}

// collect counts and pages the documents of match.
func (r *run) collect(v *view, match *roaring.Bitmap, scores []float32) {
	r.total += int(match.GetCardinality())
	lists := make([]int, len(r.q.Facets))
	counts := make([][]int, len(r.q.Facets))
	for i, name := range r.q.Facets {
		lists[i] = slices.Index(Lists(), name)
		counts[i] = make([]int, len(v.cols.vals[lists[i]]))
	}
	urgency := v.urgencyRanks()
	urgencyList := slices.Index(Lists(), "urgency")
	for it := match.ManyIterator(); ; {
		var buf [256]uint32
		n := it.NextMany(buf[:])
		if n == 0 {
			break
		}
		for _, doc := range buf[:n] {
			for i, l := range lists {
				counts[i][v.cols.ords[l][doc]]++
			}
			h := hit{key: key{milli: v.cols.milli[doc], id: v.cols.ids[doc]}, view: v, doc: doc}
			switch {
			case scores != nil:
				h.first = float64(scores[doc])
			case r.q.Order == ByUrgency:
				h.first = urgency[v.cols.ords[urgencyList][doc]]
			}
			if r.after == nil || r.after.compare(&h.key) < 0 {
				r.page.offer(h)
			}
		}
	}
	for i, l := range lists {
		for ord, n := range counts[i] {
			r.addFacet(i, v.cols.vals[l][ord], n)
		}
	}
}

func (r *run) addFacet(i int, values []string, n int) {
	if n == 0 {
		return
	}
	if len(values) == 0 {
		r.facets[i][""] += n
	}
	for j, v := range values {
		if !slices.Contains(values[:j], v) {
			r.facets[i][v] += n
		}
	}
}

func (v *view) urgencyRanks() []float64 {
	list := slices.Index(Lists(), "urgency")
	out := make([]float64, len(v.cols.vals[list]))
	for i, vs := range v.cols.vals[list] {
		if len(vs) > 0 {
			out[i] = urgencyRank(vs[0])
		}
	}
	return out
}

func (r *run) answer() (Answer, error) {
	a := Answer{Total: r.total}
	slices.SortFunc(r.page.hits, func(a, b hit) int { return a.compare(&b.key) })
	for i := range r.page.hits {
		d, err := r.page.hits[i].load(r.q.Order == ByScore)
		if err != nil {
			return Answer{}, err
		}
		a.Hits = append(a.Hits, d)
	}
	if r.page.more && len(r.page.hits) > 0 {
		a.Next = r.page.hits[len(r.page.hits)-1].cursor(r.q.Order)
	}
	if len(r.q.Facets) > 0 {
		a.Facets = make(map[string][]Count, len(r.q.Facets))
	}
	for i, name := range r.q.Facets {
		list := make([]Count, 0, len(r.facets[i]))
		for v, n := range r.facets[i] {
			list = append(list, Count{v, n})
		}
		slices.SortFunc(list, func(a, b Count) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Value, b.Value)) })
		a.Facets[name] = list
	}
	return a, nil
}

// load reads the words of a hit.
func (h *hit) load(scored bool) (Doc, error) {
	c := h.view.cols
	d := Doc{
		ID: item.ID(hex.EncodeToString(h.id[:])), Channel: item.Channel(c.value(0, h.doc)),
		Source: c.value(1, h.doc), Unit: c.value(2, h.doc),
		Topics: slices.Clone(c.values(3, h.doc)), Regions: slices.Clone(c.values(4, h.doc)),
		Urgency: c.value(5, h.doc), Forms: slices.Clone(c.values(6, h.doc)),
		Time: time.UnixMilli(h.milli).In(item.Zone), Day: c.value(listDay, h.doc),
	}
	if scored {
		d.Score = h.first
	}
	// The visitor never stops early: when it does so at the first field, zap
	// returns its buffer to the pool twice.
	err := h.view.seg.VisitDocument(uint64(h.doc), func(name string, _ byte, value []byte, _ []uint64) bool {
		switch name {
		case fieldTitleWords:
			d.Title = string(value)
		case fieldTextWords:
			d.Text = string(value)
		}
		return true
	})
	if err != nil {
		return Doc{}, fmt.Errorf("cannot read item %s: %w", d.ID, err)
	}
	return d, nil
}
