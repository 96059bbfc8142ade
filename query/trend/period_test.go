package trend

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qianliyan/ingest/item"
	"qianliyan/query/filter"
)

func TestPeriods(t *testing.T) {
	// Evening in UTC is already the next day here.
	today := time.Date(2026, 5, 10, 18, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		p        Periods
		from, to string
		want     []string // the filter's days, then the spans
	}{
		{Open, "", "", []string{" "}},
		{Open, "2026-05-01", "", []string{"2026-05-01 "}},
		{Until, "", "", []string{" 2026-05-11"}},
		{Until, "2026-06-01", "", []string{"2026-06-01 2026-06-01"}},
		{Until, "", "2026-05-01", []string{" 2026-05-01"}},
		{Compare, "", "", []string{"2026-04-12 2026-05-11", "本期 2026-04-12 至 2026-05-11（30天）", "上期 2026-03-13 至 2026-04-11（30天）", "上年同期 2025-04-12 至 2025-05-11（30天）"}},
		{Compare, "2026-05-01", "2026-05-31", []string{"2026-05-01 2026-05-31", "本期 2026-05-01 至 2026-05-31（31天）", "上期 2026-03-31 至 2026-04-30（31天）", "上年同期 2025-05-01 至 2025-05-31（31天）"}},
		{Compare, "2024-02-01", "2024-02-29", []string{"2024-02-01 2024-02-29", "本期 2024-02-01 至 2024-02-29（29天）", "上期 2024-01-03 至 2024-01-31（29天）", "上年同期 2023-02-01 至 2023-02-28（28天）"}},
		{Compare, "2026-05-01", "", []string{"2026-05-01 2026-05-11", "本期 2026-05-01 至 2026-05-11（11天）", "上期 2026-04-20 至 2026-04-30（11天）", "上年同期 2025-05-01 至 2025-05-11（11天）"}},
		{Compare, "", "2026-01-30", []string{"2026-01-01 2026-01-30", "本期 2026-01-01 至 2026-01-30（30天）", "上期 2025-12-02 至 2025-12-31（30天）", "上年同期 2025-01-01 至 2025-01-30（30天）"}},
		{Single, "", "", []string{"2026-05-11 2026-05-11", "今日 2026-05-11", "昨日 2026-05-10"}},
		{Single, "2026-01-01", "2026-03-01", []string{"2026-03-01 2026-03-01", "今日 2026-03-01", "昨日 2026-02-28"}},
	} {
		f, spans := c.p.apply(filter.Filter{From: c.from, To: c.to}, today, 30)
		got := []string{f.From + " " + f.To}
		for _, s := range spans {
			got = append(got, s.String())
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s %s…%s: %s", c.p, c.from, c.to, d)
		}
	}
}

// Whatever the days, the period before is as long and ends where this starts.
func TestPeriodsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.Date(1990, 1, 1, 0, 0, 0, 0, item.Zone).AddDate(0, 0, rapid.IntRange(0, 20_000).Draw(t, "from"))
		n := rapid.IntRange(1, 1000).Draw(t, "days")
		f := filter.Filter{From: dayOf(from), To: dayOf(from.AddDate(0, 0, n-1))}
		g, s := Compare.apply(f, time.Now(), 30)
		if g.String() != f.String() {
			t.Fatalf("a closed filter changed: %s", g)
		}
		if s[0].days() != n || s[1].days() != n || !s[1].Before.Equal(s[0].From) {
			t.Fatalf("%v, %v", s[0], s[1])
		}
		if d := s[2].days() - n; d < -1 || d > 1 || s[2].From.Year() != s[0].From.Year()-1 {
			t.Fatalf("%v, %v", s[0], s[2])
		}
	})
}
