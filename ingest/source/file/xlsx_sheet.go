package file

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

// sheetReader gives the rows of one sheet as they stream by.
type sheetReader struct {
	book *workbook
	part io.ReadCloser
	x    *xmlReader
	row  int
}

func (w *workbook) openSheet(s sheetRef) (*sheetReader, error) {
	f := w.parts[s.part]
	if f == nil {
		return nil, damaged(fmt.Errorf("缺少 %s", s.part))
	}
	rc, err := f.Open()
	if err != nil {
		return nil, damaged(err)
	}
	return &sheetReader{book: w, part: rc, x: w.xml(rc)}, nil
}

// next is the next row that stands in the sheet.
func (s *sheetReader) next() (record, error) {
	for {
		t, err := s.x.token()
		if err != nil {
			return record{}, s.book.asProblem(err)
		}
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "row" {
			continue
		}
		if n, err := strconv.Atoi(attr(e, "r")); err == nil && n > 0 {
			s.row = n
		} else {
			s.row++
		}
		rec, err := s.readRow()
		return rec, s.book.asProblem(err)
	}
}

func (s *sheetReader) readRow() (record, error) {
	rec := record{number: s.row}
	size, column := 0, 0
	for {
		t, err := s.x.token()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return rec, err
		}
		e, isStart := t.(xml.StartElement)
		if end, ok := t.(xml.EndElement); ok && end.Name.Local == "row" {
			return rec, nil
		}
		if !isStart || e.Name.Local != "c" {
			continue
		}
		s.x.in.cut = false
		c, err := s.readCell(e)
		if err != nil {
			return rec, err
		}
		column = columnOf(attr(e, "r"), column+1)
		switch size += len(c.text); {
		case rec.lost:
		case c.cut || size > int(s.book.limits.Row):
			rec = record{number: s.row, problem: tooLong(int(s.book.limits.Row)), lost: true}
		case column > s.book.limits.Columns:
			rec = record{number: s.row, lost: true, problem: &item.Problem{Reason: fmt.Sprintf("这一行超过 %d 列", s.book.limits.Columns), Hint: "请把表拆开"}}
		case c.text != "":
			for len(rec.cells) < column {
				rec.cells, rec.numbers = append(rec.cells, ""), append(rec.numbers, false)
			}
			rec.cells[column-1], rec.numbers[column-1] = c.text, c.number
		}
	}
}

// columnOf is the number of the column in a reference like "AB12", from 1.
func columnOf(ref string, otherwise int) int {
	n := 0
	for i := 0; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	if n == 0 {
		return otherwise
	}
	return n
}

// sheetCell is one cell as read.
type sheetCell struct {
	text        string
	number, cut bool
}

func (s *sheetReader) readCell(e xml.StartElement) (sheetCell, error) {
	kind := attr(e, "t")
	style, _ := strconv.Atoi(attr(e, "s"))
	var c sheetCell
	for {
		t, err := s.x.token()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return c, err
		}
		if end, ok := t.(xml.EndElement); ok && end.Name.Local == "c" {
			break
		}
		in, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		// The formula itself (f) is not what the cell shows.
		text, err := s.x.text(in)
		if err != nil {
			return c, err
		}
		if in.Name.Local == "v" || in.Name.Local == "is" {
			c.text = text
		}
	}
	c.cut = s.x.in.cut
	switch kind {
	case "s":
		if strings.TrimSpace(c.text) == "" {
			return sheetCell{cut: c.cut}, nil
		}
		i, err := strconv.Atoi(strings.TrimSpace(c.text))
		if err != nil {
			return c, damaged(fmt.Errorf("第 %d 行的文字编号 %q 不是数", s.row, shown(c.text)))
		}
		c.text, c.cut, err = s.book.strings.get(i)
		return c, err
	case "", "n":
		c.text, c.number = s.book.number(strings.TrimSpace(c.text), style), true
	case "b":
		c.text = map[string]string{"1": "TRUE", "0": "FALSE"}[strings.TrimSpace(c.text)]
	}
	return c, nil
}

// number is a numeric cell in words: a date where its style shows one, and
// whole numbers without an exponent.
func (w *workbook) number(v string, style int) string {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return v
	}
	if style >= 0 && style < len(w.date) {
		if d := w.date[style]; d.day || d.clock {
			if t, ok := serialText(f, d, w.is1904); ok {
				return t
			}
		}
	}
	if strings.ContainsAny(v, "eE") && f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return v
}

// serialText writes a spreadsheet's count of days; ok is false for a count
// that cannot be a moment, such as 36 hours.
func serialText(days float64, d dateStyle, is1904 bool) (string, bool) {
	switch {
	case days >= 0 && days < 1 && !d.day:
		return mapping.Serial(days, is1904).Format("15:04:05"), true
	case days < 367 && !is1904 || days < 0 || days > 2958465:
		return "", false
	}
	t := mapping.Serial(days, is1904)
	if days == math.Trunc(days) && !d.clock {
		return t.Format("2006-01-02"), true
	}
	return t.Format("2006-01-02 15:04:05"), true
}

// bookReader reads the sheets of a workbook one after the other.
type bookReader struct {
	book   *workbook
	kinds  kinds
	todo   []sheetRef
	part   *sheetReader
	table  *table
	report []Sheet
	many   bool
}

func newBook(w *workbook, k kinds) (*bookReader, error) {
	b := &bookReader{book: w, kinds: k, todo: w.sheets, many: len(w.sheets) > 1}
	// Up to the first sheet that can be read, so that a workbook of none is
	// refused before anything else is done with it.
	if err := b.advance(); errors.Is(err, io.EOF) {
		return nil, errors.Join(b.nothing(), w.close())
	} else if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return b, nil
}

// nothing is why no sheet could be read: the sheet's own reason when there is
// but one.
func (b *bookReader) nothing() error {
	var why []string
	for _, s := range b.report {
		why = append(why, "“"+shown(s.Name)+"”"+s.Skipped)
	}
	return &item.Problem{Reason: "没有可读的工作表：" + strings.Join(why, "；")}
}

// advance goes to the next sheet with a header, io.EOF after the last.
func (b *bookReader) advance() error {
	for len(b.todo) > 0 {
		s := b.todo[0]
		b.todo = b.todo[1:]
		b.report = append(b.report, Sheet{Name: s.name, Skipped: s.skip})
		if s.skip != "" {
			continue
		}
		last := &b.report[len(b.report)-1]
		part, err := b.book.openSheet(s)
		if err != nil {
			return err
		}
		t, err := newTable(part, b.kinds, false)
		var h headerless
		switch {
		case errors.Is(err, io.EOF):
			last.Skipped = "空表"
		case errors.As(err, &h):
			last.Skipped = h.Error()
		case err != nil:
			return errors.Join(err, part.part.Close())
		default:
			b.part, b.table = part, t
			t.read.Serial1904 = b.book.is1904
			if b.many {
				t.sheet = s.name
			}
			if t.kind != nil {
				last.Kind = t.kind.Name()
			}
			return nil
		}
		if err := part.part.Close(); err != nil {
			return b.book.asProblem(err)
		}
	}
	return io.EOF
}

func (b *bookReader) next() (row, error) {
	for {
		r, err := b.table.next()
		if err == nil {
			b.report[len(b.report)-1].Rows++
			return r, nil
		}
		if !errors.Is(err, io.EOF) {
			return row{}, err
		}
		if err := b.part.part.Close(); err != nil {
			return row{}, b.book.asProblem(err)
		}
		b.part = nil
		if err := b.advance(); err != nil {
			return row{}, err
		}
	}
}

func (b *bookReader) header() (*mapping.Mapping, []string) { return b.table.header() }
func (b *bookReader) reading() mapping.Reading             { return b.table.reading() }

func (b *bookReader) close() error {
	var err error
	if b.part != nil {
		err = b.part.part.Close()
	}
	return errors.Join(err, b.book.close())
}
