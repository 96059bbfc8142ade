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
	pairs []uint64        // bit place(k) is set when some word begins with k
	alone bool            // some word is a single rune
	by    map[key][]int32 // words by their first two runes, longest first
}

// pairBits is the size of the bitmap before the map, as a power of two: 64 KB
// stay in the processor's cache, and let one pair of runes in fifteen through
// to the map for the 44,000 names of the gazetteer.
const pairBits = 19

// place is the bit of a pair of runes.
func (k key) place() uint32 {
	return (uint32(k.a)*0x9E3779B1 ^ uint32(k.b)*0x85EBCA77) >> (32 - pairBits)
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
	s := &Set{words: words, by: map[key][]int32{}, pairs: make([]uint64, 1<<(pairBits-6))}
	seen := map[string]bool{}
	for i, w := range words {
		if w == "" || seen[w] {
			continue
		}
		seen[w] = true
		k := keyOf(w)
		s.by[k] = append(s.by[k], int32(i))
		s.pairs[k.place()>>6] |= 1 << (k.place() & 63)
		s.alone = s.alone || k.b == single
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
		if i+n < len(text) {
			b, _ := utf8.DecodeRuneInString(text[i+n:])
			out = s.try(text, i, key{a, b}, out)
		}
		if s.alone {
			out = s.try(text, i, key{a, single}, out)
		}
		i += n
	}
	return out
}

func (s *Set) try(text string, i int, k key, out []Hit) []Hit {
	if at := k.place(); s.pairs[at>>6]&(1<<(at&63)) == 0 {
		return out
	}
	for _, w := range s.by[k] {
		if word := s.words[w]; len(word) <= len(text)-i && text[i:i+len(word)] == word {
			out = append(out, Hit{int(w), i, i + len(word)})
		}
	}
	return out
}
