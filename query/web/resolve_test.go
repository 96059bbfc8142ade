package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
	"qianliyan/query/filter"
)

// TestFilterOf: names and codes ask for the same, and what is neither is
// refused with what there is.
func TestFilterOf(t *testing.T) {
	s := withNames(t)
	s.deps.Forms = []string{"咨询", "投诉"}
	for query, want := range map[string]string{
		"channel=热线":                "channel=call",
		"channel=热线&channel=call":   "channel=call",
		"topic=城乡建设&topic=urban":    "topic=urban",
		"region=350783101":          "region=350783101",
		"region=福建省南平市建瓯市吉阳镇":       "region=350783101",
		"urgency=特急&form=投诉":        "form=投诉&urgency=特急",
		"source=没见过的来源&unit=没见过的单位": "source=没见过的来源&unit=没见过的单位",
	} {
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.filterOf(v)
		if got, _ := url.QueryUnescape(f.String()); err != nil || got != want {
			t.Errorf("%s is read as %s, %v, want %s", query, got, err, want)
		}
	}
	for query, want := range map[string]string{
		"channel=zzz":                         "报送、热线、来信、信访、媒体、网络",
		"urgency=急":                           "特急、紧急、一般",
		"topic=天气":                            "城乡建设",
		"form=吵架":                             "咨询、投诉",
		"region=无此镇":                          "没有这个地区",
		"region=城关镇":                          "不止一个地区",
		"from=x":                              "不是日期",
		"channel=" + strings.Repeat("长", 200): "长…",
	} {
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.filterOf(v)
		var p *item.Problem
		if !errors.As(err, &p) || !strings.Contains(p.Error(), want) {
			t.Errorf("%s gives %v, want a problem with %q", query, err, want)
		}
	}
	s.deps.Forms = nil
	if _, err := s.filterOf(url.Values{"form": {"自定"}}); err != nil {
		t.Errorf("a server that knows no forms refuses one: %v", err)
	}
}

// TestQuietDay: a day without urgent items shows none, and where the others
// are.
func TestQuietDay(t *testing.T) {
	d := todayData{Day: "2026-03-02", Yesterday: "2026-03-01", Total: 3, Before: 1, Latest: "2026-03-02"}
	if d.Quiet() == (todayData{}).Quiet() || !strings.Contains(d.Hints()[0], "4 条") || !strings.Contains(d.Links()[0].Path, "sort=newest") {
		t.Errorf("%s %v %v", d.Quiet(), d.Hints(), d.Links())
	}
}

func TestBeginning(t *testing.T) {
	for s, want := range map[string]string{"路灯井盖": "路灯", "电13812340000": "电", "abcdefgh": "abcdefg"} {
		if got := beginning(s, 7); got != want {
			t.Errorf("%q begins %q, want %q", s, got, want)
		}
	}
}

// TestFourWeeks: whole weeks, today last.
func TestFourWeeks(t *testing.T) {
	f := fourWeeks(filter.Filter{}, time.Date(2026, 3, 28, 9, 0, 0, 0, item.Zone))
	if f.From != "2026-03-01" || f.To != "2026-03-28" {
		t.Errorf("%s to %s", f.From, f.To)
	}
}

// TestLongText: of a text of megabytes the page shows the beginning, and all of it
// when asked; the JSON twin has all.
func TestLongText(t *testing.T) {
	items := makeItems(1, 1, time.Now())
	it := &items[0].Item
	it.Text = strings.Repeat("名单某号，", 100_000) + "最后一句。"
	items[0].Labels = []label.Label{{Kind: label.Urgency, Value: label.Routine, Score: 1, By: "urgency", Version: 1}}
	w := newWorld(t, items)
	short := w.page(t, "/item/"+string(it.ID), 200)
	wants(t, "/item", short, "全文 500,005 字", "显示全文", "?full=1")
	if len(short) > 2*textShown || strings.Contains(short, "最后一句") {
		t.Errorf("the page has %d bytes", len(short))
	}
	wants(t, "full", w.page(t, "/item/"+string(it.ID)+"?full=1", 200), "最后一句")
	wants(t, "twin", w.page(t, "/item/"+string(it.ID)+".json", 200), "最后一句")
	if body := w.page(t, "/search?q=最后一句", 200); len(body) > 2*textShown || !strings.Contains(body, "<mark>最后一句</mark>") {
		t.Errorf("the search has %d bytes", len(body))
	}
	// Nothing here is urgent: the brief says so instead of filling its lines.
	wants(t, "/", w.page(t, "/", 200), "这两天没有特急、紧急的信息", "看最新的信息")
	wants(t, "/trend", w.page(t, "/trend", 200), "近 4 周（28 天）")
	wants(t, "/report.json", w.page(t, "/report.json", 200), `"open":true`, `"name":"unit"`, `"required":true`, it.Unit)
	r := httptest.NewRecorder()
	w.handler.ServeHTTP(r, httptest.NewRequest(http.MethodPost, "/report.json", nil))
	if r.Code != 405 || !strings.HasPrefix(r.Body.String(), `{"error":`) {
		t.Errorf("POST /report.json answers %d %s", r.Code, r.Body)
	}
}
