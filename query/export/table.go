// Package export turns a table of answers into what a person takes away: CSV
// that Excel opens in Chinese, and XLSX. The export equals the screen: the
// same columns in the same order, all rows.
//
// Answers that fit in memory are a Table; larger ones go row by row through a
// Writer. To add a format, write a Writer and give it a case in the tests'
// table; nothing else knows the formats but the page that offers them.
package export

import "fmt"

// Kind is how a column's values are written and aligned.
type Kind string

// The kinds of columns.
const (
	Text   Kind = "text"
	Number Kind = "number"
	Time   Kind = "time" // time.Time, written 2006-01-02 15:04:05 in item.Zone
	Day    Kind = "day"  // time.Time or string, written 2006-01-02
)

// Column is one column of a Table.
type Column struct {
	Name  string `json:"name"`  // stable, for JSON and SQL
	Label string `json:"label"` // on screen
	Kind  Kind   `json:"kind"`
}

// Table is an answer: every row has one value a column. Values are string,
// bool, int64, uint64, float64, time.Time, nil, or slices of these.
type Table struct {
	Columns []Column `json:"columns"`
	Rows    [][]any  `json:"rows"`
	Limited bool     `json:"limited"` // rows were left off at a limit; the page says so
}

// heading is the column's label, else its name.
func heading(c Column) string {
	if c.Label != "" {
		return c.Label
	}
	return c.Name
}

// fits refuses a row that would shift values into other columns.
func fits(row []any, cols []Column) error {
	if len(row) != len(cols) {
		return fmt.Errorf("cannot export a row of %d values under %d columns", len(row), len(cols))
	}
	return nil
}
