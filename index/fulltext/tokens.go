package fulltext

import (
	"unicode"
	"unicode/utf8"

	index "github.com/blevesearch/bleve_index_api"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// maxWord is the longest word kept, in bytes. Longer ones are lines of
// underscores or encoded files; their characters are still found by grams.
const maxWord = 128

// inRun reports whether r is part of a run, that is, searchable: letters of
// any script, digits and numbers, and the marks that combine with them.
func inRun(r rune) bool {
	switch {
	case r >= 0x4E00 && r <= 0x9FFF, 'a' <= r && r <= 'z', '0' <= r && r <= '9':
		return true
	case r < 0x80:
		return false
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// appendNormal appends item.Normalize(s) to b without an allocation of its
// own. A fuzz test holds the two together.
func appendNormal(b []byte, s string) []byte {
	for _, r := range s {
		if r >= 0x4E00 && r <= 0x9FFF {
			b = append(b, byte(0xE0|r>>12), byte(0x80|r>>6&0x3F), byte(0x80|r&0x3F))
			continue
		}
		r = item.Narrow(r)
		switch {
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case r > ' ' && r < 0x7F:
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\uFEFF', r == '\u200B':
			continue
		}
		b = utf8.AppendRune(b, r)
	}
	return b
}

// words appends the normal form of s to buf and returns it with the words of
// s that hold a letter or digit, as parts of it. Words of one character are
// left out: they say next to nothing of a text (的, 了), are a tenth of the work
// of indexing, and are found by grams. Runs that do not fit s are taken as one
// word.
func words(buf []byte, s string, runs label.Runs) (normal []byte, terms [][]byte) {
	base := len(buf)
	buf = growFor(buf, s)
	terms = make([][]byte, 0, len(runs))
	for at, i := 0, 0; at < len(s); i++ {
		end := len(s)
		if i < len(runs) {
			end = min(at+runs[i], len(s))
		}
		from := len(buf)
		buf = appendNormal(buf, s[at:end])
		at = end
		if w := buf[from:]; len(w) <= maxWord && utf8.RuneCount(w) > 1 && searchable(w) {
			terms = append(terms, w)
		}
	}
	return buf[base:], terms
}

// growFor makes room for the normal form of s, so that appending never moves
// the buffer under the terms that point into it. A broken byte becomes the
// three bytes of U+FFFD, hence the factor where s is not UTF-8.
func growFor(buf []byte, s string) []byte {
	n := len(s)
	if !utf8.ValidString(s) {
		n *= 3
	}
	if cap(buf)-len(buf) >= n {
		return buf
	}
	return append(make([]byte, 0, len(buf)+n), buf...)
}

func searchable(w []byte) bool {
	for i := 0; i < len(w); {
		r, n := utf8.DecodeRune(w[i:])
		if inRun(r) {
			return true
		}
		i += n
	}
	return false
}

// grams calls emit for every character of normal that stands in a run: with
// the character and the one behind it, or, at the end of a run, alone. So
// every character begins exactly one gram.
func grams(normal []byte, emit func(gram []byte)) {
	open := -1 // begin of the character before, -1 outside a run
	for i := 0; i < len(normal); {
		r, n := utf8.DecodeRune(normal[i:])
		switch {
		case !inRun(r):
			if open >= 0 {
				emit(normal[open:i])
			}
			open = -1
		default:
			if open >= 0 {
				emit(normal[open : i+n])
			}
			open = i
		}
		i += n
	}
	if open >= 0 {
		emit(normal[open:])
	}
}

// counter counts terms into the form bleve takes, with few allocations: terms
// stay parts of the text they come from.
type counter struct {
	freqs index.TokenFrequencies
	slab  []index.TokenFreq
	n     int
}

func newCounter(size int) *counter {
	return &counter{freqs: make(index.TokenFrequencies, size*3/4+1), slab: make([]index.TokenFreq, 0, size)}
}

func (c *counter) add(term []byte) {
	c.n++
	if f, ok := c.freqs[string(term)]; ok {
		f.SetFrequency(f.Frequency() + 1)
		return
	}
	if len(c.slab) == cap(c.slab) {
		c.slab = make([]index.TokenFreq, 0, 64)
	}
	c.slab = append(c.slab, index.TokenFreq{Term: term})
	f := &c.slab[len(c.slab)-1]
	f.SetFrequency(1)
	c.freqs[alias(term)] = f
}

// Searchable reports whether s holds a letter or digit, without which a Has
// cannot be answered.
func Searchable(s string) bool { return searchable(appendNormal(nil, s)) }
