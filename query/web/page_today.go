package web

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
	"qianliyan/query/export"
	"qianliyan/query/filter"
	"qianliyan/query/search"
)

const lines = 10 // of the brief: one screen, and a leader's time

// todayData is the brief of one day. A part whose engine is down says so in
// its Fault, the others still show.
type todayData struct {
	Day       string      `json:"day"`
	Yesterday string      `json:"yesterday"`
	Tomorrow  string      `json:"-"` // empty on the last day there is
	Date      time.Time   `json:"-"`
	Total     int         `json:"total"`
	Before    int         `json:"before"` // total of the day before
	Lines     []todayLine `json:"lines"`
	Fault     string      `json:"fault,omitempty"`
	Counts    []tally     `json:"counts"` // by urgency, then by channel
	Days      []dayCount  `json:"days"`   // the last 30, the day itself last
	DaysFault string      `json:"days_fault,omitempty"`
	Chart     columns     `json:"-"`
	Stages    []Stage     `json:"stages"`
	Latest    string      `json:"latest,omitempty"` // last day with items, when this one has none
}

// todayLine is one line of the brief.
type todayLine struct {
	ID      item.ID   `json:"id"`
	Urgency string    `json:"urgency"`
	Title   string    `json:"title"`
	Channel string    `json:"channel"`
	Unit    string    `json:"unit,omitempty"`
	Region  string    `json:"region,omitempty"`
	Topic   string    `json:"topic,omitempty"`
	Time    time.Time `json:"time"`
	New     bool      `json:"new"`              // came today
	Reason  string    `json:"reason,omitempty"` // the words that made it urgent
}

// tally compares a value of a list today with yesterday.
type tally struct {
	List   string `json:"list"`
	Value  string `json:"value"`
	Label  string `json:"label"`
	Now    int    `json:"now"`
	Before int    `json:"before"`
	Query  string `json:"-"` // of /search, today
}

// Change is Now less Before.
func (t tally) Change() int { return t.Now - t.Before }

type dayCount struct {
	Day   string `json:"day"`
	Count int64  `json:"count"`
}

// today shows what the office must know this morning: at most ten urgent lines
// of today and yesterday, and how much more there is than yesterday. A quiet
// day shows none: routine items in their place would pass for urgent ones.
func (s *Server) today(r *http.Request) (view, error) {
	f, err := filter.Parse(map[string][]string{"from": {r.URL.Query().Get("day")}})
	if err != nil {
		return view{}, err
	}
	now := time.Now().In(item.Zone)
	date := now
	if from, _ := f.Span(); !from.IsZero() {
		date = from
	}
	d := todayData{Day: day(date), Yesterday: day(date.AddDate(0, 0, -1)), Date: date, Stages: s.deps.Status(r.Context()).Stages}
	if d.Day < day(now) {
		d.Tomorrow = day(date.AddDate(0, 0, 1))
	}
	if err := s.brief(r.Context(), &d); err != nil {
		s.log.Error("brief failed", slog.Any("err", err))
		d.Fault = asFailure(down("全文库", err)).reason
	}
	if err := s.month(r.Context(), &d); err != nil {
		s.log.Error("days failed", slog.Any("err", err))
		d.DaysFault = asFailure(down("分析库", err)).reason
	}
	return view{
		Page: "today", Title: "今日要情", Data: d, File: "今日要情 " + d.Day, Rows: d.rows,
		Stamp: export.Stamp{Query: "day=" + d.Day},
	}, nil
}

// brief fills lines and counts from the full-text index.
func (s *Server) brief(ctx context.Context, d *todayData) error {
	both, err := s.deps.Search.Search(ctx, search.Request{
		Filter: filter.Filter{From: d.Yesterday, To: d.Day, Urgency: []string{label.Critical, label.Pressing}}, Sort: search.Urgency, Size: lines,
	})
	if err != nil {
		return err
	}
	this, err := s.deps.Search.Search(ctx, search.Request{Filter: filter.Filter{From: d.Day, To: d.Day}, Size: 1, Facets: true})
	if err != nil {
		return err
	}
	last, err := s.deps.Search.Search(ctx, search.Request{Filter: filter.Filter{From: d.Yesterday, To: d.Yesterday}, Size: 1, Facets: true})
	if err != nil {
		return err
	}
	d.Total, d.Before = this.Total, last.Total
	for _, h := range both.Hits {
		d.Lines = append(d.Lines, todayLine{
			ID: h.ID, Urgency: h.Urgency, Title: Mask(joinPieces(h.Title)), Channel: h.Channel.Label(), Unit: h.Unit,
			Region: s.name("region", h.Region), Topic: s.name("topic", h.Topic), Time: h.Time, New: h.Day == d.Day,
		})
	}
	s.reasons(ctx, d.Lines)
	for _, u := range []string{label.Critical, label.Pressing, label.Routine} {
		d.count("urgency", u, u, this, last)
	}
	for _, c := range item.Channels() {
		d.count("channel", string(c), c.Label(), this, last)
	}
	return nil
}

func (d *todayData) count(list, value, name string, this, last search.Result) {
	t := tally{List: list, Value: value, Label: name, Now: facetCount(this, list, value), Before: facetCount(last, list, value)}
	if f, err := (filter.Filter{From: d.Day, To: d.Day}).With(list, value); err == nil {
		t.Query = f.String()
	}
	d.Counts = append(d.Counts, t)
}

func facetCount(r search.Result, list, value string) int {
	for _, f := range r.Facets[list] {
		if f.Value == value {
			return f.Count
		}
	}
	return 0
}

// reasons adds to urgent lines the words that made them so. They are kept in
// the columnar store; when it does not answer the lines stand without.
func (s *Server) reasons(ctx context.Context, ls []todayLine) {
	var ids []item.ID
	for _, l := range ls {
		if level(l.Urgency) > 0 {
			ids = append(ids, l.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	rows, err := s.deps.Items.Items(ctx, ids)
	if err != nil {
		s.log.Warn("brief has no reasons", slog.Any("err", err))
		return
	}
	for _, row := range rows {
		for i := range ls {
			if ls[i].ID == row.Item.ID {
				ls[i].Reason = Mask(evidenceWords(row.Item, row.Of(label.Urgency)))
			}
		}
	}
}

// evidenceWords are the first few pieces of evidence of the surest label.
func evidenceWords(it item.Item, ls []label.Label) string {
	if len(ls) == 0 {
		return ""
	}
	var words []string
	for _, e := range ls[0].Evidence {
		if w := item.Squeeze(e.Of(it)); w != "" && len(words) < 3 && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, "，")
}

// rows are the lines as a table.
func (d todayData) rows(_ context.Context, w export.Writer) error {
	if d.Fault != "" {
		return down("全文库", errPartial)
	}
	t := export.Table{Columns: []export.Column{
		{Name: "urgency", Label: "急度", Kind: export.Text},
		{Name: "title", Label: "标题", Kind: export.Text},
		{Name: "channel", Label: "渠道", Kind: export.Text},
		{Name: "unit", Label: "单位", Kind: export.Text},
		{Name: "region", Label: "地区", Kind: export.Text},
		{Name: "topic", Label: "主题", Kind: export.Text},
		{Name: "time", Label: "时间", Kind: export.Time},
		{Name: "reason", Label: "依据", Kind: export.Text},
		{Name: "id", Label: "编号", Kind: export.Text},
	}}
	for _, l := range d.Lines {
		t.Rows = append(t.Rows, []any{l.Urgency, l.Title, l.Channel, l.Unit, l.Region, l.Topic, l.Time, l.Reason, string(l.ID)})
	}
	return writeRows(w, t)
}
