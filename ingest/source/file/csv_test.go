package file

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qianliyan/ingest/setting"
)

// csvOf reads text with rows of at most limit bytes, 0 for the usual limit.
func csvOf(text string, comma byte, limit int) *csvReader {
	return newCSV(bufio.NewReader(strings.NewReader(text)), comma, Limits{Row: setting.Size(limit)}.orDefault())
}

// all reads every record.
func all(t testing.TB, r records) []record {
	t.Helper()
	var out []record
	for {
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rec)
	}
}

func TestCSV(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string // "line|cell|cell", "!" for a problem
	}{
		{"plain", "a,b\nc,d\n", []string{"1|a|b", "2|c|d"}},
		{"no last line end", "a,b\nc,d", []string{"1|a|b", "2|c|d"}},
		{"CR LF and CR", "a,b\r\nc,d\re,f", []string{"1|a|b", "2|c|d", "3|e|f"}},
		{"quotes", `a,"b,""c""",d`, []string{`1|a|b,"c"|d`}},
		{"line breaks and tabs in cells", "a,\"b\r\n\tc\n\",d\ne,f,g\n", []string{"1|a|b\r\n\tc\n|d", "4|e|f|g"}},
		{"empty cells", "a,,\n,\n", []string{"1|a||", "2||"}},
		{"blank lines", "\n a\n\n", []string{"1|", "2| a", "3|"}},
		{"a quote inside", `a"b,c`, []string{`1|a"b|c`}},
		{"empty quotes", `"",""`, []string{"1||"}},
		{"words after quotes", "\"a\"b,c\nd,e\n", []string{`1!|a"b|c`, "2|d|e"}},
		{"an open quote spoils one line", "a,b\nc,\"d\ne,f\n\"g\",h\ni,\"j\nk,l", []string{"1|a|b", `2!|c|"d`, "3|e|f", "4|g|h", `5!|i|"j`, "6|k|l"}},
		{"an open quote in the last cell", "a,\"b", []string{`1!|a|"b`}},
	}
	for _, c := range tests {
		var got []string
		for _, r := range all(t, csvOf(c.in, ',', 0)) {
			mark := ""
			if r.problem != nil {
				mark = "!"
			}
			got = append(got, fmt.Sprintf("%d%s|%s", r.number, mark, strings.Join(r.cells, "|")))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCSVTooLong(t *testing.T) {
	long := strings.Repeat("字", 500)
	for name, in := range map[string]string{
		"plain":  "a,b\n" + long + ",x\nc,d\n",
		"quoted": "a,b\n\"" + long + "\n" + long + "\",x\nc,d\n",
	} {
		got := all(t, csvOf(in, ',', 1024))
		if len(got) != 3 || got[1].problem == nil || !got[1].lost || got[1].cells != nil {
			t.Fatalf("%s: %+v, want the second of three records refused without cells", name, got)
		}
		if got[2].problem != nil || got[2].cells[0] != "c" {
			t.Errorf("%s: the record behind a long one is %+v", name, got[2])
		}
	}
	// A quote that is never closed, with more behind it than is held.
	got := all(t, csvOf("a,b\n\"x,y\n"+strings.Repeat("c,d\n", 1000), ',', 1024))
	if len(got) != 2 || got[1].problem == nil || !strings.Contains(got[1].problem.Reason, "末尾") {
		t.Errorf("%d records, last %+v; want the loss of the rest to be said", len(got), got[len(got)-1].problem)
	}
	if got := all(t, newCSV(bufio.NewReader(strings.NewReader("a,b,c,d\ne,f,g\n")), ',', Limits{Row: 1 << 20, Columns: 3})); got[0].problem == nil || got[1].problem != nil {
		t.Errorf("columns beyond the limit: %+v", got)
	}
}

// What any writer of CSV writes is read back as it was.
func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		comma := rapid.SampledFrom([]byte(",;\t|")).Draw(t, "comma")
		cell := rapid.StringOf(rapid.SampledFrom([]rune("甲乙a1 ,;|\t\"\n'")))
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 4), 1, 6).Draw(t, "rows")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma, w.UseCRLF = rune(comma), false
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		r := newCSV(bufio.NewReader(&b), comma, DefaultLimits())
		for _, want := range rows {
			got, err := r.next()
			if err != nil || got.problem != nil || !slices.Equal(got.cells, want) {
				t.Fatalf("record %q, %v, %v; want %q", got.cells, got.problem, err, want)
			}
		}
		if _, err := r.next(); !errors.Is(err, io.EOF) {
			t.Fatalf("after the last record: %v", err)
		}
	})
}

// Against the standard library: where it reads a text without complaint, so do
// we, and to the same cells.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n\"c\"\"d\",e\r\n", "\"a\nb\",c", "a\"b,c\n\n\"\"", "\"open,\nnext,row\n", "\"a\"b\n", "\r\r\n\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := all(t, csvOf(s, ',', 1<<16))
		line := 0
		for _, r := range got {
			if r.number <= line {
				t.Fatalf("%q: line %d after %d", s, r.number, line)
			}
			line = r.number
		}
		std := csv.NewReader(strings.NewReader(s))
		std.FieldsPerRecord = -1
		want, err := std.ReadAll()
		// A CR alone ends a line here and not there.
		if err != nil || strings.Contains(strings.ReplaceAll(s, "\r\n", ""), "\r") || strings.Contains(s, "\r\n") && strings.Contains(s, "\"") {
			return
		}
		got = slices.DeleteFunc(got, func(r record) bool { return len(r.cells) == 1 && r.cells[0] == "" })
		want = slices.DeleteFunc(want, func(r []string) bool { return len(r) == 1 && r[0] == "" })
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i].problem != nil || !slices.Equal(got[i].cells, want[i]) {
				t.Fatalf("%q: %+v, want %q", s, got, want)
			}
		}
	})
}
