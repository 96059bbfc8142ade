package filter

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qianliyan/ingest/item"
)

// drawn is any filter as Parse may give it.
func drawn(t *rapid.T) Filter {
	v := url.Values{}
	if rapid.Bool().Draw(t, "words") {
		v.Set("q", rapid.String().Draw(t, "q"))
	}
	day := rapid.Custom(func(t *rapid.T) string {
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "unix"), 0).UTC().Format(time.DateOnly)
	})
	a, b := day.Draw(t, "a"), day.Draw(t, "b")
	if rapid.Bool().Draw(t, "from") {
		v.Set("from", min(a, b))
	}
	if rapid.Bool().Draw(t, "to") {
		v.Set("to", max(a, b))
	}
	var f Filter
	for _, l := range f.Lists() {
		v[l.Name] = rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, l.Name)
	}
	f, err := Parse(v)
	if err != nil {
		t.Fatalf("cannot parse %v: %v", v, err)
	}
	return f
}

// TestRoundTrip: a filter goes into a URL and comes back the same, and equal
// filters have equal Strings.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawn(t)
		v, err := url.ParseQuery(f.String())
		if err != nil {
			t.Fatal(err)
		}
		g, err := Parse(v)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(f, g); d != "" {
			t.Fatal(d)
		}
		if f.String() != g.String() {
			t.Fatalf("%s became %s", f, g)
		}
	})
}

// TestCanonical: order and repeats of values do not matter.
func TestCanonical(t *testing.T) {
	a, err := Parse(url.Values{"topic": {"b", "a", "b", " ", ""}, "q": {" 停水 "}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse(url.Values{"q": {"停水"}, "topic": {"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() {
		t.Errorf("%s is not %s", a, b)
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"from=2026-02-30", "不是日期"},
		{"to=yesterday", "2026-01-31"},
		{"from=2026-03-02&to=2026-03-01", "起始日在截止日之后"},
		{"from=0001-01-01", "不是日期"},
	} {
		v, _ := url.ParseQuery(c.query)
		_, err := Parse(v)
		var p *item.Problem
		if !errors.As(err, &p) || !strings.Contains(p.Error(), c.want) {
			t.Errorf("%s gave %v, want a problem with %q", c.query, err, c.want)
		}
	}
}

func TestSpan(t *testing.T) {
	f := Filter{From: "2026-03-01", To: "2026-03-31"}
	from, before := f.Span()
	if got := before.Sub(from); got != 31*24*time.Hour {
		t.Errorf("March lasts %v", got)
	}
	if _, offset := from.Zone(); offset != 8*3600 {
		t.Errorf("days begin in a zone %d seconds from UTC", offset)
	}
	if from, before := (Filter{}).Span(); !from.IsZero() || !before.IsZero() {
		t.Errorf("an open filter spans %v to %v", from, before)
	}
}

func TestWith(t *testing.T) {
	f := Filter{Topics: []string{"a", "b"}, Words: "x"}
	g, err := f.With("topic", "c")
	if err != nil || len(g.Topics) != 1 || g.Topics[0] != "c" || g.Words != "x" {
		t.Errorf("%+v, %v", g, err)
	}
	if len(f.Topics) != 2 {
		t.Error("With changed its receiver")
	}
	if _, err := f.With("colour", "red"); err == nil {
		t.Error("an unknown list was taken")
	}
}

// TestListsCoverFilter: a list added to the struct is a list everywhere.
func TestListsCoverFilter(t *testing.T) {
	var f Filter
	for _, l := range f.Lists() {
		*l.Values = []string{l.Name}
	}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string][]string
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for _, l := range f.Lists() {
		if len(got[l.Name]) != 1 || got[l.Name][0] != l.Name {
			t.Errorf("list %s is written as %v", l.Name, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("q=a&from=2026-01-01&topic=x")
	f.Add("from=%zz")
	f.Fuzz(func(t *testing.T, query string) {
		v, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		if g, err := Parse(v); err == nil {
			if h, err := Parse(g.Query()); err != nil || h.String() != g.String() {
				t.Errorf("%q: %s became %s, %v", query, g, h, err)
			}
		}
	})
}
