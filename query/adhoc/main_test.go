package adhoc

import (
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"qianliyan/classify/label"
	"qianliyan/cmd/embedded/clickhouse"
	"qianliyan/index/columnar"
	"qianliyan/ingest/item"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is an analyst's desk over a store with ten made-up letters.
type desk struct {
	*Reader
	store    *columnar.Store
	engine   *clickhouse.Engine
	internal string // the database behind the views
}

func newDesk(t testing.TB, change ...func(*Config)) desk {
	t.Helper()
	e := clickhouse.OpenTest(t)
	c := columnar.Defaults()
	c.Database, c.Analyst = "hidden_"+clickhouse.TestDatabase(t, e), clickhouse.TestDatabase(t, e)
	over := func(rt http.RoundTripper) columnar.Deps {
		return columnar.Deps{Transport: func(*http.Transport) (http.RoundTripper, error) { return rt, nil }, Log: slog.New(slog.DiscardHandler)}
	}
	s, err := columnar.Open(t.Context(), c, over(e))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	var items []label.Labeled
	for n := range 10 {
		it := item.Item{Channel: item.Letter, Source: "mailbox", NativeID: fmt.Sprint(n), Title: fmt.Sprintf("路灯不亮（%d）", n), Text: "请修理。", Unit: "城管局", Revision: 1}
		it.ID, it.Submitted = item.NewID(it.Source, it.NativeID), time.Date(2026, 5, 1+n, 9, 0, 0, 0, item.Zone)
		it.Received, it.Day = it.Submitted, it.Submitted.Format(time.DateOnly)
		items = append(items, label.Labeled{Item: it, At: it.Received, Labels: []label.Label{{Kind: label.Urgency, Value: label.Routine, Score: 1, By: "test"}}})
	}
	if err := s.Write(t.Context(), items, nil); err != nil {
		t.Fatal(err)
	}
	conn, err := columnar.Connect(c, over(e.Reader()), c.Analyst)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	cfg := Config{Database: c.Analyst}
	for _, f := range change {
		f(&cfg)
	}
	r, err := New(cfg, Deps{Conn: conn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return desk{r, s, e, c.Database}
}
