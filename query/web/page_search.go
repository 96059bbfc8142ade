package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"qianliyan/ingest/item"
	"qianliyan/query/export"
	"qianliyan/query/filter"
	"qianliyan/query/search"
)

// searchData is a page of hits. Its JSON is the search.Result alone: what is
// beside it only repeats the address.
type searchData struct {
	search.Result
	Bar    filterBar
	Sorts  []rangeLink
	Facets []facetList
	Pager  pager
	Rows   []hitRow
	All    bool // no condition at all
}

// MarshalJSON is the Result's.
func (d searchData) MarshalJSON() ([]byte, error) { return json.Marshal(d.Result) }

// hitRow is a hit with the names of its codes.
type hitRow struct {
	search.Hit
	ChannelName, TopicName, RegionName string
}

// facetList is one list of the filter with its values counted.
type facetList struct {
	Name, Label string
	Values      []facetValue
	More        []facetValue // after the first few
}

type facetValue struct {
	Label  string
	Count  int
	URL    string // toggles it
	Chosen bool
}

// pager leads through pages that only know their next one: the addresses of
// those before are carried along, the last few of them.
type pager struct {
	Page     int
	First    string // empty on the first page
	Previous string
	Next     string // empty on the last page
	From, To int    // ordinal numbers of the hits shown
	Total    int
}

const (
	facetsShown = 8 // values of a facet before 更多
	trailLength = 6 // pages one can go back step by step
)

// searchPage shows what holds the words and meets the conditions.
func (s *Server) searchPage(r *http.Request) (view, error) {
	q := r.URL.Query()
	f, err := s.filterOf(q)
	if err != nil {
		return view{}, err
	}
	own := keep(q, "sort", "loose")
	req := search.Request{Filter: f, Sort: search.Sort(q.Get("sort")), After: q.Get("after"), Size: s.cfg.PageSize, Facets: true, Loose: q.Get("loose") != ""}
	if !slices.Contains([]search.Sort{"", search.Relevance, search.Newest, search.Urgency}, req.Sort) {
		return view{}, &item.Problem{Column: "排序", Value: q.Get("sort"), Reason: "没有这种排序", Hint: "请用 newest、urgency 或 relevance"}
	}
	if n, err := strconv.Atoi(q.Get("size")); err == nil && n > 0 {
		req.Size = min(n, 200)
		own.Set("size", strconv.Itoa(req.Size))
	}
	v := view{Page: "search", Title: "检索", File: "检索结果", Stamp: export.Stamp{Query: f.String()}}
	v.Rows = func(ctx context.Context, w export.Writer) error { return s.allHits(ctx, req, w) }
	if fm := formOf(r); fm == formCSV || fm == formXLSX {
		return v, nil
	}
	res, err := s.deps.Search.Search(r.Context(), req)
	if err != nil {
		return view{}, down("全文库", err)
	}
	for i := range res.Hits {
		h := &res.Hits[i]
		h.Title = maskPieces(h.Title)
		for j := range h.Passages {
			h.Passages[j] = maskPieces(h.Passages[j])
		}
	}
	d := searchData{Result: res, Bar: s.filterBar("/search", f, own), Pager: pagerOf(q, res, req.Size), All: f.String() == ""}
	d.Sorts = sorts(f, own, req)
	d.Facets = s.facets(f, own, res)
	for _, h := range res.Hits {
		d.Rows = append(d.Rows, hitRow{h, h.Channel.Label(), s.name("topic", h.Topic), s.name("region", h.Region)})
	}
	v.Data = d
	return v, nil
}

// keep is the named parameters of q.
func keep(q url.Values, names ...string) url.Values {
	out := url.Values{}
	for _, n := range names {
		if v := q.Get(n); v != "" {
			out.Set(n, v)
		}
	}
	return out
}

func sorts(f filter.Filter, own url.Values, req search.Request) []rangeLink {
	now := req.Sort
	if now == "" {
		now = search.Newest
		if f.Words != "" {
			now = search.Relevance
		}
	}
	var out []rangeLink
	for _, x := range []struct {
		sort  search.Sort
		label string
	}{{search.Relevance, "最相关"}, {search.Newest, "最新"}, {search.Urgency, "最急"}} {
		if x.sort == search.Relevance && f.Words == "" {
			continue
		}
		out = append(out, rangeLink{x.label, address("/search", own, f.Query(), url.Values{"sort": {string(x.sort)}}), x.sort == now})
	}
	return out
}

// facets counts the lists; a chosen value stays visible even when it counts
// nothing, or it could not be taken off here.
func (s *Server) facets(f filter.Filter, own url.Values, res search.Result) []facetList {
	var out []facetList
	for _, l := range f.Lists() {
		fl := facetList{Name: l.Name, Label: l.Label}
		chosen := *l.Values
		add := func(value string, count int) {
			on := slices.Contains(chosen, value)
			g := also(f, l.Name, value)
			if on {
				g = without(f, l.Name, value)
			}
			v := facetValue{s.name(l.Name, value), count, address("/search", own, g.Query()), on}
			if len(fl.Values) < facetsShown || on {
				fl.Values = append(fl.Values, v)
			} else {
				fl.More = append(fl.More, v)
			}
		}
		seen := map[string]bool{}
		for _, c := range res.Facets[l.Name] {
			seen[c.Value] = true
			if c.Value != "" { // none given cannot be asked for
				add(c.Value, c.Count)
			}
		}
		for _, v := range chosen {
			if !seen[v] {
				add(v, 0)
			}
		}
		if len(fl.Values) > 1 || len(chosen) > 0 {
			out = append(out, fl)
		}
	}
	return out
}

// pagerOf keeps the trail in the address: page is the ordinal, back the After
// values of the pages before, oldest first, "-" for the first page.
func pagerOf(q url.Values, res search.Result, size int) pager {
	page, err := strconv.Atoi(q.Get("page"))
	if err != nil || page < 1 || q.Get("after") == "" {
		page = 1
	}
	p := pager{Page: page, Total: res.Total, From: (page-1)*size + 1}
	p.To = p.From + len(res.Hits) - 1
	base := url.Values{}
	for k, v := range q {
		if k != "after" && k != "page" && k != "back" {
			base[k] = v
		}
	}
	back := q["back"]
	here := orElse(q.Get("after"), "-")
	if res.Next != "" {
		trail := append(slices.Clone(back), here)
		trail = trail[max(0, len(trail)-trailLength):]
		p.Next = address("/search", base, url.Values{"after": {res.Next}, "page": {strconv.Itoa(page + 1)}, "back": trail})
	}
	if page > 1 {
		p.First = address("/search", base)
		if n := len(back); n > 0 {
			v := url.Values{"page": {strconv.Itoa(page - 1)}, "back": back[:n-1]}
			if back[n-1] != "-" {
				v.Set("after", back[n-1])
			}
			p.Previous = address("/search", base, v)
		}
	}
	return p
}

// allHits writes every hit, page by page.
func (s *Server) allHits(ctx context.Context, req search.Request, w export.Writer) error {
	cols := []export.Column{
		{Name: "time", Label: "时间", Kind: export.Time},
		{Name: "urgency", Label: "急度", Kind: export.Text},
		{Name: "title", Label: "标题", Kind: export.Text},
		{Name: "passages", Label: "摘录", Kind: export.Text},
		{Name: "channel", Label: "渠道", Kind: export.Text},
		{Name: "source", Label: "来源", Kind: export.Text},
		{Name: "unit", Label: "单位", Kind: export.Text},
		{Name: "topic", Label: "主题", Kind: export.Text},
		{Name: "region", Label: "地区", Kind: export.Text},
		{Name: "form", Label: "诉求", Kind: export.Text},
		{Name: "id", Label: "编号", Kind: export.Text},
	}
	req.Facets, req.Size, req.After = false, 500, ""
	for first := true; first || req.After != ""; first = false {
		res, err := s.deps.Search.Search(ctx, req)
		if err != nil {
			return down("全文库", err)
		}
		if first {
			if err := w.WriteHeader(cols); err != nil {
				return err
			}
		}
		for _, h := range res.Hits {
			passages := ""
			var passagesSb239 strings.Builder
			for i, p := range h.Passages {
				if i > 0 {
					passagesSb239.WriteString(" … ")
				}
				passagesSb239.WriteString(joinPieces(p))
			}
			passages += passagesSb239.String()
			err := w.WriteRow([]any{
				h.Time, h.Urgency, Mask(joinPieces(h.Title)), Mask(passages), h.Channel.Label(), h.Source,
				h.Unit, s.name("topic", h.Topic), s.name("region", h.Region), h.Form, string(h.ID),
			})
			if err != nil {
				return err
			}
		}
		req.After = res.Next
	}
	return nil
}
