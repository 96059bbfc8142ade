package trend

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"qianliyan/classify/label"
	"qianliyan/cmd/embedded/clickhouse"
	"qianliyan/index/columnar"
	"qianliyan/ingest/item"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a store with items and the questions over it, asked with a reader's
// rights as in the program.
type world struct {
	*Trends
	store *columnar.Store
}

func newWorld(t testing.TB, items []label.Labeled) world {
	t.Helper()
	e := clickhouse.OpenTest(t)
	cfg := columnar.Defaults()
	cfg.Database, cfg.Analyst = clickhouse.TestDatabase(t, e), clickhouse.TestDatabase(t, e)
	over := func(rt http.RoundTripper) columnar.Deps {
		return columnar.Deps{Transport: func(*http.Transport) (http.RoundTripper, error) { return rt, nil }, Log: slog.New(slog.DiscardHandler)}
	}
	s, err := columnar.Open(t.Context(), cfg, over(e))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Write(t.Context(), items, nil); err != nil {
		t.Fatal(err)
	}
	conn, err := columnar.Connect(cfg, over(e.Reader()), cfg.Analyst)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	tr, err := New(Config{}, Deps{Conn: conn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return world{tr, s}
}

// parseItems reads made-up items, one a line:
//
//	2026-05-01 09:30 | call | 供水公司 | urban,labor | 350101 | 紧急 | 求助 | 标题 | 正文
//
// An item's number is its line, so that a line written twice is a replay.
func parseItems(text string) ([]label.Labeled, error) {
	var out []label.Labeled
	seen := map[string]int{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "|")
		if len(f) != 9 {
			return nil, fmt.Errorf("%q has %d fields, want 9", line, len(f))
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", f[0], item.Zone)
		if err != nil {
			return nil, err
		}
		if seen[line] == 0 {
			seen[line] = len(seen) + 1
		}
		it := item.Item{
			Channel: item.Channel(f[1]), Source: "s-" + f[1], NativeID: fmt.Sprint(seen[line]), Unit: f[2],
			Title: f[7], Text: f[8], Submitted: at, Received: at, Day: at.Format(time.DateOnly), Revision: 1,
		}
		it.ID = item.NewID(it.Source, it.NativeID)
		l := label.Labeled{Item: it, At: at}
		for kind, values := range map[label.Kind]string{label.Topic: f[3], label.Region: f[4], label.Urgency: f[5], label.Form: f[6]} {
			for v := range strings.SplitSeq(values, ",") {
				if v != "" {
					l.Labels = append(l.Labels, label.Label{Kind: kind, Value: v, Score: 1, By: "test", Version: 1})
				}
			}
		}
		out = append(out, l)
	}
	return out, nil
}
