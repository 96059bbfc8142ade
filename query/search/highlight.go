package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qianliyan/ingest/item"
)

// span is a stretch of a text in characters, end exclusive.
type span struct{ from, to int }

// marked is a text with the places where words of the query stand.
type marked struct {
	text  []rune
	after bool    // text begins after the beginning of the whole
	short bool    // text ends before the end of the whole
	spans []place // by from; may overlap
}

// place is one occurrence of one word.
type place struct {
	span
	word int
}

// mark finds every occurrence of words (in normal form) in s, by the rule of
// fulltext.Where: the normal form of the marked stretch contains the word. A
// stretch begins and ends with characters of the word, not with white space.
func mark(s string, words []string) marked {
	s, after, short := reach(s, words)
	m := marked{text: []rune(s), after: after, short: short}
	// normal is the normal form; origin[i] is the character of s that byte i of
	// it comes from.
	var normal strings.Builder
	origin := make([]int, 0, len(s)+1)
	for i, r := range m.text {
		n := normal.Len()
		normal.WriteString(item.Normalize(string(r)))
		for range normal.Len() - n {
			origin = append(origin, i)
		}
	}
	folded := normal.String()
	for w, word := range words {
		if word == "" {
			continue
		}
		for from := 0; ; {
			i := strings.Index(folded[from:], word)
			if i < 0 {
				break
			}
			i += from
			m.spans = append(m.spans, place{span{origin[i], origin[i+len(word)-1] + 1}, w})
			_, n := utf8.DecodeRuneInString(folded[i:])
			from = i + n
		}
	}
	slices.SortFunc(m.spans, func(a, b place) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	return m
}

// What mark reads of a text. Passages need a few hundred characters, and a text
// may be a register of megabytes that would hold up every page it is on.
const (
	maxRead  = 64 << 10 // bytes from the beginning
	readLead = 4 << 10  // bytes before and after a word further on
)

// reach is the part of s that mark reads: its beginning, or, when no word
// stands there, the surroundings of the first that stands further on as it was
// normalised. It says whether the whole goes on before and after.
func reach(s string, words []string) (part string, after, short bool) {
	if len(s) <= maxRead {
		return s, false, false
	}
	head := s[:border(s, maxRead)]
	folded := item.Normalize(head)
	at := len(s)
	for _, w := range words {
		if w == "" {
			continue
		}
		if strings.Contains(folded, w) {
			return head, false, true
		}
		if i := strings.Index(s[len(head):], w); i >= 0 {
			at = min(at, len(head)+i)
		}
	}
	if at == len(s) {
		return head, false, true
	}
	to := border(s, min(at+readLead, len(s)))
	return s[border(s, at-readLead):to], true, to < len(s)
}

// border is the last border between characters of s that is not after i.
func border(s string, i int) int {
	for i > 0 && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

// merged are the marked stretches without overlaps.
func (m *marked) merged() []span {
	var out []span
	for _, p := range m.spans {
		if n := len(out); n > 0 && p.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, p.to)
			continue
		}
		out = append(out, p.span)
	}
	return out
}

// pieces cuts the window w of the text at the marks, squeezes white space and
// says with "…" where the text goes on.
func (m *marked) pieces(w span) []Piece {
	var out []Piece
	add := func(from, to int, hit bool) {
		if from < to {
			out = append(out, Piece{Text: string(m.text[from:to]), Hit: hit})
		}
	}
	at := w.from
	for _, s := range m.merged() {
		from, to := max(s.from, w.from), min(s.to, w.to)
		if from >= to {
			continue
		}
		add(at, from, false)
		add(from, to, true)
		at = to
	}
	add(at, w.to, false)
	out = squeeze(out)
	if len(out) == 0 {
		return out
	}
	if w.from > 0 || m.after {
		out = prepend(out, "…")
	}
	if w.to < len(m.text) || m.short {
		out = appendText(out, "…")
	}
	return out
}

// squeeze makes one space of every run of white space, over borders of pieces,
// and none at the ends.
func squeeze(ps []Piece) []Piece {
	var out []Piece
	space := true // as at the beginning, where white space is dropped
	for _, p := range ps {
		var b strings.Builder
		for _, r := range p.Text {
			if unicode.IsSpace(r) || unicode.IsControl(r) {
				if !space {
					b.WriteByte(' ')
				}
				space = true
				continue
			}
			b.WriteRune(r)
			space = false
		}
		if b.Len() > 0 {
			out = append(out, Piece{b.String(), p.Hit})
		}
	}
	if n := len(out); n > 0 {
		out[n-1].Text = strings.TrimRight(out[n-1].Text, " ")
		if out[n-1].Text == "" {
			out = out[:n-1]
		}
	}
	return out
}

func prepend(ps []Piece, s string) []Piece {
	if ps[0].Hit {
		return slices.Insert(ps, 0, Piece{Text: s})
	}
	ps[0].Text = s + ps[0].Text
	return ps
}

func appendText(ps []Piece, s string) []Piece {
	if n := len(ps); !ps[n-1].Hit {
		ps[n-1].Text += s
		return ps
	}
	return append(ps, Piece{Text: s})
}

// passages chooses at most n windows of about width characters: first the one
// with the most different words, then what holds words not yet shown, then
// the most marks. Without marks it is the beginning of the text.
func (m *marked) passages(n, width int) [][]Piece {
	if len(m.text) == 0 {
		return nil
	}
	var windows []span
	shown := map[int]bool{}
	for len(windows) < n {
		best, w := m.bestWindow(width, windows, shown)
		if best == 0 {
			break
		}
		windows = append(windows, w)
		for _, p := range m.spans {
			if p.from >= w.from && p.from < w.to {
				shown[p.word] = true
			}
		}
	}
	if len(windows) == 0 {
		windows = append(windows, span{0, min(width, len(m.text))})
	}
	slices.SortFunc(windows, func(a, b span) int { return a.from - b.from })
	var out [][]Piece
	for _, w := range windows {
		if ps := m.pieces(w); len(ps) > 0 {
			out = append(out, ps)
		}
	}
	return out
}

// bestWindow tries a window before every mark and returns the best that
// overlaps none of taken, with its worth; 0 is none.
func (m *marked) bestWindow(width int, taken []span, shown map[int]bool) (worth int, best span) {
	for i, p := range m.spans {
		w := m.window(p.span, width)
		if slices.ContainsFunc(taken, func(t span) bool { return w.from < t.to && t.from < w.to }) {
			continue
		}
		words := map[int]bool{}
		fresh, marks := 0, 0
		for _, q := range m.spans[i:] {
			if q.from >= w.to {
				break
			}
			marks++
			if !words[q.word] && !shown[q.word] {
				fresh++
			}
			words[q.word] = true
		}
		if v := fresh*10_000 + len(words)*100 + min(marks, 99); v > worth {
			worth, best = v, w
		}
	}
	return worth, best
}

// window lays width characters round a mark: begun at the sentence's start
// where that is near, else a little before the mark.
func (m *marked) window(p span, width int) span {
	lead := max((width-(p.to-p.from))/3, 0)
	from := max(p.from-lead, 0)
	for i := p.from - 1; i >= from; i-- {
		if i == 0 || strings.ContainsRune("。！？；!?;\n", m.text[i-1]) {
			from = i
			break
		}
	}
	to := min(max(from+width, p.to), len(m.text))
	return span{max(min(from, to-width), 0), to}
}
