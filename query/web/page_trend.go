package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
	"qianliyan/query/export"
	"qianliyan/query/filter"
	"qianliyan/query/trend"
)

// trendData is the answer to one question, with the filter to ask another. Its
// JSON is the Answer.
type trendData struct {
	trend.Answer
	Bar       filterBar
	Questions []rangeLink
	Doc       string
	Choices   []choice
	Params    []paramField
	Rows      []trendRow
	Curve     *curve // nil for a table that is not over time
	Sum       string // what the table adds up to
	Weeks     bool   // nobody said from when: four weeks are shown
}

// MarshalJSON is the Answer's.
func (d trendData) MarshalJSON() ([]byte, error) { return json.Marshal(d.Answer) }

// choice is a list of the filter as a select.
type choice struct {
	Name, Label string
	Options     []option
}

type option struct {
	Value, Label string
	Chosen       bool
}

// paramField is a parameter of the question beside the filter.
type paramField struct {
	Name, Value, Doc string
	Options          []option // nil: typed
}

// curve is what app.js draws from the table.
type curve struct {
	Axis  string
	Names string // of the series, JSON
	Parts []string
}

// trendRow is a row of the table.
type trendRow struct {
	Key   string
	Link  string // of the key itself
	Cells []trendCell
}

// trendCell is one value. The bar of a count compares it with the table's
// largest; Was is the share of the previous period.
type trendCell struct {
	Text    string
	Value   string // for the curve; only counts have one
	Link    string
	Numeric bool
	Change  int  // sign of a change
	IsDelta bool // show Change as an arrow
	Bar     *barCell
}

// barCell is a bar in a cell, in parts of a hundred.
type barCell struct{ Now, Was float64 }

// trendPage answers one named question over the items of a filter.
func (s *Server) trendPage(r *http.Request) (view, error) {
	q := r.URL.Query()
	f, err := s.filterOf(q)
	if err != nil {
		return view{}, err
	}
	whole := f.From == "" && f.To == "" && q.Get("open") == ""
	if whole {
		f = fourWeeks(f, time.Now())
	}
	names := s.questions()
	if len(names) == 0 {
		return view{}, down("分析库", errNoQuestions)
	}
	name := orElse(q.Get("name"), names[0])
	question, ok := s.deps.Trend.Question(name)
	if !ok {
		return view{}, &item.Problem{Column: "问题", Value: name, Reason: "没有这个统计", Hint: "请从态势页上方选择"}
	}
	a, err := s.answer(r, question, f)
	if err != nil {
		return view{}, down("分析库", err)
	}
	own := url.Values{"name": {name}}
	for _, p := range question.Params {
		if v := q.Get(p.Name); v != "" {
			own.Set(p.Name, v)
		}
	}
	d := trendData{Answer: a, Bar: s.trendBar(f, own), Doc: strings.TrimPrefix(question.Doc, question.Title+"："), Choices: s.choices(f), Weeks: whole}
	for _, n := range names {
		x, _ := s.deps.Trend.Question(n)
		d.Questions = append(d.Questions, rangeLink{x.Title, address("/trend", f.Query(), url.Values{"name": {n}}), n == name})
	}
	for _, p := range question.Params {
		d.Params = append(d.Params, fieldOf(p, q.Get(p.Name)))
	}
	// What the form shows as fields must not also travel as hidden ones.
	shown := func(x field) bool {
		return slices.ContainsFunc(d.Params, func(p paramField) bool { return p.Name == x.Name }) ||
			slices.ContainsFunc(d.Choices, func(c choice) bool { return c.Name == x.Name })
	}
	d.Bar.Hidden = slices.DeleteFunc(d.Bar.Hidden, shown)
	s.fillTrend(&d)
	v := view{Page: "trend", Title: "态势：" + a.Title, Data: d, File: a.Title, Stamp: export.Stamp{Query: a.Filter.String()}}
	for _, x := range a.Spans {
		v.Stamp.Notes = append(v.Stamp.Notes, x.String())
	}
	v.Rows = func(_ context.Context, w export.Writer) error { return writeRows(w, s.named(a.Table)) }
	return v, nil
}

// trendBar is the filter bar whose 全部 really asks for all days: without any
// days this page shows the last four weeks.
func (s *Server) trendBar(f filter.Filter, own url.Values) filterBar {
	b := s.filterBar("/trend", f, own)
	all := &b.Ranges[len(b.Ranges)-1]
	all.URL += "&open=1"
	return b
}

// fieldOf is a question's parameter as a field of the form.
func fieldOf(p trend.Param, given string) paramField {
	out := paramField{Name: p.Name, Value: orElse(given, p.Default)}
	// The doc reads "what: choice its name、choice its name".
	what, names, _ := strings.Cut(p.Doc, "：")
	out.Doc = what
	for _, c := range p.Choices {
		o := option{Value: c, Label: c, Chosen: c == out.Value}
		for part := range strings.SplitSeq(names, "、") {
			if n, ok := strings.CutPrefix(strings.TrimSpace(part), c+" "); ok {
				o.Label = n
			}
		}
		out.Options = append(out.Options, o)
	}
	return out
}

var errNoQuestions = errors.New("no questions were loaded")

// choices are the short lists of the filter as selects; the long ones (unit,
// region) are chosen by a click in a table or a facet.
func (s *Server) choices(f filter.Filter) []choice {
	var out []choice
	add := func(name string, values []string) {
		for _, l := range f.Lists() {
			if l.Name != name || len(*l.Values) > 1 { // several: chips show them
				continue
			}
			c := choice{Name: name, Label: l.Label, Options: []option{{"", "全部", len(*l.Values) == 0}}}
			for _, v := range values {
				c.Options = append(c.Options, option{v, s.name(name, v), slices.Contains(*l.Values, v)})
			}
			out = append(out, c)
		}
	}
	var channels, topics []string
	for _, c := range item.Channels() {
		channels = append(channels, string(c))
	}
	for _, t := range s.deps.Taxonomy.Topics() {
		topics = append(topics, t.Code)
	}
	add("channel", channels)
	add("urgency", []string{label.Critical, label.Pressing, label.Routine})
	add("topic", topics)
	return out
}

// order is how the known questions stand; others follow by name.
var order = []string{"volume", "top_topics", "by_region", "by_channel", "by_unit", "rising_topics", "rising_regions", "compare", "urgent", "coverage", "today"}

// questions are the names of all questions in the order of display.
func (s *Server) questions() []string {
	names := s.deps.Trend.Names()
	rank := func(n string) int {
		if i := slices.Index(order, n); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

// answer runs a question. One that counts by a list and compares nothing is
// run again for the period before, so that every number stands beside the
// earlier one.
func (s *Server) answer(r *http.Request, q trend.Question, f filter.Filter) (trend.Answer, error) {
	a, err := s.deps.Trend.Run(r.Context(), q.Name, f, r.URL.Query())
	if err != nil {
		return a, err
	}
	cols := a.Table.Columns
	this, previous, closed := before(f)
	if q.Periods != trend.Open || !closed || len(cols) < 2 || listOf(cols[0]) == "" || cols[1].Name != "items" {
		return a, nil
	}
	g := f
	g.From, g.To = day(previous.From), day(previous.Before.AddDate(0, 0, -1))
	b, err := s.deps.Trend.Run(r.Context(), q.Name, g, r.URL.Query())
	if err != nil {
		return a, err
	}
	a.Table, a.Spans, a.Took = beside(a.Table, b.Table), []trend.Span{this, previous}, a.Took+b.Took
	return a, nil
}
