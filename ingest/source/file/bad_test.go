package file

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	utf16enc "golang.org/x/text/encoding/unicode"

	"qianliyan/ingest/item"
)

// badFiles are files that cannot be read, or not wholly. What their owner is
// told stands in testdata/bad.golden.
func badFiles(t *testing.T) []struct {
	name string
	data []byte
} {
	good := oneSheet(t, nil, []any{"标题", "内容"}, []any{"甲", strings.Repeat("很长的正文", 2000)})
	compound := func(stream string) []byte {
		return append(append(bytes.Clone(cfbMagic), make([]byte, 1016)...), utf16(stream)...)
	}
	var word bytes.Buffer
	z := zip.NewWriter(&word)
	for name, text := range map[string]string{
		"[Content_Types].xml": "<Types/>",
		"_rels/.rels":         `<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml":   "<document/>",
	} {
		w, err := z.Create(name)
		must(t, err)
		_, err = w.Write([]byte(text))
		must(t, err)
	}
	must(t, z.Close())
	flipped := bytes.Clone(good)
	// In the first bytes of the sheet's packed rows.
	flipped[bytes.Index(flipped, []byte("xl/worksheets/sheet1.xml"))+40] ^= 0x55
	locked := encrypted(t)
	le := utf16enc.UTF16(utf16enc.LittleEndian, utf16enc.IgnoreBOM)
	return []struct {
		name string
		data []byte
	}{
		{"truncated.xlsx", good[:len(good)/2]},
		{"flipped.xlsx", flipped},
		{"password.xlsx", locked},
		{"cfb-header-only.xlsx", cfbMagic},
		{"old.xls", compound("Workbook")},
		{"renamed-old.xlsx", compound("Workbook")},
		{"old.doc", compound("WordDocument")},
		{"document.docx", word.Bytes()},
		{"report.pdf", []byte("%PDF-1.7\n")},
		{"page.xls", []byte("<html><table><tr><td>标题</td></tr></table></html>")},
		{"packed.csv.gz", []byte("\x1f\x8b\x08\x00")},
		{"empty.csv", nil},
		{"blank.csv", []byte("\r\n \r\n")},
		{"blank-cells.csv", []byte(",,\n,,\n")},
		{"headless.csv", []byte("1,路灯不亮\n2,公交改线\n")},
		{"other-names.xlsx", oneSheet(t, nil, []any{"甲栏", "乙栏"}, []any{1, 2})},
		{"big5.csv", []byte("\xbc\xd0\xc3D,\xa4\xba\xaee\n\xb8\xf4\xbfO,\xb7l\xc3a\n\xa4\xbd\xa5\xe6,\xa7\xef\xbdu\n")},
		{"other.json", []byte(`{"a":1}` + "\n" + `{"b":2}` + "\n")},
		{"half.json", []byte(`[{"title":"甲"},{"title":"乙"}`)},
		{"ragged.csv", []byte("标题,内容,时间\n甲,一\n乙,二,2024-01-01,多出来的\n丙,三,2024-01-01\n丁,四,2024-01-01,,\n")},
		{"quotes.csv", []byte("标题,内容\n甲,\"他说\"好\"\n乙,二\n丙,\"没有完\n丁,四\n")},
		{"times.csv", []byte("标题,时间\n甲,2019-02-30\n乙,2/14/2019\n丙,1900-01-01\n丁,2019/2/14 20:00:00\n")},
		{"mixed.csv", append([]byte("标题,内容\n"+strings.Repeat("甲,正常的一行\n", 20)+"丙,"), encoded(t, simplifiedchinese.GB18030, "混进来的\n")...)},
		{"mixed-gbk.csv", append(encoded(t, simplifiedchinese.GB18030, "标题,内容\n甲,正常的一行\n乙,正常的又一行\n丙,"), "x\xFF\n"...)},
		{"half-pair-utf16.csv", append(encoded(t, le, "标题,内容\n甲,好\n乙,"), 0x00, 0xD8, '\n', 0)},
		{"nul.csv", []byte("标题,内容\n甲,一\x00二\n乙,二\n")},
		{"lines.jsonl", []byte("{\"title\":\"甲\"}\n{\"title\":\"乙\n\"}\n{\"title\":\"丙\",}\n{\"text\":\"\"}\n{\"title\":\"丁\",\"time\":\"昨天\"}\n")},
		{"ids.csv", []byte("编号,标题\n2.01902E+16,甲\n188006.0,乙\n")},
		{"secret.csv", []byte("标题,内容,时间\n甲,机密★一年,2024-01-01\n乙,机密★一年,昨天\n丙,平常,2024-01-01\n")},
	}
}

// encrypted is a workbook with a password, as excelize makes it.
func encrypted(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	var b bytes.Buffer
	must(t, f.Write(&b, excelize.Options{Password: "x"}))
	return b.Bytes()
}

func TestBadFiles(t *testing.T) {
	var out strings.Builder
	out.WriteString("# What is said of files that cannot be read, or not wholly: accepted/known/rejected, error, rejects file.\n")
	for _, f := range badFiles(t) {
		g, rep, err := run(t, f.name, f.data)
		fmt.Fprintf(&out, "\n== %s: %d/%d/%d", f.name, rep.Accepted, rep.Known, rep.Rejected)
		if len(g.items) > 0 {
			fmt.Fprintf(&out, " %s", strings.Join(g.titles(), " "))
		}
		out.WriteString("\n")
		var p *item.Problem
		switch {
		case errors.As(err, &p):
			fmt.Fprintf(&out, "%s\n", p)
		case err != nil:
			t.Errorf("%s: %v is no Problem", f.name, err)
		}
		if rep.RejectsFile != "" {
			for _, row := range readRejects(t, rep.RejectsFile) {
				fmt.Fprintf(&out, "  %s\n", strings.ReplaceAll(strings.Join(row, " | "), "\n", "⏎"))
			}
		}
		if rep.Rows != rep.Accepted+rep.Known+rep.Rejected {
			t.Errorf("%s: %d rows, but %+v", f.name, rep.Rows, rep.Tally)
		}
	}
	golden := filepath.Join("testdata", "bad.golden")
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(golden, []byte(out.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")); d != "" {
		t.Errorf("messages differ; -update writes them (-want +got):\n%s", d)
	}
}

func TestImportWantsItsOptions(t *testing.T) {
	path := put(t, "a.csv", []byte("标题\n甲\n"))
	o := options(t, newGate())
	o.Source = ""
	if _, err := Import(t.Context(), path, o); err == nil {
		t.Error("an import without a source is let through")
	}
	o = options(t, newGate())
	o.Mapping = "nosuch"
	var p *item.Problem
	if _, err := Import(t.Context(), path, o); !errors.As(err, &p) || !strings.Contains(p.Hint, "letters") {
		t.Errorf("an unknown kind gives %v", err)
	}
	if _, err := Import(t.Context(), filepath.Dir(path), options(t, newGate())); !errors.As(err, &p) {
		t.Errorf("a folder gives %v", err)
	}
	if _, err := Import(t.Context(), path+".missing", options(t, newGate())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
}

func TestUnzipLimit(t *testing.T) {
	data := oneSheet(t, nil, []any{"标题"}, []any{strings.Repeat("甲", 30000)})
	o := options(t, newGate())
	o.Limits.Unzip = 64 << 10
	var p *item.Problem
	if _, err := Import(t.Context(), put(t, "bomb.xlsx", data), o); !errors.As(err, &p) || !strings.Contains(p.Reason, "超过 64 KiB") {
		t.Errorf("a workbook that unpacks to more than allowed gives %v", err)
	}
	// A header that understates the size does not help.
	w := &workbook{left: 10, limits: Limits{Unzip: 10, Row: 1 << 20}}
	x := w.xml(strings.NewReader("<a>" + strings.Repeat("x", 100) + "</a>"))
	if _, err := x.token(); !errors.Is(err, errUnzipped) {
		t.Errorf("reading past the limit gives %v", err)
	}
}
