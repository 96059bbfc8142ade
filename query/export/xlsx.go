package export

import (
	"archive/zip"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"qianliyan/ingest/item"
)

// Limits of a sheet, from Excel's "specifications and limits".
const (
	maxRows = 1_048_576
	maxCell = 32_767 // UTF-16 units
)

// Stamp says on an info sheet where a file came from.
type Stamp struct {
	Title string    // what the table answers
	By    string    // who took it
	At    time.Time // when
	Query string    // the filter in words, or the statement
	Notes []string  // further lines: compared spans, a limit that was hit
}

// Names of the sheets. A table longer than one sheet goes on on 数据2, 数据3…
const (
	dataSheet = "数据"
	infoSheet = "说明"
)

// xlsxWriter writes a workbook through excelize's stream, which keeps rows in a
// temporary file.
type xlsxWriter struct {
	out   io.Writer
	stamp Stamp
	cols  []Column

	book                *excelize.File
	sheet               *excelize.StreamWriter
	head, moment, date  int // styles
	sheets, line, total int
	failed              error
}

// NewXLSX writes a workbook: the table under a frozen header, and an info sheet
// that holds stamp and the number of rows. Rows wait in a temporary file until
// Close packs them into w.
func NewXLSX(w io.Writer, stamp Stamp) Writer { return &xlsxWriter{out: w, stamp: stamp} }

// WriteHeader starts the workbook.
func (x *xlsxWriter) WriteHeader(cols []Column) error {
	x.cols, x.book = cols, excelize.NewFile()
	var err error
	style := func(s excelize.Style) (id int) {
		if err == nil {
			id, err = x.book.NewStyle(&s)
		}
		return id
	}
	moment, date := "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"
	x.head = style(excelize.Style{
		Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7ECF3"}},
		Alignment: &excelize.Alignment{Vertical: "center"},
	})
	x.moment = style(excelize.Style{CustomNumFmt: &moment})
	x.date = style(excelize.Style{CustomNumFmt: &date})
	if err == nil {
		err = x.book.SetSheetName("Sheet1", dataSheet)
	}
	if err == nil {
		err = x.startSheet()
	}
	return x.fail(err)
}

// startSheet begins the first or the next data sheet.
func (x *xlsxWriter) startSheet() error {
	x.sheets++
	name := dataSheet
	if x.sheets > 1 {
		if err := x.sheet.Flush(); err != nil {
			return err
		}
		name = fmt.Sprintf("%s%d", dataSheet, x.sheets)
		if _, err := x.book.NewSheet(name); err != nil {
			return err
		}
	}
	var err error
	if x.sheet, err = x.book.NewStreamWriter(name); err != nil {
		return err
	}
	head := make([]any, len(x.cols))
	for i, c := range x.cols {
		if err := x.sheet.SetColWidth(i+1, i+1, width(c)); err != nil {
			return err
		}
		head[i] = excelize.Cell{StyleID: x.head, Value: clean(heading(c))}
	}
	if err := x.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	x.line = 1
	return x.sheet.SetRow("A1", head)
}

// WriteRow adds one line, on a new sheet when this one is full.
func (x *xlsxWriter) WriteRow(row []any) error {
	if err := fits(row, x.cols); err != nil {
		return err
	}
	if x.line == maxRows {
		if err := x.startSheet(); err != nil {
			return x.fail(err)
		}
	}
	x.line++
	x.total++
	cells := make([]any, len(row))
	for i, v := range row {
		cells[i] = x.cell(x.cols[i].Kind, v)
	}
	at, err := excelize.CoordinatesToCellName(1, x.line)
	if err == nil {
		err = x.sheet.SetRow(at, cells)
	}
	return x.fail(err)
}

// cell keeps numbers and times as such. Text is written as text, which no
// spreadsheet evaluates, so it needs no Guard: a citizen's words stay as they
// are. Whole numbers above 2^53 would lose digits and become text.
func (x *xlsxWriter) cell(kind Kind, v any) any {
	switch v := v.(type) {
	case time.Time:
		// The file format has no zone: what is written is what is read.
		if t := v.In(item.Zone); !v.IsZero() && v.Year() >= 1900 {
			if kind == Day {
				y, m, d := v.Date()
				return excelize.Cell{StyleID: x.date, Value: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
			}
			return excelize.Cell{StyleID: x.moment, Value: time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)}
		}
	case int64:
		if v < 1<<53 && v > -1<<53 {
			return v
		}
	case uint64:
		if v < 1<<53 {
			return v
		}
	case float64:
		if number(v) {
			return v
		}
	}
	return cut(clean(Format(kind, v)))
}

// cut shortens text to what a cell holds and says so.
func cut(s string) string {
	const note = "……（超出单元格长度，已截断）"
	if len(s) <= maxCell {
		return s
	}
	units, room := 0, maxCell-utf8.RuneCountInString(note)
	end := len(s)
	for i, r := range s {
		if units <= room {
			end = i
		}
		units++
		if r >= 0x10000 {
			units++
		}
		if units > maxCell {
			return s[:end] + note
		}
	}
	return s
}

// Close adds the info sheet and writes the file.
func (x *xlsxWriter) Close() error {
	if x.book == nil {
		return nil
	}
	defer x.book.Close()
	if x.failed != nil { // half a workbook would look like a whole one
		return x.failed
	}
	if err := x.sheet.Flush(); err != nil {
		return err
	}
	if err := x.info(); err != nil {
		return err
	}
	// Left alone, excelize packs the whole file in memory first.
	x.book.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(x.out) })
	_, err := x.book.WriteTo(io.Discard)
	return err
}

func (x *xlsxWriter) info() error {
	if _, err := x.book.NewSheet(infoSheet); err != nil {
		return err
	}
	lines := [][2]string{
		{"内容", x.stamp.Title},
		{"导出人", x.stamp.By},
		{"导出时间", formatTime(Time, x.stamp.At)},
		{"条件", x.stamp.Query},
		{"行数", strconv.Itoa(x.total)},
	}
	for _, n := range x.stamp.Notes {
		lines = append(lines, [2]string{"备注", n})
	}
	for i, l := range lines {
		if err := x.book.SetSheetRow(infoSheet, fmt.Sprintf("A%d", i+1), &[]any{l[0], cut(clean(l[1]))}); err != nil {
			return err
		}
	}
	if err := x.book.SetColWidth(infoSheet, "A", "A", 12); err != nil {
		return err
	}
	return x.book.SetColWidth(infoSheet, "B", "B", 100)
}

// fail remembers the first error.
func (x *xlsxWriter) fail(err error) error {
	if x.failed == nil {
		x.failed = err
	}
	return err
}

// width of a column in characters: enough for its kind and its heading. The
// text of a letter would make a column nobody can read past, so it is bounded.
func width(c Column) float64 {
	w := map[Kind]float64{Number: 10, Time: 20, Day: 12, Text: 18}[c.Kind]
	if c.Name == "text" || c.Name == "title" {
		w = 48
	}
	return max(w, float64(2*utf8.RuneCountInString(heading(c))+2))
}
