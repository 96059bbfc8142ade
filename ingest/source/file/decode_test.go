package file

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf16enc "golang.org/x/text/encoding/unicode"

	"qianliyan/ingest/item"
)

const sample = "留言编号,留言主题,留言详情\n1,路灯不亮,学校门口的路灯坏了，已有半个月。\n2,公交改线,“12路”能不能绕一下？\n"

func TestEncodings(t *testing.T) {
	le, be := utf16enc.UTF16(utf16enc.LittleEndian, utf16enc.IgnoreBOM), utf16enc.UTF16(utf16enc.BigEndian, utf16enc.IgnoreBOM)
	long := strings.Repeat("id,title\n", 10000) // more ASCII than any sample
	tests := []struct {
		name string
		data []byte
		enc  string
		want string
	}{
		{"ASCII", []byte("id,title\n1,x\n"), "UTF-8", "id,title\n1,x\n"},
		{"UTF-8", []byte(sample), "UTF-8", sample},
		{"UTF-8 with mark", []byte("\uFEFF" + sample), "UTF-8 BOM", sample},
		{"GB18030", encoded(t, simplifiedchinese.GB18030, sample), "GB18030", sample},
		{"GB18030, rare characters", encoded(t, simplifiedchinese.GB18030, sample+"3,㙓𠮷,甲\n"), "GB18030", sample + "3,㙓𠮷,甲\n"},
		{"GBK", encoded(t, simplifiedchinese.GBK, sample), "GB18030", sample},
		{"UTF-16LE", encoded(t, le, sample), "UTF-16LE", sample},
		{"UTF-16BE", encoded(t, be, sample), "UTF-16BE", sample},
		{"UTF-16LE with mark", append([]byte("\xFF\xFE"), encoded(t, le, sample)...), "UTF-16LE", sample},
		{"UTF-16BE with mark", append([]byte("\xFE\xFF"), encoded(t, be, sample)...), "UTF-16BE", sample},
		{"UTF-16LE of ASCII", encoded(t, le, "id,title\n1,x\n"), "UTF-16LE", "id,title\n1,x\n"},
		{"GB18030 after a long head", encoded(t, simplifiedchinese.GB18030, long+sample), "GB18030", long + sample},
		{"UTF-8 after a long head", []byte(long + sample), "UTF-8", long + sample},
		{"one bad byte in UTF-8", []byte(sample + "3,\xFF,甲\n"), "UTF-8", sample + "3,\xFF,甲\n"},
		{"one bad byte in GB18030", append(encoded(t, simplifiedchinese.GB18030, sample), "3,\xFF,x\n"...), "GB18030", sample + "3,\xFF,x\n"},
		{"half a pair in UTF-16", append(encoded(t, le, sample), 0x00, 0xD8, '\n', 0), "UTF-16LE", sample + "\xFF\n"},
		{"a replacement character that was sent", []byte(sample + "3,\uFFFD,甲\n"), "UTF-8", sample + "3,\uFFFD,甲\n"},
		{"NUL bytes in UTF-8", []byte(sample + "3,a\x00b,甲\n"), "UTF-8", sample + "3,a\x00b,甲\n"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			for _, in := range []io.Reader{bytes.NewReader(c.data), iotest.OneByteReader(bytes.NewReader(c.data))} {
				d := newDecoder(in)
				got, err := io.ReadAll(d)
				if err != nil || string(got) != c.want || d.name != c.enc {
					t.Errorf("decoded as %s: %q, %v; want %s: %q", d.name, cutTo(got), err, c.enc, cutTo([]byte(c.want)))
				}
			}
		})
	}
}

func cutTo(b []byte) []byte { return b[max(0, len(b)-300):] }

func TestEncodingNotTold(t *testing.T) {
	for name, e := range map[string]encoding.Encoding{
		"Big5":      traditionalchinese.Big5,
		"Shift-JIS": japanese.ShiftJIS,
	} {
		text := strings.NewReplacer("编", "編", "详", "詳", "题", "題", "灯", "燈", "门", "門", "坏", "壞", "个", "個", "线", "線", "绕", "繞").Replace(sample)
		if name == "Shift-JIS" {
			text = "id,title\n1,ｱｲｳｴｵｶｷｸｹｺ カタカナひらがな日本語の手紙です\n"
		}
		d := newDecoder(bytes.NewReader(encoded(t, e, text)))
		got, err := io.ReadAll(d)
		if _, ok := errors.AsType[*item.Problem](err); !ok {
			t.Errorf("%s was read as %s: %q; want a Problem", name, d.name, got)
		}
	}
}

// Whatever the bytes, what comes out is either valid or marked, and nothing
// that was valid UTF-8 with a mark is altered.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("\xFF\xFEa\x00,\x00"))
	f.Add([]byte("\xB1\xE0\xBA\xC5,\x81\x30\x81\x30\n"))
	f.Add([]byte("\xEF\xBB\xBFabc\xEF\xBF\xBD"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := newDecoder(bytes.NewReader(b))
		got, err := io.ReadAll(d)
		var p *item.Problem
		if err != nil && !errors.As(err, &p) {
			t.Fatalf("reading %q: %v", b, err)
		}
		if text, marked := bytes.CutPrefix(b, []byte("\uFEFF")); marked && !bytes.Equal(got, text) {
			t.Fatalf("UTF-8 %q was altered to %q", b, got)
		}
		if d.name != "UTF-8" && d.name != "UTF-8 BOM" && bytes.Contains(got, []byte(replacement)) {
			t.Fatalf("%q as %s gave a replacement character in silence: %q", b, d.name, got)
		}
		if strings.HasPrefix(d.name, "UTF-16") && err == nil && len(b) > 4 && utf8.RuneCount(got) > len(b)/2+1 {
			t.Fatalf("%q gave more characters than it has", b)
		}
	})
}
