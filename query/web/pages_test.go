package web

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"qianliyan/query/search"
)

func (w *world) get(address string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRecorder()
	// A browser escapes the blanks of a link.
	w.handler.ServeHTTP(r, httptest.NewRequest(http.MethodGet, strings.ReplaceAll(address, " ", "%20"), nil))
	return r
}

func (w *world) page(t *testing.T, address string, code int) string {
	t.Helper()
	r := w.get(address)
	if r.Code != code {
		t.Fatalf("%s answers %d, want %d:\n%.600s", address, r.Code, code, r.Body)
	}
	return r.Body.String()
}

func wants(t *testing.T, where, body string, words ...string) {
	t.Helper()
	for _, x := range words {
		if !strings.Contains(body, x) {
			t.Errorf("%s does not say %q", where, x)
		}
	}
}

func (w *world) trends() []string { return w.server.deps.Trend.Names() }

func (w *world) addresses() []string {
	id := string(w.items[0].Item.ID)
	out := []string{
		"/", "/?day=2020-01-01", "/search", "/search?q=停水&sort=newest&channel=call", "/search?q=没有这样的词", "/item/" + id,
		"/report", "/sql", "/sql?sql=" + url.QueryEscape("SELECT 1 AS n, '甲' AS s"), "/help", "/help/guide",
	}
	for _, n := range w.trends() {
		out = append(out, "/trend?name="+n)
	}
	return out
}

func TestPages(t *testing.T) {
	w := newWorld(t, append(makeItems(600, 75, time.Now()), hostile(time.Now())))
	for _, c := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"say what they should", testSay},
		{"twins", testTwins},
		{"tables", testTables},
		{"links", testLinks},
		{"labels", testLabels},
		{"hostile text", testHostile},
		{"wrong questions", testWrong},
		{"headers", testHeaders},
		{"facets", testFacets},
		{"counts lead to their items", testCounts},
		{"masked", testMasked},
		{"report", testReport},
		{"health", testHealth},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, w) })
	}
}

func testSay(t *testing.T, w *world) {
	wants(t, "/", w.page(t, "/", 200), `lang="zh-CN"`, "今日要情", "特急", "两人被困", "今日新", "近 30 日收件", "无积压", "待办 12 条", "石桥县委办公室")
	wants(t, "/?day=2020-01-01", w.page(t, "/?day=2020-01-01", 200), "这两天还没有收到信息", "最近一次收到信息是", "后一日")
	wants(t, "/search", w.page(t, "/search?q=停水+物业", 200), "<mark>停水</mark>", "<mark>物业</mark>", "理解为", "最相关", "导出全部", "下一页", "供水公司")
	wants(t, "/search, none", w.page(t, "/search?q=没有这样的词&from=2020-01-01&channel=call", 200), "没有找到", "放宽日期", "去掉一两个已选条件", "去掉条件 渠道 热线")
	body := w.page(t, "/item/"+string(w.items[0].Item.ID), 200)
	wants(t, "/item", body, "<mark>山体塌方<sup>2</sup></mark>", "把握", "经过", "提交", "接收", "查找更多相近信息", "报送单位已按")
	if n := strings.Count(body, "两人被困”"); n != 1 {
		t.Errorf("the evidence is listed %d times", n)
	}
	wants(t, "/report", w.page(t, "/report", 200), "报送单位", "紧急", "涉密内容不得")
	wants(t, "/help/guide", w.page(t, "/help/guide", 200), "操作手册", `<a href="/search">检索</a>`)
	wants(t, "/sql", w.page(t, "/sql?sql="+url.QueryEscape("SELECT 7 AS `七`"), 200), "1 行", "七", "可查的表", "导出 XLSX")
	wants(t, "/sql, many", w.page(t, "/sql?sql="+url.QueryEscape("SELECT arrayJoin(range(15000)) AS n"), 200), "屏幕只显示前 1,000 行，结果超过 10,000 行", "包含全部行")
	wants(t, "/sql, wrong", w.page(t, "/sql?sql=SELEC+1", 400), "SELEC 1", "fault")
}

func testTwins(t *testing.T, w *world) {
	for _, a := range w.addresses() {
		u, err := url.Parse(a)
		if err != nil {
			t.Fatal(err)
		}
		rt := w.server.routeOf(u.Path)
		if rt == nil || !slices.Contains(rt.Twins, "json") {
			continue
		}
		u.Path = rt.twinPath(u.Path, "json")
		r := w.get(u.String())
		var v map[string]any
		if r.Code != 200 || json.Unmarshal(r.Body.Bytes(), &v) != nil || !strings.HasPrefix(r.Header().Get("Content-Type"), "application/json") {
			t.Errorf("%s answers %d %.200s", u, r.Code, r.Body)
		}
	}
	var res search.Result
	if err := json.Unmarshal([]byte(w.page(t, "/search.json?q=停水&size=7", 200)), &res); err != nil || len(res.Hits) != 7 || res.Total < 7 || res.Next == "" || len(res.Facets["channel"]) == 0 {
		t.Errorf("/search.json gives %d of %d hits: %v", len(res.Hits), res.Total, err)
	}
	for a, code := range map[string]int{"/search.json?from=x": 400, "/item/00000000000000000000000000000000.json": 404, "/nothing.json": 404, "/help/none.json": 404, "/sql.json?sql=SELEC": 400} {
		var e struct {
			Error struct{ Reason, Hint string }
		}
		if err := json.Unmarshal([]byte(w.page(t, a, code)), &e); err != nil || e.Error.Reason == "" {
			t.Errorf("%s gives no reason: %v", a, err)
		}
	}
}

func testTables(t *testing.T, w *world) {
	var res search.Result
	if err := json.Unmarshal([]byte(w.page(t, "/search.json?q=停水", 200)), &res); err != nil {
		t.Fatal(err)
	}
	r := w.get("/search.csv?q=停水")
	if !strings.Contains(r.Header().Get("Content-Disposition"), "attachment") || !strings.HasPrefix(r.Body.String(), "\ufeff") {
		t.Errorf("the export is no file that Excel opens: %v", r.Header())
	}
	if rows := readCSV(t, r.Body.String()); len(rows) != res.Total+1 {
		t.Errorf("the export has %d rows, the screen counts %d", len(rows)-1, res.Total)
	}
	for _, a := range w.addresses() {
		u, _ := url.Parse(a)
		rt := w.server.routeOf(u.Path)
		if !slices.Contains(rt.Twins, "xlsx") || a == "/sql" {
			continue
		}
		u.Path = rt.twinPath(u.Path, "xlsx")
		if body := w.page(t, u.String(), 200); !strings.HasPrefix(body, "PK") {
			t.Errorf("%s is no workbook", u)
		}
		u.Path = rt.twinPath(rt.Path, "csv")
		readCSV(t, w.page(t, u.String(), 200))
	}
	if rows := readCSV(t, w.page(t, "/sql.csv?sql="+url.QueryEscape("SELECT arrayJoin(range(15000)) AS n"), 200)); len(rows) != 15001 {
		t.Errorf("SQL exports %d rows, want all 15000", len(rows)-1)
	}
	for _, a := range []string{"/sql.csv", "/sql.csv?sql=SELEC", "/sql.xlsx?sql=SELEC", "/search.csv?q=%22"} {
		r := w.get(a)
		if r.Code != 400 || r.Header().Get("Content-Disposition") != "" {
			t.Errorf("%s answers %d as a file: a mistake must not look like one", a, r.Code)
		}
	}
}

func readCSV(t *testing.T, body string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
