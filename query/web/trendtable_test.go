package web

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qianliyan/ingest/item"
	"qianliyan/query/export"
	"qianliyan/query/filter"
	"qianliyan/query/trend"
)

func TestBesidePutsPeriodsTogether(t *testing.T) {
	cols := []export.Column{{Name: "topic", Label: "主题"}, {Name: "items", Label: "件数", Kind: export.Number}, {Name: "share", Label: "占比", Kind: export.Number}}
	this := export.Table{Columns: cols, Rows: [][]any{{"urban", uint64(7), 70.0}, {"labor", uint64(3), 30.0}}}
	previous := export.Table{Columns: cols, Rows: [][]any{{"urban", uint64(9), 90.0}, {"", uint64(1), 10.0}}, Limited: true}
	got := beside(this, previous)
	want := [][]any{
		{"urban", uint64(7), int64(9), int64(-2), 70.0},
		{"labor", uint64(3), int64(0), int64(3), 30.0},
		{"", int64(0), int64(1), int64(-1), nil},
	}
	if d := cmp.Diff(want, got.Rows); d != "" {
		t.Error(d)
	}
	if len(got.Columns) != 5 || got.Columns[2].Name != "previous" || got.Columns[3].Name != "change" || !got.Limited {
		t.Errorf("columns are %+v", got.Columns)
	}
	if len(this.Rows[0]) != 3 || len(this.Columns) != 3 {
		t.Error("beside changed what it was given")
	}
}

func TestBeforeIsAsLong(t *testing.T) {
	this, previous, ok := before(filter.Filter{From: "2026-03-01", To: "2026-03-31"})
	if !ok || this.String() != "本期 2026-03-01 至 2026-03-31（31天）" || previous.String() != "上期 2026-01-29 至 2026-02-28（31天）" {
		t.Errorf("%v: %s, %s", ok, this, previous)
	}
	for _, f := range []filter.Filter{{}, {From: "2026-03-01"}, {To: "2026-03-01"}} {
		if _, _, ok := before(f); ok {
			t.Errorf("the open filter %v has a period before", f)
		}
	}
}

func TestCountLink(t *testing.T) {
	on := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, item.Zone) }
	spans := []trend.Span{{Name: "items", From: on(3, 10), Before: on(3, 25)}, {Name: "previous", From: on(2, 23), Before: on(3, 10)}}
	count := func(name string) export.Column { return export.Column{Name: name, Kind: export.Number} }
	for name, c := range map[string]struct {
		first, col string
		by         string
		key        any
		spans      []trend.Span
		want       string
	}{
		"day":           {"bucket", "items", "day", on(3, 12), spans, "/search?from=2026-03-12&to=2026-03-12"},
		"day before":    {"bucket", "previous", "day", on(3, 12), spans, "/search?from=2026-02-25&to=2026-02-25"},
		"cut week":      {"bucket", "items", "week", on(3, 9), spans, "/search?from=2026-03-10&to=2026-03-15"},
		"week before":   {"bucket", "previous", "week", on(3, 23), spans, "/search?from=2026-03-08&to=2026-03-09"},
		"cut month":     {"bucket", "items", "month", on(3, 1), spans, "/search?from=2026-03-10&to=2026-03-24"},
		"hour":          {"bucket", "items", "hour", on(3, 12), spans, ""},
		"topic":         {"topic", "items", "", "urban", spans, "/search?from=2026-03-10&to=2026-03-24&topic=urban"},
		"topic before":  {"topic", "previous", "", "urban", spans, "/search?from=2026-02-23&to=2026-03-09&topic=urban"},
		"topic urgent":  {"topic", "urgent", "", "urban", spans, "/search?from=2026-03-10&to=2026-03-24&topic=urban&urgency=%E7%89%B9%E6%80%A5&urgency=%E7%B4%A7%E6%80%A5"},
		"none given":    {"topic", "items", "", "", spans, ""},
		"all":           {"total", "previous", "", "全部", spans, "/search?from=2026-02-23&to=2026-03-09"},
		"open topic":    {"topic", "items", "", "urban", nil, "/search?from=2026-01-01&topic=urban"},
		"not a moment":  {"bucket", "items", "day", "x", spans, ""},
		"outside of it": {"bucket", "items", "day", on(5, 1), spans, ""},
	} {
		d := &trendData{Answer: trend.Answer{Spans: c.spans, Filter: filter.Filter{From: "2026-01-01"}, Table: export.Table{Columns: []export.Column{{Name: c.first}, count(c.col)}}}}
		d.Params = []paramField{{Name: "by", Value: c.by}}
		if got := d.countLink([]any{c.key, int64(1)}, count(c.col)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestFieldOfNamesChoices(t *testing.T) {
	got := fieldOf(trend.Param{Name: "by", Choices: []string{"day", "week"}, Default: "day", Doc: "每格多长：day 日、week 周"}, "week")
	want := paramField{Name: "by", Value: "week", Doc: "每格多长", Options: []option{{"day", "日", false}, {"week", "周", true}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAsNumber(t *testing.T) {
	for v, want := range map[any]float64{int64(-3): -3, uint64(4): 4, 1.5: 1.5, "x": 0, nil: 0} {
		if got := asNumber(v); got != want {
			t.Errorf("asNumber(%v) = %v", v, got)
		}
	}
}

func TestCellText(t *testing.T) {
	at := time.Date(2026, 1, 31, 8, 0, 0, 0, item.Zone)
	for _, c := range []struct {
		v    any
		kind export.Kind
		want string
	}{
		{nil, export.Text, ""},
		{"电话13812340000", export.Text, "电话138****0000"},
		{true, export.Text, "是"},
		{false, export.Text, "否"},
		{at, export.Day, "2026-01-31"},
		{at, export.Time, "2026-01-31 08:00:00"},
		{time.Time{}, export.Time, ""},
		{int64(2026), export.Number, "2026"},
		{uint64(1), export.Number, "1"},
		{0.1, export.Number, "0.1"},
		{[]string{"甲", "乙"}, export.Text, `["甲","乙"]`},
	} {
		if got := cellText(c.v, c.kind); got != c.want {
			t.Errorf("cellText(%v) = %q, want %q", c.v, got, c.want)
		}
	}
}
