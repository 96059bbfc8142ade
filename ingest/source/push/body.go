package push

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"

	"qianliyan/ingest/item"
)

// body gives the objects of a request, each as raw JSON in UTF-8.
type body struct {
	in      *bufio.Reader
	lines   bool // one object a line
	decoded bool // from another character set: a replacement character is damage
	dec     *json.Decoder
	array   bool
	begun   bool
}

// lineTypes are the names in use for one JSON object a line.
var lineTypes = []string{"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}

// errTooLarge: the body has more bytes than allowed.
var errTooLarge = errors.New("body is too large")

// openBody looks at the headers and opens the body. The Problem goes with the
// status code to answer.
func openBody(w http.ResponseWriter, r *http.Request, limit int64) (*body, int, *item.Problem) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Header.Get("Content-Type") == "" {
		kind, err = "application/json", nil
	}
	b := &body{lines: slices.Contains(lineTypes, kind)}
	if err != nil || kind != "application/json" && !b.lines {
		return nil, http.StatusUnsupportedMediaType, &item.Problem{Column: "Content-Type", Value: short(r.Header.Get("Content-Type")), Reason: "不能读这种格式", Hint: "请用 application/json 或 application/x-ndjson"}
	}
	var in io.Reader = http.MaxBytesReader(w, r.Body, limit)
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, http.StatusBadRequest, &item.Problem{Reason: "不是完整的 gzip", Hint: "请检查压缩，或不压缩直接发"}
		}
		in = z
	default:
		return nil, http.StatusUnsupportedMediaType, &item.Problem{Column: "Content-Encoding", Value: short(r.Header.Get("Content-Encoding")), Reason: "不能读这种压缩", Hint: "请用 gzip 或不压缩"}
	}
	in = &limited{in, limit}
	switch strings.ToLower(params["charset"]) {
	case "", "utf-8", "utf8", "us-ascii":
	case "gbk", "gb2312", "gb18030", "cp936":
		in, b.decoded = transform.NewReader(in, simplifiedchinese.GB18030.NewDecoder()), true
	default:
		return nil, http.StatusUnsupportedMediaType, &item.Problem{Column: "charset", Value: short(params["charset"]), Reason: "不能读这种编码", Hint: "请用 utf-8 或 gb18030"}
	}
	b.in = bufio.NewReaderSize(in, 64<<10)
	return b, 0, nil
}

// limited is a reader of at most n bytes: gzip can make much of little.
type limited struct {
	r io.Reader
	n int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.n < 0 {
		return 0, errTooLarge
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.n+1)])
	if l.n -= int64(n); l.n < 0 {
		return n, errTooLarge
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		err = errTooLarge
	}
	return n, err
}

// next is the next object. A *item.Problem is of this one alone and the next
// may be read; io.EOF is the end; after any other error there is nothing more.
func (b *body) next() (json.RawMessage, error) {
	if !b.begun {
		b.begun = true
		if head, _ := b.in.Peek(3); string(head) == "\uFEFF" {
			b.in.Discard(3)
		}
	}
	raw, err := b.nextRaw()
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(raw) {
		return nil, &item.Problem{Reason: "含有不能识别的字符编码", Hint: "请用 UTF-8 发送，或在 Content-Type 里写明 charset=gb18030"}
	}
	if b.decoded && bytes.ContainsRune(raw, utf8.RuneError) {
		return nil, &item.Problem{Reason: "含有 GB18030 里没有的字节", Hint: "请核对编码，或改用 UTF-8 发送"}
	}
	return raw, nil
}

func (b *body) nextRaw() (json.RawMessage, error) {
	if b.lines {
		return b.nextLine()
	}
	if b.dec == nil {
		if err := b.start(); err != nil {
			return nil, err
		}
	}
	if b.array && !b.dec.More() {
		if _, err := b.dec.Token(); err != nil {
			return nil, rest(err)
		}
		if _, err := b.dec.Token(); !errors.Is(err, io.EOF) {
			return nil, errors.New("数组后面还有内容")
		}
		return nil, io.EOF
	}
	var raw json.RawMessage
	if err := b.dec.Decode(&raw); err != nil {
		if errors.Is(err, io.EOF) && !b.array {
			return nil, io.EOF
		}
		return nil, rest(err)
	}
	return raw, nil
}

// start tells an array from objects one after the other.
func (b *body) start() error {
	for {
		c, err := b.in.ReadByte()
		if err != nil {
			return err
		}
		if strings.IndexByte(" \t\r\n", c) >= 0 {
			continue
		}
		if err := b.in.UnreadByte(); err != nil {
			return err
		}
		b.dec = json.NewDecoder(b.in)
		if b.array = c == '['; b.array {
			_, err = b.dec.Token()
		}
		return err
	}
}

// rest is why the rest of a body cannot be read, in the sender's words.
func rest(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errTooLarge):
		return err
	case errors.As(err, &syntax):
		return fmt.Errorf("第 %d 字节附近不是 JSON", syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("JSON 没有结束，可能没有发完")
	}
	return err
}

func (b *body) nextLine() (json.RawMessage, error) {
	for {
		line, err := b.in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if raw := bytes.TrimSpace(line); len(raw) > 0 {
			if !json.Valid(raw) {
				return nil, &item.Problem{Reason: "这一行不是完整的 JSON", Hint: "请检查引号、逗号和括号；字符串里的换行要写成 \\n"}
			}
			return raw, nil
		}
		if err != nil {
			return nil, io.EOF
		}
	}
}
