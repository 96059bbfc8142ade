package export

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Scanner reads an engine's rows of any types as a Table holds them.
type Scanner struct {
	rows driver.Rows
	cols []Column
	dest []any // pointers to values of the columns' own types, used again for each row
}

// NewScanner reads the columns of rows. Labels are empty: the engine has none.
func NewScanner(rows driver.Rows) *Scanner {
	s := &Scanner{rows: rows}
	for _, t := range rows.ColumnTypes() {
		s.cols = append(s.cols, Column{Name: t.Name(), Kind: kindOf(t.DatabaseTypeName())})
		s.dest = append(s.dest, reflect.New(t.ScanType()).Interface())
	}
	return s
}

// Columns are the columns found.
func (s *Scanner) Columns() []Column { return s.cols }

// Next reads one row, the caller's to keep; nil after the last one.
func (s *Scanner) Next() ([]any, error) {
	if !s.rows.Next() {
		return nil, s.rows.Err()
	}
	if err := s.rows.Scan(s.dest...); err != nil {
		return nil, fmt.Errorf("cannot read a row: %w", err)
	}
	row := make([]any, len(s.dest))
	for i, d := range s.dest {
		row[i] = plain(reflect.ValueOf(d).Elem())
	}
	return row, nil
}

// kindOf is the kind for an engine's type.
func kindOf(name string) Kind {
	for _, wrap := range []string{"LowCardinality(", "Nullable("} {
		if inner, ok := strings.CutPrefix(name, wrap); ok {
			name = strings.TrimSuffix(inner, ")")
		}
	}
	switch {
	case strings.HasPrefix(name, "DateTime"):
		return Time
	case strings.HasPrefix(name, "Date"):
		return Day
	case strings.HasPrefix(name, "Interval"):
		return Text
	case strings.HasPrefix(name, "Int"), strings.HasPrefix(name, "UInt"), strings.HasPrefix(name, "Float"),
		strings.HasPrefix(name, "BFloat"), strings.HasPrefix(name, "Decimal"):
		return Number
	}
	return Text
}

// plain brings a value to one of the types a Table may hold. What has no such
// type becomes the text the engine's client gives it, else JSON.
func plain(v reflect.Value) any {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return nil
		}
		if x, ok := reflect.TypeAssert[fmt.Stringer](v); ok && v.Kind() == reflect.Pointer {
			if _, isTime := x.(*time.Time); !isTime {
				return x.String() // big.Int, decimal
			}
		}
		v = v.Elem()
	}
	switch x := v.Interface().(type) {
	case time.Time:
		return x
	case []string:
		return append([]string{}, x...)
	case fmt.Stringer:
		return x.String()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint()
	case reflect.Float32, reflect.Float64:
		return v.Float()
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plain(v.Index(i))
		}
		return out
	}
	b, err := json.Marshal(v.Interface())
	if err != nil {
		return fmt.Sprint(v.Interface())
	}
	return string(b)
}
