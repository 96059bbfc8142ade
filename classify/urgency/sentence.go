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
	hits := c.set.Find(content, nil)
	kept := c.wholes(hits)
	at, in := 0, make([]marks, len(p.clauses))
	for _, h := range hits {
		for h.Start >= p.clauses[at].end {
			at++
		}
		if slices.ContainsFunc(kept, func(k match.Hit) bool {
			return h.Start >= k.Start && h.End <= k.End && h.End-h.Start < k.End-k.Start
		}) {
			continue
		}
		for _, pl := range c.places[h.Word] {
			p.note(&in[at], pl, h, at)
		}
	}
	p.judge(in, now)
	slices.SortFunc(p.found, func(a, b occurrence) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.group, b.group), cmp.Compare(a.start, b.start))
	})
	return p
}

// wholes are the hits that are of the list of whole words.
func (c *compiled) wholes(hits []match.Hit) []match.Hit {
	var out []match.Hit
	for _, h := range hits {
		if slices.ContainsFunc(c.places[h.Word], func(p place) bool { return p.group == whole }) {
			out = append(out, h)
		}
	}
	return out
}

// note takes down what one hit means in the clause at.
func (p *page) note(m *marks, pl place, h match.Hit, at int) {
	if pl.least > 0 {
		n, start := counted(p.text[:h.Start])
		if n < pl.least {
			return
		}
		h.Start = max(start, p.clauses[at].start)
	}
	switch {
	case pl.rule >= 0:
		p.found = append(p.found, occurrence{pl, h.Start, h.End, at, p.clauses[at].sentence})
	case pl.group == void:
		m.void = true
	case pl.group == drill:
		m.drill, p.drill = true, true
	case pl.group == suppose:
		m.suppose = true
	case pl.group == past:
		m.past = true
	case pl.group == resume:
		m.resume = true
	case pl.group == cry:
		m.cry = true
	case pl.group == recent:
		p.recent = true
	}
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
