package urgency

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// maxText bounds how many bytes of a text the rules read.
const maxText = 64 << 10

// maxWord is more bytes than any word of a rule is long, its number included.
const maxWord = 128

// findings are all rules that hold for an item, each once, where it holds
// strongest, in the order of the file.
func (c *compiled) findings(it item.Item) []finding {
	now := reference(it)
	pages := []page{c.read(doc.Title, it.Title, now), c.read(doc.Text, it.Text[:min(len(it.Text), maxText)], now)}
	if pages[0].drill {
		return nil
	}
	best := make([]finding, len(c.Rules))
	for i, factor := range []float64{c.Title, 1} {
		c.hold(best, &pages[i], it.Channel, factor)
	}
	var out []finding
	for _, f := range best {
		if f.points > 0 {
			out = append(out, f)
		}
	}
	if pages[0].recent || pages[1].recent || slices.Contains(c.FreshChannels, it.Channel) {
		out = append(out, c.casualties(pages)...)
	}
	return out
}

// casualties are the casualty rules that the numbers of people harmed meet.
func (c *compiled) casualties(pages []page) []finding {
	var facts []Fact
	var spans []label.Span
	for _, p := range pages {
		for _, cl := range p.clauses {
			if cl.void || cl.supposed || cl.told {
				continue
			}
			for _, f := range Facts(p.text[cl.start:cl.end]) {
				facts = append(facts, f)
				spans = append(spans, label.Span{Field: p.field, Start: cl.start + f.Start, End: cl.start + f.End})
			}
		}
	}
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

// hold notes in best the rules that hold in one field.
func (c *compiled) hold(best []finding, p *page, ch item.Channel, factor float64) {
	for from := 0; from < len(p.found); {
		start, i, to := from, p.found[from].rule, from
		for ; to < len(p.found) && p.found[to].rule == i; to++ {
		}
		from = to
		r := c.Rules[i]
		if r.Where != "" && r.Where != p.field || len(r.Channels) > 0 && !slices.Contains(r.Channels, ch) || r.Points*factor <= best[i].points {
			continue
		}
		near := 3 * cmp.Or(r.Near, c.Near) // a Chinese character has three bytes
		s := search{groups: p.groups(r, p.found[start:to]), near: near, across: r.Across, width: len(p.text) + 1}
		if s.groups == nil {
			continue
		}
		s.choose(len(p.text), 0)
		if s.best != nil {
			best[i] = finding{r.ID, r.Level, r.Points * factor, c.show(p, s.best)}
		}
	}
}

// groups are the words that count for a rule, by group; nil when a group has
// none. A sentence with a word of Not has none.
func (p *page) groups(r rule, found []occurrence) [][]occurrence {
	var out [][]occurrence
	var barred []int
	for _, o := range found {
		switch {
		case o.group == not:
			barred = append(barred, o.sentence)
		case !p.counts(o.clause, r) || slices.Contains(barred, o.sentence):
		case o.group == len(out):
			out = append(out, []occurrence{o})
		case o.group == len(out)-1:
			out[o.group] = append(out[o.group], o)
		}
	}
	if len(out) < len(r.All) {
		return nil
	}
	return out
}

// search looks for one word of each group, near the first one's and none
// overlapping, that together span the fewest bytes.
type search struct {
	groups [][]occurrence
	near   int
	across bool // the words may stand in several sentences
	width  int  // of best
	chosen []occurrence
	best   []occurrence
}

// choose tries the words of the next group; lo and hi are what is spanned.
func (s *search) choose(lo, hi int) {
	if len(s.chosen) == len(s.groups) {
		s.width, s.best = hi-lo, slices.Clone(s.chosen)
		return
	}
	list := s.groups[len(s.chosen)]
	if len(s.chosen) > 0 {
		from := s.chosen[0].start - s.near - maxWord
		at, _ := slices.BinarySearchFunc(list, from, func(o occurrence, n int) int { return cmp.Compare(o.start, n) })
		list = list[at:]
	}
	for _, o := range list {
		if len(s.chosen) > 0 && o.start > s.chosen[0].end+s.near {
			return
		}
		l, h := min(lo, o.start), max(hi, o.end)
		if h-l < s.width && s.fits(o) {
			s.chosen = append(s.chosen, o)
			s.choose(l, h)
			s.chosen = s.chosen[:len(s.chosen)-1]
		}
	}
}

// fits reports whether o may stand with the words chosen so far.
func (s *search) fits(o occurrence) bool {
	for i, x := range s.chosen {
		if o.start < x.end && x.start < o.end || o.sentence != x.sentence && !s.across ||
			i == 0 && max(o.start-x.end, x.start-o.end) > s.near {
			return false
		}
	}
	return true
}

// show is what a reader is shown of the words that decided: the phrases they
// stand in where these are short. Words that mean nothing alone (quiet) are
// shown only within the clause of another.
func (c *compiled) show(p *page, words []occurrence) []label.Span {
	words = slices.Clone(words)
	slices.SortFunc(words, func(a, b occurrence) int { return cmp.Compare(a.start, b.start) })
	loud := slices.DeleteFunc(slices.Clone(words), func(o occurrence) bool { return c.quiet[o.word] })
	if len(loud) == 0 {
		loud = words
	}
	near := slices.DeleteFunc(slices.Clone(words), func(o occurrence) bool {
		return !slices.ContainsFunc(loud, func(l occurrence) bool { return l.clause == o.clause })
	})
	out := c.phrases(p, near)
	if len(out) > 1 {
		out = c.phrases(p, loud)
	}
	return out
}

// phrases joins words of one sentence that together are short.
func (c *compiled) phrases(p *page, words []occurrence) []label.Span {
	var out []label.Span
	for i, o := range words {
		if i > 0 && o.sentence == words[i-1].sentence {
			last := &out[len(out)-1]
			if end := max(last.End, o.end); utf8.RuneCountInString(p.text[last.Start:end]) <= c.Phrase {
				last.End = end
				continue
			}
		}
		out = append(out, label.Span{Field: p.field, Start: o.start, End: o.end})
	}
	return out
}
