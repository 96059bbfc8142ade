package urgency

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"qianliyan/ingest/item"
)

// Fact is one number of people harmed, as a text states it.
type Fact struct {
	Kind   string // dead, missing, hurt, poisoned or trapped
	Number int    // at least so many
	Start  int    // byte offsets of the words in the text
	End    int
}

// number is a count of people: digits or Chinese numerals, 余, 多 and 近
// allowed, or a vague word. The group is the count itself.
const (
	digits  = `(?:[0-9０-９]{1,5}|[一二两三四五六七八九十百千〇零]{1,6}|数十|数百|数千|几十|几百|上百|上千)`
	number  = `(` + digits + `)(?:余|多|来)?`
	counter = `\s*(?:名|人|位|个|口)`
	harm    = `(死亡|遇难|身亡|丧生|丧命|死|重伤|轻伤|受伤|伤|失踪|失联|下落不明|被困|中毒)`
)

// The three ways a number of people harmed is put: 3名工人当场死亡, 死亡人数
// 升至3人, 2死1伤. What stands between must not leave the clause.
var (
	numberFirst = regexp.MustCompile(number + counter + `[^，。；！？、,;!?\n0-9]{0,14}?` + harm)
	harmFirst   = regexp.MustCompile(harm + `(?:者|人数|人员|的|了|共|达|为|已|约|近|超过|至少|最少|升至|上升到|上升至|增至|增加到|到){0,4}\s*` + number + counter)
	packed      = regexp.MustCompile(number + `(?:人|名)?(死|伤|重伤|轻伤|失踪|失联|中毒|被困)`)
)

// harmWord is a cheap test whether the expressions can match at all.
func harmWord(s string) bool {
	for _, w := range []string{"死", "亡", "遇难", "丧", "伤", "失踪", "失联", "下落不明", "被困", "中毒"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// Facts finds the numbers of people harmed in a text. Numbers that the text
// denies, dates and amounts are left out; whether the event is recent, real or
// told as an example is for the caller to judge by the sentence.
func Facts(text string) []Fact {
	if !harmWord(text) {
		return nil
	}
	var out []Fact
	add := func(kind, count string, start, end int) {
		for i, f := range out {
			if f.Kind == kind && start < f.End && f.Start < end {
				out[i].Start, out[i].End = min(f.Start, start), max(f.End, end)
				return
			}
		}
		out = append(out, Fact{kind, value(count), start, end})
	}
	for _, m := range packed.FindAllStringSubmatchIndex(text, -1) {
		if text[m[0]:m[1]] == "一死" && !startsWithNumber(text[m[1]:]) {
			continue // 一死了之 is no number
		}
		add(kindOf(text[m[4]:m[5]]), text[m[2]:m[3]], m[0], m[1])
	}
	for _, m := range numberFirst.FindAllStringSubmatchIndex(text, -1) {
		if s := text[m[0]:m[4]]; !denied(s) && !byThem(s, text[m[4]:m[5]]) {
			add(kindOf(text[m[4]:m[5]]), text[m[2]:m[3]], m[0], m[1])
		}
	}
	for _, m := range harmFirst.FindAllStringSubmatchIndex(text, -1) {
		if strings.HasSuffix(text[m[0]:m[1]], "个") {
			continue // 给死者一个说法
		}
		add(kindOf(text[m[2]:m[3]]), text[m[4]:m[5]], m[0], m[1])
	}
	return out
}

// denied reports whether the clause says that nobody was harmed.
func denied(clause string) bool {
	return strings.Contains(clause, "无") || strings.Contains(clause, "没有") || strings.Contains(clause, "未")
}

// byThem reports whether the number before a harm is not of those harmed: of
// those who did it (三个打手打伤), of a name (第三人民医院), of a thing the harm
// belongs to (一个合理的死亡), or of a figure of speech (一个臭死人的厂).
func byThem(before, harm string) bool {
	if strings.Contains(before, "人民") || strings.HasSuffix(before, "的") {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(before)
	if harm == "死" && strings.ContainsRune("臭吓气烦急累饿热吵羞笑该", r) {
		return true
	}
	return harm == "伤" && strings.ContainsRune("打砍刺咬捅殴", r) && !strings.Contains(before, "被")
}

// startsWithNumber reports whether s goes on with a number.
func startsWithNumber(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("一二两三四五六七八九十数多几", r) || item.Narrow(r) >= '0' && item.Narrow(r) <= '9'
}

func kindOf(word string) string {
	switch word {
	case "死亡", "遇难", "身亡", "丧生", "丧命", "死":
		return "dead"
	case "失踪", "失联", "下落不明":
		return "missing"
	case "被困":
		return "trapped"
	case "中毒":
		return "poisoned"
	}
	return "hurt"
}

// value reads a count; a vague one is its least value: 数十 is 20.
func value(s string) int {
	switch s {
	case "数十", "几十":
		return 20
	case "数百", "几百":
		return 200
	case "上百":
		return 100
	case "数千":
		return 2000
	case "上千":
		return 1000
	}
	total, digit := 0, 0
	for _, r := range s {
		r = item.Narrow(r)
		switch {
		case r >= '0' && r <= '9':
			digit = digit*10 + int(r-'0')
		case r == '十', r == '百', r == '千':
			unit := map[rune]int{'十': 10, '百': 100, '千': 1000}[r]
			total += max(digit, 1) * unit
			digit = 0
		default:
			digit = numeral(r)
		}
	}
	return total + digit
}

// counted reads the number that s ends with, and where it begins; 几 and 数
// alone are 2. The number is 0 when s ends with none.
func counted(s string) (n, start int) {
	i := len(s)
	if r, size := utf8.DecodeLastRuneInString(s); strings.ContainsRune("余多来几", r) {
		i -= size
	}
	start = i
	for range 6 {
		r, size := utf8.DecodeLastRuneInString(s[:start])
		if r = item.Narrow(r); !(r >= '0' && r <= '9') && !strings.ContainsRune("〇零一二两三四五六七八九十百千数几上", r) {
			break
		}
		start -= size
	}
	if n = value(s[start:i]); n == 0 && strings.ContainsAny(s[start:], "数几") {
		n = 2
	}
	return n, start
}

func numeral(r rune) int {
	const list = "〇一二三四五六七八九"
	switch r {
	case '两':
		return 2
	case '零':
		return 0
	}
	if i := strings.IndexRune(list, r); i >= 0 {
		return utf8.RuneCountInString(list[:i])
	}
	return 0
}
