package columnar

import (
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"qianliyan/classify/label"
	"qianliyan/cmd/embedded/clickhouse"
	"qianliyan/ingest/item"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// over is the Deps for a transport.
func over(rt http.RoundTripper) Deps {
	return Deps{
		Transport: func(*http.Transport) (http.RoundTripper, error) { return rt, nil },
		Log:       slog.New(slog.DiscardHandler),
	}
}

// testConfig names fresh databases on the test engine.
func testConfig(t testing.TB, e *clickhouse.Engine) Config {
	t.Helper()
	cfg := Defaults()
	cfg.Database, cfg.Analyst = clickhouse.TestDatabase(t, e), clickhouse.TestDatabase(t, e)
	return cfg
}

// open is an empty store on the test engine.
func open(t testing.TB) *Store {
	t.Helper()
	e := clickhouse.OpenTest(t)
	return openOn(t, testConfig(t, e), e)
}

func openOn(t testing.TB, cfg Config, rt http.RoundTripper) *Store {
	t.Helper()
	s, err := Open(t.Context(), cfg, over(rt))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// base is the moment the made-up items start at.
var base = time.Date(2026, 3, 1, 9, 0, 0, 0, item.Zone)

// letter is the n-th made-up item with all its fields.
func letter(n int) label.Labeled {
	at := base.Add(time.Duration(n) * time.Hour)
	text := fmt.Sprintf("第%d封信：东关街路灯坏了三天，晚上看不清路，请尽快修理。", n)
	it := item.Item{
		Channel: item.Letter, Source: "mailbox", NativeID: fmt.Sprint(n),
		Title: fmt.Sprintf("路灯不亮（%d）", n), Text: text,
		Unit: "城管局", Citizen: "李**", Sender: "k1:9f3a", Places: []string{"石桥县", "东关街"},
		Event: at.Add(-time.Hour), Submitted: at, Received: at.Add(time.Minute), Urgent: n%2 == 0,
		Attachments: []string{"照片.jpg"}, Extra: []item.Field{{Name: "网格", Value: "三"}, {Name: "网格", Value: "四"}},
		Revision: 1,
	}
	it.ID, it.Day = item.NewID(it.Source, it.NativeID), at.Format(time.DateOnly)
	return label.Labeled{
		Item: it, At: at.Add(2 * time.Minute),
		Labels: []label.Label{
			{Kind: label.Topic, Value: "urban", Score: 0.9, Evidence: []label.Span{{Field: "title", Start: 0, End: 6}, {Field: "text", Start: 3, End: 9}}, By: "topic", Version: 3},
			{Kind: label.Topic, Value: "traffic", Score: 0.4, By: "topic", Version: 3},
			{Kind: label.Urgency, Value: label.Pressing, Score: 0.7, Reason: "dark-road", By: "urgency", Version: 1},
			{Kind: label.Region, Value: "350783100", Score: 0.8, By: "region", Version: 2},
			{Kind: label.Form, Value: "求助", Score: 0.6, By: "form", Version: 1},
		},
	}
}

func letters(from, to int) []label.Labeled {
	var out []label.Labeled
	for n := from; n < to; n++ {
		out = append(out, letter(n))
	}
	return out
}

func write(t testing.TB, s *Store, items []label.Labeled, next map[int]int64) {
	t.Helper()
	if err := s.Write(t.Context(), items, next); err != nil {
		t.Fatal(err)
	}
}
