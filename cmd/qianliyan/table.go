package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"qianliyan/ingest/item"
	"qianliyan/query/export"
)

// printTable writes rows separated by tabs: columns line up in a terminal for
// short values, and any program can read it, as no value holds a tab or a line
// end.
func printTable(w io.Writer, t export.Table) {
	cells := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		cells[i] = c.Label
		if c.Label == "" {
			cells[i] = c.Name
		}
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
	for _, row := range t.Rows {
		cells = cells[:0]
		for i, x := range row {
			kind := export.Text
			if i < len(t.Columns) {
				kind = t.Columns[i].Kind
			}
			cells = append(cells, cell(kind, x))
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	if t.Limited {
		fmt.Fprintln(w, "（结果到达行数上限，后面还有；要全部行请用 --format csv）")
	}
}

// cell is one value as JSON brought it, on one line. No value is empty.
func cell(kind export.Kind, x any) string {
	switch v := x.(type) {
	case nil:
		return ""
	case json.Number:
		return v.String()
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			switch kind {
			case export.Time:
				return t.In(item.Zone).Format("2006-01-02 15:04")
			case export.Day:
				return t.In(item.Zone).Format("2006-01-02")
			}
		}
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) || unicode.IsControl(r) {
				return ' '
			}
			return r
		}, v)
	case map[string]any, []any:
		if b, err := json.Marshal(v); err == nil {
			return string(b)
		}
	}
	return fmt.Sprint(x)
}
