package file

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

// jsonRows reads text and shows each row as "number|name=value|…", numbers
// with #, or "number!" with a part of the reason.
func jsonRows(t testing.TB, text string, limit int) ([]string, Format, error) {
	t.Helper()
	j, format := newJSON(bufio.NewReaderSize(strings.NewReader(text), sampleSize), Limits{Row: setting.Size(limit)}.orDefault())
	var out []string
	for {
		r, err := j.next()
		if errors.Is(err, io.EOF) {
			return out, format, nil
		}
		if err != nil {
			return out, format, err
		}
		line := r.number
		if r.problem != nil {
			line += "!" + r.problem.Reason
		}
		for i, c := range r.cells {
			mark := "="
			if r.numbers[i] {
				mark = "#"
			}
			line += "|" + c.Name + mark + c.Value
		}
		out = append(out, line)
	}
}

func TestJSON(t *testing.T) {
	tests := []struct {
		name, in string
		format   Format
		want     []string
	}{
		{"lines", "{\"id\":1,\"title\":\"甲\"}\n\n{\"id\":2}\r\n{\"id\":3}", JSONL, []string{"1|id#1|title=甲", "3|id#2", "4|id#3"}},
		{"order is kept", `{"z":"1","a":"2","z":"3"}`, JSONL, []string{"1|z=1|a=2|z=3"}},
		{
			"types", `{"a":1.50,"b":true,"c":null,"d":[1,"x"],"e":{"f":"g","h":{"i":2}},"j":"\u4e2d\n"}`, JSONL,
			[]string{"1|a#1.50|b=true|d=[1,\"x\"]|e.f=g|e.h.i#2|j=中\n"},
		},
		{"bad lines", "{\"id\":1}\n{\"id\":,}\n[1]\n\"x\"\n{\"id\":2}\n", JSONL, []string{"1|id#1", "2!不是完整的 JSON", "3!不是 JSON 对象", "4!不是 JSON 对象", "5|id#2"}},
		{"array", `[{"id":1}, {"id":2} ,` + "\n" + `{"id":3}]` + "\n", JSON, []string{"1|id#1", "1|id#2", "2|id#3"}},
		{
			"array with bad elements", `[{"id":1},{"id"},7,"x",{"s":"]}\""},[2]]`, JSON,
			[]string{"1|id#1", "1!不是完整的 JSON", "1!不是 JSON 对象", "1!不是 JSON 对象", `1|s=]}"`, "1!不是 JSON 对象"},
		},
		{"objects over lines", "{\n \"id\": 1\n}\n{\n \"id\": 2}\n", JSON, []string{"1|id#1", "4|id#2"}},
		{"empty array", " [ ] ", JSON, nil},
		{"NUL", "{\"id\":1}\n{\"a\":\"x\x00\"}\n{\"a\":\"\\u0000\"}\n", JSONL, []string{"1|id#1", "2!含有空字符（NUL）", "3!含有空字符（NUL）"}},
		{"half a pair", `{"a":"\ud83d!"}`, JSONL, []string{"1!含有不成对的 \\u 转义"}},
		{"whole pair and a sent replacement", `{"a":"\ud83d\ude00","b":"\ufffd"}`, JSONL, []string{"1|a=😀|b=\uFFFD"}},
		{"no character", "{\"a\":\"\xFF\"}", JSONL, []string{"1!含有不是文字的字节"}},
	}
	for _, c := range tests {
		got, format, err := jsonRows(t, c.in, 0)
		same := len(got) == len(c.want)
		for i := 0; same && i < len(got); i++ {
			same = got[i] == c.want[i] || strings.Contains(c.want[i], "!") && strings.HasPrefix(got[i], c.want[i])
		}
		if err != nil || format != c.format || !same {
			t.Errorf("%s: %s %q, %v; want %s %q", c.name, format, got, err, c.format, c.want)
		}
	}
}

func TestJSONDeep(t *testing.T) {
	in := strings.Repeat(`{"a":`, 10) + "1" + strings.Repeat("}", 10)
	got, _, err := jsonRows(t, in, 0)
	if err != nil || len(got) != 1 || got[0] != `1|a.a.a.a.a.a.a.a={"a":{"a":1}}` {
		t.Errorf("%q, %v; want what lies deeper than %d kept as JSON", got, err, maxDepth)
	}
}

func TestJSONTooLong(t *testing.T) {
	long := `{"id":1,"text":"` + strings.Repeat("字", 500) + `"}`
	for _, in := range []string{"{\"id\":0}\n" + long + "\n{\"id\":2}", `[{"id":0},` + long + `,{"id":2}]`} {
		got, _, err := jsonRows(t, in, 1024)
		if err != nil || len(got) != 3 || !strings.Contains(got[1], "超过 1 KiB") || !strings.Contains(got[2], "id#2") {
			t.Errorf("%q, %v; want the second of three refused", got, err)
		}
	}
}

func TestJSONArrayCutShort(t *testing.T) {
	for _, in := range []string{`[{"id":1},{"id":2}`, `[{"id":1},{"id":2},{"id"`} {
		got, _, err := jsonRows(t, in, 0)
		var p *item.Problem
		if !errors.As(err, &p) || len(got) < 2 || got[1] != "1|id#2" {
			t.Errorf("%s: %q, %v; want two rows and then a Problem", in, got, err)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{"{\"a\":1}\n{\"b\":[{}]}", `[{"a":"\ud800"},3]`, "{\n\"a\":{\"b\":null}}", "[[[", `{"":""}`, "}\n{"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lines, format, err := jsonRows(t, s, 256)
		var p *item.Problem
		if err != nil && !errors.As(err, &p) {
			t.Fatal(err)
		}
		// An object on a line of its own is found whatever stands before it.
		if format == JSONL && !strings.HasSuffix(s, "\r") {
			got, _, _ := jsonRows(t, s+"\n{\"id\":7}", 256)
			n := strings.Count(s, "\n") + 2
			if _, f := newJSON(bufio.NewReaderSize(strings.NewReader(s+"\n{\"id\":7}"), sampleSize), DefaultLimits()); f == JSONL && !slices.Contains(got, fmt.Sprintf("%d|id#7", n)) {
				t.Fatalf("%q: rows %q, then with one more %q", s, lines, got)
			}
		}
	})
}
