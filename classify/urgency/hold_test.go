package urgency

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// words are the pieces of evidence of a label.
func words(l label.Label, it item.Item) string {
	var out []string
	for _, s := range l.Evidence {
		out = append(out, s.Of(it))
	}
	return strings.Join(out, "|")
}

// What a duty officer reads as the reason must be words that mean something,
// joined where they stand together, the surest first.
func TestEvidenceReads(t *testing.T) {
	for _, x := range []struct{ title, text, want string }{
		{"", "我们小区从上周起停水三天了，没人修。", "停水三天"},
		{"", "我们村从去水厂改造以来到上个星期，一直都说快了快了快了快了快了，其实至今停水。", "至今停水"},
		{"", "我们跟着他在外地干了整整一个冬天还多，他拖欠工资不给。", "拖欠工资"},
		{"", "后山塌下来了，把我家埋了，里面还有人，快来救人！", "塌下来了，把我家埋了"},
		{"", "河西仓库起火，消防员正在扑救。", "起火，消防员"},
		{"化工厂爆炸", "今天凌晨化工厂发生爆炸，有工人被困。", "爆炸"},
		{"", "昨晚十点多在老城墙根那一带发生了火灾。", "火灾"},
		{"", "请问如何落户？", ""},
	} {
		it := item.Item{Channel: item.Letter, Title: x.title, Text: x.text}
		got := words(classify(t, it), it)
		if first, _, _ := strings.Cut(got, "|"); first != x.want && !(x.want != "" && strings.Contains(got, x.want)) {
			t.Errorf("%s%s: evidence %q, want %q first", x.title, x.text, got, x.want)
		}
	}
}

// No piece of evidence may be a word that means nothing alone, nor lie in
// another piece.
func TestEvidenceIsNeverQuiet(t *testing.T) {
	c, err := New("")
	if err != nil {
		t.Fatal(err)
	}
	quiet := map[string]bool{}
	for _, w := range c.c.expand(c.c.Quiet) {
		quiet[w] = true
	}
	for _, s := range slices.Concat(goingOn, ringing, pressing, calm) {
		it := item.Item{Channel: item.Call, Text: s}
		l := classify(t, it)
		for i, e := range l.Evidence {
			if quiet[e.Of(it)] {
				t.Errorf("%s: evidence %q", s, e.Of(it))
			}
			for _, o := range l.Evidence[:i] {
				if e.Field == o.Field && e.Start < o.End && o.Start < e.End {
					t.Errorf("%s: %q and %q overlap", s, e.Of(it), o.Of(it))
				}
			}
		}
	}
}

// flags has a rule for every switch a rule may have.
const flags = `
near = 4
phrase = 6
slope = 1
title = 2
suppose = ["如果"]
past = ["去年"]
[sets]
water = ["水", "河"]
[[rules]]
id = "plain"
level = "紧急"
points = 1
all = [["甲"], ["@water"]]
not = ["否", "@water2"]
why = "x"
[[rules]]
id = "supposed"
level = "紧急"
points = 1
all = [["乙"]]
supposed = true
why = "x"
[[rules]]
id = "past"
level = "紧急"
points = 1
all = [["丙"]]
past = true
why = "x"
[[rules]]
id = "across"
level = "紧急"
points = 1
all = [["丁"], ["水"]]
across = true
why = "x"
[[rules]]
id = "call"
level = "紧急"
points = 1
all = [["戊"]]
channels = ["call"]
why = "x"
[[rules]]
id = "title"
level = "紧急"
points = 0.5
all = [["己"]]
where = "title"
why = "x"
[[rules]]
id = "many"
level = "紧急"
points = 1
all = [["≥20人", "≥20名"]]
why = "x"
[[rules]]
id = "half"
level = "特急"
points = 0.5
all = [["庚"]]
why = "x"
[[rules]]
id = "three"
level = "特急"
points = 1
all = [["辛"], ["壬"], ["癸"]]
near = 2
why = "x"
`

func TestRuleSwitches(t *testing.T) {
	c := custom(t, strings.Replace(flags, `"@water2"`, `"非"`, 1))
	call := item.Call
	for _, x := range []struct {
		ch          item.Channel
		title, text string
		want        string // reason, empty for 一般
	}{
		{"", "", "甲水", "plain"},
		{"", "", "河甲", "plain"},
		{"", "", "甲一二三四水", "plain"},
		{"", "", "甲一二三四五水", ""},
		{"", "", "甲，否，水", ""},
		{"", "", "甲水。否", "plain"},
		{"", "", "非甲水", ""},
		{"", "", "甲。水", ""},
		{"", "甲", "水", ""},
		{"", "", "如果甲水", ""},
		{"", "", "去年甲水", ""},
		{"", "", "如果乙", "supposed"},
		{"", "", "去年乙", ""},
		{"", "", "去年丙", "past"},
		{"", "", "如果丙", ""},
		{"", "", "丁。水", "across"},
		{"", "", "丁。一二三四水", ""},
		{call, "", "戊", "call"},
		{item.Letter, "", "戊", ""},
		{"", "己", "", "title"},
		{"", "", "己", ""},
		{"", "", "20人", "many"},
		{"", "", "三十余名", "many"},
		{"", "", "几百人", "many"},
		{"", "", "19人", ""},
		{"", "", "十几人", ""},
		{"", "", "人", ""},
		{"", "", "有人", ""},
		{"", "", "20，人", ""},
		{"", "庚", "", "half"},
		{"", "", "庚", ""},
		{"", "", "辛壬癸", "three"},
		{"", "", "癸壬辛", "three"},
		{"", "", "癸一壬一辛", ""},
		{"", "", "辛壬", ""},
		{"", "", "辛一二三壬癸", ""},
	} {
		got := ask(t, c, item.Item{Channel: x.ch, Title: x.title, Text: x.text})
		reason := got.Reason
		if got.Value == label.Routine {
			reason = ""
		}
		if reason != x.want {
			t.Errorf("%s %s/%s: %q, want %q", x.ch, x.title, x.text, reason, x.want)
		}
	}
}

// The choice must span as few bytes as the best of all choices, tried one by
// one, and be found whenever there is one.
func TestSearchAgainstAllChoices(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		s := search{near: rng.IntN(12), across: rng.IntN(2) == 0, width: 1000}
		for range 1 + rng.IntN(3) {
			var list []occurrence
			for range 1 + rng.IntN(4) {
				at := rng.IntN(30)
				list = append(list, occurrence{start: at, end: at + 1 + rng.IntN(4), sentence: rng.IntN(2)})
			}
			slices.SortFunc(list, func(a, b occurrence) int { return a.start - b.start })
			s.groups = append(s.groups, list)
		}
		want := 1000
		var all func(chosen []occurrence)
		all = func(chosen []occurrence) {
			if len(chosen) == len(s.groups) {
				lo, hi := chosen[0].start, chosen[0].end
				for _, o := range chosen {
					lo, hi = min(lo, o.start), max(hi, o.end)
				}
				want = min(want, hi-lo)
				return
			}
			for _, o := range s.groups[len(chosen)] {
				if (&search{near: s.near, across: s.across, chosen: chosen}).fits(o) {
					all(append(slices.Clone(chosen), o))
				}
			}
		}
		all(nil)
		s.choose(1000, 0)
		if s.width != want || (s.best == nil) != (want == 1000) {
			t.Fatalf("spans %d, the best %d: %+v", s.width, want, s.groups)
		}
	}
}

func TestCounted(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "我们": 0, "20": 20, "共20": 20, "四十多": 40, "３０余": 30, "十几": 10, "几": 2, "好几": 2, "数": 2, "数百": 200,
		"上百": 100, "两千": 2000, "一": 1, "2019年3": 3, "几十": 20, "0": 0, "123456": 123456, "多": 0, "一百二十来": 120,
	} {
		n, start := counted(s)
		if n != want {
			t.Errorf("%q: %d, want %d", s, n, want)
		}
		if start < 0 || start > len(s) {
			t.Errorf("%q: begins at %d", s, start)
		}
	}
}

func FuzzCounted(f *testing.F) {
	f.Add("共２０多")
	f.Add("\xff三百")
	f.Fuzz(func(t *testing.T, s string) {
		if n, start := counted(s); n < 0 || start < 0 || start > len(s) {
			t.Fatalf("%q: %d at %d", s, n, start)
		}
	})
}

func TestFloor(t *testing.T) {
	for s, want := range map[string]struct {
		least int
		word  string
	}{"人": {0, "人"}, "≥20人": {20, "人"}, "≥人": {1, "人"}, "≥0天": {1, "天"}, "≥5": {5, ""}, "20人": {0, "20人"}} {
		if least, word := floor(s); least != want.least || word != want.word {
			t.Errorf("%q: %d %q", s, least, word)
		}
	}
}

// What is wrong with a file is said in one go, in words that find the place.
func TestMoreBadRules(t *testing.T) {
	_, err := compile([]byte(flags + "[[rules]]\nid=\"z\"\nlevel=\"紧急\"\npoints=1\nall=[[\"≥5\"],[]]\nchannels=[\"fax\"]\nwhy=\"x\"\n"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`"@water2" 不在`, `没有渠道 "fax"`, `"z" 有空的词`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s:\n%v", want, err)
		}
	}
	for _, bad := range []string{"phrase = -1\n", "voids = [\"\"]\n", "cries = [\"@nobody\"]\n", "quiet = [\"" + strings.Repeat("长", 30) + "\"]\n"} {
		if _, err := compile([]byte(bad + "near = 4\nslope = 1\ntitle = 1\n")); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// Points of one level add up; those of 特急 count for 紧急 too.
func TestPointsAddUp(t *testing.T) {
	c := custom(t, `
near = 4
slope = 1
title = 1
[[rules]]
id = "a"
level = "特急"
points = 0.6
all = [["甲"]]
why = "x"
[[rules]]
id = "b"
level = "特急"
points = 0.4
all = [["乙"]]
why = "x"
[[rules]]
id = "c"
level = "紧急"
points = 0.4
all = [["丙"]]
why = "x"
`)
	for text, want := range map[string]struct{ value, reason string }{
		"甲": {label.Routine, ""}, "甲乙": {label.Critical, "a"}, "甲丙": {label.Pressing, "a"}, "乙丙": {label.Routine, ""},
		"甲甲": {label.Routine, ""}, "甲乙丙": {label.Critical, "a"},
	} {
		got := ask(t, c, item.Item{Text: text})
		if got.Value != want.value || got.Reason != want.reason {
			t.Errorf("%s: %s by %q", text, got.Value, got.Reason)
		}
	}
	if a, b := c.Strength(item.Item{Text: "甲"}), c.Strength(item.Item{Text: "甲乙丙"}); a != 0.6 || b < 1.39 || b > 1.41 {
		t.Errorf("strength %v and %v", a, b)
	}
}

// What compiles must classify.
func FuzzCompile(f *testing.F) {
	f.Add(string(shipped), "着火了，快来人！")
	f.Add(flags, "甲水")
	f.Add(marked, "如果火来了")
	f.Fuzz(func(t *testing.T, rules, text string) {
		c, err := compile([]byte(rules))
		if err != nil {
			return
		}
		it := item.Item{Channel: item.Call, Title: text, Text: text}
		for _, s := range ask(t, &Classifier{c}, it).Evidence {
			if s.Of(it) == "" {
				t.Fatalf("evidence %+v is nowhere", s)
			}
		}
	})
}
