package search

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/index/fulltext"
	"qianliyan/ingest/item"
	"qianliyan/query/filter"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Started by bleve's package variables, for good.
		goleak.IgnoreAnyFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}

func searcher(t testing.TB, items ...label.Labeled) *Searcher {
	t.Helper()
	x, err := fulltext.Open(fulltext.Config{Dir: t.TempDir()}, fulltext.Deps{Segmenter: segmenttest.Open(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	for part := range slices.Chunk(items, 1000) {
		if err := x.Write(t.Context(), part, nil); err != nil {
			t.Fatal(err)
		}
	}
	s, err := New(Config{}, Deps{Index: x})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func letter(n int, title, text string, kv ...string) label.Labeled {
	at := time.Date(2026, 3, 1+n%28, 9, n%60, 0, 0, item.Zone)
	l := label.Labeled{Item: item.Item{
		ID: item.NewID("test", fmt.Sprint(n)), Channel: item.Letter, Source: "test", Unit: fmt.Sprintf("单位%d", n%3),
		Title: title, Text: text, Submitted: at, Day: at.Format(time.DateOnly), Revision: 1,
	}}
	for i := 0; i < len(kv); i += 2 {
		l.Labels = append(l.Labels, label.Label{Kind: label.Kind(kv[i]), Value: kv[i+1]})
	}
	return l
}

func ask(t testing.TB, s *Searcher, req Request) Result {
	t.Helper()
	r, err := s.Search(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSearch(t *testing.T) {
	s := searcher(t,
		letter(1, "东街路灯坏了", "东街的路灯已经坏了三天，晚上看不见路。", "topic", "city", "urgency", label.Routine, "form", "投诉", "region", "east"),
		letter(2, "", "西街井盖不见了，旁边的路灯也不亮，非常危险！", "topic", "city", "topic", "safety", "urgency", label.Pressing),
		letter(3, "公园什么时候开放", "Ａ３区新公园什么时候开放？", "topic", "culture"))
	r := ask(t, s, Request{Filter: filter.Filter{Words: "路灯"}, Facets: true})
	if r.Total != 2 || r.Understood != "含“路灯”" || r.Next != "" || r.Took <= 0 {
		t.Errorf("%+v", r)
	}
	h := r.Hits[0]
	if h.ID != item.NewID("test", "1") || show(h.Title) != "东街[路灯]坏了" || show(h.Passages[0]) != "东街的[路灯]已经坏了三天，晚上看不见路。" ||
		h.Topic != "city" || h.Region != "east" || h.Urgency != label.Routine || h.Form != "投诉" || h.Unit != "单位1" || h.Day != "2026-03-02" || h.Score <= 0 {
		t.Errorf("%+v", h)
	}
	if got := show(r.Hits[1].Title); got != "西街井盖不见了，旁边的[路灯]也不亮，非常危险！" {
		t.Errorf("headline %s", got)
	}
	if got := fmt.Sprint(r.Facets["topic"]); got != "[{city 2} {safety 1}]" {
		t.Errorf("facets %s", got)
	}
	for _, l := range new(filter.Filter).Lists() {
		if r.Facets[l.Name] == nil {
			t.Errorf("list %q is not counted", l.Name)
		}
	}
}

func TestFilters(t *testing.T) {
	s := searcher(t,
		letter(1, "甲", "路灯", "topic", "a", "urgency", label.Routine),
		letter(2, "乙", "路灯", "topic", "b", "urgency", label.Critical),
		letter(3, "丙", "Ａ３区井盖", "topic", "a", "topic", "b", "urgency", label.Pressing))
	for _, c := range []struct {
		name string
		req  Request
		want string
	}{
		{"nothing asked is newest first", Request{}, "丙乙甲"},
		{"urgency", Request{Sort: Urgency}, "乙丙甲"},
		{"newest", Request{Sort: Newest, Filter: filter.Filter{Words: "路灯"}}, "乙甲"},
		{"topic", Request{Filter: filter.Filter{Topics: []string{"b"}}}, "丙乙"},
		{"topics", Request{Filter: filter.Filter{Topics: []string{"a", "b"}}}, "丙乙甲"},
		{"topic and urgency", Request{Filter: filter.Filter{Topics: []string{"a"}, Urgency: []string{label.Pressing}}}, "丙"},
		{"days", Request{Filter: filter.Filter{From: "2026-03-03", To: "2026-03-03"}}, "乙"},
		{"from", Request{Filter: filter.Filter{From: "2026-03-03"}}, "丙乙"},
		{"another month", Request{Filter: filter.Filter{From: "2026-04-01"}}, ""},
		{"unit", Request{Filter: filter.Filter{Units: []string{"单位0"}}}, "丙"},
		{"channel", Request{Filter: filter.Filter{Channels: []string{"call"}}}, ""},
		{"half width, lower case", Request{Filter: filter.Filter{Words: "a3"}}, "丙"},
		{"one character", Request{Filter: filter.Filter{Words: "盖"}}, "丙"},
		{"title only", Request{Filter: filter.Filter{Words: "标题:路灯"}}, ""},
		{"not", Request{Filter: filter.Filter{Words: "-路灯"}}, "丙"},
		{"nothing", Request{Filter: filter.Filter{Words: "飞机"}}, ""},
		{"loose", Request{Loose: true, Filter: filter.Filter{Words: "路灯飞机"}}, "乙甲"},
		{"loose without words", Request{Loose: true}, "丙乙甲"},
	} {
		r := ask(t, s, c.req)
		got := ""
		for _, h := range r.Hits {
			got += show(h.Title)
		}
		if got != c.want || r.Total != len([]rune(c.want)) {
			t.Errorf("%s: %s (%d), want %s", c.name, got, r.Total, c.want)
		}
	}
}

func TestBadRequestsAreProblems(t *testing.T) {
	s := searcher(t)
	for name, req := range map[string]Request{
		"words": {Filter: filter.Filter{Words: "“"}}, "sort": {Sort: "moon"}, "size": {Size: -1}, "large": {Size: 5000}, "after": {After: "?"},
	} {
		_, err := s.Search(t.Context(), req)
		if _, ok := errors.AsType[*item.Problem](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []Config{{Passages: 11}, {Width: 5}} {
		if _, err := New(c, s.deps); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

// TestEverySubstringIsFound takes random parts of texts, in other widths and
// cases, as words in quotes: the item must be among the hits, and marked.
func TestEverySubstringIsFound(t *testing.T) {
	texts := []string{
		"A3区人民路12345号，2019年4月起路灯不亮；多次拨打12345热线无人处理。",
		"幸福小区（二期）3栋2单元101室漏水，物业说要交5000元维修基金！",
		"孩子在Ｂ２县第一中学读高一，学校　周末补课收费，请教育局查处。\n家长代表",
		"咨询：公积金贷款利率是3.25%还是2.85%？首套房与二套房①②有区别吗",
		"关于XX公司拖欠农民工工资的投诉：截至 2020-01-15 仍欠3个月。",
	}
	var items []label.Labeled
	for i, s := range texts {
		items = append(items, letter(i, "", s))
	}
	s := searcher(t, items...)
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, len(texts)-1).Draw(rt, "text")
		r := []rune(texts[n])
		from := rapid.IntRange(0, len(r)-1).Draw(rt, "from")
		part := string(r[from:rapid.IntRange(from+1, min(len(r), from+12)).Draw(rt, "to")])
		if rapid.Bool().Draw(rt, "upper") {
			part = strings.ToUpper(part)
		}
		if rapid.Bool().Draw(rt, "wide") {
			part = strings.Map(func(r rune) rune {
				if r > ' ' && r < 0x7F {
					return r + 0xFEE0
				}
				return r
			}, part)
		}
		if !fulltext.Searchable(part) {
			return
		}
		res, err := s.Search(t.Context(), Request{Filter: filter.Filter{Words: "「" + part + "」"}, Sort: Newest})
		if err != nil {
			rt.Fatal(err)
		}
		i := slices.IndexFunc(res.Hits, func(h Hit) bool { return h.ID == items[n].Item.ID })
		if i < 0 {
			rt.Fatalf("%q is not found in %q", part, texts[n])
		}
		if !slices.ContainsFunc(slices.Concat(res.Hits[i].Passages...), func(p Piece) bool { return p.Hit }) {
			rt.Fatalf("%q is not marked: %+v", part, res.Hits[i].Passages)
		}
	})
}
