// Package filter is the one filter of all questions: search, trend, SQL
// parameters, export and saved views take the same value, so that the same
// filter gives the same items everywhere.
//
// A Filter comes from a URL (Parse), goes back to one (Query) and has one
// canonical String: two filters select the same items when their Strings are
// equal. Days are days of item.Zone.
package filter

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"qianliyan/ingest/item"
)

// Filter selects items. Within a list any value may match; all lists that are
// not empty must. The zero Filter selects everything.
type Filter struct {
	Words string `json:"q,omitempty"` // query words as typed; see search.Parse

	From string `json:"from,omitempty"` // first day 2006-01-02; empty is open
	To   string `json:"to,omitempty"`   // last day, included; empty is open

	Channels []string `json:"channel,omitempty"` // item.Channel values
	Sources  []string `json:"source,omitempty"`
	Units    []string `json:"unit,omitempty"`
	Topics   []string `json:"topic,omitempty"`   // codes of label.Topic
	Regions  []string `json:"region,omitempty"`  // codes of label.Region
	Urgency  []string `json:"urgency,omitempty"` // 特急 紧急 一般
	Forms    []string `json:"form,omitempty"`    // values of label.Form
}

// List is one list of a filter under its URL name.
type List struct {
	Name   string // in URLs, facets and SQL parameters
	Label  string // on screen
	Values *[]string
}

// Lists gives the filter's lists in the order of display. Facets, forms, URLs
// and SQL parameters walk it, so a list added here is added everywhere.
func (f *Filter) Lists() []List {
	return []List{
		{"channel", "渠道", &f.Channels},
		{"source", "来源", &f.Sources},
		{"unit", "单位", &f.Units},
		{"topic", "主题", &f.Topics},
		{"region", "地区", &f.Regions},
		{"urgency", "急度", &f.Urgency},
		{"form", "诉求", &f.Forms},
	}
}

// Parse reads a filter from URL parameters: q, from, to and the names of
// Lists, each of which may be repeated. Parameters it does not know are left
// to the page. A day that is none is an error in the user's words.
func Parse(v url.Values) (Filter, error) {
	f := Filter{Words: strings.TrimSpace(v.Get("q"))}
	var err error
	if f.From, err = day(v.Get("from")); err != nil {
		return f, err
	}
	if f.To, err = day(v.Get("to")); err != nil {
		return f, err
	}
	if f.From != "" && f.To != "" && f.From > f.To {
		return f, &item.Problem{Column: "日期", Value: f.From + " 至 " + f.To, Reason: "起始日在截止日之后", Hint: "请对调两个日期"}
	}
	for _, l := range f.Lists() {
		for _, x := range v[l.Name] {
			if x = strings.TrimSpace(x); x != "" && !slices.Contains(*l.Values, x) {
				*l.Values = append(*l.Values, x)
			}
		}
		slices.Sort(*l.Values)
	}
	return f, nil
}

func day(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	t, err := time.ParseInLocation("2006-01-02", s, item.Zone)
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return "", &item.Problem{Column: "日期", Value: s, Reason: "不是日期", Hint: "请写成 2026-01-31"}
	}
	return t.Format("2006-01-02"), nil
}

// Query is the filter as URL parameters; Parse gives the filter back.
func (f Filter) Query() url.Values {
	v := url.Values{}
	for k, s := range map[string]string{"q": f.Words, "from": f.From, "to": f.To} {
		if s != "" {
			v.Set(k, s)
		}
	}
	for _, l := range f.Lists() {
		if len(*l.Values) > 0 {
			v[l.Name] = slices.Sorted(slices.Values(*l.Values))
		}
	}
	return v
}

// String is canonical: sorted and escaped as a URL query.
func (f Filter) String() string { return f.Query().Encode() }

// Span is the filter's days as a half-open range of times; a zero time is an
// open end.
func (f Filter) Span() (from, before time.Time) {
	if f.From != "" {
		from, _ = time.ParseInLocation("2006-01-02", f.From, item.Zone)
	}
	if f.To != "" {
		before, _ = time.ParseInLocation("2006-01-02", f.To, item.Zone)
		before = before.AddDate(0, 0, 1)
	}
	return from, before
}

// With returns a copy in which value is the only one of the named list, and
// an error when there is no such list.
func (f Filter) With(name, value string) (Filter, error) {
	g := f
	for _, l := range g.Lists() {
		if l.Name == name {
			*l.Values = []string{value}
			return g, nil
		}
	}
	return f, fmt.Errorf("filter has no list %q", name)
}
