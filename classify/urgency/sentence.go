package urgency

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"qianliyan/classify/match"
)

// clause is a piece of a text between commas, and what its words, and those
// of the clauses before it, say of it.
type clause struct {
	start, end int
	sentence   int
	void       bool // a denial, insurance, a figure of speech, a drill
	supposed   bool // told as what might happen
	told       bool // told of the past
}

// clauses cuts s at commas and at the ends of sentences.
func clauses(s string) []clause {
	var out []clause
	start, sentence := 0, 0
	cut := func(end int) {
		out = append(out, clause{start: start, end: end, sentence: sentence})
		start = end
	}
	for i, r := range s {
		switch r {
		case '，', ',':
			cut(i + utf8.RuneLen(r))
		case '。', '！', '？', '；', '!', '?', ';', '\n':
			cut(i + utf8.RuneLen(r))
			sentence++
		}
	}
	if start < len(s) {
		cut(len(s))
	}
	return out
}

// occurrence is a word found that stands in a group of a rule, or cancels it.
type occurrence struct {
	place
	start, end int
	clause     int
	sentence   int
}

// page is what was found in a title or a text.
type page struct {
	field   string
	text    string
	clauses []clause
	found   []occurrence // in the order of rules, their groups, and the text
	recent  bool         // something is said to be recent
	drill   bool         // a drill or fiction is spoken of
}

// marks is which sorts of marking words stand in a clause.
type marks struct{ void, drill, suppose, past, resume, cry bool }

// read finds all words in a field and judges its clauses. now is the month the
// text was written in, 0 when unknown.
func (c *compiled) read(field, content string, now int) page {
	p := page{field: field, text: content, clauses: clauses(content)}
	hits := c.wholes(c.set.Find(content, nil))
	in := make([]marks, len(p.clauses))
	seen := make([]uint16, len(c.Rules)) // the groups of each rule that have a word
	at := 0
	for _, h := range hits {
		for h.Start >= p.clauses[at].end {
			at++
		}
		for _, pl := range c.places[h.Word] {
			switch _, ok := p.enough(pl, h, at); {
			case !ok:
			case pl.rule < 0:
				p.note(&in[at], pl.group)
			case pl.group != not:
				seen[pl.rule] |= 1 << pl.group
			}
		}
	}
	p.judge(in, now)
	p.collect(hits, c, seen)
	return p
}

// wholes drops the hits that lie within a whole word.
func (c *compiled) wholes(hits []match.Hit) []match.Hit {
	var wholes []match.Hit
	for _, h := range hits {
		if slices.ContainsFunc(c.places[h.Word], func(p place) bool { return p.group == whole }) {
			wholes = append(wholes, h)
		}
	}
	if wholes == nil {
		return hits
	}
	return slices.DeleteFunc(hits, func(h match.Hit) bool {
		return slices.ContainsFunc(wholes, func(w match.Hit) bool {
			return h.Start >= w.Start && h.End <= w.End && h.End-h.Start < w.End-w.Start
		})
	})
}

// enough reports whether the number that a place asks for stands before the
// hit, within the clause at, and where the number begins.
func (p *page) enough(pl place, h match.Hit, at int) (start int, ok bool) {
	if pl.least == 0 {
		return h.Start, true
	}
	n, start := counted(p.text[p.clauses[at].start:h.Start])
	return p.clauses[at].start + start, n >= pl.least
}

// note takes down a marking word of a clause.
func (p *page) note(m *marks, group int) {
	switch group {
	case void:
		m.void = true
	case drill:
		m.drill, p.drill = true, true
	case suppose:
		m.suppose = true
	case past:
		m.past = true
	case resume:
		m.resume = true
	case cry:
		m.cry = true
	case recent:
		p.recent = true
	}
}

// collect keeps the words of the rules of which every group was seen. Few are,
// so that few words are kept and sorted.
func (p *page) collect(hits []match.Hit, c *compiled, seen []uint16) {
	at := 0
	for _, h := range hits {
		for h.Start >= p.clauses[at].end {
			at++
		}
		for _, pl := range c.places[h.Word] {
			if pl.rule < 0 || int(seen[pl.rule]) != 1<<len(c.Rules[pl.rule].All)-1 {
				continue
			}
			if start, ok := p.enough(pl, h, at); ok {
				p.found = append(p.found, occurrence{pl, start, h.End, at, p.clauses[at].sentence})
			}
		}
	}
	slices.SortFunc(p.found, func(a, b occurrence) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.group, b.group), cmp.Compare(a.start, b.start))
	})
}

// judge decides which clauses count. A denial cancels its clause, a drill its
// sentence. A supposition and a story of the past go on to the end of the
// sentence, or until a clause comes back to the present. A cry for help in the
// sentence outweighs all but a drill.
func (p *page) judge(in []marks, now int) {
	for i := 0; i < len(in); {
		j, drill, cry := i, false, false
		for ; j < len(in) && p.clauses[j].sentence == p.clauses[i].sentence; j++ {
			drill, cry = drill || in[j].drill, cry || in[j].cry
		}
		supposed, told := false, false
		for k := i; k < j; k++ {
			cl, m := &p.clauses[k], in[k]
			old, fresh := dated(p.text[cl.start:cl.end], now)
			supposed = m.suppose || supposed && !m.resume
			told = m.past || old || told && !m.resume && !fresh
			cl.void = drill || m.void && !cry
			cl.supposed, cl.told = supposed && !cry, told && !cry
		}
		i = j
	}
}

// counts reports whether a word in clause i counts for a rule.
func (p *page) counts(i int, r rule) bool {
	cl := p.clauses[i]
	return !cl.void && (!cl.supposed || r.Supposed) && (!cl.told || r.Past)
}
