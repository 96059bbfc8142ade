package trend

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qianliyan/classify/label"
	"qianliyan/index/fulltext"
	"qianliyan/ingest/item"
	"qianliyan/query/filter"
	"qianliyan/query/search"
)

// atoms are pieces that texts and queries of the test are made of: they overlap,
// fold together and break the escaping of literals.
var atoms = []string{"停水", "水", "停", "路灯", "灯ＡＢ", "ab", "AB", "c:\\", "'", "a'b", "?", "{x}", "％", "5%"}

// holds is what a query means: the plainest reading.
func holds(w *fulltext.Where, title, text string) bool {
	switch w.Op {
	case fulltext.Has:
		n := item.Normalize(w.Text)
		inTitle, inText := strings.Contains(item.Normalize(title), n), strings.Contains(item.Normalize(text), n)
		return inTitle && w.Field != "text" || inText && w.Field != "title"
	case fulltext.Not:
		return !holds(&w.Kids[0], title, text)
	}
	for i := range w.Kids {
		if holds(&w.Kids[i], title, text) != (w.Op == fulltext.And) {
			return w.Op == fulltext.Or
		}
	}
	return w.Op == fulltext.And
}

// queries generates what people may type.
func queries() *rapid.Generator[string] {
	var at func(depth int) *rapid.Generator[string]
	at = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			kind := rapid.IntRange(0, 7).Draw(t, "kind")
			if depth == 0 {
				kind %= 4
			}
			word := `"` + rapid.SampledFrom(atoms[:10]).Draw(t, "word") + `"`
			switch kind {
			case 0, 1:
				return word
			case 2:
				return "标题:" + word
			case 3:
				return "正文:" + word
			case 4:
				return "-(" + at(depth-1).Draw(t, "not") + ")"
			case 5:
				return "(" + at(depth-1).Draw(t, "a") + " 或 " + at(depth-1).Draw(t, "b") + ")"
			default:
				return at(depth-1).Draw(t, "a") + " " + at(depth-1).Draw(t, "b")
			}
		})
	}
	return at(3)
}

// Random queries over random items: the statement finds what the query means.
func TestWordsMeanWhatSearchSays(t *testing.T) {
	var items []label.Labeled
	texts := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(atoms), 0, 4).Draw(t, "atoms"), rapid.SampledFrom([]string{"", " ", "，", "\n"}).Draw(t, "between"))
	})
	at := time.Date(2026, 5, 1, 9, 0, 0, 0, item.Zone)
	for n := range 200 {
		it := item.Item{Channel: item.Letter, Source: "s", NativeID: fmt.Sprint(n), Title: texts.Example(2 * n), Text: texts.Example(2*n + 1), Submitted: at, Received: at, Day: "2026-05-01", Revision: 1}
		it.ID = item.NewID(it.Source, it.NativeID)
		items = append(items, label.Labeled{Item: it, At: at})
	}
	w := newWorld(t, items)
	rapid.Check(t, func(rt *rapid.T) {
		q := queries().Draw(rt, "query")
		p, err := search.Parse(q)
		if err != nil {
			rt.Skip(err)
		}
		want := 0
		for _, l := range items {
			if holds(p.Where, l.Item.Title, l.Item.Text) {
				want++
			}
		}
		a, err := w.Run(t.Context(), "compare", filter.Filter{Words: q, From: "2026-05-01", To: "2026-05-01"}, url.Values{})
		if err != nil {
			rt.Fatal(err)
		}
		if got := a.Table.Rows[0][1]; got != uint64(want) {
			rt.Fatalf("%s: %v items, want %d (%s)", q, got, want, p.Understood)
		}
	})
}

func TestBracketsThatMultiply(t *testing.T) {
	pair := "(a1 b1)"
	q := pair
	for i := range 9 {
		q += fmt.Sprintf(" 或 (a%d b%d)", i, i)
	}
	if _, err := wordsOf(q); err == nil || !strings.Contains(err.Error(), "减少括号") {
		t.Errorf("%v, want a problem that says what to do", err)
	}
}

// Without words no text is read: it is most of the data.
func TestTextIsReadForWordsOnly(t *testing.T) {
	w := newWorld(t, nil)
	for _, name := range w.Names() {
		for q, want := range map[string]bool{"": false, "停水": true} {
			a, err := w.Run(t.Context(), name, filter.Filter{Words: q, From: "2026-05-01", To: "2026-05-02"}, url.Values{})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := w.deps.Conn.Query(t.Context(), "EXPLAIN actions = 1 "+a.SQL)
			if err != nil {
				t.Fatal(err)
			}
			var plan strings.Builder
			for rows.Next() {
				var s string
				if err := rows.Scan(&s); err != nil {
					t.Fatal(err)
				}
				plan.WriteString(s + "\n")
			}
			rows.Close()
			if got := strings.Contains(plan.String(), "folded"); got != want {
				t.Errorf("%s with words %q: reads the text: %v\n%s", name, q, got, plan.String())
			}
		}
	}
}
