package web

import (
	"net/http"
	"path"
	"strings"
)

// route is one address and its twins.
type route struct {
	Path   string   // as in the address bar; may end in {id} or {name}
	Nav    string   // words in the navigation; empty when it is not there
	Twins  []string // endings under which it answers too: json, csv, xlsx
	Show   page
	Submit page // answers POST; nil when nothing can be sent here
}

// table lists all pages. Health, metrics and static files are in handler.
func (s *Server) table() []*route {
	all := []string{"csv", "xlsx", "json"}
	data := []string{"json"}
	return []*route{
		{Path: "/", Nav: "今日", Twins: all, Show: s.today},
		{Path: "/search", Nav: "检索", Twins: all, Show: s.searchPage},
		{Path: "/item/{id}", Twins: data, Show: s.itemPage},
		{Path: "/trend", Nav: "态势", Twins: all, Show: s.trendPage},
		{Path: "/report", Nav: "报送", Twins: data, Show: s.reportPage, Submit: s.reportSend},
		{Path: "/report/{id}", Twins: data, Show: s.receiptPage},
		{Path: "/sql", Nav: "SQL", Twins: all, Show: s.sqlPage},
		{Path: "/help", Nav: "帮助", Twins: data, Show: s.helpPage},
		{Path: "/help/{name}", Twins: data, Show: s.helpPage},
	}
}

// handler puts every address on one mux.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range s.routes {
		h := s.show(rt.Show)
		if rt.Path == "/" {
			mux.Handle("GET /{$}", h)
		} else {
			mux.Handle("GET "+rt.Path, h)
		}
		if rt.Submit != nil {
			mux.Handle("POST "+rt.Path, s.show(rt.Submit))
		}
		// A wildcard takes the ending along; page functions cut it off.
		if !strings.HasSuffix(rt.Path, "}") {
			for _, ext := range rt.Twins {
				mux.Handle("GET "+rt.twinPath(rt.Path, ext), h)
			}
		}
	}
	mux.Handle("GET /static/", s.assets)
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", s.deps.Metrics)
	mux.HandleFunc("/", s.noPage)
	return s.harden(mux)
}

// noPage answers what no route takes: an address there is not, or one that is
// there and only to be read.
func (s *Server) noPage(w http.ResponseWriter, r *http.Request) {
	stem := strings.TrimSuffix(r.URL.Path, path.Ext(r.URL.Path))
	if r.Method != http.MethodGet && r.Method != http.MethodHead && (s.routeOf(r.URL.Path) != nil || s.routeOf(stem) != nil) {
		s.fail(w, r, errMethod)
		return
	}
	s.fail(w, r, errNoPage)
}

// leads reports whether p belongs under the navigation's link rt.
func (rt *route) leads(p string) bool {
	if rt.Path == "/" {
		return p == "/"
	}
	return p == rt.Path || strings.HasPrefix(p, rt.Path+"/") || rt.Path == "/search" && strings.HasPrefix(p, "/item/")
}

// routeOf is the route that shows p, nil for an unknown address.
func (s *Server) routeOf(p string) *route {
	for _, rt := range s.routes {
		stem, wild := rt.Path, false
		if i := strings.IndexByte(stem, '{'); i > 0 {
			stem, wild = stem[:i], true
		}
		if p == stem || wild && strings.HasPrefix(p, stem) {
			return rt
		}
	}
	return nil
}

// pathValue is a wildcard of the address without the ending of a twin.
func pathValue(r *http.Request, name string) string {
	v := r.PathValue(name)
	if f := formOf(r); f != formHTML {
		v = strings.TrimSuffix(v, "."+string(f))
	}
	return v
}
