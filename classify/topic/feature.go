package topic

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// view is one way of looking at a letter. Each view's features are weighted
// and normalised apart, so that a long text does not drown its title.
type view uint8

const (
	titleWords view = iota
	titleChars
	textWords
	textChars
	views
)

// Lengths of character n-grams.
const (
	minGram = 2
	maxGram = 4
)

// maxText bounds how many bytes of a text are looked at. What a letter is
// about is said long before.
const maxText = 48 << 10

// features collects the hashed features of one letter, by view. It is reused
// from letter to letter. Hashes are all that a model knows: no word can be
// read out of it.
type features struct {
	of    [views][]uint64
	runes []rune
	// words are the single words of title and text behind the first hashes of
	// their views, for evidence: words[v][i] made of[v][i] where it is known.
	words [views][]wordAt
}

// wordAt is where a word stands in its field.
type wordAt struct{ start, end int }

// extract fills f with the features of a letter of the given words.
func (f *features) extract(title, text string, titleRuns, textRuns label.Runs) {
	f.addWords(titleWords, title, titleRuns)
	f.addGrams(titleChars, title)
	if len(text) > maxText {
		text = text[:maxText]
	}
	f.addWords(textWords, text, textRuns)
	f.addGrams(textChars, text)
}

// addWords adds all words of a field, then all pairs of neighbours. Signs and
// spaces are no words, and do not stand between neighbours.
func (f *features) addWords(v view, s string, runs label.Runs) {
	hashes, words := f.of[v][:0], f.words[v][:0]
	at := 0
	for _, n := range runs {
		if at+n > len(s) {
			break
		}
		if w := s[at : at+n]; isWord(w) {
			hashes = append(hashes, hashWord(v, w))
			words = append(words, wordAt{at, at + n})
		}
		at += n
	}
	for i := 1; i < len(words); i++ {
		hashes = append(hashes, join(hashes[i-1], hashes[i]))
	}
	f.of[v], f.words[v] = hashes, words
}

// addGrams adds the character n-grams of a field without its white space.
func (f *features) addGrams(v view, s string) {
	runes := f.runes[:0]
	for _, r := range s {
		if r = fold(r); !unicode.IsSpace(r) {
			runes = append(runes, r)
		}
	}
	hashes := f.of[v][:0]
	for i := range runes {
		h := seed(v)
		for n := 1; n <= maxGram && i+n <= len(runes); n++ {
			h = mix(h, uint64(runes[i+n-1]))
			if n >= minGram {
				hashes = append(hashes, h)
			}
		}
	}
	f.of[v], f.runes = hashes, runes
}

// isWord reports whether w begins with a letter or digit of any script.
func isWord(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	if r >= 0x4E00 && r <= 0x9FFF {
		return true
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// fold makes full-width and capital characters equal to their plain ones.
func fold(r rune) rune {
	r = item.Narrow(r)
	if 'A' <= r && r <= 'Z' {
		r += 'a' - 'A'
	}
	return r
}

func hashWord(v view, w string) uint64 {
	h := seed(v) + 0x9E3779B97F4A7C15
	for _, r := range w {
		h = mix(h, uint64(fold(r)))
	}
	return h
}

// join is the hash of two neighbouring words, other than that of the reverse.
func join(a, b uint64) uint64 { return mix(bits.RotateLeft64(a, 21)^0xD6E8FEB86659FD93, b) }

// seed keeps the views apart.
func seed(v view) uint64 { return (uint64(v) + 1) * 0xA0761D6478BD642F }

// mix is one step of a multiplicative hash of 64 bits.
func mix(h, x uint64) uint64 {
	hi, lo := bits.Mul64(h^0xE7037ED1A0B428DB, x^0x8EBC6AF09C88C6E3)
	return hi ^ lo ^ bits.RotateLeft64(h, 29)
}

// Tokens joins text that came already cut into words by spaces ("form":
// "tokens" in the corpus) so that it reads like running text.
func Tokens(s string) string { return strings.Join(strings.Fields(s), "") }
