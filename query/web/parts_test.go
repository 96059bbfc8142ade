package web

import (
	"io/fs"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qianliyan/classify/label"
	"qianliyan/classify/taxonomy"
	"qianliyan/ingest/item"
	"qianliyan/ingest/source/form"
	"qianliyan/query/export"
	"qianliyan/query/filter"
)

func sub(t *testing.T, dir string) fs.FS {
	t.Helper()
	f, err := fs.Sub(files, dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// withNames is a bare server that knows the shipped taxonomy.
func withNames(t *testing.T) *Server {
	t.Helper()
	s := bare(t)
	var err error
	if s.deps.Taxonomy, err = taxonomy.Open(""); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNames(t *testing.T) {
	s := withNames(t)
	for _, c := range []struct{ list, value, short, long string }{
		{"channel", "call", "热线", "热线"},
		{"topic", "urban", "城乡建设", "城乡建设"},
		{"region", "350783101", "吉阳镇", "福建省南平市建瓯市吉阳镇"},
		{"unit", "信访局", "信访局", "信访局"},
		{"topic", "gone", "gone", "gone"},
		{"region", "", "", ""},
	} {
		if got := s.name(c.list, c.value); got != c.short {
			t.Errorf("name(%s, %s) = %q", c.list, c.value, got)
		}
		if got := s.longName(c.list, c.value); got != c.long {
			t.Errorf("longName(%s, %s) = %q", c.list, c.value, got)
		}
	}
	// Towns that share a name are told apart, others stay short.
	table := export.Table{Columns: []export.Column{{Name: "region"}}, Rows: [][]any{{"350783101"}, {"440111"}, {""}}}
	if got := s.named(table).Rows; got[0][0] != "吉阳镇" || got[2][0] != none || table.Rows[2][0] != "" {
		t.Errorf("named gives %v", got)
	}
	same := export.Table{Columns: []export.Column{{Name: "region"}}, Rows: [][]any{{"110105"}, {"220104"}}} // two of the name 朝阳区
	if got := s.named(same).Rows; got[0][0] == got[1][0] {
		t.Errorf("two districts are both called %v", got[0][0])
	}
}

func TestFilterBar(t *testing.T) {
	s := withNames(t)
	f := filter.Filter{Words: "停水", From: "2026-01-01", To: "2026-01-31", Channels: []string{"call"}, Topics: []string{"labor", "urban"}}
	b := s.filterBar("/search", f, url.Values{"sort": {"newest"}})
	var chips []string
	for _, c := range b.Chips {
		chips = append(chips, c.Label+c.Value)
		u, err := url.Parse(c.Remove)
		if err != nil {
			t.Fatal(err)
		}
		g, err := filter.Parse(u.Query())
		if err != nil || g.Words != "停水" || u.Query().Get("sort") != "newest" || len(g.Channels)+len(g.Topics) != 2 {
			t.Errorf("taking %s off gives %s", c.Value, c.Remove)
		}
	}
	if d := cmp.Diff([]string{"渠道热线", "主题劳动和社会保障", "主题城乡建设"}, chips); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]field{{"channel", "call"}, {"topic", "labor"}, {"topic", "urban"}, {"sort", "newest"}}, b.Hidden); d != "" {
		t.Error(d)
	}
	if b.Reset != "/search?sort=newest" {
		t.Errorf("reset leads to %s", b.Reset)
	}
	today := day(time.Now())
	for _, r := range b.Ranges {
		u, _ := url.Parse(r.URL)
		g, err := filter.Parse(u.Query())
		if err != nil || g.Words != "停水" || r.Here || r.Label != "全部" && g.To != today || r.Label == "全部" && g.From+g.To != "" {
			t.Errorf("%s leads to %s (%v)", r.Label, r.URL, err)
		}
	}
	if got := s.filterBar("/search", filter.Filter{From: today, To: today}, nil).Ranges[0]; !got.Here {
		t.Error("today's range is not marked as chosen")
	}
}

func TestLabelRow(t *testing.T) {
	s := withNames(t)
	it := item.Item{Title: "停水", Text: "停水两天，电话13812340000"}
	l := label.Label{Kind: label.Urgency, Value: label.Pressing, Score: 0.59, Reason: "r1", Evidence: []label.Span{{Field: "title", Start: 0, End: 6}, {Field: "text", Start: 0, End: 6}, {Field: "text", Start: 15, End: 32}, {Field: "text", Start: 0, End: 999}}}
	got := s.labelRow(3, l, it)
	if !got.Doubt || got.Level != 2 || got.Number != 3 || got.Reason != "r1" || got.Query != "urgency=%E7%B4%A7%E6%80%A5" {
		t.Errorf("row is %+v", got)
	}
	if d := cmp.Diff([]string{"停水", "电话138****0000"}, got.Evidence); d != "" {
		t.Error(d)
	}
	s.deps.Explain = func(label.Label) string { return "停水超过一天" }
	if got := s.labelRow(1, l, it); got.Reason != "停水超过一天" {
		t.Errorf("reason is %q", got.Reason)
	}
	if got := evidenceWords(it, []label.Label{l}); got != "停水，电话13812340000" {
		t.Errorf("evidence words are %q", got)
	}
	if evidenceWords(it, nil) != "" || kindName("new") != "new" {
		t.Error("nothing is something")
	}
}

func TestFieldsLeaveOutWhatIsNotThere(t *testing.T) {
	s := withNames(t)
	at := time.Date(2026, 1, 31, 8, 0, 0, 0, item.Zone)
	got := s.fields(item.Item{Channel: item.Call, Source: "12345", NativeID: "13812340000", Received: at, Revision: 2, Urgent: true, Places: []string{"石桥镇"}, Attachments: []string{"图.jpg"}})
	want := []namedValue{
		{"渠道", "热线", "channel=call"},
		{"来源", "12345", "source=12345"},
		{"来源编号", "138****0000", ""},
		{"地点", "石桥镇", ""},
		{"接收时间", "2026-01-31 08:00", ""},
		{"报送标记", "报送单位已按“紧急”", ""},
		{"附件", "图.jpg", ""},
		{"版本", "第 2 版（来源更正过）", ""},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestHints(t *testing.T) {
	if got := (searchData{Bar: filterBar{From: "2026-01-01", Chips: []chip{{}}, Words: "停水"}}); len(got.Hints()) != 4 || len(got.Links()) != 3 {
		t.Errorf("hints %v, links %v", got.Hints(), got.Links())
	}
	if got := (searchData{All: true}); len(got.Hints()) != 1 || got.Links()[0].Path != "/report" {
		t.Errorf("an empty installation is told %v", got.Hints())
	}
	if got := (todayData{Latest: "2026-01-30"}); got.Links()[0].Path != "/?day=2026-01-30" {
		t.Errorf("links are %v", got.Links())
	}
	d := reportData{Remarks: byField([]form.Remark{{Field: "text", Reason: "没有写正文", Hint: "请写"}, {Field: "text", Reason: "第二条"}})}
	if !d.Wrong("text") || d.Wrong("unit") || d.Remark("text").Text != "没有写正文：请写" || d.Remark("unit").Text != "" {
		t.Errorf("remarks are %+v", d.Remarks)
	}
}

func TestDocuments(t *testing.T) {
	got := documents(map[string]string{"b": "没有标题", "a": "\n# 手册 \n正文"})
	if len(got) != 2 || got[0].Name != "a" || got[0].Title != "手册" || got[1].Title != "b" || !strings.Contains(string(got[0].HTML), "<h1>") {
		t.Errorf("documents are %+v", got)
	}
}

func TestReportOf(t *testing.T) {
	got := reportOf(url.Values{"unit": {"某局"}, "text": {"一\r\n二\n三"}, "urgent": {"1"}})
	if got.Text != "一\n二\n三" || !got.Urgent || got.Unit != "某局" || got.Key == "" {
		t.Errorf("report is %+v", got)
	}
}
