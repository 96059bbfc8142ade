package web

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// funcs are the words templates may use. They format; none of them asks
// anything.
func funcs(a *assets) template.FuncMap {
	return template.FuncMap{
		"asset":   a.url,
		"number":  number,
		"percent": percent,
		"share":   share,
		"day":     day,
		"paper":   paperDay,
		"moment":  moment,
		"clock":   clock,
		"second":  second,
		"ms":      milliseconds,
		"minus":   func(n int) int { return -n },
		"span":    span,
		"mask":    Mask,
		"level":   level,
		"add":     func(a, b int) int { return a + b },
		"dict":    dict,
		"join":    strings.Join,
	}
}

// number writes whole numbers with a comma every three digits.
func number(v any) string {
	s := fmt.Sprint(v)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// percent writes a share of one with two decimals, as papers do.
func percent(v float64) string { return strconv.FormatFloat(v*100, 'f', 2, 64) + "%" }

// share is how sure a label is: more digits than two would pretend.
func share(v float64) string { return strconv.FormatFloat(v*100, 'f', 0, 64) + "%" }

func in(t time.Time) time.Time { return t.In(item.Zone) }

// day is a date on screen: 2026-01-31.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return in(t).Format("2006-01-02")
}

// paperDay is a date in papers: 2026年1月31日.
func paperDay(t time.Time) string { return in(t).Format("2006年1月2日") }

// moment is a time on screen to the minute; empty when the source said none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return in(t).Format("2006-01-02 15:04")
}

// second is a time on screen to the second.
func second(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return in(t).Format("2006-01-02 15:04:05")
}

// milliseconds is how long an answer took.
func milliseconds(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatInt(max(1, d.Milliseconds()), 10) + " 毫秒"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " 秒"
}

// clock is a moment without its year and, today, without its day.
func clock(t time.Time, today string) string {
	switch {
	case t.IsZero():
		return ""
	case day(t) == today:
		return in(t).Format("15:04")
	case len(today) >= 4 && day(t)[:4] == today[:4]:
		return in(t).Format("01-02 15:04")
	}
	return day(t)
}

// span is a length of time in words, to two units at most.
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return "不到 1 秒"
	case d < time.Minute:
		return fmt.Sprintf("%d 秒", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d 分钟", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d 小时 %d 分", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d 天 %d 小时", int(d.Hours())/24, int(d.Hours())%24)
}

// level is the number of the colour of an urgency: 1 red, 2 orange; 0 has no
// colour.
func level(urgency string) int {
	switch urgency {
	case label.Critical:
		return 1
	case label.Pressing:
		return 2
	}
	return 0
}

// dict makes the argument of a component from pairs of name and value.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict wants pairs, got %d values", len(pairs))
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		k, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict key %v is no string", pairs[i])
		}
		m[k] = pairs[i+1]
	}
	return m, nil
}
