package search

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"qianliyan/index/fulltext"
	"qianliyan/ingest/item"
)

func TestUnderstood(t *testing.T) {
	for query, want := range map[string]string{
		"":             "",
		"  　 ":         "",
		"路灯 AND 东街":    "含“路灯”，且含“东街”",
		"路灯 且 东街 或 井盖": "（含“路灯”，且含“东街”），或含“井盖”",
		"路灯 并且 -东街":    "含“路灯”，且不含“东街”",
		"而且":           "含“而且”",
		"单位：教育局 路灯":    "含“单位：教育局”，且含“路灯”（“单位:”不是检索词的写法，按原文查；单位请在条件里选）",
		"“单位:教育局”":     "含“单位:教育局”（“单位:”不是检索词的写法，按原文查；单位请在条件里选）",
		"Topic:urban":  "含“Topic:urban”（“Topic:”不是检索词的写法，按原文查；主题请在条件里选）",
		"路灯":           "含“路灯”",
		"路灯 东街":        "含“路灯”，且含“东街”",
		"路灯，东街。":       "含“路灯”，且含“东街”",
		"路灯 或 井盖":      "含“路灯”，或含“井盖”",
		"路灯 OR 井盖":     "含“路灯”，或含“井盖”",
		"路灯|井盖｜窨井":     "含“路灯”，或含“井盖”，或含“窨井”",
		"东街 路灯 或 井盖":   "（含“东街”，且含“路灯”），或含“井盖”",
		"东街 (路灯 或 井盖)": "含“东街”，且（含“路灯”，或含“井盖”）",
		"东街（路灯 或 井盖）":  "含“东街”，且（含“路灯”，或含“井盖”）",
		"路灯 -广告":       "含“路灯”，且不含“广告”",
		"路灯 －广告":       "含“路灯”，且不含“广告”",
		"路灯 NOT 广告":    "含“路灯”，且不含“广告”",
		"-广告":          "不含“广告”",
		"-(路灯 或 井盖)":   "不是（含“路灯”，或含“井盖”）",
		"-标题:广告":       "标题不含“广告”",
		"A3区-2号":       "含“A3区-2号”",
		"3 - 5":        "含“3”，且含“5”",
		"“路灯 坏了”":      "含“路灯 坏了”",
		"\"路灯，坏了\" 东街": "含“路灯，坏了”，且含“东街”",
		"＂路灯　坏了＂":      "含“路灯　坏了”",
		"「路灯」『井盖』":     "含“路灯”，且含“井盖”",
		"标题:路灯":        "标题含“路灯”",
		"标题：“路灯 坏了” 正文:东街":  "标题含“路灯 坏了”，且正文含“东街”",
		"标题:(路灯 或 井盖) 东街":   "（标题含“路灯”，或标题含“井盖”），且含“东街”",
		"Title:A3":          "标题含“A3”",
		"时间:12:30":          "含“时间:12:30”",
		"或者是":               "含“或者是”",
		"路灯 或者 井盖":          "含“路灯”，或含“井盖”",
		"2.5%的利率":           "含“2.5%的利率”",
		"--路灯":              "不是（不含“路灯”）",
		"http://a.cn/x?y=1": "含“http://a.cn/x”，且含“y=1”",
	} {
		p, err := Parse(query)
		if err != nil {
			t.Errorf("%q: %v", query, err)
			continue
		}
		if p.Understood != want {
			t.Errorf("%q is understood as %s, want %s", query, p.Understood, want)
		}
		if (p.Where == nil) != (want == "") {
			t.Errorf("%q: where %+v", query, p.Where)
		}
	}
}

func TestMistakesNameThePlace(t *testing.T) {
	for query, want := range map[string]string{
		"路灯 “坏了":                      "“检索词”的值““坏了”第 4 个字处引号没有成对：请补上后引号，或删去这个引号",
		"-":                           "“检索词”的值“-”没有可以查的字：请写上汉字、字母或数字；减号后面要紧跟不要的词",
		" ？":                          "“检索词”的值“？”没有可以查的字：请写上汉字、字母或数字；减号后面要紧跟不要的词",
		"且 路灯":                        "“检索词”的值“且”第 1 个字处前面缺少词：请在两边都写上词，如：路灯 且 井盖",
		"路灯 AND":                      "“检索词”的值“AND”第 4 个字处后面缺少词：请在两边都写上词，如：路灯 且 井盖",
		"路灯 且 且 东街":                   "“检索词”的值“且”第 6 个字处这里缺少词：请补上词",
		"路灯 或":                        "“检索词”第 5 个字处后面缺少词：请补上词，或删去最后的符号",
		"或 路灯":                        "“检索词”的值“或”第 1 个字处前面缺少词：请在两边都写上词，如：路灯 或 井盖",
		"(路灯":                         "“检索词”的值“(”第 1 个字处左括号没有对应的右括号：请补上右括号，或删去它",
		"路灯)":                         "“检索词”的值“)”第 3 个字处右括号没有对应的左括号：请删去它，或补上左括号",
		"路灯 ()":                       "“检索词”的值“)”第 5 个字处括号里没有词：请写上词，或删去括号",
		"路灯 “……”":                     "“检索词”的值“……”第 4 个字处没有可以查的字：请写上汉字、字母或数字",
		"路灯 +++":                      "“检索词”的值“+++”第 4 个字处没有可以查的字：请写上汉字、字母或数字",
		"标题: ":                        "“检索词”第 5 个字处这里缺少词：请补上词",
		"路灯 NOT":                      "“检索词”第 7 个字处这里缺少词：请补上词",
		strings.Repeat("灯", 2001):     "“检索词”检索式有 2001 个字，太长：请缩短到 2000 个字以内",
		strings.Repeat("灯 ", 61):      "“检索词”的值“灯”第 121 个字处词太多：请减到 60 个以内",
		strings.Repeat("(", 30) + "灯": "“检索词”的值“(”第 22 个字处括号套得太深：请减少括号",
		strings.Repeat("-", 30) + "灯": "“检索词”的值“-”第 22 个字处减号太多：请只留一个减号",
		strings.Repeat("标题:", 30):     "“检索词”的值“title”第 64 个字处套得太深：请简化检索式",
	} {
		_, err := Parse(query)
		var p *item.Problem
		if !errors.As(err, &p) {
			t.Errorf("%.20q: %v is no problem", query, err)
			continue
		}
		if p.Error() != want {
			t.Errorf("%.20q:\n got %s\nwant %s", query, p, want)
		}
	}
}

func TestWordsLeaveOutWhatIsExcluded(t *testing.T) {
	p, err := Parse("标题:路灯 (东街 或 -西街) -(北街 -南街) --中街")
	if err != nil {
		t.Fatal(err)
	}
	want := []Word{{"路灯", "title"}, {"东街", ""}, {"中街", ""}}
	if d := cmp.Diff(want, p.Words); d != "" {
		t.Error(d)
	}
}

// FuzzParse: any text gives a query or a problem in the user's words, and a
// query holds only leaves that the index can answer.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"路灯 或 (标题:井盖 -广告)", "“a b", "((", "--", "标题：", "|", "\xff\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(s)
		if err != nil {
			var problem *item.Problem
			if !errors.As(err, &problem) || problem.Reason == "" || problem.Hint == "" {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if p.Where == nil {
			return
		}
		if p.Understood == "" || utf8.ValidString(s) && !utf8.ValidString(p.Understood) {
			t.Fatalf("%q is understood as %q", s, p.Understood)
		}
		check(t, p.Where)
	})
}

func check(t *testing.T, w *fulltext.Where) {
	switch w.Op {
	case fulltext.Has:
		if !fulltext.Searchable(w.Text) {
			t.Fatalf("leaf %q cannot be searched", w.Text)
		}
	case fulltext.Not:
		if len(w.Kids) != 1 {
			t.Fatalf("not with %d kids", len(w.Kids))
		}
	default:
		if len(w.Kids) < 2 {
			t.Fatalf("%s with %d kids", w.Op, len(w.Kids))
		}
	}
	for i := range w.Kids {
		check(t, &w.Kids[i])
	}
}
