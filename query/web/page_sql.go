package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"qianliyan/ingest/item"
	"qianliyan/query/adhoc"
	"qianliyan/query/export"
)

// sqlData is the analyst's desk.
type sqlData struct {
	SQL      string           `json:"sql,omitempty"`
	Table    *export.Table    `json:"table,omitempty"`
	Stats    adhoc.Stats      `json:"stats"`
	Fault    *adhoc.Error     `json:"-"` // the JSON twin fails with 400 instead
	Schema   []adhoc.Relation `json:"schema,omitempty"`
	Examples []adhoc.Example  `json:"examples,omitempty"`
	Grid     grid             `json:"-"`
	Shown    int              `json:"-"` // rows on the screen
	Missing  string           `json:"-"` // why there is no schema
}

// sqlShown is how many rows the screen shows; the JSON twin has the Reader's
// limit, files have none.
const sqlShown = 1000

// sqlPage runs the statement in the address, read only. Without one it shows
// what there is to ask.
func (s *Server) sqlPage(r *http.Request) (view, error) {
	d := sqlData{SQL: strings.TrimSpace(r.URL.Query().Get("sql"))}
	v := view{Page: "sql", Title: "SQL", File: "查询结果", Stamp: export.Stamp{Query: d.SQL}}
	fm := formOf(r)
	if d.SQL != "" {
		v.Rows = func(ctx context.Context, w export.Writer) error {
			_, err := s.deps.Adhoc.Stream(ctx, d.SQL, w.WriteHeader, w.WriteRow)
			return sqlFailure(err)
		}
	}
	if fm == formCSV || fm == formXLSX {
		if d.SQL == "" {
			return v, &item.Problem{Column: "sql", Reason: "没有语句", Hint: "请先在 SQL 页写好并执行"}
		}
		return v, nil
	}
	if d.SQL != "" {
		table, stats, err := s.deps.Adhoc.Run(r.Context(), d.SQL)
		d.Stats = stats
		switch fault := (*adhoc.Error)(nil); {
		case err == nil:
			d.Table, d.Shown = &table, min(len(table.Rows), sqlShown)
			part := table
			part.Rows = table.Rows[:d.Shown]
			d.Grid = gridOf(part, nil)
		case errors.As(err, &fault) && fm == formHTML:
			d.Fault, v.Status, v.Rows = fault, http.StatusBadRequest, nil
		default:
			return v, sqlFailure(err)
		}
	}
	if fm == formHTML || d.SQL == "" {
		var err error
		if d.Schema, err = s.deps.Adhoc.Schema(r.Context()); err != nil {
			if fm != formHTML {
				return v, down("分析库", err)
			}
			d.Missing = asFailure(down("分析库", err)).reason
			if d.SQL == "" {
				v.Status = http.StatusServiceUnavailable
			}
		}
		d.Examples = s.deps.Adhoc.Examples()
	}
	v.Data = d
	return v, nil
}

// sqlFailure gives an analyst's mistake its page.
func sqlFailure(err error) error {
	if f, ok := errors.AsType[*adhoc.Error](err); ok {
		return &failure{status: 400, title: "语句没有执行", reason: f.Error(), hint: place(f)}
	}
	return down("分析库", err)
}

func place(f *adhoc.Error) string {
	if f.Line == 0 {
		return ""
	}
	return fmt.Sprintf("请看第 %d 行第 %d 个字符附近。", f.Line, f.Column)
}

// grid is a table ready to be shown: values as text, numbers to the right.
type grid struct {
	Head []gridHead
	Rows [][]gridCell
}

type gridHead struct {
	Label   string
	Name    string // shown small where the label is another
	Numeric bool
}

type gridCell struct {
	Text    string
	Link    string // empty: no link
	Numeric bool
	Bar     float64 // share of the column's largest value, 0…1; below 0 draws none
	Up      int     // 1 more, -1 fewer than before, for columns of changes
}

// gridOf shows t. link, where given, says where the cell of a row and column
// leads.
func gridOf(t export.Table, link func(row []any, col int) string) grid {
	var g grid
	for _, c := range t.Columns {
		h := gridHead{Label: orElse(c.Label, c.Name), Numeric: c.Kind == export.Number}
		if h.Label != c.Name {
			h.Name = c.Name
		}
		g.Head = append(g.Head, h)
	}
	for _, row := range t.Rows {
		cells := make([]gridCell, len(row))
		for i, v := range row {
			kind := export.Text
			if i < len(t.Columns) {
				kind = t.Columns[i].Kind
			}
			cells[i] = gridCell{Text: cellText(v, kind), Numeric: kind == export.Number, Bar: -1}
			if link != nil {
				cells[i].Link = link(row, i)
			}
		}
		g.Rows = append(g.Rows, cells)
	}
	return g
}

// cellText writes a value as the exports do, but for the covered numbers. An
// analyst's number may be a year or a code: it gets no commas.
func cellText(v any, kind export.Kind) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return Mask(x)
	case bool:
		if x {
			return "是"
		}
		return "否"
	case time.Time:
		if kind == export.Day {
			return day(x)
		}
		if x.IsZero() {
			return ""
		}
		return in(x).Format("2006-01-02 15:04:05")
	case int64, uint64:
		return fmt.Sprint(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return Mask(string(b))
}
