package export

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qianliyan/ingest/item"
)

// Format is a value as text: on screen, in CSV, and in XLSX where a cell has no
// type for it. nil and a time that is not set are empty, lists are joined with
// 、 and anything unknown is JSON.
func Format(kind Kind, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "是"
		}
		return "否"
	case time.Time:
		return formatTime(kind, v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) { // a share of nothing
			return ""
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int64, uint64, int:
		return fmt.Sprint(v)
	}
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Slice {
		parts := make([]string, rv.Len())
		for i := range parts {
			parts[i] = Format(kind, rv.Index(i).Interface())
		}
		return strings.Join(parts, "、")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func formatTime(kind Kind, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if kind == Day {
		// A day has no zone: it is the date as it stands.
		return t.Format(time.DateOnly)
	}
	return t.In(item.Zone).Format(time.DateTime)
}

// Guard makes text harmless in a spreadsheet: a cell that a program would take
// for a formula (it begins with = + - @ or a tab or line break, also after
// spaces or in full-width form) gets a leading apostrophe, which spreadsheets
// read as "this is text". OWASP, "CSV Injection".
func Guard(s string) string {
	for _, r := range s {
		switch item.Narrow(r) {
		case ' ':
			continue
		case '=', '+', '-', '@', '\t', '\r', '\n':
			return "'" + s
		}
		break
	}
	return s
}

// number reports whether v is written as a number, unguarded: -5 is no formula.
func number(v any) bool {
	switch v := v.(type) {
	case int64, uint64, int, int32, uint32, int16, uint16, int8, uint8:
		return true
	case float64:
		return !math.IsNaN(v) && !math.IsInf(v, 0)
	case float32:
		return number(float64(v))
	}
	return false
}

// clean drops what XML 1.0 has no place for, so that a stray control character
// in a letter cannot make a workbook that does not open.
func clean(s string) string {
	ok := func(r rune) bool {
		return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r != 0xFFFE && r != 0xFFFF
	}
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !ok(r) }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if !ok(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
