package export

import (
	"encoding/csv"
	"io"
)

// csvWriter writes CSV.
type csvWriter struct {
	raw  io.Writer
	w    *csv.Writer
	cols []Column
	line []string
}

// NewCSV writes UTF-8 with a byte order mark, which makes Excel read Chinese,
// and CRLF line ends (RFC 4180). Text is passed through Guard.
func NewCSV(w io.Writer) Writer {
	c := &csvWriter{raw: w, w: csv.NewWriter(w)}
	c.w.UseCRLF = true
	return c
}

// WriteHeader writes the mark and the columns' labels.
func (c *csvWriter) WriteHeader(cols []Column) error {
	if _, err := io.WriteString(c.raw, "\uFEFF"); err != nil {
		return err
	}
	c.cols, c.line = cols, make([]string, len(cols))
	for i, col := range cols {
		c.line[i] = Guard(heading(col))
	}
	return c.w.Write(c.line)
}

// WriteRow writes one line.
func (c *csvWriter) WriteRow(row []any) error {
	if err := fits(row, c.cols); err != nil {
		return err
	}
	for i, v := range row {
		c.line[i] = Format(c.cols[i].Kind, v)
		if !number(v) {
			c.line[i] = Guard(c.line[i])
		}
	}
	return c.w.Write(c.line)
}

// Close writes what is held.
func (c *csvWriter) Close() error {
	c.w.Flush()
	return c.w.Error()
}
