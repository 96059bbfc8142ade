package export

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"qianliyan/ingest/item"
)

var (
	moment = time.Date(2026, 5, 4, 1, 2, 3, 456e6, time.UTC) // 09:02:03 here
	sample = Table{
		Columns: []Column{
			{"title", "标题", Text},
			{"n", "件数", Number},
			{"share", "", Number},
			{"time", "时间", Time},
			{"day", "日", Day},
			{"topics", "主题", Text},
			{"urgent", "加急", Text},
		},
		Rows: [][]any{
			{"=HYPERLINK(\"http://example.invalid\")", int64(-5), 0.25, moment, moment, []string{"urban", "labor"}, true},
			{"两行\n标题,有逗号", uint64(math.MaxUint64), math.NaN(), time.Time{}, "2026-05-04", []string{}, false},
			{nil, nil, nil, nil, nil, nil, nil},
		},
	}
	stamp = Stamp{Title: "合计", By: "王敏", At: moment, Query: "topic=urban", Notes: []string{"本期 2026-05-01 至 2026-05-31"}}
)

func TestCSVEqualsTheScreenAndIsHarmless(t *testing.T) {
	var b bytes.Buffer
	if err := Write(NewCSV(&b), sample); err != nil {
		t.Fatal(err)
	}
	text, marked := strings.CutPrefix(b.String(), "\uFEFF")
	if !marked {
		t.Error("no byte order mark: Excel would show mojibake")
	}
	if !strings.Contains(text, "\r\n") {
		t.Error("lines do not end with CRLF")
	}
	got, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"标题", "件数", "share", "时间", "日", "主题", "加急"},
		{"'=HYPERLINK(\"http://example.invalid\")", "-5", "0.25", "2026-05-04 09:02:03", "2026-05-04", "urban、labor", "是"},
		{"两行\n标题,有逗号", "18446744073709551615", "", "", "2026-05-04", "", "否"},
		{"", "", "", "", "", "", ""},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestGuard(t *testing.T) {
	for in, want := range map[string]string{
		"":            "",
		"道路积水":        "道路积水",
		"a=b":         "a=b",
		"=1+1":        "'=1+1",
		"+86":         "'+86",
		"-2":          "'-2",
		"@SUM(A1)":    "'@SUM(A1)",
		"\t=1":        "'\t=1",
		"\r=1":        "'\r=1",
		"\n=1":        "'\n=1",
		"  =1":        "'  =1",
		"＝1＋1":        "'＝1＋1",
		"　＠cmd":       "'　＠cmd",
		"'=1":         "'=1",
		"  平安路 =1":    "  平安路 =1",
		"（一）-整改":      "（一）-整改",
		"＝":           "'＝",
		" ":           " ",
		"－第一，请尽快处理":   "'－第一，请尽快处理",
		"\"=cmd|' /C": "\"=cmd|' /C",
	} {
		if got := Guard(in); got != want {
			t.Errorf("Guard(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzGuard(f *testing.F) {
	for _, s := range []string{"=1", " ＝1", "积水", "\t@", "'", "\uFEFF=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g := Guard(s)
		if !strings.HasSuffix(g, s) || len(g) > len(s)+1 {
			t.Fatalf("Guard(%q) = %q changed more than the front", s, g)
		}
		if x := strings.TrimLeft(g, " "); x != "" && strings.ContainsRune("=+-@\t\r\n", rune(x[0])) {
			t.Fatalf("Guard(%q) = %q still starts a formula", s, g)
		}
	})
}

func TestXLSXReadsBack(t *testing.T) {
	var b bytes.Buffer
	if err := Write(NewXLSX(&b, stamp), sample); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(dataSheet)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"标题", "件数", "share", "时间", "日", "主题", "加急"},
		{"=HYPERLINK(\"http://example.invalid\")", "-5", "0.25", "2026-05-04 09:02:03", "2026-05-04", "urban、labor", "是"},
		{"两行\n标题,有逗号", "18446744073709551615", "", "", "2026-05-04", "", "否"},
	}
	if d := cmp.Diff(want, rows[:3]); d != "" {
		t.Error(d)
	}
	if f, _ := book.GetCellFormula(dataSheet, "A2"); f != "" {
		t.Errorf("a letter's words became the formula %q", f)
	}
	if kind, _ := book.GetCellType(dataSheet, "B2"); kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
		t.Errorf("a count has cell type %v, want a number", kind)
	}
	panes, err := book.GetPanes(dataSheet)
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("header is not frozen: %+v, %v", panes, err)
	}
	info, err := book.GetRows(infoSheet)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]string{
		{"内容", "合计"},
		{"导出人", "王敏"},
		{"导出时间", "2026-05-04 09:02:03"},
		{"条件", "topic=urban"},
		{"行数", "3"},
		{"备注", "本期 2026-05-01 至 2026-05-31"},
	}, info); d != "" {
		t.Error(d)
	}
	if i, _ := book.GetSheetIndex(dataSheet); i != book.GetActiveSheetIndex() {
		t.Error("the workbook does not open on the data")
	}
}

func TestXLSXTakesStrangeText(t *testing.T) {
	long := strings.Repeat("汉", 40_000)
	wide := strings.Repeat("𠮷", 20_000) // two UTF-16 units each
	var b bytes.Buffer
	err := Write(NewXLSX(&b, Stamp{Query: long}), Table{
		Columns: []Column{{"a", "甲\x00", Text}, {"b", "乙", Text}, {"c", "丙", Text}},
		Rows:    [][]any{{"坏\x01字\xff符", long, wide}},
	})
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(dataSheet)
	if err != nil {
		t.Fatal(err)
	}
	if rows[0][0] != "甲" || rows[1][0] != "坏字\uFFFD符" {
		t.Errorf("got %q, %q", rows[0][0], rows[1][0])
	}
	for _, s := range rows[1][1:] {
		if n := len(utf16.Encode([]rune(s))); n > maxCell || n < maxCell-2 {
			t.Errorf("a long cell has %d units, limit %d", n, maxCell)
		}
		if !strings.HasSuffix(s, "已截断）") || !utf8.ValidString(s) {
			t.Errorf("a cut cell does not say so: …%q", s[len(s)-30:])
		}
	}
}

func TestXLSXGoesOnOnTheNextSheet(t *testing.T) {
	var b bytes.Buffer
	x := NewXLSX(&b, stamp).(*xlsxWriter)
	if err := x.WriteHeader([]Column{{"n", "件数", Number}}); err != nil {
		t.Fatal(err)
	}
	x.line = maxRows - 1 // as if the rows before stood there
	for i := range 3 {
		if err := x.WriteRow([]any{int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if d := cmp.Diff([]string{"数据", "数据2", "说明"}, book.GetSheetList()); d != "" {
		t.Fatal(d)
	}
	rows, err := book.GetRows("数据2")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]string{{"件数"}, {"1"}, {"2"}}, rows); d != "" {
		t.Error(d)
	}
}

// writers is the table of formats: what holds for one holds for all.
var writers = map[string]func(b *bytes.Buffer) Writer{
	"csv":  func(b *bytes.Buffer) Writer { return NewCSV(b) },
	"xlsx": func(b *bytes.Buffer) Writer { return NewXLSX(b, stamp) },
}

func TestEveryWriter(t *testing.T) {
	for name, open := range writers {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Write(open(&b), Table{Columns: sample.Columns}); err != nil || b.Len() == 0 {
				t.Errorf("table without rows: %v, %d bytes", err, b.Len())
			}
			if err := Write(open(new(bytes.Buffer)), Table{Columns: sample.Columns, Rows: [][]any{{"一", "二"}}}); err == nil {
				t.Error("a row that is too short was taken")
			}
			b.Reset()
			if err := open(&b).Close(); err != nil || b.Len() != 0 {
				t.Errorf("Close without a header: %v, wrote %q", err, &b)
			}
		})
	}
}

// full is a disk that fills up after n bytes.
type full struct{ n int }

var errFull = errors.New("disk full")

func (f *full) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestEveryWriterReportsAFullDisk(t *testing.T) {
	many := Table{Columns: sample.Columns}
	for range 5000 {
		many.Rows = append(many.Rows, sample.Rows[0])
	}
	for name, w := range map[string]Writer{
		"csv": NewCSV(&full{1000}), "xlsx": NewXLSX(&full{1000}, stamp),
	} {
		if err := Write(w, many); !errors.Is(err, errFull) {
			t.Errorf("%s: error %v, want %v", name, err, errFull)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		v    any
		want string
	}{
		{Number, int64(7), "7"},
		{Number, uint8(7), "7"},
		{Number, 1e21, "1000000000000000000000"},
		{Number, math.Inf(1), ""},
		{Time, []time.Time{moment, {}}, "2026-05-04 09:02:03、"},
		{Text, map[string]int{"a": 1}, `{"a":1}`},
		{Text, [][]string{{"甲", "乙"}, {"丙"}}, "甲、乙、丙"},
		{Day, time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC), "2026-05-04"},
		{Day, time.Date(2026, 5, 4, 0, 0, 0, 0, item.Zone), "2026-05-04"},
	} {
		if got := Format(c.kind, c.v); got != c.want {
			t.Errorf("Format(%s, %v) = %q, want %q", c.kind, c.v, got, c.want)
		}
	}
}
