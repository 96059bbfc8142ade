package file

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// errUnzipped ends a workbook that unpacks to more than it may.
var errUnzipped = errors.New("unpacks to more than allowed")

// unzipped counts what is unpacked, over all parts.
type unzipped struct {
	in   io.Reader
	left *int64
}

func (u *unzipped) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	if *u.left -= int64(n); *u.left < 0 {
		return 0, errUnzipped
	}
	return n, err
}

// cappedReader bounds one piece of text in XML: the decoder would hold it
// whole. Beyond the limit it drops bytes up to the next tag, though never part
// of a character or of an entity.
type cappedReader struct {
	in     *bufio.Reader
	limit  int
	since  int  // bytes since the last token
	entity bool // within &…;
	cut    bool // bytes were dropped since the flag was cleared
}

// ReadByte makes the XML decoder read through no buffer of its own.
func (c *cappedReader) ReadByte() (byte, error) {
	b, err := c.in.ReadByte()
	if err != nil {
		return b, err
	}
	if c.since++; c.since > c.limit && utf8.RuneStart(b) && (!c.entity || c.since > c.limit+64) {
		for b != '<' {
			c.cut = true
			if b, err = c.in.ReadByte(); err != nil {
				return b, err
			}
		}
	}
	switch b {
	case '&':
		c.entity = true
	case ';', '<':
		c.entity = false
	}
	return b, nil
}

// Read is there for the interface; the decoder does not call it.
func (c *cappedReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := c.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// xmlReader is a stream of XML tokens.
type xmlReader struct {
	in  *cappedReader
	dec *xml.Decoder
}

func (x *xmlReader) token() (xml.Token, error) {
	t, err := x.dec.Token()
	x.in.since = 0
	return t, err
}

// each calls f for every element, to the end of the part. An end before the
// root is closed is an error of the decoder.
func (x *xmlReader) each(f func(xml.StartElement) error) error {
	for {
		t, err := x.token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok {
			if err := f(e); err != nil {
				return err
			}
		}
	}
}

// text is the words inside the element just begun: all t elements of a string
// item, or the characters of v. Phonetic guides are no words of the cell.
func (x *xmlReader) text(start xml.StartElement) (string, error) {
	var b strings.Builder
	plain := start.Name.Local == "v" || start.Name.Local == "t"
	depth, phonetic, within := 1, 0, plain
	for depth > 0 {
		t, err := x.token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			switch t.Name.Local {
			case "rPh":
				phonetic = depth
			case "t":
				within = phonetic == 0
			}
		case xml.EndElement:
			if depth == phonetic {
				phonetic = 0
			}
			if depth--; t.Name.Local == "t" && !plain {
				within = false
			}
		case xml.CharData:
			if within && b.Len() <= x.in.limit {
				b.Write(t)
			}
		}
	}
	return unescape(b.String()), nil
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape undoes _x000D_, by which workbooks write characters that XML has
// not; _x005F_ is an underscore that is meant.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(m string) string {
		n, err := strconv.ParseUint(m[2:6], 16, 16)
		if err != nil || n >= 0xD800 && n < 0xE000 {
			return m
		}
		return string(rune(n))
	})
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func isXML(err error) bool {
	var syntax *xml.SyntaxError
	return errors.As(err, &syntax)
}

func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt)
}

const (
	stringsInMemory = 8 << 20 // more texts than this wait in a scratch file
	maxStrings      = 1 << 25 // their index would take 256 MiB
)

// sharedStrings is the texts of a workbook, each written once in it.
type sharedStrings struct {
	ends  []int64 // where each ends
	cut   map[int]bool
	mem   bytes.Buffer
	disk  *os.File // nil while all fits in mem
	size  int64
	write *bufio.Writer
}

func readShared(x *xmlReader) (*sharedStrings, error) {
	s := &sharedStrings{cut: map[int]bool{}}
	err := x.each(func(e xml.StartElement) error {
		if e.Name.Local != "si" {
			return nil
		}
		x.in.cut = false
		text, err := x.text(e)
		if err != nil {
			return err
		}
		if x.in.cut || len(text) > x.in.limit {
			s.cut[len(s.ends)], text = true, ""
		}
		return s.add(text)
	})
	if err == nil && s.disk != nil {
		err = s.write.Flush()
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *sharedStrings) add(text string) error {
	if len(s.ends) >= maxStrings {
		return errUnzipped
	}
	s.size += int64(len(text))
	s.ends = append(s.ends, s.size)
	if s.disk == nil && s.mem.Len()+len(text) > stringsInMemory {
		f, err := scratchFile()
		if err != nil {
			return fmt.Errorf("cannot keep the workbook's texts: %w", err)
		}
		s.disk, s.write = f, bufio.NewWriterSize(f, 64<<10)
		if _, err := s.write.Write(s.mem.Bytes()); err != nil {
			return fmt.Errorf("cannot keep the workbook's texts: %w", err)
		}
		s.mem = bytes.Buffer{}
	}
	if s.disk == nil {
		s.mem.WriteString(text)
		return nil
	}
	if _, err := s.write.WriteString(text); err != nil {
		return fmt.Errorf("cannot keep the workbook's texts: %w", err)
	}
	return nil
}

// get is text i; cut tells that it was too long to be kept.
func (s *sharedStrings) get(i int) (text string, cut bool, err error) {
	if s == nil || i < 0 || i >= len(s.ends) {
		return "", false, damaged(fmt.Errorf("没有第 %d 条文字", i))
	}
	var from int64
	if i > 0 {
		from = s.ends[i-1]
	}
	n := s.ends[i] - from
	if s.disk == nil {
		return string(s.mem.Bytes()[from : from+n]), s.cut[i], nil
	}
	b := make([]byte, n)
	if _, err := s.disk.ReadAt(b, from); err != nil {
		return "", false, fmt.Errorf("cannot read the workbook's texts: %w", err)
	}
	return string(b), s.cut[i], nil
}

func (s *sharedStrings) close() error {
	if s.disk == nil {
		return nil
	}
	return s.disk.Close()
}
