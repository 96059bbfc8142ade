package web

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"qianliyan/ingest/item"
	"qianliyan/query/export"
	"qianliyan/query/trend"
)

// role is what a column of an answer means to the page. Questions name their
// columns by these words, so that a new question needs no page of its own.
type role string

const (
	roleKey    role = "key"    // the first column: what is counted
	roleCount  role = "count"  // items of one of the compared periods
	roleChange role = "change" // difference of counts
	roleOther  role = "other"
)

// spanOf is the compared period that a column counts, by the column's name:
// items counts this one, a span's own name its own.
func spanOf(c export.Column, spans []trend.Span) (trend.Span, bool) {
	if c.Kind != export.Number {
		return trend.Span{}, false
	}
	for i, s := range spans {
		if c.Name == s.Name || i == 0 && c.Name == "items" {
			return s, true
		}
	}
	return trend.Span{}, false
}

func roleOf(i int, c export.Column, spans []trend.Span) role {
	if i == 0 {
		return roleKey
	}
	if _, ok := spanOf(c, spans); ok || len(spans) == 0 && c.Name == "items" {
		return roleCount
	}
	if c.Kind == export.Number && (c.Name == "change" || strings.HasSuffix(c.Name, "_change")) {
		return roleChange
	}
	return roleOther
}

// fillTrend turns the answer's table into rows whose numbers lead to the items
// they count.
func (s *Server) fillTrend(d *trendData) {
	cols := d.Table.Columns
	if len(cols) == 0 {
		return
	}
	most := 0.0
	sums := make([]float64, len(cols))
	for _, row := range d.Table.Rows {
		for i, v := range row {
			if roleOf(i, cols[i], d.Spans) == roleCount {
				n := asNumber(v)
				most, sums[i] = max(most, n), sums[i]+n
			}
		}
	}
	for _, row := range d.Table.Rows {
		d.Rows = append(d.Rows, s.trendRow(d, row, most))
	}
	var parts []string
	var series []string
	for i, c := range cols {
		if roleOf(i, c, d.Spans) == roleCount {
			parts = append(parts, c.Label+" "+number(strconv.FormatFloat(sums[i], 'f', 0, 64))+" 条")
			series = append(series, c.Label)
		}
	}
	d.Sum = strings.Join(parts, "，")
	if overTime(cols[0]) && len(series) > 0 {
		b, err := json.Marshal(series[:min(2, len(series))])
		if err == nil {
			d.Curve = &curve{Axis: cols[0].Label, Names: string(b), Parts: series[:min(2, len(series))]}
		}
	}
}

func (s *Server) trendRow(d *trendData, row []any, most float64) trendRow {
	cols := d.Table.Columns
	out := trendRow{}
	list := listOf(cols[0])
	key := cellText(row[0], cols[0].Kind)
	if overTime(cols[0]) {
		key = trimDay(key)
	}
	out.Key = key
	if list != "" {
		out.Key = orElse(s.longName(list, key), none)
	}
	previous := 0.0
	for i, v := range row {
		if i == 0 {
			continue
		}
		c := cols[i]
		cell := trendCell{Text: cellText(v, c.Kind), Numeric: c.Kind == export.Number}
		switch roleOf(i, c, d.Spans) {
		case roleCount:
			n := asNumber(v)
			cell.Text, cell.Value = number(strconv.FormatFloat(n, 'f', 0, 64)), strconv.FormatFloat(n, 'f', -1, 64)
			span, compared := spanOf(c, d.Spans)
			cell.Link = countLink(d, list, key, span, compared)
			if compared && span.Name == "previous" {
				previous = n
			}
			if out.Link == "" {
				out.Link = cell.Link
			}
		case roleChange:
			n := asNumber(v)
			cell.IsDelta, cell.Change = true, int(n)
		default:
			if x, ok := v.(float64); ok {
				cell.Text = strconv.FormatFloat(x, 'f', 2, 64)
			}
		}
		out.Cells = append(out.Cells, cell)
	}
	if d.Curve == nil && len(out.Cells) > 0 && most > 0 && out.Cells[0].Value != "" && !overTime(cols[0]) {
		out.Cells[0].Bar = &barCell{Now: 100 * asNumber(row[1]) / most, Was: 100 * previous / most}
	}
	return out
}

// countLink is the search that gives exactly the items of a count: the
// answer's filter, within the count's period, for the row's value or days.
func countLink(d *trendData, list, key string, span trend.Span, compared bool) string {
	f := d.Filter
	if compared {
		f.From, f.To = day(span.From), day(span.Before.AddDate(0, 0, -1))
	}
	switch {
	case list != "":
		if key == "" {
			return "" // a search cannot ask for what is not there
		}
		g, err := f.With(list, key)
		if err != nil {
			return ""
		}
		f = g
	case overTime(d.Table.Columns[0]):
		from, err := time.ParseInLocation("2006-01-02", key, item.Zone)
		if err != nil {
			return ""
		}
		until := bucketEnd(d, from)
		if compared && len(d.Spans) > 0 {
			shift := int(d.Spans[0].From.Sub(span.From).Hours() / 24)
			from, until = from.AddDate(0, 0, -shift), until.AddDate(0, 0, -shift)
		}
		// The first and last bucket may reach beyond the period.
		f.From, f.To = later(f.From, day(from)), earlier(f.To, day(until))
	default:
		return ""
	}
	return "/search?" + f.String()
}

// bucketEnd is the last day of the bucket that begins on from: by the
// column's name, or the parameter by, a day, a week or a month.
func bucketEnd(d *trendData, from time.Time) time.Time {
	name := d.Table.Columns[0].Name
	for _, p := range d.Params {
		if p.Name == "by" || p.Name == "step" || p.Name == "bucket" {
			name = p.Value
		}
	}
	return step(name, from)
}

func later(a, b string) string { return max(a, b) }

func earlier(a, b string) string {
	if a == "" {
		return b
	}
	return min(a, b)
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
