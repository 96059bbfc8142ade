package web

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"qianliyan/query/search"
)

func nodes(t *testing.T, body string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func testLinks(t *testing.T, w *world) {
	seen := map[string]bool{}
	for _, a := range w.addresses() {
		for _, n := range nodes(t, w.page(t, a, 200)) {
			for _, key := range []string{"href", "src", "action"} {
				to := attr(n, key)
				if to == "" || seen[to] {
					continue
				}
				seen[to] = true
				if strings.HasPrefix(to, "#") {
					continue
				}
				if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
					t.Errorf("%s leads away: %q", a, to)
					continue
				}
				u, err := url.Parse(to)
				if err != nil {
					t.Errorf("%s has the link %q: %v", a, to, err)
					continue
				}
				r := w.get(u.RequestURI())
				if r.Code != 200 {
					t.Errorf("%s links to %s, which answers %d", a, to, r.Code)
				}
				if u.Fragment != "" && !strings.Contains(r.Body.String(), `id="`+u.Fragment+`"`) {
					t.Errorf("%s links to %s, where nothing has that id", a, to)
				}
			}
		}
	}
	if len(seen) < 80 {
		t.Errorf("found only %d links", len(seen))
	}
}

func testLabels(t *testing.T, w *world) {
	for _, a := range w.addresses() {
		ids, labelled, h1 := map[string]bool{}, map[string]bool{}, 0
		all := nodes(t, w.page(t, a, 200))
		for _, n := range all {
			if id := attr(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("%s has two elements with the id %q", a, id)
				}
				ids[id] = true
			}
			switch n.Data {
			case "label":
				labelled[attr(n, "for")] = true
			case "h1":
				h1++
			}
		}
		if h1 != 1 {
			t.Errorf("%s has %d main headings", a, h1)
		}
		for _, n := range all {
			switch n.Data {
			case "input", "select", "textarea":
				if attr(n, "type") != "hidden" && !labelled[attr(n, "id")] && attr(n, "aria-label") == "" {
					t.Errorf("%s: the field %q has no label", a, attr(n, "name"))
				}
			case "a", "button":
				if words(n) == "" && attr(n, "aria-label") == "" {
					t.Errorf("%s: a link or button to %q has no words", a, attr(n, "href"))
				}
			case "svg":
				if attr(n, "aria-hidden") == "" && attr(n, "aria-label") == "" {
					t.Errorf("%s: a picture has no words", a)
				}
			case "th":
				if attr(n, "scope") == "" && !strings.HasPrefix(a, "/help/") {
					t.Errorf("%s: a heading of a table has no scope", a)
				}
			case "script":
				if attr(n, "src") == "" {
					t.Errorf("%s has a script in the page", a)
				}
			}
			if attr(n, "style") != "" || attr(n, "onclick") != "" {
				t.Errorf("%s: <%s> has a style or script in it", a, n.Data)
			}
			for ref := range strings.FieldsSeq(attr(n, "aria-labelledby") + " " + attr(n, "aria-describedby")) {
				if !ids[ref] {
					t.Errorf("%s refers to the id %q that is not there", a, ref)
				}
			}
		}
	}
}

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func testFacets(t *testing.T, w *world) {
	checked := 0
	for _, n := range nodes(t, w.page(t, "/search?q=停水+OR+拖欠", 200)) {
		if n.Data != "a" || n.Parent.Data != "li" || n.Parent.Parent.Parent.Data != "details" {
			continue
		}
		shown := words(n.LastChild)
		u, err := url.Parse(attr(n, "href"))
		if err != nil {
			t.Fatal(err)
		}
		var res search.Result
		if err := json.Unmarshal([]byte(w.page(t, "/search.json?"+u.RawQuery, 200)), &res); err != nil {
			t.Fatal(err)
		}
		if number(res.Total) != shown {
			t.Errorf("the facet leading to %s shows %s, found %d", u, shown, res.Total)
		}
		checked++
	}
	if checked < 8 {
		t.Errorf("checked only %d facets", checked)
	}
}

func testCounts(t *testing.T, w *world) {
	asked := append(w.trends(), "volume&by=week", "volume&by=month", "by_unit&from=2000-01-01&to="+day(time.Now()), "top_topics&open=1", "by_region&urgency=紧急&channel=call")
	for _, name := range asked {
		checked := 0
		for _, n := range nodes(t, w.page(t, "/trend?name="+name, 200)) {
			to := attr(n, "href")
			if n.Data != "a" || n.Parent.Data != "td" || !strings.HasPrefix(to, "/search?") || checked >= 12 {
				continue
			}
			checked++
			var res search.Result
			if err := json.Unmarshal([]byte(w.page(t, strings.Replace(to, "/search?", "/search.json?", 1), 200)), &res); err != nil {
				t.Fatal(err)
			}
			if number(res.Total) != words(n) {
				t.Errorf("%s: a count of %s leads to %s, which finds %d", name, words(n), to, res.Total)
			}
		}
		// urgent lists items; coverage is empty while every unit reports.
		if checked == 0 && name != "urgent" && name != "coverage" {
			t.Errorf("%s has no count that leads anywhere", name)
		}
	}
}
