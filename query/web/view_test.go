package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"qianliyan/ingest/item"
	"qianliyan/query/export"
)

// bare is a server without engines, for what needs none.
func bare(t *testing.T) *Server {
	t.Helper()
	s := &Server{cfg: Defaults(), log: discard(), deps: Deps{Status: func(ctx) Status { return Status{} }}}
	s.cfg.Office = "某办"
	var err error
	static, templates := sub(t, "static"), sub(t, "templates")
	if s.assets, err = loadAssets(static); err != nil {
		t.Fatal(err)
	}
	if s.pages, err = loadPages(templates, s.assets); err != nil {
		t.Fatal(err)
	}
	s.routes = s.table()
	return s
}

// TestExportFailures: an error before the first byte is an error page, one
// after it breaks the connection; never is a short file taken for a whole one.
func TestExportFailures(t *testing.T) {
	s := bare(t)
	ask := func(rows func(ctx, export.Writer) error, path string) (r *httptest.ResponseRecorder, broken any) {
		r = httptest.NewRecorder()
		defer func() { broken = recover() }()
		s.show(func(*http.Request) (view, error) {
			return view{Title: "表", File: "某 表", Rows: func(c context.Context, w export.Writer) error { return rows(c, w) }}, nil
		}).ServeHTTP(r, httptest.NewRequest(http.MethodGet, path, nil))
		return r, nil
	}
	some := func(n int, then error) func(ctx, export.Writer) error {
		return func(_ ctx, w export.Writer) error {
			if err := w.WriteHeader([]export.Column{{Name: "a", Label: "甲"}}); err != nil {
				return err
			}
			for range n {
				if err := w.WriteRow([]any{strings.Repeat("很长", 50)}); err != nil {
					return err
				}
			}
			return then
		}
	}
	r, broken := ask(func(ctx, export.Writer) error { return down("分析库", errors.New("gone")) }, "/x.csv")
	if r.Code != 503 || broken != nil || r.Header().Get("Content-Disposition") != "" {
		t.Errorf("an early error answers %d %v", r.Code, broken)
	}
	for _, path := range []string{"/x.csv", "/x.xlsx"} {
		r, broken = ask(some(3, nil), path)
		if r.Code != 200 || broken != nil || r.Body.Len() == 0 || !strings.Contains(r.Header().Get("Content-Disposition"), "%E6%9F%90%20%E8%A1%A8") {
			t.Errorf("%s answers %d %v %v", path, r.Code, broken, r.Header())
		}
		if _, broken = ask(some(5000, errors.New("gone")), path); path == "/x.csv" && broken != http.ErrAbortHandler {
			t.Errorf("%s with a late error ends with %v", path, broken)
		}
	}
}

func TestShowAnswersInTheFormAskedFor(t *testing.T) {
	s := bare(t)
	get := func(path string, v view, err error) *httptest.ResponseRecorder {
		r := httptest.NewRecorder()
		s.show(func(*http.Request) (view, error) { return v, err }).ServeHTTP(r, httptest.NewRequest(http.MethodGet, path, nil))
		return r
	}
	if r := get("/x.json", view{Data: map[string]int{"n": 1}}, nil); strings.TrimSpace(r.Body.String()) != `{"n":1}` || r.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("JSON is %s", r.Body)
	}
	if r := get("/x.json", view{Data: func() {}}, nil); r.Code != 500 || !strings.Contains(r.Body.String(), "reason") {
		t.Errorf("what JSON cannot say answers %d %s", r.Code, r.Body)
	}
	if r := get("/x.csv", view{}, nil); r.Code != 404 {
		t.Errorf("a page without a table exports %d", r.Code)
	}
	if r := get("/x", view{Redirect: "/y"}, nil); r.Code != 303 || r.Header().Get("Location") != "/y" {
		t.Errorf("a redirect answers %d", r.Code)
	}
	if r := get("/x", view{Page: "none"}, nil); r.Code != 500 {
		t.Errorf("a page without a template answers %d", r.Code)
	}
	r := get("/x", view{}, errNoPage)
	if r.Code != 404 || !strings.Contains(r.Body.String(), "没有这个页面") || !strings.Contains(r.Body.String(), "某办") {
		t.Errorf("an error answers %d %s", r.Code, r.Body)
	}
	head := httptest.NewRecorder()
	s.writePage(head, httptest.NewRequest(http.MethodHead, "/", nil), view{Page: "error", Data: fault{}})
	if head.Body.Len() != 0 || head.Header().Get("Content-Length") == "0" {
		t.Error("HEAD is answered with a body")
	}
}

func TestErrorsAndTheirPages(t *testing.T) {
	cause := errors.New("dial tcp: refused")
	for name, c := range map[string]struct {
		err    error
		status int
		says   string
		logged bool
	}{
		"the reader's":   {&item.Problem{Column: "日期", Value: "x", Reason: "不是日期", Hint: "请改"}, 400, "“日期”的值“x”不是日期", false},
		"wrapped":        {fmt.Errorf("cannot: %w", &item.Problem{Reason: "错"}), 400, "错", false},
		"not there":      {notFound("没有它。", ""), 404, "没有它。", false},
		"engine":         {down("全文库", cause), 503, "全文库没有应答", true},
		"too slow":       {down("分析库", fmt.Errorf("x: %w", context.DeadlineExceeded)), 503, "在时限内没有答完", true},
		"a problem's":    {down("分析库", &item.Problem{Reason: "写错"}), 400, "写错", false},
		"unknown":        {cause, 500, "生成这个页面时出错", true},
		"too large":      {&http.MaxBytesError{Limit: 8 << 20}, 413, "8192 KiB", false},
		"of another":     {errForeign, 403, "别的网站", false},
		"already a page": {fmt.Errorf("x: %w", errNoPage), 404, "地址不对", false},
	} {
		f := asFailure(c.err)
		if f.status != c.status || !strings.Contains(f.reason, c.says) || (f.cause != nil) != c.logged {
			t.Errorf("%s gives %d %q, logged %v", name, f.status, f.reason, f.cause)
		}
		if f.Error() == "" || c.logged && !errors.Is(f, f.cause) {
			t.Errorf("%s hides its cause", name)
		}
	}
	if down("全文库", nil) != nil {
		t.Error("no error is an error")
	}
}

// TestReaderWentAway: nobody is left to answer.
func TestReaderWentAway(t *testing.T) {
	s := bare(t)
	c, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRecorder()
	s.fail(r, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(c), down("全文库", context.Canceled))
	if r.Body.Len() != 0 {
		t.Errorf("answered %s", r.Body)
	}
}

func TestRoutes(t *testing.T) {
	s := bare(t)
	for p, want := range map[string]string{"/": "/", "/search": "/search", "/item/abc": "/item/{id}", "/report": "/report", "/report/1": "/report/{id}", "/help/x": "/help/{name}", "/none": "", "/searching": ""} {
		got := ""
		if rt := s.routeOf(p); rt != nil {
			got = rt.Path
		}
		if got != want {
			t.Errorf("%s belongs to %q, want %q", p, got, want)
		}
	}
	for p, want := range map[string]string{"/": "今日", "/item/abc": "检索", "/trend": "态势", "/help/x": "帮助", "/report/1": "报送", "/none": ""} {
		var got []string
		for _, rt := range s.routes {
			if rt.Nav != "" && rt.leads(p) {
				got = append(got, rt.Nav)
			}
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s stands under %v, want %s", p, got, want)
		}
	}
	twins := func(path string, table bool) string {
		var out []string
		for _, l := range s.routeOf(strings.Split(path, "?")[0]).twins(httptest.NewRequest(http.MethodGet, path, nil), table) {
			out = append(out, l.Path)
		}
		return strings.Join(out, " ")
	}
	if got := twins("/search?q=a", true); got != "/search.csv?q=a /search.xlsx?q=a /search.json?q=a" {
		t.Errorf("twins of the search: %s", got)
	}
	if got := twins("/", false); got != "/today.json" {
		t.Errorf("twins of the first page: %s", got)
	}
}

func TestAssets(t *testing.T) {
	a, err := loadAssets(fstest.MapFS{"a.css": {Data: []byte(strings.Repeat("a{}", 100))}, "LICENSE": {Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := loadAssets(fstest.MapFS{"a.css": {Data: []byte("b{}")}})
	if err != nil {
		t.Fatal(err)
	}
	if a.byName["a.css"].url == b.byName["a.css"].url {
		t.Error("another file has the same address")
	}
	for name, x := range a.byName {
		r := httptest.NewRecorder()
		a.ServeHTTP(r, httptest.NewRequest(http.MethodGet, x.url, nil))
		if !bytes.Equal(r.Body.Bytes(), x.plain) || r.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s is not sent as it is", name)
		}
		r = httptest.NewRecorder()
		a.ServeHTTP(r, httptest.NewRequest(http.MethodHead, x.url, nil))
		if r.Body.Len() != 0 {
			t.Errorf("HEAD %s has a body", name)
		}
	}
	if a.byName["LICENSE"].small != nil {
		t.Error("a file is kept packed although that is larger")
	}
	if !strings.HasPrefix(a.byName["LICENSE"].kind, "text/plain") {
		t.Error("a licence is no plain text")
	}
}

// TestBrokenTemplates: a page that cannot be shown is found at start.
func TestBrokenTemplates(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"page":      {"frame.html": {Data: []byte(`{{define "frame"}}{{end}}`)}, "parts/a.html": {Data: []byte(" ")}, "x.html": {Data: []byte(`{{if}}`)}},
		"component": {"frame.html": {Data: []byte(`{{nothing}}`)}, "parts/a.html": {Data: []byte(" ")}},
		"no frame":  {},
	} {
		if _, err := loadPages(files, &assets{}); err == nil {
			t.Errorf("%s: a broken template is accepted", name)
		}
	}
}
