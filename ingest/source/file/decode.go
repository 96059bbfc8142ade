package file

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	utf16enc "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"qianliyan/ingest/item"
)

// sampleSize is how much text the guesses look at.
const sampleSize = 64 << 10

// decoder turns a text file into UTF-8 as it streams by. What is not a
// character in the file's encoding comes out as a byte that is none in UTF-8,
// so that the row it stands in can be told and refused.
//
// Text of ASCII alone is every encoding at once: the decision waits for the
// first byte that is more, so that a long head without Chinese does not decide
// wrongly for the rest.
type decoder struct {
	src  *bufio.Reader
	text io.Reader // set once decided
	name string
}

func newDecoder(r io.Reader) *decoder {
	d := &decoder{src: bufio.NewReaderSize(r, sampleSize), name: "UTF-8"}
	head, _ := d.src.Peek(sampleSize)
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		d.src.Discard(3)
		d.text, d.name = d.src, "UTF-8 BOM"
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		d.src.Discard(2)
		d.use(utf16enc.UTF16(utf16enc.LittleEndian, utf16enc.IgnoreBOM), "UTF-16LE")
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		d.src.Discard(2)
		d.use(utf16enc.UTF16(utf16enc.BigEndian, utf16enc.IgnoreBOM), "UTF-16BE")
	case looksUTF16(head, 1):
		d.use(utf16enc.UTF16(utf16enc.LittleEndian, utf16enc.IgnoreBOM), "UTF-16LE")
	case looksUTF16(head, 0):
		d.use(utf16enc.UTF16(utf16enc.BigEndian, utf16enc.IgnoreBOM), "UTF-16BE")
	}
	return d
}

func (d *decoder) use(e encoding.Encoding, name string) {
	d.text = transform.NewReader(d.src, transform.Chain(e.NewDecoder(), markBad{}))
	d.name = name
}

// Read gives UTF-8. Its error is an *item.Problem when the encoding cannot be
// told.
func (d *decoder) Read(p []byte) (int, error) {
	if d.text != nil {
		return d.text.Read(p)
	}
	head, err := d.src.Peek(1)
	if len(head) == 0 {
		return 0, err
	}
	if head, _ = d.src.Peek(d.src.Buffered()); head[0] < utf8.RuneSelf {
		n := 0
		for n < len(head) && n < len(p) && head[n] < utf8.RuneSelf {
			p[n] = head[n]
			n++
		}
		d.src.Discard(n)
		return n, nil
	}
	sample, err := d.src.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	switch guess(sample) {
	case "UTF-8":
		d.text = d.src
	case "GB18030":
		d.use(simplifiedchinese.GB18030, "GB18030")
	default:
		d.name = ""
		return 0, &item.Problem{Reason: "文件的文字编码认不出来", Hint: "请在表格软件里另存为“CSV UTF-8”，或存成 xlsx 后再导入"}
	}
	return d.text.Read(p)
}

// markBad turns the replacement characters of a decoder into badByte.
type markBad struct{ transform.NopResetter }

// Transform copies src to dst and marks on the way.
func (markBad) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		rest := src[nSrc:]
		i := bytes.Index(rest, []byte(replacement))
		if i == 0 {
			if nDst == len(dst) {
				return nDst, nSrc, transform.ErrShortDst
			}
			dst[nDst] = badByte
			nDst, nSrc = nDst+1, nSrc+len(replacement)
			continue
		}
		short := false
		if i < 0 {
			i = len(rest)
			// The first bytes of a replacement character may stand at the end.
			for k := 1; k < len(replacement) && !atEOF; k++ {
				if bytes.HasSuffix(rest, []byte(replacement[:k])) {
					i, short = len(rest)-k, true
				}
			}
		}
		n := copy(dst[nDst:], rest[:i])
		nDst, nSrc = nDst+n, nSrc+n
		if n < i {
			return nDst, nSrc, transform.ErrShortDst
		}
		if short {
			return nDst, nSrc, transform.ErrShortSrc
		}
	}
	return nDst, nSrc, nil
}

// looksUTF16 reports whether sample is UTF-16 whose high bytes stand at
// offsets of the given parity: nearly all of it reads as Chinese or ASCII, and
// there is some ASCII, as separators and line ends of any table are. ASCII
// with stray NUL bytes, which reads as Chinese too, is told by being UTF-8.
func looksUTF16(sample []byte, parity int) bool {
	sample = sample[:len(sample)&^1]
	units := len(sample) / 2
	if units < 2 || utf8.Valid(sample) && bytes.Count(sample, []byte{0})*4 < len(sample) {
		return false
	}
	ascii, plausible := 0, 0
	for i := 0; i < len(sample); i += 2 {
		switch r := rune(sample[i+parity])<<8 | rune(sample[i+1-parity]); {
		case r >= ' ' && r < 0x7F, r == '\n', r == '\r', r == '\t':
			ascii++
			plausible++
		case unicode.Is(unicode.Han, r), r >= 0x2000 && r < 0x3400, r >= 0xFF00 && r < 0xFFEF, r >= 0xD800 && r < 0xE000:
			plausible++
		}
	}
	return ascii*200 >= units && plausible*10 >= units*9
}

// guess is the encoding of a sample that begins with a byte above ASCII:
// "UTF-8", "GB18030", or empty. A few strays do not sway it, as they may be
// what is wrong with single rows.
func guess(sample []byte) string {
	good, bad := 0, 0
	for b := sample; len(b) > 0; {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1 && !utf8.FullRune(b):
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		b = b[n:]
	}
	if good >= 9*bad && good > 0 {
		return "UTF-8"
	}
	good, bad = 0, 0
	common := 0
	for i := 0; i < len(sample); {
		n, usual := gbRune(sample[i:])
		switch {
		case n == 0 && len(sample)-i < 4 && len(sample) == sampleSize: // cut off by the sample's end
			n = 1
		case n == 0:
			bad++
			n = 1
		case n > 1:
			good++
			if usual {
				common++
			}
		}
		i += n
	}
	if good >= 9*bad && common*10 >= good*7 && good > 0 {
		return "GB18030"
	}
	return ""
}

// gbRune is the length of the GB18030 character b begins with, 0 when there is
// none, and whether it is in GB 2312, as nearly all characters of a Chinese
// text are. Other encodings seldom pass for that.
func gbRune(b []byte) (n int, usual bool) {
	switch {
	case b[0] < 0x80:
		return 1, true
	case b[0] == 0x80 || b[0] == 0xFF || len(b) < 2:
		return 0, false
	case b[1] >= 0x40 && b[1] != 0x7F && b[1] != 0xFF:
		return 2, b[1] >= 0xA1 && (b[0] >= 0xA1 && b[0] <= 0xA9 || b[0] >= 0xB0 && b[0] <= 0xF7)
	case len(b) >= 4 && b[1] >= 0x30 && b[1] <= 0x39 && b[2] >= 0x81 && b[2] <= 0xFE && b[3] >= 0x30 && b[3] <= 0x39:
		return 4, false
	}
	return 0, false
}
