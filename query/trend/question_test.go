package trend

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"qianliyan/query/filter"
)

const head = "-- 题：答什么。\n-- 还有一行。\n-- place 3\n-- periods compare\n" +
	"-- param by String(hour|day) = day: 每格多长\n-- param limit UInt32(1..20) = 5: 几行\n-- column items 本期\n"

func TestParse(t *testing.T) {
	q, err := parse("volume", head+"SELECT 1 WHERE /* filter */\n", "TRUE")
	if err != nil {
		t.Fatal(err)
	}
	want := Question{
		Name: "volume", Title: "题", Doc: "题：答什么。\n还有一行。", Place: 3, Periods: Compare,
		Params: []Param{
			{Name: "by", Type: "String", Choices: []string{"hour", "day"}, Default: "day", Doc: "每格多长"},
			{Name: "limit", Type: "UInt32", Min: 1, Max: 20, Default: "5", Doc: "几行"},
		},
		Labels: map[string]string{"items": "本期"}, SQL: "SELECT 1 WHERE TRUE",
	}
	if d := cmp.Diff(want, q); d != "" {
		t.Error(d)
	}
}

func TestParseRefuses(t *testing.T) {
	const sql = "SELECT 1 WHERE /* filter */\n"
	for name, c := range map[string]struct{ file, text, want string }{
		"name":      {"Volume-1", head + sql, "its name"},
		"no head":   {"a", sql, "first line"},
		"no colon":  {"a", "-- only words\n" + sql, "标题："},
		"no period": {"a", "-- 题：答\n" + sql, "periods"},
		"period":    {"a", "-- 题：答\n-- periods never\n" + sql, "open, until"},
		"no filter": {"a", head + "SELECT 1\n", "does not use"},
		"param":     {"a", "-- 题：答\n-- param x Date = 1: y\n" + sql, "is not: param"},
		"default":   {"a", "-- 题：答\n-- param x UInt32(1..5) = 9: y\n" + sql, "不是允许的数"},
		"choice":    {"a", "-- 题：答\n-- param x String(a|b) = c: y\n" + sql, "没有这个选项"},
		"bounds":    {"a", "-- 题：答\n-- param x UInt32(a..b) = 1: y\n" + sql, "invalid syntax"},
		"column":    {"a", "-- 题：答\n-- column x\n" + sql, "column NAME"},
		"place":     {"a", "-- 题：答\n-- place x\n" + sql, "invalid syntax"},
	} {
		if _, err := parse(c.file, c.text, "TRUE"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(head + "SELECT /* filter */")
	f.Add("-- ：\n-- param x UInt32(..) = : \n")
	f.Add("--")
	f.Fuzz(func(t *testing.T, src string) {
		q, err := parse("a", src, "TRUE")
		if err == nil && (q.Title+q.Doc == "" || q.Periods == "" || strings.Contains(q.SQL, filterMark)) {
			t.Errorf("%q gives %+v", src, q)
		}
	})
}

// Each shipped question says what it does, uses what it declares and declares
// what it uses.
func TestShippedQuestions(t *testing.T) {
	qs, err := read(shipped)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"volume", "compare", "top_topics", "by_region", "by_channel", "by_unit", "urgent", "coverage", "rising_topics", "rising_regions", "today"} {
		if _, ok := qs[name]; !ok {
			t.Errorf("there is no question %s", name)
		}
	}
	own := []string{"from", "to", "previous_from", "previous_to", "year_from", "year_to", "words", "title_words", "text_words", "clauses"}
	f := filter.Filter{}
	for _, l := range f.Lists() {
		own = append(own, l.Name)
	}
	places := map[int]string{}
	for name, q := range qs {
		if other, taken := places[q.Place]; taken || q.Place == 0 {
			t.Errorf("%s: place %d is taken by %q", name, q.Place, other)
		}
		places[q.Place] = name
		if !chinese(q.Title) || !chinese(q.Doc) {
			t.Errorf("%s: title %q, doc %q", name, q.Title, q.Doc)
		}
		for _, p := range q.Params {
			if !strings.Contains(q.SQL, "{"+p.Name+":"+p.Type+"}") || !chinese(p.Doc) {
				t.Errorf("%s: parameter %s is not used or not explained", name, p.Name)
			}
		}
		for _, m := range regexp.MustCompile(`\{([^}]*)\}`).FindAllStringSubmatch(q.SQL, -1) {
			hole := holeRE.FindStringSubmatch(m[0])
			if hole == nil || !slices.Contains(own, hole[1]) && !slices.ContainsFunc(q.Params, func(p Param) bool { return p.Name == hole[1] }) {
				t.Errorf("%s: %s is no parameter", name, m[0])
			}
		}
		for _, l := range f.Lists() {
			if !strings.Contains(q.SQL, "{"+l.Name+":Array(String)}") {
				t.Errorf("%s: the filter's list %s is not applied", name, l.Name)
			}
		}
	}
}

func chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestShown(t *testing.T) {
	vs := map[string]value{"a": strs([]string{`x'\y`, "{b:String}"}), "b": {text: "it's"}, "n": {text: "5"}, "d": {text: "2026-05-01"}}
	got := shown("SELECT {a:Array(String)}, {b:String}, {n:UInt32}, {d:Date32}, '{c}'", vs)
	want := `SELECT CAST(['x\'\\y','{b:String}'], 'Array(String)'), 'it\'s', 5, CAST('2026-05-01', 'Date32'), '{c}'`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
