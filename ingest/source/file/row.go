package file

import (
	"strings"
	"unicode/utf8"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

// row is one row of a file: named cells, or why there are none.
type row struct {
	number  string       // as the user finds it: "12", or "表名!12" in a workbook of several sheets
	cells   []item.Field // in the file's order; empty cells may be there
	numbers []bool       // numbers[i]: cell i is a number of JSON or of a workbook
	raw     string       // the text of a row that could not be parted into cells
	problem *item.Problem
	note    item.Field // of a row of a rejects file: what its columns 列 and 值 say
}

// size is about how many bytes r holds.
func (r row) size() int {
	n := len(r.raw)
	for _, c := range r.cells {
		n += len(c.Name) + len(c.Value)
	}
	return n
}

// reader gives the rows of one file in order.
type reader interface {
	// next returns the next row that is not blank, and io.EOF after the last.
	// A row with a problem is no error. After an error there are no more
	// rows; an *item.Problem says what is wrong with the file or its rest.
	next() (row, error)
	// header is what next's rows are read by: the kind found in the header,
	// nil when the rows themselves must tell, and all columns of the table.
	header() (*mapping.Mapping, []string)
	// reading is how bare numbers are read as times.
	reading() mapping.Reading
	close() error
}

// marks of bytes that were not characters: the decoder writes badByte, which
// is none in UTF-8 either.
const (
	badByte     = 0xFF
	replacement = "\uFFFD"
)

// badText is why a cell's text cannot be taken, nil when it can.
func badText(column, text string) *item.Problem {
	switch {
	case !utf8.ValidString(text):
		return &item.Problem{Column: column, Value: shown(text), Reason: "含有不是文字的字节，编码可能混用", Hint: "请从原系统重新导出，或在表格软件里改好后另存为“CSV UTF-8”"}
	case strings.ContainsRune(text, 0):
		return &item.Problem{Column: column, Value: shown(text), Reason: "含有空字符（NUL）", Hint: "请删去空字符后再导入；文件可能在传输中损坏"}
	}
	return nil
}

// shown makes text fit to be read: whatever is no character shows as the
// replacement character, and 80 runes are enough.
func shown(text string) string {
	out := make([]rune, 0, 81)
	for _, r := range text {
		if len(out) == 80 {
			return string(append(out, '…'))
		}
		if r == 0 {
			r = utf8.RuneError
		}
		out = append(out, r)
	}
	return string(out)
}

// readable is text for the rejects file, with the same marks as shown but
// whole.
func readable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, replacement), "\x00", replacement)
}
