package web

import (
	"context"
	"time"

	"qianliyan/ingest/item"
)

// month fills the last 30 days from the columnar store, the day shown last,
// and the last day that has anything.
func (s *Server) month(ctx context.Context, d *todayData) error {
	counts, err := s.deps.Items.CountByDay(ctx)
	if err != nil {
		return err
	}
	byDay := map[string]int64{}
	for _, c := range counts {
		byDay[c.Day] += int64(c.N)
		if c.Day > d.Latest {
			d.Latest = c.Day
		}
	}
	last, err := time.ParseInLocation("2006-01-02", d.Day, item.Zone)
	if err != nil {
		return err
	}
	for i := range 30 {
		x := day(last.AddDate(0, 0, i-29))
		d.Days = append(d.Days, dayCount{x, byDay[x]})
	}
	d.Chart = drawColumns(d.Days, d.Day)
	return nil
}
