package web

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
	"qianliyan/query/filter"
	"qianliyan/query/search"
)

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		"电话13812340000。":             "电话138****0000。",
		"15900001234、18611112222":    "159****1234、186****2222",
		"身份证11010119900307123X号":     "身份证110101********123X号",
		"订单20261123000001共12345678元": "订单20261123000001共12345678元",
		"010-12345678":               "010-12345678",
		"23812340000":                "23812340000", // no mobile number begins with 2
		"":                           "",
		"１３８１２３４００００":                "１３８１２３４００００",
	} {
		if got := Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("联系13812340000")
	f.Add("11010119900307123X")
	f.Fuzz(func(t *testing.T, s string) {
		got := Mask(s)
		if len(got) != len(s) {
			t.Fatalf("Mask(%q) changes the length: offsets would be wrong", s)
		}
		if Mask(got) != got {
			t.Fatalf("Mask(%q) is not idempotent", s)
		}
	})
}

func TestMark(t *testing.T) {
	text := "东关街停水两天"
	at := func(word string) label.Span {
		i := strings.Index(text, word)
		return label.Span{Field: "text", Start: i, End: i + len(word)}
	}
	labels := []label.Label{
		{Evidence: []label.Span{at("停水两天")}},
		{Evidence: []label.Span{at("停水"), at("停水"), {Field: "title", Start: 0, End: 3}}},
		{Evidence: []label.Span{{Field: "text", Start: 1, End: 4}, {Field: "text", Start: 0, End: 999}, {Field: "text", Start: 9, End: 3}, {Field: "text", Start: -1, End: 3}}},
	}
	var got []string
	for _, p := range mark(text, "text", labels) {
		s := p.Text
		for _, n := range p.Labels {
			s += string(rune('0' + n))
		}
		got = append(got, s)
	}
	if want := "东关街|停水12|两天1"; strings.Join(got, "|") != want {
		t.Errorf("marked %q, want %q", strings.Join(got, "|"), want)
	}
	if mark("", "text", labels) != nil {
		t.Error("an empty text has pieces")
	}
}

func FuzzMark(f *testing.F) {
	f.Add("石桥镇仓库起火", 3, 9, 0, 6)
	f.Add("a\xffb", 0, 1, 1, 3)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int) {
		var whole strings.Builder
		for _, p := range mark(text, "text", []label.Label{{Evidence: []label.Span{{Field: "text", Start: a, End: b}}}, {Evidence: []label.Span{{Field: "text", Start: c, End: d}}}}) {
			whole.WriteString(p.Text)
			if utf8.ValidString(text) && !utf8.ValidString(p.Text) {
				t.Fatalf("piece %q of %q cuts a character", p.Text, text)
			}
		}
		if whole.String() != text {
			t.Fatalf("pieces of %q add up to %q", text, whole.String())
		}
	})
}

func TestMaskPiecesAcrossAMark(t *testing.T) {
	got := maskPieces([]search.Piece{{Text: "电话138"}, {Text: "1234", Hit: true}, {Text: "0000。"}})
	if joinPieces(got) != "电话138****0000。" || !got[1].Hit || got[1].Text != "****" {
		t.Errorf("got %v", got)
	}
}

func TestWordsForPeople(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{number(0), "0"},
		{number(999), "999"},
		{number(1000), "1,000"},
		{number(-1234567), "-1,234,567"},
		{number("20000"), "20,000"},
		{percent(0.71764), "71.76%"},
		{share(0.9), "90%"},
		{span(300 * time.Millisecond), "不到 1 秒"},
		{span(90 * time.Second), "1 分钟"},
		{span(125 * time.Minute), "2 小时 5 分"},
		{span(49 * time.Hour), "2 天 1 小时"},
		{milliseconds(0), "1 毫秒"},
		{milliseconds(1500 * time.Millisecond), "1.5 秒"},
		{day(time.Time{}), ""},
		{moment(time.Time{}), ""},
		{second(time.Time{}), ""},
		{clock(time.Time{}, "2026-01-31"), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	at := time.Date(2026, 1, 31, 8, 5, 9, 0, item.Zone)
	for today, want := range map[string]string{"2026-01-31": "08:05", "2026-03-01": "01-31 08:05", "2027-01-01": "2026-01-31"} {
		if got := clock(at, today); got != want {
			t.Errorf("clock on %s = %q, want %q", today, got, want)
		}
	}
	if paperDay(at) != "2026年1月31日" || second(at.UTC()) != "2026-01-31 08:05:09" {
		t.Error("dates are not written as papers and screens write them")
	}
	if _, err := dict("a"); err == nil {
		t.Error("dict takes half a pair")
	}
	if _, err := dict(1, 2); err == nil {
		t.Error("dict takes a key that is no string")
	}
}

func TestNotices(t *testing.T) {
	st := Status{
		Closed:  "磁盘只剩 80 MiB",
		Missing: []Part{{"全文库", "正在打开"}, {"分析入库", "连不上"}},
		Stages:  []Stage{{Label: "分类", Lag: 999}, {Label: "全文入库", Lag: 1000, Behind: 3 * time.Minute}, {Label: "分析入库", Fault: "连不上"}},
	}
	var got []string
	for _, n := range notices(st, 1000) {
		got = append(got, n.Text)
	}
	want := "收件已暂停：磁盘只剩 80 MiB|全文库未就绪：正在打开|全文入库积压 1,000 条，最早一条已等 3 分钟|分析入库停顿：连不上"
	if strings.Join(got, "|") != want {
		t.Errorf("got %s\nwant %s", strings.Join(got, "|"), want)
	}
	if notices(Status{Stages: []Stage{{Label: "分类", Lag: -1}}}, 1) != nil {
		t.Error("an unknown lag is a notice")
	}
}

func TestDrawColumns(t *testing.T) {
	var days []dayCount
	for i := range 30 {
		days = append(days, dayCount{time.Date(2026, 3, 1+i, 0, 0, 0, 0, item.Zone).Format("2006-01-02"), int64(i * 37)})
	}
	c := drawColumns(days, "2026-03-30")
	if len(c.Bars) != 30 || !c.Bars[29].Here || c.Bars[29].Label != "03-30" || c.Bars[0].H != 0 {
		t.Errorf("bars are wrong: %+v", c.Bars)
	}
	for _, b := range c.Bars {
		if b.Y < 0 || b.Y+b.H > chartHeight || b.X < chartLeft || b.X+b.W > chartWidth {
			t.Errorf("bar %+v leaves the picture", b)
		}
	}
	if !strings.Contains(c.Summary, "单日最多 1,073 条") || c.Ticks[2].Label != "2,000" {
		t.Errorf("summary %q, top %q", c.Summary, c.Ticks[2].Label)
	}
	if len(drawColumns(nil, "").Bars) != 0 {
		t.Error("no days draw bars")
	}
	for v, want := range map[float64]float64{0: 2, 2: 2, 3: 4, 9: 10, 11: 20, 61: 80, 100: 100, 101: 200} {
		if got := niceCeil(v); got != want {
			t.Errorf("niceCeil(%v) = %v, want %v", v, got, want)
		}
	}
}

func TestPagerLeadsBack(t *testing.T) {
	q := url.Values{"q": {"停水"}}
	for page := 1; page <= 9; page++ {
		res := search.Result{Total: 200, Hits: make([]search.Hit, 20), Next: "after-" + string(rune('0'+page))}
		p := pagerOf(q, res, 20)
		if p.Page != page || p.From != (page-1)*20+1 || p.To != page*20 {
			t.Fatalf("page %d is %+v", page, p)
		}
		if page > 1 {
			prev, err := url.Parse(p.Previous)
			if err != nil || pagerOf(prev.Query(), res, 20).Page != page-1 {
				t.Fatalf("previous of %d is %q", page, p.Previous)
			}
		}
		next, err := url.Parse(p.Next)
		if err != nil {
			t.Fatal(err)
		}
		if q = next.Query(); len(q["back"]) > trailLength || q.Get("q") != "停水" {
			t.Fatalf("next of %d is %q", page, p.Next)
		}
	}
	if p := pagerOf(url.Values{"page": {"7"}}, search.Result{}, 20); p.Page != 1 || p.Next != "" || p.First != "" {
		t.Errorf("a page without its After is %+v", p)
	}
}

func TestFilterWithAndWithout(t *testing.T) {
	f := filter.Filter{Topics: []string{"urban"}}
	g := also(f, "topic", "labor")
	if len(f.Topics) != 1 || len(g.Topics) != 2 || len(without(g, "topic", "urban").Topics) != 1 || len(g.Topics) != 2 {
		t.Errorf("also or without changed what it was given: %v %v", f, g)
	}
	if got := address("/search", url.Values{"sort": {"newest"}}, url.Values{"sort": {"urgency"}}); got != "/search?sort=urgency" {
		t.Errorf("address = %q", got)
	}
}

func TestLooseWordsAreNoQuery(t *testing.T) {
	if got := looseWords(`“停水” -通知 (a|b)：c…`); got != "停水 通知 a b c" {
		t.Errorf("got %q", got)
	}
}

func TestReceiptsForgetTheOldest(t *testing.T) {
	rs := newReceipts(2)
	for _, n := range []string{"a", "b", "b", "c"} {
		f := filed{}
		f.Number = n
		rs.add(f)
	}
	if _, ok := rs.get("a"); ok {
		t.Error("the oldest is still there")
	}
	if _, ok := rs.get("b"); !ok {
		t.Error("b is gone although two fit")
	}
}

func TestConfigProblems(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Fatal(err)
	}
	err := Config{PageSize: 500, DoubtBelow: 2}.Validate()
	for _, key := range []string{"page_size", "timeout", "max_body", "doubt_below", "backlog_at"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("the problem of %s is not reported: %v", key, err)
		}
	}
}
