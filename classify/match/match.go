// Package match finds many fixed words in a text in one pass. Rules, place
// names and other lists that are data go through it, so that a longer list
// does not make a letter slower.
package match

import (
	"slices"
	"unicode/utf8"
)

// Set is a list of words to look for. It never changes and may be shared.
type Set struct {
	words []string
	first [1 << 10]uint64 // bit r: some word begins with rune r (of the first plane)
	by    map[key][]int32 // words by their first two runes, longest first
}

// single is the second rune of a word that has one rune only.
const single = -1

// key is the first two runes of a word.
type key struct{ a, b rune }

// Hit is one word found: its index in the list given to New, and where.
type Hit struct{ Word, Start, End int }

// New prepares words. Empty words are never found; equal ones are found as
// the first of them.
func New(words []string) *Set {
	s := &Set{words: words, by: map[key][]int32{}}
	seen := map[string]bool{}
	for i, w := range words {
		if w == "" || seen[w] {
			continue
		}
		seen[w] = true
		k := keyOf(w)
		s.by[k] = append(s.by[k], int32(i))
		if k.a < 1<<16 {
			s.first[k.a>>6] |= 1 << (k.a & 63)
		}
	}
	for _, list := range s.by {
		slices.SortStableFunc(list, func(a, b int32) int { return len(words[b]) - len(words[a]) })
	}
	return s
}

func keyOf(w string) key {
	a, n := utf8.DecodeRuneInString(w)
	if n == len(w) {
		return key{a, single}
	}
	b, _ := utf8.DecodeRuneInString(w[n:])
	return key{a, b}
}

// Word is the word of an index.
func (s *Set) Word(i int) string { return s.words[i] }

// Find appends every occurrence of every word in text, overlapping ones too,
// in the order of their beginnings and the longest first.
func (s *Set) Find(text string, out []Hit) []Hit {
	for i := 0; i < len(text); {
		a, n := utf8.DecodeRuneInString(text[i:])
		if a < 1<<16 && s.first[a>>6]&(1<<(a&63)) == 0 {
			i += n
			continue
		}
		if i+n < len(text) {
			b, _ := utf8.DecodeRuneInString(text[i+n:])
			out = s.try(text, i, key{a, b}, out)
		}
		out = s.try(text, i, key{a, single}, out)
		i += n
	}
	return out
}

func (s *Set) try(text string, i int, k key, out []Hit) []Hit {
	for _, w := range s.by[k] {
		if word := s.words[w]; len(word) <= len(text)-i && text[i:i+len(word)] == word {
			out = append(out, Hit{int(w), i, i + len(word)})
		}
	}
	return out
}
