package file

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

// maxDepth is how deep objects are flattened; what lies deeper stays JSON.
const maxDepth = 8

// jsonReader gives the objects of a stream of UTF-8: one a line, or, in
// values mode, the elements of an array or objects one after the other.
type jsonReader struct {
	in     *bufio.Reader
	limit  int
	line   int
	values bool
	array  arrayState
	buf    []byte
}

// arrayState is where the reader stands to the array that is the file.
type arrayState int

const (
	none arrayState = iota // the file is no array
	notYet
	open
	closed
)

// newJSON looks at the first line to tell the modes apart.
func newJSON(in *bufio.Reader, limits Limits) (*jsonReader, Format) {
	j := &jsonReader{in: in, limit: int(limits.Row)}
	head, _ := in.Peek(sampleSize)
	head = bytes.TrimLeft(head, " \t\r\n\uFEFF")
	first, _, more := bytes.Cut(head, []byte("\n"))
	first = bytes.TrimSpace(first)
	switch {
	case bytes.HasPrefix(head, []byte("[")):
		j.values, j.array = true, notYet
	case more && bytes.HasPrefix(first, []byte("{")) && !bytes.HasSuffix(first, []byte("}")):
		j.values = true
	default:
		return j, JSONL
	}
	return j, JSON
}

// next is the next object.
func (j *jsonReader) next() (row, error) {
	for {
		number, size, err := j.nextRaw()
		if err != nil {
			return row{}, err
		}
		n := strconv.Itoa(number)
		if size > j.limit {
			return row{number: n, problem: tooLong(j.limit)}, nil
		}
		if raw := bytes.TrimSpace(j.buf); len(raw) > 0 {
			return parseObject(n, raw), nil
		}
	}
}

// nextRaw leaves the next value in j.buf. What is longer than the limit
// streams by and only its size is told.
func (j *jsonReader) nextRaw() (line, size int, err error) {
	if j.values {
		return j.nextValue()
	}
	j.buf = j.buf[:0]
	for {
		part, err := j.in.ReadSlice('\n')
		size += len(part)
		if size <= j.limit {
			j.buf = append(j.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && size > 0, err == nil:
			j.line++
			return j.line, size, nil
		}
		return j.line, size, err
	}
}

// nextValue finds the end of one value by its brackets and quotes alone, so
// that a value that is wrong inside ends where it should.
func (j *jsonReader) nextValue() (line, size int, err error) {
	j.buf = j.buf[:0]
	depth, inString, escaped := 0, false, false
	for {
		if inString && !escaped {
			size = j.bulk(size)
		}
		b, err := j.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return j.valuesEOF(line, size)
		}
		if err != nil {
			return line, size, err
		}
		if b == '\n' {
			j.line++
		}
		if size == 0 {
			// Between values: white space, commas, the array's own brackets.
			if strings.IndexByte(" \t\r\n,\xEF\xBB\xBF", b) >= 0 || j.edge(b) {
				continue
			}
			line = j.line + 1
		}
		if size++; size <= j.limit {
			j.buf = append(j.buf, b)
		}
		switch {
		case escaped:
			escaped = false
		case inString && b == '\\':
			escaped = true
		case b == '"':
			inString = !inString
		case inString:
		case b == '{', b == '[':
			depth++
		case b == '}', b == ']':
			depth--
		}
		if depth <= 0 && !inString && (b == '}' || b == ']' || b == '"') {
			return line, size, nil
		}
		// A bare word or number has no end of its own.
		if next, _ := j.in.Peek(1); depth == 0 && !inString && len(next) == 1 && strings.IndexByte(",]\r\n", next[0]) >= 0 {
			return line, size, nil
		}
	}
}

// bulk takes what is buffered of a string up to the next byte that matters.
func (j *jsonReader) bulk(size int) int {
	w, _ := j.in.Peek(j.in.Buffered())
	if i := bytes.IndexAny(w, "\"\\\n"); i >= 0 {
		w = w[:i]
	}
	if size += len(w); size <= j.limit {
		j.buf = append(j.buf, w...)
	}
	j.in.Discard(len(w))
	return size
}

// edge takes the brackets of the file's own array, each once.
func (j *jsonReader) edge(b byte) bool {
	switch {
	case b == '[' && j.array == notYet:
		j.array = open
	case b == ']' && j.array == open:
		j.array = closed
	default:
		return false
	}
	return true
}

// valuesEOF ends the last value, or the file. An array that was not closed is
// half a file, and its reader must hear of it.
func (j *jsonReader) valuesEOF(line, size int) (int, int, error) {
	switch {
	case size > 0:
		return line, size, nil
	case j.array == open:
		return line, 0, &item.Problem{Reason: "JSON 数组没有结束，文件可能不完整", Hint: "前面的内容已经导入；请重新导出完整的文件，再导入一次"}
	}
	return line, 0, io.EOF
}

// parseObject is the row of one JSON object, in the object's order.
func parseObject(number string, raw []byte) row {
	r := row{number: number, raw: string(raw)}
	if r.problem = badText("", r.raw); r.problem != nil {
		return r
	}
	if !json.Valid(raw) {
		r.problem = notJSON(raw)
		return r
	}
	if raw[0] != '{' {
		r.problem = &item.Problem{Value: shown(r.raw), Reason: "不是 JSON 对象", Hint: "每一行应是 {\"title\": …, \"text\": …} 这样的对象"}
		return r
	}
	o := flattener{source: raw}
	o.object("", raw, 1)
	if o.problem != nil {
		r.problem = o.problem
		return r
	}
	r.cells, r.numbers, r.raw = o.cells, o.numbers, ""
	return r
}

func notJSON(raw []byte) *item.Problem {
	var whole json.RawMessage
	err := json.Unmarshal(raw, &whole)
	where := ""
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		where = fmt.Sprintf("（第 %d 个字附近）", utf8.RuneCount(raw[:min(int(syntax.Offset), len(raw))]))
	}
	return &item.Problem{Value: shown(string(raw)), Reason: "不是完整的 JSON" + where, Hint: "请检查引号、逗号和括号；字符串里的换行要写成 \\n，双引号要写成 \\\""}
}

// flattener turns an object into named cells: a member of a member is named
// a.b, a list stays JSON text, null is left out.
type flattener struct {
	cells   []item.Field
	numbers []bool
	source  []byte // the whole object
	problem *item.Problem
}

// object adds the members of raw, which is valid JSON.
func (o *flattener) object(prefix string, raw []byte, depth int) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return
		}
		o.member(prefix+name.(string), value, depth)
	}
}

func (o *flattener) member(name string, value json.RawMessage, depth int) {
	if o.problem == nil {
		o.problem = badText(name, name)
	}
	text, number := string(value), false
	switch value[0] {
	case 'n':
		return
	case '{':
		if depth < maxDepth {
			o.object(name+".", value, depth+1)
			return
		}
	case '"':
		if err := json.Unmarshal(value, &text); err != nil {
			return
		}
		// The decoder puts a replacement character for half a surrogate pair.
		if o.problem == nil && strings.Contains(text, replacement) && !o.sent() {
			o.problem = &item.Problem{Column: name, Value: shown(text), Reason: "含有不成对的 \\u 转义，不是完整的字", Hint: "请从原系统重新导出"}
		}
		if o.problem == nil {
			o.problem = badText(name, text)
		}
	case '[', 't', 'f':
	default:
		number = true
	}
	o.cells = append(o.cells, item.Field{Name: name, Value: text})
	o.numbers = append(o.numbers, number)
}

// sent reports whether a replacement character stands in the source itself.
func (o *flattener) sent() bool {
	return bytes.Contains(o.source, []byte(replacement)) || bytes.Contains(bytes.ToLower(o.source), []byte(`\ufffd`))
}

func (j *jsonReader) header() (*mapping.Mapping, []string) { return nil, nil }
func (j *jsonReader) reading() mapping.Reading             { return mapping.Reading{Unix: true} }
func (j *jsonReader) close() error                         { return nil }
