package urgency

import (
	"strings"
	"time"

	"qianliyan/ingest/item"
)

// reference is the month a text was written in: of its time, else the latest
// year it names, December; 0 when nothing is known. Months count from year 0.
func reference(it item.Item) int {
	if t := it.Time(); !t.IsZero() {
		return t.In(item.Zone).Year()*12 + int(t.In(item.Zone).Month()) - 1
	}
	latest := 0
	for _, s := range []string{it.Title, it.Text[:min(len(it.Text), maxText)]} {
		for at := range years(s) {
			latest = max(latest, at.year)
		}
	}
	if latest == 0 || latest > time.Now().Year()+1 {
		return 0
	}
	return latest*12 + 11
}

// dated reports whether s names a date more than two months before now and
// none later (old), or a later one (fresh).
func dated(s string, now int) (old, fresh bool) {
	if now == 0 {
		return false, false
	}
	last := 0
	for y := range years(s) {
		last = max(last, y.year*12+y.month)
	}
	return last > 0 && last < now-2, last >= now-2
}

type date struct{ year, month int } // month 0…11; 11 when none is named

// years yields the dates of the forms 2019年3月 and 2019.3 found in s.
func years(s string) func(func(date) bool) {
	return func(yield func(date) bool) {
		for i := 0; i+4 < len(s); i++ {
			if s[i] != '1' && s[i] != '2' || i > 0 && isDigit(s[i-1]) {
				continue
			}
			y := 0
			n := i
			for ; n < len(s) && n < i+4 && isDigit(s[n]); n++ {
				y = y*10 + int(s[n]-'0')
			}
			if n != i+4 || y < 1949 || y > 2100 {
				continue
			}
			rest, ok := strings.CutPrefix(s[n:], "年")
			if !ok {
				if rest, ok = strings.CutPrefix(s[n:], "."); !ok {
					continue
				}
			}
			if !yield(date{y, monthOf(rest)}) {
				return
			}
		}
	}
}

func monthOf(s string) int {
	m, n := 0, 0
	for n < len(s) && n < 2 && isDigit(s[n]) {
		m = m*10 + int(s[n]-'0')
		n++
	}
	if m < 1 || m > 12 {
		return 11
	}
	return m - 1
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
