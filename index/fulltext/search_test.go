package fulltext

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qianliyan/classify/label"
	"qianliyan/classify/segment"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/ingest/item"
)

func mustSegmenter(t testing.TB) *segment.Segmenter { return segmenttest.Open(t) }

// alphabet makes many equal grams, several widths and cases, white space and
// punctuation that must not join what it parts.
var alphabet = []string{"东", "街", "路", "灯", "坏", "了", "A", "ａ", "3", "３", "区", " ", "\n", "　", "，", "。", "%", "-", "x", "①", "𠀀", "é", "\x00", "\xff"}

func textOf(t *rapid.T, name string, most int) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, most).Draw(t, name), "")
}

func searchableString(s string) bool { return searchable([]byte(item.Normalize(s))) }

// naive decides by the definition in Where's comment.
func naive(w *Where, it item.Item) bool {
	switch w.Op {
	case And:
		return !slices.ContainsFunc(w.Kids, func(k Where) bool { return !naive(&k, it) })
	case Or:
		return slices.ContainsFunc(w.Kids, func(k Where) bool { return naive(&k, it) })
	case Not:
		return !naive(&w.Kids[0], it)
	}
	q := item.Normalize(w.Text)
	inTitle, inText := strings.Contains(item.Normalize(it.Title), q), strings.Contains(item.Normalize(it.Text), q)
	switch w.Field {
	case "title":
		return inTitle
	case "text":
		return inText
	}
	return inTitle || inText
}

func whereOf(t *rapid.T, depth int, items []label.Labeled) Where {
	op := Has
	if depth > 0 {
		op = rapid.SampledFrom([]Op{Has, And, Or, Not}).Draw(t, "op")
	}
	if op == Has {
		s := textOf(t, "free words", 4)
		if rapid.Bool().Draw(t, "from an item") {
			if part := partOf(t, rapid.SampledFrom(items).Draw(t, "item").Item.Text); part != "" {
				s = part
			}
		}
		if !searchableString(s) {
			s = "路"
		}
		return Where{Op: Has, Text: s, Field: rapid.SampledFrom([]string{"", "title", "text"}).Draw(t, "field")}
	}
	n := 1
	if op != Not {
		n = rapid.IntRange(1, 3).Draw(t, "kids")
	}
	w := Where{Op: op}
	for range n {
		w.Kids = append(w.Kids, whereOf(t, depth-1, items))
	}
	return w
}

// partOf is a substring on rune borders, in another width and case at times.
func partOf(t *rapid.T, s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return ""
	}
	from := rapid.IntRange(0, len(r)-1).Draw(t, "from")
	to := rapid.IntRange(from+1, min(len(r), from+8)).Draw(t, "to")
	part := string(r[from:to])
	switch rapid.IntRange(0, 2).Draw(t, "form") {
	case 1:
		part = strings.ToUpper(part)
	case 2:
		part = strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7F {
				return r + 0xFEE0
			}
			return r
		}, part)
	}
	return part
}

// TestSearchAgainstScan writes random items, some of them again in later
// versions, and compares every question with a scan of what was written.
func TestSearchAgainstScan(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := open(t, t.TempDir())
		defer x.Close()
		now := map[item.ID]label.Labeled{}
		items := randomItems(rt)
		for part := range slices.Chunk(items, rapid.IntRange(1, 20).Draw(rt, "batch")) {
			write(t, x, nil, part...)
			for _, l := range part {
				if old, ok := now[l.Item.ID]; !ok || l.Version() >= old.Version() {
					now[l.Item.ID] = l
				}
			}
		}
		for range 10 {
			w := whereOf(rt, 2, items)
			q := Query{
				Where: &w, Size: MaxSize, Facets: []string{"topic"}, Rank: []string{"路灯", "A3区"},
				Order: rapid.SampledFrom([]Order{ByTime, ByScore, ByUrgency}).Draw(rt, "order"),
			}
			if rapid.Bool().Draw(rt, "days") {
				q.From, q.To = "2026-01-15", "2026-02-10"
			}
			if rapid.Bool().Draw(rt, "lists") {
				q.Lists = map[string][]string{"topic": {"a", "b"}, "urgency": {label.Critical, label.Routine}}
			}
			compare(rt, q, find(t, x, q), now)
		}
	})
}

func randomItems(t *rapid.T) []label.Labeled {
	var items []label.Labeled
	for range rapid.IntRange(1, 40).Draw(t, "items") {
		n := rapid.IntRange(0, 30).Draw(t, "number")
		// Day is a function of the ID, as ingest keeps it.
		l := made("random", n, fmt.Sprintf("2026-%02d-%02d", 1+n%3, 1+n%28), textOf(t, "title", 8), textOf(t, "text", 25))
		l.Item.Revision = uint32(rapid.IntRange(1, 3).Draw(t, "revision"))
		for _, topic := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3).Draw(t, "topics") {
			l = withLabels(l, string(label.Topic), topic)
		}
		l = withLabels(l, string(label.Urgency), rapid.SampledFrom([]string{label.Critical, label.Pressing, label.Routine}).Draw(t, "urgency"))
		items = append(items, l)
	}
	return items
}

func compare(t *rapid.T, q Query, a Answer, now map[item.ID]label.Labeled) {
	want := map[item.ID]bool{}
	topics := map[string]int{}
	for id, l := range now {
		day := l.Item.Day
		if !naive(q.Where, l.Item) || q.From != "" && (day < q.From || day > q.To) || !inLists(q.Lists, l) {
			continue
		}
		want[id] = true
		seen := map[string]bool{}
		for _, x := range l.Of(label.Topic) {
			seen[x.Value] = true
		}
		if len(seen) == 0 {
			seen[""] = true
		}
		for v := range seen {
			topics[v]++
		}
	}
	got := map[item.ID]bool{}
	for _, h := range a.Hits {
		got[h.ID] = true
		if l := now[h.ID]; l.Item.Title != h.Title || l.Item.Text != h.Text || h.Day != l.Item.Day {
			t.Fatalf("hit %s holds %q / %q, item %q / %q", h.ID, h.Title, h.Text, l.Item.Title, l.Item.Text)
		}
	}
	if !maps.Equal(got, want) || a.Total != len(want) || len(a.Hits) != len(got) {
		t.Fatalf("query %+v finds %d (total %d), a scan %d", q.Where, len(got), a.Total, len(want))
	}
	counted := map[string]int{}
	for _, c := range a.Facets["topic"] {
		counted[c.Value] = c.N
	}
	if !maps.Equal(counted, topics) {
		t.Fatalf("facets %v, a scan %v", counted, topics)
	}
}

func inLists(lists map[string][]string, l label.Labeled) bool {
	for name, values := range lists {
		if !slices.ContainsFunc(l.Labels, func(x label.Label) bool { return string(x.Kind) == name && slices.Contains(values, x.Value) }) {
			return false
		}
	}
	return true
}

func TestPagingSeesEveryItemOnce(t *testing.T) {
	x := open(t, t.TempDir())
	const n = 10_000
	ranks := []string{label.Critical, label.Pressing, label.Routine}
	var items []label.Labeled
	for i := range n {
		// Many items at the very same time, so that only the ID parts them.
		l := made("many", i, fmt.Sprintf("2026-%02d-01", 1+i%4), "路灯", strings.Repeat("路灯坏了。", 1+i%5))
		l.Item.Submitted = l.Item.Submitted.Truncate(24 * 3600e9)
		items = append(items, withLabels(l, "urgency", ranks[i%3]))
	}
	for part := range slices.Chunk(items, 2000) {
		write(t, x, nil, part...)
	}
	for _, o := range []Order{ByTime, ByScore, ByUrgency} {
		t.Run(string(o), func(t *testing.T) {
			seen := map[item.ID]bool{}
			q := Query{Where: has("路灯"), Rank: []string{"路灯"}, Order: o, Size: 700}
			pages := 0
			var last *Doc
			for {
				a := find(t, x, q)
				if a.Total != n {
					t.Fatalf("total %d on page %d", a.Total, pages)
				}
				for i := range a.Hits {
					d := &a.Hits[i]
					if seen[d.ID] {
						t.Fatalf("%s twice", d.ID)
					}
					seen[d.ID] = true
					if last != nil && outOfOrder(o, last, d) {
						t.Fatalf("%v before %v", last, d)
					}
					last = d
				}
				if pages++; a.Next == "" {
					break
				}
				q.After = a.Next
			}
			if len(seen) != n || pages != (n+699)/700 {
				t.Errorf("%d items on %d pages", len(seen), pages)
			}
		})
	}
}

func outOfOrder(o Order, a, b *Doc) bool {
	switch {
	case o == ByScore && a.Score != b.Score:
		return a.Score < b.Score
	case o == ByUrgency && a.Urgency != b.Urgency:
		return urgencyRank(a.Urgency) < urgencyRank(b.Urgency)
	}
	return a.Time.Before(b.Time) || a.Time.Equal(b.Time) && a.ID > b.ID
}

func TestEmptyIndex(t *testing.T) {
	x := open(t, t.TempDir())
	for _, q := range []Query{{}, {Where: has("路灯"), Rank: []string{"路灯"}, Order: ByScore, Size: 10, Facets: Lists()}, {Loose: true, Rank: []string{"路灯"}}} {
		if a := find(t, x, q); a.Total != 0 || len(a.Hits) != 0 || a.Next != "" {
			t.Errorf("%+v: %+v", q, a)
		}
	}
	if c, err := x.CountByDay(t.Context()); err != nil || len(c) != 0 {
		t.Error(c, err)
	}
}

func TestBadQueries(t *testing.T) {
	x := open(t, t.TempDir())
	write(t, x, nil, made("a", 1, "2026-01-01", "路灯", "坏了"))
	for name, q := range map[string]Query{
		"size":        {Size: MaxSize + 1},
		"order":       {Order: "best"},
		"facet":       {Facets: []string{"moon"}},
		"list":        {Lists: map[string][]string{"moon": {"a"}}},
		"operator":    {Where: &Where{Op: "xor"}},
		"not two":     {Where: &Where{Op: Not, Kids: []Where{*has("a"), *has("b")}}},
		"punctuation": {Where: has("，。")},
		"loose":       {Loose: true},
	} {
		if _, err := x.Search(t.Context(), q); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, after := range []string{"x", "!", (&key{}).cursor(ByScore)} {
		if _, err := x.Search(t.Context(), Query{After: after}); !errors.Is(err, ErrCursor) {
			t.Errorf("cursor %q: %v", after, err)
		}
	}
}

// TestRankIsTheSameHoweverMonthsFall writes the same words into one month and
// over three: scores must be equal.
func TestRankIsTheSameHoweverMonthsFall(t *testing.T) {
	texts := []string{"东街的路灯坏了三天", "路灯路灯路灯", "西街积水，路灯也不亮，请来看看这一带的积水", "公园要建厕所", "路灯维修电话是多少"}
	scores := func(months int) map[item.ID]float64 {
		x := open(t, t.TempDir())
		for i, s := range texts {
			write(t, x, nil, made("a", i, fmt.Sprintf("2026-%02d-01", 1+i%months), "", s))
		}
		out := map[item.ID]float64{}
		for _, h := range find(t, x, Query{Where: has("路灯"), Rank: []string{"路灯"}, Order: ByScore, Size: 10}).Hits {
			out[h.ID] = h.Score
		}
		return out
	}
	if one, three := scores(1), scores(3); len(one) != 4 || !maps.Equal(one, three) {
		t.Errorf("one month %v\nthree months %v", one, three)
	}
}

func TestLoose(t *testing.T) {
	x := open(t, t.TempDir())
	write(t, x, nil,
		made("a", 1, "2026-01-01", "", "人民路的路灯坏了"),
		made("a", 2, "2026-01-01", "", "人民广场的喷泉很好看"),
		made("a", 3, "2026-01-01", "", "公交车太挤"))
	a := find(t, x, Query{Loose: true, Rank: []string{"人民路路灯不亮"}, Order: ByScore, Size: 10})
	if a.Total == 0 || a.Hits[0].ID != item.NewID("a", "1") || slices.ContainsFunc(a.Hits, func(d Doc) bool { return d.ID == item.NewID("a", "3") }) {
		t.Errorf("%+v", a)
	}
}
