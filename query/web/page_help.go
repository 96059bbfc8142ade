package web

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

// document is one page of help.
type document struct {
	Name  string        `json:"name"`
	Title string        `json:"title"`
	Text  string        `json:"text,omitempty"` // Markdown
	HTML  template.HTML `json:"-"`
}

// documents renders the manual once; names in order.
func documents(docs map[string]string) []document {
	var out []document
	for name, text := range docs {
		d := document{Name: name, Title: name, Text: text, HTML: markdown(text)}
		for line := range strings.Lines(text) {
			if t, ok := strings.CutPrefix(strings.TrimSpace(line), "# "); ok {
				d.Title = strings.TrimSpace(t)
				break
			}
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b document) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// helpData is a page of help and the list of all.
type helpData struct {
	Here  *document  `json:"here,omitempty"` // nil on /help itself
	Pages []document `json:"pages"`
}

// helpPage shows the built-in page, or one of the manual.
func (s *Server) helpPage(r *http.Request) (view, error) {
	d := helpData{Pages: []document{}}
	title := "使用帮助"
	name := pathValue(r, "name")
	for _, p := range s.help {
		if p.Name == name {
			d.Here, title = &p, p.Title
		}
		p.Text = "" // the list needs names only
		d.Pages = append(d.Pages, p)
	}
	if name != "" && d.Here == nil {
		return view{}, notFound("帮助里没有“"+name+"”这一页。", "请从帮助首页的目录进入。")
	}
	return view{Page: "help", Title: title, Data: d}, nil
}
