package trend

import (
	"fmt"
	"time"

	"qianliyan/ingest/item"
	"qianliyan/query/filter"
)

// Span is one period: whole days of item.Zone, From inclusive, Before
// exclusive.
type Span struct {
	Name   string    `json:"name"`  // the column that counts it: items, previous, year
	Label  string    `json:"label"` // 本期, 上期, 上年同期
	From   time.Time `json:"from"`
	Before time.Time `json:"before"`
}

// String writes the days out: 本期 2026-05-01 至 2026-05-31（31天）.
func (s Span) String() string {
	if s.days() == 1 {
		return s.Label + " " + dayOf(s.From)
	}
	return fmt.Sprintf("%s %s 至 %s（%d天）", s.Label, dayOf(s.From), dayOf(s.last()), s.days())
}

func (s Span) days() int { return between(s.From, s.Before) }

func (s Span) last() time.Time { return s.Before.AddDate(0, 0, -1) }

func dayOf(t time.Time) string { return t.Format(time.DateOnly) }

// between counts days; the zone has none of 23 or 25 hours.
func between(from, before time.Time) int { return int(before.Sub(from).Hours() / 24) }

// The ends of what the engine's days can say, for open ends.
const (
	firstDay = "1900-01-01"
	lastDay  = "2299-12-31"
)

// apply closes the filter's days as the question wants and gives the periods
// it compares. today is any moment of the present day.
//
// The period before is as long as this one and ends the day before it starts.
// The same of last year starts and ends on the same dates a year earlier;
// where that is 29 February, on the 28th.
func (p Periods) apply(f filter.Filter, today time.Time, days int) (filter.Filter, []Span) {
	today = midnight(today)
	if p != Open && f.To == "" {
		f.To = max(f.From,
			// a filter that starts in the future
			dayOf(today))
	}
	from, before := f.Span()
	switch p {
	case Compare:
		if from.IsZero() {
			from = before.AddDate(0, 0, -days)
		}
		f.From = dayOf(from)
		n := between(from, before)
		return f, []Span{
			{"items", "本期", from, before},
			{"previous", "上期", from.AddDate(0, 0, -n), from},
			{"year", "上年同期", yearBefore(from), yearBefore(before.AddDate(0, 0, -1)).AddDate(0, 0, 1)},
		}
	case Single:
		from = before.AddDate(0, 0, -1)
		f.From = dayOf(from)
		return f, []Span{
			{"items", "今日", from, before},
			{"previous", "昨日", from.AddDate(0, 0, -1), from},
		}
	}
	return f, nil
}

func midnight(t time.Time) time.Time {
	y, m, d := t.In(item.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, item.Zone)
}

// yearBefore is the same date a year earlier, 28 for 29 February.
func yearBefore(t time.Time) time.Time {
	y, m, d := t.Date()
	if m == time.February && d == 29 {
		d = 28
	}
	return time.Date(y-1, m, d, 0, 0, 0, 0, item.Zone)
}
