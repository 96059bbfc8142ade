package urgency

import (
	"fmt"
	"strings"
	"testing"
)

func TestFacts(t *testing.T) {
	for text, want := range map[string]string{
		"造成3人死亡，5人受伤":         "dead 3, hurt 5",
		"２死１伤":                "dead 2, hurt 1",
		"三死五伤":                "dead 3, hurt 5",
		"死亡人数升至12人":           "dead 12",
		"死亡3人、失踪两人":           "missing 2, dead 3",
		"10余人受伤":              "hurt 10",
		"数十名学生食物中毒":           "poisoned 20",
		"近百名群众被困":             "trapped 100",
		"一百二十三人遇难":            "dead 123",
		"两名工人当场身亡":            "dead 2",
		"至少5名乘客下落不明":          "missing 5",
		"没有人员伤亡":              "",
		"2人未受伤":               "",
		"2019年3月5日有老人摔伤":      "",
		"共有3000人参加，天气热得要死":    "",
		"三人在家，后来有人受伤":         "",
		"停水3天":                "",
		"":                    "",
		"三个打手打伤了屠户":           "",
		"3人被打手打伤":             "hurt 3",
		"送第三人民医院后不幸身亡":        "",
		"要一个合理的死亡原因":          "",
		"请给死者一个说法":            "",
		"真想一死了之":              "",
		"造成一死五伤":              "dead 1, hurt 5",
		"一个臭死人的厂":             "",
		"一辆轿车撞上行人，1人重伤，另1人轻伤": "hurt 1, hurt 1",
	} {
		var got []string
		seen := map[string]bool{}
		for _, f := range Facts(text) {
			got = append(got, fmt.Sprintf("%s %d", f.Kind, f.Number))
			seen[text[f.Start:f.End]] = true
		}
		w := strings.Split(want, ", ")
		if want == "" {
			w = nil
		}
		if len(got) != len(w) {
			t.Errorf("%s: %v, want %v", text, got, w)
			continue
		}
		for _, x := range w {
			if !strings.Contains(strings.Join(got, ", "), x) {
				t.Errorf("%s: %v, want %v", text, got, w)
			}
		}
	}
}

func TestValue(t *testing.T) {
	for s, want := range map[string]int{"0": 0, "7": 7, "１２": 12, "十": 10, "十二": 12, "二十": 20, "两百": 200, "一百零三": 103, "一千二百": 1200, "3百": 300, "数百": 200, "〇": 0, "九": 9} {
		if got := value(s); got != want {
			t.Errorf("value(%q) = %d, want %d", s, got, want)
		}
	}
}

func FuzzFacts(f *testing.F) {
	f.Add("造成3人死亡，5人受伤")
	f.Add("死亡人数升至12人\xff")
	f.Fuzz(func(t *testing.T, s string) {
		for _, x := range Facts(s) {
			if x.Start < 0 || x.End > len(s) || x.Start >= x.End || x.Number < 0 {
				t.Fatalf("%+v in %q", x, s)
			}
		}
	})
}
