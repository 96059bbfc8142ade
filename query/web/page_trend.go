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
	Link  string
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
	f, err := filter.Parse(q)
	if err != nil {
		return view{}, err
	}
	names := s.deps.Trend.Names()
	if len(names) == 0 {
		return view{}, down("分析库", errNoQuestions)
	}
	name := orElse(q.Get("name"), names[0])
	question, ok := s.deps.Trend.Question(name)
	if !ok {
		return view{}, &item.Problem{Column: "问题", Value: name, Reason: "没有这个统计", Hint: "请从态势页上方选择"}
	}
	a, err := s.deps.Trend.Run(r.Context(), name, f, q)
	if err != nil {
		return view{}, down("分析库", err)
	}
	own := url.Values{"name": {name}}
	for _, p := range question.Params {
		if v := q.Get(p.Name); v != "" {
			own.Set(p.Name, v)
		}
	}
	d := trendData{Answer: a, Bar: s.filterBar("/trend", f, own), Doc: question.Doc, Choices: s.choices(f)}
	for _, n := range names {
		x, _ := s.deps.Trend.Question(n)
		d.Questions = append(d.Questions, rangeLink{x.Title, address("/trend", f.Query(), url.Values{"name": {n}}), n == name})
	}
	for _, p := range question.Params {
		d.Params = append(d.Params, paramField{Name: p.Name, Value: orElse(q.Get(p.Name), p.Default), Doc: p.Doc})
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

// overTime are the columns whose values are days that begin a span of time.
func overTime(c export.Column) bool {
	return c.Kind == export.Day || slices.Contains([]string{"day", "week", "month", "bucket", "period"}, c.Name)
}

// step is how many days one row of a time table covers.
func step(name string, from time.Time) time.Time {
	switch name {
	case "week":
		return from.AddDate(0, 0, 6)
	case "month":
		return from.AddDate(0, 1, -1)
	}
	return from
}

// listOf is the filter's list whose codes a column holds, empty when none.
func listOf(c export.Column) string {
	f := filter.Filter{}
	for _, l := range f.Lists() {
		if l.Name == c.Name {
			return l.Name
		}
	}
	return ""
}

// named is t with codes replaced by their names, for people and exports.
func (s *Server) named(t export.Table) export.Table {
	out := export.Table{Columns: t.Columns, Limited: t.Limited}
	for _, row := range t.Rows {
		cells := slices.Clone(row)
		for i, v := range cells {
			if code, ok := v.(string); ok && i < len(t.Columns) {
				if list := listOf(t.Columns[i]); list != "" {
					cells[i] = orElse(s.longName(list, code), none)
				}
			}
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

func trimDay(s string) string { d, _, _ := strings.Cut(s, " "); return d }
