package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"qianliyan/ingest/item"
)

func testWrong(t *testing.T, w *world) {
	for a, c := range map[string]struct {
		code int
		says string
	}{
		"/search?from=2026-13-01":                      {400, "不是日期"},
		"/search?from=2026-02-01&to=2026-01-01":        {400, "请对调"},
		"/search?sort=size":                            {400, "没有这种排序"},
		"/search?after=garbage":                        {400, "查询条件有误"},
		"/?day=yesterday":                              {400, "不是日期"},
		"/search?channel=zzz":                          {400, "请用 报送、热线"},
		"/search?urgency=十万火急":                         {400, "特急、紧急、一般"},
		"/search?topic=天气":                             {400, "城乡建设"},
		"/search?region=无此镇":                           {400, "没有这个地区"},
		"/trend?channel=zzz":                           {400, "请用 报送、热线"},
		"/trend?by=hour&from=1950-01-01&to=2150-12-31": {400, "按月"},
		"/trend?by=hour&from=2020-01-01&to=2026-12-31": {400, "按日"},
		"/search?q=-":                                  {400, "没有可以查的字"},
		"/trend?name=nothing":                          {400, "没有这个统计"},
		"/item/xyz":                                    {404, "32 位"},
		"/item/00000000000000000000000000000000":       {404, "请稍后刷新"},
		"/nothing":                                     {404, "没有这个页面"},
		"/help/none":                                   {404, "没有“none”这一页"},
		"/report/1122-47K9-3TQX-C":                     {400, "校验位"},
		"/static/000000000000/style.css":               {404, ""},
		"/search?q=" + strings.Repeat("停水", 10000):     {400, ""},
	} {
		wants(t, a[:min(len(a), 60)], w.page(t, a, c.code), c.says)
	}
	r := httptest.NewRecorder()
	w.handler.ServeHTTP(r, httptest.NewRequest(http.MethodPost, "/search", nil))
	if r.Code != 405 || r.Header().Get("Allow") == "" || !strings.Contains(r.Body.String(), "只供查看") {
		t.Errorf("POST /search answers %d", r.Code)
	}
	r = httptest.NewRecorder()
	w.handler.ServeHTTP(r, httptest.NewRequest(http.MethodPost, "/search.json", nil))
	if r.Code != 405 || !strings.HasPrefix(r.Body.String(), `{"error":`) {
		t.Errorf("POST /search.json answers %d %s", r.Code, r.Body)
	}
}

func testHeaders(t *testing.T, w *world) {
	for _, a := range []string{"/", "/search.json", "/nothing"} {
		h := w.get(a).Header()
		if !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'self'") || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s is not hardened: %v", a, h)
		}
	}
	css, err := w.server.assets.url("style.css")
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodGet, css, nil)
	req.Header.Set("Accept-Encoding", "br, gzip")
	r := httptest.NewRecorder()
	w.handler.ServeHTTP(r, req)
	if r.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(r.Header().Get("Cache-Control"), "immutable") || !strings.HasPrefix(r.Header().Get("Content-Type"), "text/css") {
		t.Errorf("the style sheet comes with %v", r.Header())
	}
	if _, err := w.server.assets.url("none.css"); err == nil {
		t.Error("an unknown file has an address")
	}
	for name := range w.server.assets.byName {
		if dir, ok := strings.CutPrefix(name, "vendor/"); ok {
			dir, _, _ = strings.Cut(dir, "/")
			if w.server.assets.byName["vendor/"+dir+"/LICENSE"] == nil || !strings.Contains(dir, "@") {
				t.Errorf("%s stands without version or licence", name)
			}
		}
	}
}

func testMasked(t *testing.T, w *world) {
	for _, l := range w.items[:40] {
		for _, a := range []string{"/item/" + string(l.Item.ID), "/item/" + string(l.Item.ID) + ".json"} {
			if body := w.page(t, a, 200); strings.Contains(body, "13812340000") || strings.Contains(body, "15900001234") {
				t.Fatalf("%s shows a telephone number", a)
			}
		}
	}
	for _, a := range []string{"/search?q=联系电话", "/search.json?q=联系电话", "/search.csv?q=联系电话", "/search?q=13812340000"} {
		body := w.page(t, a, 200)
		if strings.Contains(strings.ReplaceAll(body, `value="13812340000"`, ""), "13812340000。") {
			t.Errorf("%s shows a telephone number", a)
		}
	}
	wants(t, "/search", w.page(t, "/search?q=联系电话", 200), "138****0000")
}

func hostile(now time.Time) (l labeled) {
	l = makeItems(1, 1, now)[0]
	evil := `</textarea><script>alert(1)</script>"'><img src=x onerror=alert(1)>{{.}}`
	it := &l.Item
	it.NativeID, it.Title, it.Text, it.Unit = "evil", "敌意"+evil+strings.Repeat("很长的标题", 80), evil+"\n\t 两行\r\n"+evil, evil
	it.Extra = []item.Field{{Name: evil, Value: evil}}
	it.ID = item.NewID(it.Source, it.NativeID)
	for i := range l.Labels {
		l.Labels[i].Reason = evil
	}
	return l
}

func testHostile(t *testing.T, w *world) {
	id := string(w.items[len(w.items)-1].Item.ID)
	evil := url.QueryEscape(`"><script>alert(1)</script>`)
	for _, a := range []string{"/item/" + id, "/search?q=敌意", "/search?q=" + evil + "&unit=" + evil, "/trend?unit=" + evil, "/"} {
		for _, n := range nodes(t, w.get(a).Body.String()) {
			if n.Data == "img" || n.Data == "script" && attr(n, "src") == "" || attr(n, "onerror") != "" {
				t.Errorf("%s lets <%s> through", a, n.Data)
			}
		}
	}
	if body := w.page(t, "/sql?sql="+url.QueryEscape(`SELECT '</textarea><script>alert(1)</script>' AS x`), 200); strings.Contains(body, "<script>alert") {
		t.Error("/sql lets a script through")
	}
	wants(t, "/item", w.page(t, "/item/"+id, 200), "\n\t 两行\r\n")
}

func TestPanic(t *testing.T) {
	s := &Server{cfg: Defaults(), log: discard(), deps: Deps{Status: func(ctx) Status { return Status{} }}}
	h := s.recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") }))
	r := httptest.NewRecorder()
	h.ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/x.json", nil))
	if r.Code != 500 || !strings.Contains(r.Body.String(), "页面出错") && !strings.Contains(r.Body.String(), "出错") {
		t.Errorf("a panic answers %d %s", r.Code, r.Body)
	}
}
