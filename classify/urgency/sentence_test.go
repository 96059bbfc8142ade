package urgency

import (
	"strings"
	"testing"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

func TestClauses(t *testing.T) {
	for s, want := range map[string]string{
		"":            "",
		"停水":          "0停水",
		"停水，没人管。":     "0停水，|0没人管。",
		"火！快来！":       "0火！|1快来！",
		"一,二;三\n四":    "0一,|0二;|1三\n|2四",
		"，，":          "0，|0，",
		"甲？乙；\xff，丙":  "0甲？|1乙；|2\xff，|2丙",
		"3.5吨，1、2、3号": "03.5吨，|01、2、3号",
	} {
		var got []string
		end := 0
		for _, c := range clauses(s) {
			if c.start != end {
				t.Errorf("%q: a clause begins at %d, the one before ends at %d", s, c.start, end)
			}
			end = c.end
			got = append(got, string(rune('0'+c.sentence))+s[c.start:c.end])
		}
		if g := strings.Join(got, "|"); g != want || end != len(s) {
			t.Errorf("%q: %q, want %q", s, g, want)
		}
	}
}

// marked is a file of one word of each sort and a rule that is 特急 by one
// word, 火.
const marked = `
near = 10
phrase = 10
slope = 1
title = 1
voids = ["保险"]
drills = ["演练"]
suppose = ["如果"]
past = ["去年"]
resume = ["现在"]
cries = ["救命"]
whole = ["火锅", "启动演练预案"]
[[rules]]
id = "fire"
level = "特急"
points = 1
all = [["火"]]
why = "着火"
`

// custom is the classifier of a file of rules.
func custom(t *testing.T, rules string) *Classifier {
	t.Helper()
	c, err := compile([]byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	return &Classifier{c}
}

func ask(t *testing.T, c *Classifier, it item.Item) label.Label {
	t.Helper()
	labels, err := c.Classify(t.Context(), doc.Doc{Item: it})
	if err != nil {
		t.Fatal(err)
	}
	return labels[0]
}

// Which clauses count, word by word.
func TestJudge(t *testing.T) {
	c := custom(t, marked)
	for _, x := range []struct {
		text string
		want bool
	}{
		{"火", true},
		{"水", false},
		{"买火灾保险", false},
		{"保险到期了，火来了", true}, // a void cancels its clause only
		{"火来了，保险到期了", true},
		{"火来了保险没买救命", true}, // a cry outweighs it
		{"如果火来了", false},
		{"如果不修，火来了", false}, // a supposition goes on
		{"如果不修，火来了，人跑不掉", false},
		{"如果不修，现在火来了", true}, // until the present comes back
		{"如果不修。火来了", true},   // or the sentence ends
		{"火来了，如果不修", true},   // and does not reach back
		{"如果不修，火来了，救命", true},
		{"去年火来了", false},
		{"去年大旱，火来了", false},
		{"去年大旱，现在火来了", true},
		{"去年现在火来了", false}, // in one clause the past wins
		{"去年大旱。火来了", true},
		{"去年火来了，救命", true},
		{"演练，火来了", false},
		{"火来了，演练", false},   // a drill reaches back
		{"演练火来了，救命", false}, // and outweighs a cry
		{"演练结束。火来了", true},
		{"吃火锅", false},
		{"吃火锅，火来了", true},
		{"火来了，启动演练预案", true},
	} {
		got := ask(t, c, item.Item{Text: x.text}).Value == label.Critical
		if got != x.want {
			t.Errorf("%s: %v, want %v", x.text, got, x.want)
		}
	}
}

// A drill in the title cancels the text, and the numbers in it.
func TestDrillInTitle(t *testing.T) {
	it := item.Item{Channel: item.Submission, Title: "举行联合演练", Text: "今天上午仓库起火，3人受伤，消防员正在扑救。"}
	if got := classify(t, it); got.Value != label.Routine {
		t.Errorf("a drill is %+v", got)
	}
	it.Title = "仓库起火，启动应急预案"
	if got := classify(t, it); got.Value != label.Critical {
		t.Errorf("a fire is %+v", got)
	}
}

func TestDated(t *testing.T) {
	const now = 2024*12 + 5 // June 2024
	for s, want := range map[string][2]bool{
		"2019年起火":             {true, false},
		"2024年6月起火":           {false, true},
		"2024年2月起火":           {true, false},
		"2024年4月起火":           {false, true},
		"2019年投诉，2024年6月起火":   {false, true},
		"起火":                  {false, false},
		"编号20240601":          {false, false},
		"2024年起火":             {false, true}, // December, when no month is named
		"2024.3.1起火":          {true, false},
		"2024年13月起火":          {false, true},
		"1948年起火":             {false, false},
		"从2023年12月到2024年5月停水": {false, true},
	} {
		old, fresh := dated(s, now)
		if old != want[0] || fresh != want[1] {
			t.Errorf("%s: old %v, fresh %v", s, old, fresh)
		}
		if old, fresh := dated(s, 0); old || fresh {
			t.Errorf("%s: dated without knowing the present", s)
		}
	}
}

// An old date goes on like any word of the past, and a later one ends it.
func TestOldDateInSentence(t *testing.T) {
	c := custom(t, marked)
	at := func(text string) string {
		return ask(t, c, item.Item{Title: "2024年", Text: text}).Value
	}
	for text, want := range map[string]string{
		"2015年建房，火来了":         label.Routine,
		"2015年建房，2024年10月火来了": label.Critical,
		"2015年建房。火来了":         label.Critical,
		"火来了，2015年建房":         label.Critical,
	} {
		if got := at(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestReference(t *testing.T) {
	for _, x := range []struct {
		title, text string
		want        int
	}{
		{"", "", 0},
		{"", "停水", 0},
		{"2019年工作", "2017年3月停水", 2019*12 + 11},
		{"", "规划到2099年", 0}, // a plan says nothing of the present
	} {
		if got := reference(item.Item{Title: x.title, Text: x.text}); got != x.want {
			t.Errorf("%s%s: %d, want %d", x.title, x.text, got, x.want)
		}
	}
}
