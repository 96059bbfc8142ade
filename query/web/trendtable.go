package web

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
	"qianliyan/query/export"
	"qianliyan/query/filter"
	"qianliyan/query/trend"
)

// role is what a column of an answer means to the page. Questions name their
// columns by these words, so that a new question needs no page of its own.
type role string

const (
	roleCount  role = "count"  // items; or a compared period, by the Span's name
	roleUrgent role = "urgent" // urgent: those of items that are 特急 or 紧急
	roleChange role = "change" // change, *_change: difference of counts
	roleRate   role = "rate"   // share, *_percent
	roleOther  role = "other"
)

func roleOf(c export.Column, spans []trend.Span) role {
	if c.Kind != export.Number {
		return roleOther
	}
	_, compared := spanOf(c, spans)
	switch {
	case compared, c.Name == "items":
		return roleCount
	case c.Name == "urgent":
		return roleUrgent
	case c.Name == "change", strings.HasSuffix(c.Name, "_change"):
		return roleChange
	case c.Name == "share", strings.HasSuffix(c.Name, "_percent"):
		return roleRate
	}
	return roleOther
}

func spanOf(c export.Column, spans []trend.Span) (trend.Span, bool) {
	for _, s := range spans {
		if c.Name == s.Name {
			return s, true
		}
	}
	return trend.Span{}, false
}

// overTime reports whether rows are stretches of time.
func overTime(c export.Column) bool { return c.Name == "bucket" }

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

// fillTrend turns the answer's table into rows whose numbers lead to the items
// they count, and finds the series of the curve.
func (s *Server) fillTrend(d *trendData) {
	cols := d.Table.Columns
	if len(cols) == 0 {
		return
	}
	most, sums := 0.0, make([]float64, len(cols))
	for _, row := range d.Table.Rows {
		for i, v := range row {
			if roleOf(cols[i], d.Spans) == roleCount {
				n := asNumber(v)
				most, sums[i] = max(most, n), sums[i]+n
			}
		}
	}
	shown := s.named(d.Table)
	for i, row := range d.Table.Rows {
		d.Rows = append(d.Rows, d.row(row, shown.Rows[i], most))
	}
	if !overTime(cols[0]) {
		return
	}
	var parts, series []string
	for i, c := range cols {
		// A year before the first item would only draw a line at zero.
		if roleOf(c, d.Spans) == roleCount && (len(series) < 2 || sums[i] > 0) {
			series = append(series, c.Label)
			parts = append(parts, c.Label+" "+number(strconv.FormatFloat(sums[i], 'f', 0, 64))+" 条")
		}
	}
	if b, err := json.Marshal(series); err == nil {
		d.Sum, d.Curve = strings.Join(parts, "，"), &curve{Axis: cols[0].Label, Names: string(b), Parts: series}
	}
}

// row is one row; shown is the same with names for codes.
func (d *trendData) row(row, shown []any, most float64) trendRow {
	cols := d.Table.Columns
	key := cellText(shown[0], cols[0].Kind)
	if overTime(cols[0]) {
		key = bucketName(key, d.by())
	}
	out := trendRow{Key: key}
	if cols[0].Name == "id" {
		out.Key, out.Link = key[:min(8, len(key))], "/item/"+key
	}
	bar := barCell{}
	for i, v := range row[1:] {
		c := cols[i+1]
		cell := trendCell{Text: cellText(shown[i+1], c.Kind), Numeric: c.Kind == export.Number}
		switch r := roleOf(c, d.Spans); r {
		case roleCount, roleUrgent:
			n := asNumber(v)
			cell.Text = number(strconv.FormatFloat(n, 'f', 0, 64))
			if n > 0 {
				cell.Link = d.countLink(row, c)
			}
			if r == roleCount {
				cell.Value = strconv.FormatFloat(n, 'f', -1, 64)
			}
			if most > 0 && c.Name == "items" {
				bar.Now = 100 * n / most
			}
			if most > 0 && c.Name == "previous" {
				bar.Was = 100 * n / most
			}
		case roleChange:
			cell.IsDelta, cell.Change = true, int(asNumber(v))
		case roleRate:
			if x, ok := v.(float64); ok {
				cell.Text = strconv.FormatFloat(x, 'f', 1, 64)
			} else {
				cell.Text = "—" // nothing to compare with
			}
		default:
			if c.Name == "title" {
				cell.Link = out.Link
			}
		}
		out.Cells = append(out.Cells, cell)
	}
	if len(out.Cells) > 0 && cols[1].Name == "items" && listOf(cols[0]) != "" {
		out.Cells[0].Bar = &bar
	}
	return out
}

// by is how long a bucket is.
func (d *trendData) by() string {
	for _, p := range d.Params {
		if p.Name == "by" {
			return p.Value
		}
	}
	return "day"
}

// bucketName is a bucket's beginning without what it does not need.
func bucketName(text, by string) string {
	switch by {
	case "hour":
		return strings.TrimSuffix(text, ":00")
	case "month":
		return text[:min(7, len(text))]
	}
	return text[:min(10, len(text))]
}

// countLink is the search that gives exactly the items of a count: the
// answer's filter, within the count's period, for the row's value or days. It
// is empty where a search cannot ask for just these: an hour, or a value that
// nobody gave.
func (d *trendData) countLink(row []any, c export.Column) string {
	f := d.Filter
	span, compared := spanOf(c, d.Spans)
	if c.Name == "urgent" && len(d.Spans) > 0 {
		span, compared = d.Spans[0], true
	}
	if compared {
		f.From, f.To = day(span.From), day(span.Before.AddDate(0, 0, -1))
	}
	key := d.Table.Columns[0]
	switch list := listOf(key); {
	case overTime(key):
		from, ok := row[0].(time.Time)
		if !ok || d.by() == "hour" {
			return ""
		}
		from = in(from)
		until := bucketEnd(d.by(), from)
		if compared {
			// Earlier periods are counted where they fall on this one, day by day.
			shift := int(d.Spans[0].From.Sub(span.From).Hours() / 24)
			from, until = from.AddDate(0, 0, -shift), until.AddDate(0, 0, -shift)
		}
		// The first and last bucket may reach beyond the period.
		f.From, f.To = max(f.From, day(from)), min(f.To, day(until))
		if f.From > f.To {
			return ""
		}
	case list != "":
		v, _ := row[0].(string)
		g, err := f.With(list, v)
		if err != nil || v == "" {
			return ""
		}
		f = g
	}
	if c.Name == "urgent" {
		if len(f.Urgency) > 0 {
			return ""
		}
		f.Urgency = []string{label.Critical, label.Pressing}
	}
	return "/search?" + f.String()
}

// bucketEnd is the last day of the bucket that begins on from.
func bucketEnd(by string, from time.Time) time.Time {
	switch by {
	case "week":
		return from.AddDate(0, 0, 6)
	case "month":
		return from.AddDate(0, 1, -1)
	}
	return from
}

func asNumber(v any) float64 {
	switch x := v.(type) {
	case int64:
		return float64(x)
	case uint64:
		return float64(x)
	case float64:
		return x
	}
	return 0
}

// rowNames are the names of the codes in a column, by code: the short one
// where only one row has it, else with the regions around it.
func (s *Server) rowNames(t export.Table, col int) map[string]string {
	list := listOf(t.Columns[col])
	times, out := map[string]int{}, map[string]string{}
	for _, row := range t.Rows {
		if code, ok := row[col].(string); ok && out[code] == "" {
			out[code] = orElse(s.name(list, code), none)
			times[out[code]]++
		}
	}
	for code, name := range out {
		if times[name] > 1 {
			out[code] = orElse(s.longName(list, code), none)
		}
	}
	return out
}

// named is t with codes replaced by their names, for exports: as on the
// screen.
func (s *Server) named(t export.Table) export.Table {
	out := export.Table{Columns: t.Columns, Limited: t.Limited}
	for _, row := range t.Rows {
		out.Rows = append(out.Rows, slices.Clone(row))
	}
	for i, c := range t.Columns {
		if listOf(c) == "" {
			continue
		}
		names := s.rowNames(t, i)
		for _, row := range out.Rows {
			if code, ok := row[i].(string); ok {
				row[i] = names[code]
			}
		}
	}
	return out
}

// before is the period of the same length that ends where f begins; not known
// for a filter with an open end.
func before(f filter.Filter) (this, previous trend.Span, ok bool) {
	from, until := f.Span()
	if from.IsZero() || until.IsZero() {
		return this, previous, false
	}
	start := from.Add(-until.Sub(from))
	this = trend.Span{Name: "items", Label: "本期", From: from, Before: until}
	return this, trend.Span{Name: "previous", Label: "上期", From: start, Before: from}, true
}

// beside puts the previous period's counts next to this one's: a column
// previous and a column change after items, by the value of the first column.
// Values that only the previous period has follow at the end.
func beside(this, previous export.Table) export.Table {
	at := slices.IndexFunc(this.Columns, func(c export.Column) bool { return c.Name == "items" })
	if at < 1 {
		return this
	}
	was := map[any]any{}
	for _, row := range previous.Rows {
		was[row[0]] = row[at]
	}
	out := export.Table{Limited: this.Limited || previous.Limited}
	out.Columns = slices.Insert(slices.Clone(this.Columns), at+1,
		export.Column{Name: "previous", Label: "上期", Kind: export.Number}, export.Column{Name: "change", Label: "增减", Kind: export.Number})
	add := func(row []any, now, then float64) {
		out.Rows = append(out.Rows, slices.Insert(slices.Clone(row), at+1, any(int64(then)), any(int64(now-then))))
	}
	for _, row := range this.Rows {
		add(row, asNumber(row[at]), asNumber(was[row[0]]))
		delete(was, row[0])
	}
	for _, row := range previous.Rows {
		if _, gone := was[row[0]]; gone {
			rest := make([]any, len(row))
			rest[0], rest[at] = row[0], int64(0)
			add(rest, 0, asNumber(row[at]))
		}
	}
	return out
}

// fourWeeks is the filter of a trend page nobody has narrowed: the last 28
// days. Whole weeks have every weekday as often as the weeks before, and few
// people write on a Sunday.
func fourWeeks(f filter.Filter, today time.Time) filter.Filter {
	f.From, f.To = day(today.In(item.Zone).AddDate(0, 0, -27)), day(today)
	return f
}
