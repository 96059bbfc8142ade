package file

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"qianliyan/ingest/item"
)

// record is one row of a table before its columns have names.
type record struct {
	number  int // line of the file, row of the sheet; from 1
	cells   []string
	numbers []bool // cell i is a number; nil when the format has no types
	problem *item.Problem
	lost    bool // cells are not worth keeping: too long to be held
}

func (r record) blank() bool {
	for _, c := range r.cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return r.problem == nil
}

// records gives the rows of a table in order, io.EOF after the last.
type records interface{ next() (record, error) }

// csvReader parts a stream of UTF-8 into records. It differs from
// encoding/csv in that one record has a bound, a record with wrong quotes
// does not end the file, and a quote that is never closed does not swallow it.
type csvReader struct {
	in      *bufio.Reader
	comma   byte
	limit   int // bytes of a record
	columns int
	line    int // lines read so far

	// What is to be read again before in, and how far it was read: behind a
	// stray quote the lines it seemed to hold are read as lines.
	again []byte
	pos   int

	buf  []byte // cells of the record, one after the other
	ends []int  // where each cell ends in buf
	raw  []byte // the record as read
}

func newCSV(in *bufio.Reader, comma byte, limits Limits) *csvReader {
	return &csvReader{in: in, comma: comma, limit: int(limits.Row), columns: limits.Columns}
}

// states of the parser: where in a record the next byte stands.
type state int

const (
	cellStart state = iota
	plain
	quoted
	quoteEnd // after a quote within quotes: its end, or half of a doubled one
)

// next is the next record, blank ones included.
func (c *csvReader) next() (record, error) {
	c.buf, c.ends, c.raw = c.buf[:0], c.ends[:0], c.raw[:0]
	rec := record{number: c.line + 1}
	s, size, broken := cellStart, 0, false
	for {
		if s == plain || s == quoted {
			size = c.bulk(s, size)
		}
		b, err := c.readByte()
		if errors.Is(err, io.EOF) {
			return c.atEOF(rec, s, size, broken)
		}
		if err != nil {
			return rec, err
		}
		if size++; size <= c.limit {
			c.raw = append(c.raw, b)
		}
		end := b == '\n' || b == '\r'
		switch {
		case end && s != quoted:
			c.newline(b)
			return c.finish(rec, size, broken), nil
		case b == c.comma && s != quoted:
			c.endCell(size)
			s = cellStart
			continue
		case b == '"' && s == cellStart:
			s = quoted
			continue
		case b == '"' && s == quoted:
			s = quoteEnd
			continue
		case b == '"' && s == quoteEnd:
			s = quoted
		case s == quoteEnd:
			c.add('"', size)
			s, broken = plain, true
			if bytes.IndexByte(c.raw, '\n') >= 0 && size <= c.limit {
				return c.stray(rec), nil
			}
		case s == cellStart:
			s = plain
		case b == '\n':
			c.line++
		}
		c.add(b, size)
	}
}

// bulk takes what is buffered of a cell up to the next byte that matters.
func (c *csvReader) bulk(s state, size int) int {
	if c.pos < len(c.again) {
		return size
	}
	w, _ := c.in.Peek(c.in.Buffered())
	if s == quoted {
		if i := bytes.IndexByte(w, '"'); i >= 0 {
			w = w[:i]
		}
		c.line += bytes.Count(w, []byte("\n"))
	} else if i := bytes.IndexAny(w, string([]byte{c.comma, '\r', '\n'})); i >= 0 {
		w = w[:i]
	}
	if len(w) == 0 {
		return size
	}
	if size += len(w); size <= c.limit {
		c.raw, c.buf = append(c.raw, w...), append(c.buf, w...)
	}
	c.in.Discard(len(w))
	c.again, c.pos = nil, 0
	return size
}

func (c *csvReader) add(b byte, size int) {
	if size <= c.limit {
		c.buf = append(c.buf, b)
	}
}

func (c *csvReader) endCell(size int) {
	if size <= c.limit && len(c.ends) <= c.columns {
		c.ends = append(c.ends, len(c.buf))
	}
}

// newline counts a line end, CR LF as one.
func (c *csvReader) newline(b byte) {
	c.line++
	if b != '\r' {
		return
	}
	if next, err := c.readByte(); err == nil && next != '\n' {
		c.unread(next)
	}
}

func (c *csvReader) readByte() (byte, error) {
	if c.pos < len(c.again) {
		c.pos++
		return c.again[c.pos-1], nil
	}
	c.again, c.pos = nil, 0
	return c.in.ReadByte()
}

func (c *csvReader) unread(b byte) {
	if c.pos > 0 {
		c.pos--
		return
	}
	c.again = []byte{b}
}

// stray refuses the first line of the record just read and has the others
// read again: a quote there is not closed, and what seems to be within it are
// rows of their own.
func (c *csvReader) stray(rec record) record {
	first, rest, _ := bytes.Cut(c.raw, []byte("\n"))
	c.line = rec.number
	if c.pos >= len(rest) {
		c.pos -= len(rest) // all of it came from what is read again
	} else {
		c.again, c.pos = append(bytes.Clone(rest), c.again[c.pos:]...), 0
	}
	line := strings.TrimRight(string(first), "\r")
	rec.cells = strings.Split(line, string(c.comma))
	rec.problem = &item.Problem{Value: shown(line), Reason: "引号没有成对，不知道单元格到哪里为止", Hint: "请补上或删去多余的英文双引号；单元格里的双引号要写两遍"}
	return rec
}

func (c *csvReader) atEOF(rec record, s state, size int, broken bool) (record, error) {
	if size == 0 {
		return rec, io.EOF
	}
	if s != quoted {
		c.line++
		return c.finish(rec, size, broken), nil
	}
	if size <= c.limit {
		return c.stray(rec), nil
	}
	rec.lost = true
	rec.problem = &item.Problem{Value: shown(string(c.raw[:min(len(c.raw), 400)])), Reason: "引号没有成对，从这一行到文件末尾都没有读到", Hint: "请补上或删去多余的英文双引号，再导入一次"}
	return rec, nil
}

// finish copies the cells out of the buffer, which the next record uses again.
func (c *csvReader) finish(rec record, size int, broken bool) record {
	c.endCell(size)
	if size > c.limit {
		rec.problem, rec.lost = tooLong(c.limit), true
		return rec
	}
	if len(c.ends) > c.columns {
		rec.problem = &item.Problem{Reason: fmt.Sprintf("这一行超过 %d 列", c.columns), Hint: "请检查分隔符，或把表拆开"}
		rec.lost = true
		return rec
	}
	all := string(c.buf)
	rec.cells = make([]string, len(c.ends))
	from := 0
	for i, to := range c.ends {
		rec.cells[i], from = all[from:to], to
	}
	if broken {
		rec.problem = &item.Problem{Value: shown(all), Reason: "引号后面还有文字，不知道单元格到哪里为止", Hint: "单元格里的英文双引号要写两遍，例如 \"他说\"\"好\"\"\""}
	}
	return rec
}

func tooLong(limit int) *item.Problem {
	return &item.Problem{Reason: fmt.Sprintf("这一行超过 %s，没有读入", sizeText(limit)), Hint: "请从原文件里删短这一行，或在配置里调大 max_row"}
}

func sizeText(n int) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
