package urgency

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/classify/match"
	"qianliyan/ingest/item"
)

// maxText bounds how many bytes of a text the rules read.
const maxText = 64 << 10

// findings are all rules that hold for an item, each once, where it holds
// strongest, in the order of the file.
func (c *compiled) findings(it item.Item) []finding {
	best := make([]finding, len(c.Rules))
	now := reference(it)
	var hits []match.Hit
	fresh := slices.Contains(c.FreshChannels, it.Channel)
	type sentence struct {
		field      string
		text       string
		start      int
		void, past bool
	}
	var harmed []sentence
	for _, field := range []string{doc.Title, doc.Text} {
		content, factor := it.Title, c.Title
		if field == doc.Text {
			content, factor = it.Text[:min(len(it.Text), maxText)], 1
		}
		for start, s := range sentences(content) {
			hits = c.set.Find(s, hits[:0])
			m := c.marks(hits)
			told := m.past || isPast(s, now)
			fresh = fresh || m.recent
			if harmWord(s) {
				harmed = append(harmed, sentence{field, s, start, m.void, told})
			}
			if len(hits) == 0 || m.void {
				continue
			}
			c.hold(best, hits, field, start, told, factor)
		}
	}
	var out []finding
	for _, f := range best {
		if f.points > 0 {
			out = append(out, f)
		}
	}
	if !fresh {
		return out
	}
	var facts []Fact
	var spans []label.Span
	for _, s := range harmed {
		if s.void || s.past {
			continue
		}
		for _, f := range Facts(s.text) {
			facts = append(facts, f)
			spans = append(spans, label.Span{Field: s.field, Start: s.start + f.Start, End: s.start + f.End})
		}
	}
	return append(out, c.casualties(facts, spans)...)
}

// casualties are the casualty rules that the facts meet.
func (c *compiled) casualties(facts []Fact, spans []label.Span) []finding {
	var out []finding
	for _, r := range c.Casualties {
		f := finding{id: r.ID, level: r.Level, points: r.Points}
		for i, fact := range facts {
			if fact.Number >= r.Least && slices.Contains(r.Kinds, fact.Kind) {
				f.spans = append(f.spans, spans[i])
			}
		}
		if len(f.spans) > 0 {
			out = append(out, f)
		}
	}
	return out
}

type marks struct{ void, past, recent bool }

func (c *compiled) marks(hits []match.Hit) (m marks) {
	for _, h := range hits {
		for _, p := range c.places[h.Word] {
			m.void = m.void || p.group == void
			m.past = m.past || p.group == past
			m.recent = m.recent || p.group == recent
		}
	}
	return m
}

// hold notes in best the rules that hold in one sentence.
func (c *compiled) hold(best []finding, hits []match.Hit, field string, start int, told bool, factor float64) {
	seen := make(map[int]uint16, 8)
	for _, h := range hits {
		for _, p := range c.places[h.Word] {
			switch {
			case p.rule < 0:
			case p.group == not:
				seen[p.rule] |= 1 << 15
			default:
				seen[p.rule] |= 1 << p.group
			}
		}
	}
	for i, groups := range seen {
		r := c.Rules[i]
		if int(groups) != 1<<len(r.All)-1 || told && !r.Past || r.Where != "" && r.Where != field {
			continue
		}
		near := 3 * c.Near // a Chinese character has three bytes
		if r.Near > 0 {
			near = 3 * r.Near
		}
		found := c.together(i, 0, hits, nil, near)
		if found == nil || r.Points*factor <= best[i].points {
			continue
		}
		spans := make([]label.Span, len(found))
		for j, h := range found {
			spans[j] = label.Span{Field: field, Start: start + h.Start, End: start + h.End}
		}
		best[i] = finding{r.ID, r.Level, r.Points * factor, spans}
	}
}

// together finds one word for each group from g on, each near the first and
// overlapping none; nil when there is no such choice.
func (c *compiled) together(r, g int, hits, chosen []match.Hit, near int) []match.Hit {
	if g == len(c.Rules[r].All) {
		return slices.Clone(chosen)
	}
	for _, h := range hits {
		if !slices.Contains(c.places[h.Word], place{r, g}) {
			continue
		}
		fits := true
		for i, o := range chosen {
			if h.Start < o.End && o.Start < h.End || i == 0 && max(h.Start-o.End, o.Start-h.End) > near {
				fits = false
				break
			}
		}
		if !fits {
			continue
		}
		if found := c.together(r, g+1, hits, append(chosen, h), near); found != nil {
			return found
		}
	}
	return nil
}

// sentences yields the sentences of s and where they begin.
func sentences(s string) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		start := 0
		for i, r := range s {
			switch r {
			case '。', '！', '？', '；', '!', '?', ';', '\n':
				end := i + utf8.RuneLen(r)
				if !yield(start, s[start:end]) {
					return
				}
				start = end
			}
		}
		if start < len(s) {
			yield(start, s[start:])
		}
	}
}

// reference is the month a text was written in: of its time, else the latest
// year it names, December; 0 when nothing is known. Months count from year 0.
func reference(it item.Item) int {
	if t := it.Time(); !t.IsZero() {
		return t.In(item.Zone).Year()*12 + int(t.In(item.Zone).Month()) - 1
	}
	latest := 0
	for _, s := range []string{it.Title, it.Text[:min(len(it.Text), maxText)]} {
		for at := range years(s) {
			latest = max(latest, at.year)
		}
	}
	if latest == 0 || latest > time.Now().Year()+1 {
		return 0
	}
	return latest*12 + 11
}

// isPast reports whether s names a date more than two months before now and
// none later.
func isPast(s string, now int) bool {
	if now == 0 {
		return false
	}
	known, last := false, 0
	for y := range years(s) {
		known, last = true, max(last, y.year*12+y.month)
	}
	return known && last < now-2
}

type date struct{ year, month int } // month 0…11; 11 when none is named

// years yields the dates of the forms 2019年3月 and 2019.3 found in s.
func years(s string) func(func(date) bool) {
	return func(yield func(date) bool) {
		for i := 0; i+4 < len(s); i++ {
			if s[i] != '1' && s[i] != '2' || i > 0 && isDigit(s[i-1]) {
				continue
			}
			y := 0
			n := i
			for ; n < len(s) && n < i+4 && isDigit(s[n]); n++ {
				y = y*10 + int(s[n]-'0')
			}
			if n != i+4 || y < 1949 || y > 2100 {
				continue
			}
			rest, ok := strings.CutPrefix(s[n:], "年")
			if !ok {
				if rest, ok = strings.CutPrefix(s[n:], "."); !ok {
					continue
				}
			}
			if !yield(date{y, monthOf(rest)}) {
				return
			}
		}
	}
}

func monthOf(s string) int {
	m, n := 0, 0
	for n < len(s) && n < 2 && isDigit(s[n]) {
		m = m*10 + int(s[n]-'0')
		n++
	}
	if m < 1 || m > 12 {
		return 11
	}
	return m - 1
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
