package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"qianliyan/ingest/item"
)

// pages are the parsed templates by name. Each holds the frame and all
// components of its own, so that every page may define "main".
type pages map[string]*template.Template

func loadPages(from fs.FS, a *assets) (pages, error) {
	base, err := template.New("").Funcs(funcs(a)).ParseFS(from, "frame.html", "parts/*.html")
	if err != nil {
		return nil, fmt.Errorf("cannot parse components: %w", err)
	}
	names, err := fs.Glob(from, "*.html")
	if err != nil {
		return nil, err
	}
	out := pages{}
	for _, n := range names {
		if n == "frame.html" {
			continue
		}
		t, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if t, err = t.ParseFS(from, n); err != nil {
			return nil, fmt.Errorf("cannot parse page %q: %w", n, err)
		}
		out[strings.TrimSuffix(n, ".html")] = t
	}
	return out, nil
}

// frame is what stands around every page.
type frame struct {
	Office string
	Title  string
	Nav    []navLink
	Strip  []notice
	Twins  []navLink // the same page as data
	Now    time.Time
	Quick  bool   // show the small search box; the search page has its own
	Words  string // what it holds
	Data   any
}

type navLink struct {
	Path  string
	Label string
	Here  bool
}

// notice is one line of the strip under the navigation.
type notice struct {
	Grave bool // something does not work, as against something is late
	Text  string
	Hint  string
}

func (s *Server) render(r *http.Request, v view) ([]byte, error) {
	t := s.pages[v.Page]
	if t == nil {
		return nil, fmt.Errorf("no template %q", v.Page)
	}
	f := frame{Office: s.cfg.Office, Title: v.Title, Now: time.Now().In(item.Zone), Data: v.Data}
	for _, rt := range s.routes {
		if rt.Nav != "" {
			f.Nav = append(f.Nav, navLink{rt.Path, rt.Nav, rt.leads(r.URL.Path)})
		}
	}
	f.Strip = notices(s.deps.Status(r.Context()), s.cfg.BacklogAt)
	if rt := s.routeOf(r.URL.Path); rt != nil && v.Page != "error" {
		f.Twins = rt.twins(r, v.Rows != nil)
	}
	if f.Quick = v.Page != "search"; f.Quick {
		f.Words = strings.TrimSpace(r.URL.Query().Get("q"))
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "frame", f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// notices says in the strip what the reader should know before trusting the
// page: nothing when all is well.
func notices(st Status, backlogAt int64) []notice {
	var out []notice
	if st.Closed != "" {
		out = append(out, notice{true, "收件已暂停：" + st.Closed, "暂停期间交来的信息会被退回，请交件方稍后重交。"})
	}
	for _, p := range st.Missing {
		// A stage tells more of the same fault below.
		if slices.ContainsFunc(st.Stages, func(g Stage) bool { return g.Label == p.Name && g.Fault != "" }) || st.Closed != "" && p.Reason == st.Closed {
			continue
		}
		out = append(out, notice{true, p.Name + "未就绪：" + p.Reason, "已收的信息不受影响。"})
	}
	for _, g := range st.Stages {
		switch {
		case g.Fault != "":
			out = append(out, notice{true, g.Label + "停顿：" + g.Fault, "新信息暂时查不到，恢复后自动补齐，不会丢失。"})
		case g.Lag >= backlogAt:
			text := fmt.Sprintf("%s积压 %s 条", g.Label, number(g.Lag))
			if g.Behind > 0 {
				text += "，最早一条已等 " + span(g.Behind)
			}
			out = append(out, notice{false, text, "最新信息可能还查不到，正在处理。"})
		}
	}
	return out
}

// twins are the page's address with other endings, the question kept; those of
// tables only where there is one.
func (rt *route) twins(r *http.Request, table bool) []navLink {
	var out []navLink
	for _, ext := range rt.Twins {
		if !table && ext != string(formJSON) {
			continue
		}
		u := *r.URL
		u.Path = rt.twinPath(r.URL.Path, ext)
		out = append(out, navLink{Path: u.RequestURI(), Label: strings.ToUpper(ext)})
	}
	return out
}

func (rt *route) twinPath(p, ext string) string {
	if p == "/" {
		return "/today." + ext
	}
	return strings.TrimSuffix(p, path.Ext(p)) + "." + ext
}
