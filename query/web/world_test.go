package web

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/classify/taxonomy"
	"qianliyan/cmd/embedded/clickhouse"
	"qianliyan/index/columnar"
	"qianliyan/index/fulltext"
	"qianliyan/ingest/item"
	"qianliyan/ingest/source/form"
	"qianliyan/query/adhoc"
	"qianliyan/query/search"
	"qianliyan/query/trend"
)

// world is the pages over real engines with made-up items.
type world struct {
	t        testing.TB
	server   *Server
	handler  http.Handler
	engine   *clickhouse.Engine
	store    *columnar.Store
	index    *fulltext.Index
	items    []label.Labeled
	status   Status
	accepted []item.Item
	refuse   error // what Accept answers instead
}

// newWorld opens the engines and stores items in both.
func newWorld(t testing.TB, items []label.Labeled) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	w := &world{t: t, engine: clickhouse.OpenTest(t), items: items}
	cfg := columnar.Defaults()
	cfg.Database, cfg.Analyst = clickhouse.TestDatabase(t, w.engine), clickhouse.TestDatabase(t, w.engine)
	over := func(rt http.RoundTripper) columnar.Deps {
		return columnar.Deps{Transport: func(*http.Transport) (http.RoundTripper, error) { return rt, nil }, Log: log}
	}
	var err error
	if w.store, err = columnar.Open(t.Context(), cfg, over(w.engine)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	seg := segmenttest.Open(t)
	if w.index, err = fulltext.Open(fulltext.Config{Dir: t.TempDir()}, fulltext.Deps{Segmenter: seg, Log: log}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.index.Close() })
	for at := 0; at < len(items); at += 500 {
		some := items[at:min(at+500, len(items))]
		next := map[int]int64{0: int64(at + len(some))}
		if err := w.store.Write(t.Context(), some, next); err != nil {
			t.Fatal(err)
		}
		if err := w.index.Write(t.Context(), some, next); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := columnar.Connect(cfg, over(w.engine.Reader()), cfg.Analyst)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	deps := Deps{Items: w.store, Log: log, Metrics: http.NotFoundHandler(), Docs: map[string]string{"guide": "# 操作手册\n\n见 [检索](/search)。"}}
	deps.Status = func(context.Context) Status { return w.status }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	deps.Search, err = search.New(search.Config{}, search.Deps{Index: w.index, Log: log, Metrics: prometheus.NewRegistry()})
	must(err)
	deps.Trend, err = trend.New(trend.Config{}, trend.Deps{Conn: conn, Log: log, Metrics: prometheus.NewRegistry()})
	must(err)
	deps.Adhoc, err = adhoc.New(adhoc.Config{Database: cfg.Analyst}, adhoc.Deps{Conn: conn, Log: log, Metrics: prometheus.NewRegistry()})
	must(err)
	deps.Taxonomy, err = taxonomy.Open("")
	must(err)
	deps.Form, err = form.New(form.Defaults(), form.Deps{Log: log, Accept: w.accept})
	must(err)
	own := Defaults()
	own.Office = "石桥县委办公室"
	w.server, err = newServer(own, deps)
	must(err)
	w.handler = w.server.handler()
	w.status.Stages = []Stage{{Name: "classify", Label: "分类"}, {Name: "fulltext", Label: "全文入库"}, {Name: "columnar", Label: "分析入库", Lag: 12, Behind: 3 * time.Second}}
	return w
}

// accept takes the form's reports as ingest would, without a bus.
func (w *world) accept(_ context.Context, its []item.Item) ([]item.Outcome, error) {
	if w.refuse != nil {
		return nil, w.refuse
	}
	var out []item.Outcome
	for _, it := range its {
		it.ID = item.NewID(it.Source, it.NativeID)
		it.Received, it.Revision = it.Submitted, 1
		it.Day = it.Submitted.Format("2006-01-02")
		w.accepted = append(w.accepted, it)
		out = append(out, item.Outcome{ID: it.ID, Status: item.Accepted, Day: it.Day})
	}
	return out, nil
}

// kinds of made-up texts: what a county's office receives on a day.
var kinds = []struct {
	channel      item.Channel
	source, unit string
	topic, form  string
	title, text  string
	words        string // evidence of the topic
	urgency      string
	why          string // evidence of the urgency
}{
	{item.Call, "12345", "城市管理局", "urban", "投诉", "%s夜间路灯不亮影响出行", "来电人反映%s一带路灯连续多日不亮，老人晚上出门摸黑，已有人摔伤膝盖，希望尽快派人检修并告知处理时间。联系电话13812340000。", "路灯", label.Routine, ""},
	{item.Call, "12345", "供水公司", "urban", "求助", "%s停水两天居民用水困难", "来电人称%s自前日晚起停水，物业说不清恢复时间，楼上住户要下楼提水，家中有卧床老人，请求协调临时供水。", "停水", label.Pressing, "停水两天"},
	{item.Letter, "县长信箱", "教育局", "education", "咨询", "关于%s小学入学划片范围的咨询", "您好！我家住%s，孩子今年九月满六周岁。\n请问：\n\t一、户口与房产不在一起怎样划片？\n\t二、需要哪些材料？\n盼复，谢谢！", "入学划片", label.Routine, ""},
	{item.Letter, "县长信箱", "人力资源和社会保障局", "labor", "投诉", "%s工地拖欠农民工工资", "我们一行十六人在%s工地做木工，从三月做到七月，包工头一直推说没有进账，至今拖欠工资二十三万元，大家准备集体到县政府反映。", "拖欠工资", label.Pressing, "集体到县政府反映"},
	{item.Submission, "form", "应急管理局", "urban", "", "%s发生山体塌方两人被困", "今日凌晨，%s因连日强降雨发生山体塌方，约三百立方米土石压住公路，两人被困车内。应急、消防、交警已到场，被困人员救出一人，另一人正在施救，道路已双向封闭。", "山体塌方", label.Critical, "两人被困"},
	{item.Petition, "信访局", "自然资源局", "urban", "举报", "反映%s征地补偿标准不一", "信访人张**等五户称，%s征地补偿同地不同价，要求公开测量记录和补偿方案，并对先签约户与后签约户的差价作出说明。", "征地补偿", label.Routine, ""},
	{item.Media, "日报", "生态环境局", "environment", "", "本报记者暗访%s河道排污口", "记者近日在%s沿河走访，发现一处排污口夜间水色发黑、气味刺鼻，附近村民称已持续两个多月。当地环保部门表示将溯源排查。", "排污口", label.Routine, ""},
	{item.Web, "论坛", "市场监督管理局", "commerce", "投诉", "网友反映%s超市销售过期食品", "网帖称在%s一家超市买到过期八个月的奶粉，店家只同意退款，不承认批量问题。帖子已有四百余条回复。", "过期食品", label.Routine, ""},
}

// places are towns of the shipped gazetteer, by code.
var places = []struct{ code, name string }{
	{"350783100", "徐墩镇"}, {"350783101", "吉阳镇"}, {"350783102", "房道镇"}, {"350783103", "南雅镇"},
}

// makeItems is n items over the last days before now, the same for a seed.
func makeItems(n, days int, now time.Time) []label.Labeled {
	rng := rand.New(rand.NewPCG(7, 11))
	var out []label.Labeled
	for i := range n {
		k := kinds[rng.IntN(len(kinds))]
		if k.urgency == label.Critical && rng.IntN(6) > 0 && i > 2 {
			k = kinds[rng.IntN(4)]
		}
		if i < 3 {
			k = kinds[[]int{4, 3, 1}[i]]
		}
		// The first ones are of the last hours, so that today is never empty.
		back := time.Duration(rng.Float64() * float64(days) * float64(24*time.Hour))
		if i < 12 {
			back = time.Duration(i) * time.Minute
		}
		out = append(out, makeItem(i, k, places[rng.IntN(len(places))], now.Add(-back), rng))
	}
	return out
}

func makeItem(i int, k struct {
	channel      item.Channel
	source, unit string
	topic, form  string
	title, text  string
	words        string
	urgency      string
	why          string
}, place struct{ code, name string }, at time.Time, rng *rand.Rand,
) label.Labeled {
	at = at.In(item.Zone).Truncate(time.Second)
	it := item.Item{
		Channel: k.channel, Source: k.source, NativeID: fmt.Sprintf("%s-%06d", at.Format("20060102"), i), Unit: k.unit,
		Title: fmt.Sprintf(k.title, place.name), Text: fmt.Sprintf(k.text, place.name),
		Submitted: at, Received: at.Add(40 * time.Second), Revision: 1, Places: []string{place.name}, Day: at.Format("2006-01-02"),
	}
	if k.channel != item.Submission && k.channel != item.Media {
		it.Citizen = "李**"
		it.Extra = []item.Field{{Name: "办理状态", Value: "办理中"}, {Name: "满意度", Value: ""}, {Name: "回访电话", Value: "15900001234"}}
	}
	if k.urgency == label.Critical {
		it.Urgent, it.Event = true, at.Add(-50*time.Minute)
	}
	it.ID = item.NewID(it.Source, it.NativeID)
	l := label.Labeled{Item: it, At: at.Add(41 * time.Second)}
	add := func(kind label.Kind, value, reason string, words ...string) {
		if value == "" {
			return
		}
		x := label.Label{Kind: kind, Value: value, Score: 0.5 + rng.Float64()/2, By: string(kind), Version: 1, Reason: reason}
		for _, w := range words {
			x.Evidence = append(x.Evidence, find(it, w)...)
		}
		l.Labels = append(l.Labels, x)
	}
	add(label.Urgency, k.urgency, "rule-"+k.urgency, k.why)
	add(label.Topic, k.topic, "", k.words)
	add(label.Region, place.code, "", place.name)
	add(label.Form, k.form, "", k.words)
	return l
}

// find is where word first stands in each field.
func find(it item.Item, word string) []label.Span {
	var out []label.Span
	if word == "" {
		return nil
	}
	if i := strings.Index(it.Title, word); i >= 0 {
		out = append(out, label.Span{Field: "title", Start: i, End: i + len(word)})
	}
	if i := strings.Index(it.Text, word); i >= 0 {
		out = append(out, label.Span{Field: "text", Start: i, End: i + len(word)})
	}
	return out
}

// Short names of the tests.
type (
	labeled = label.Labeled
	ctx     = context.Context
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
