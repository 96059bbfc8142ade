package topic

import (
	"slices"
	"strings"
	"testing"

	"qianliyan/classify/label"
)

// runs are the lengths of words given one by one.
func runs(words ...string) (string, label.Runs) {
	var out label.Runs
	for _, w := range words {
		out = append(out, len(w))
	}
	return strings.Join(words, ""), out
}

func TestWordsAndPairs(t *testing.T) {
	text, cut := runs("停水", "，", "三天", " ", "了", "！")
	var f features
	f.extract("", text, nil, cut)
	var got []string
	for _, w := range f.words[textWords] {
		got = append(got, text[w.start:w.end])
	}
	if !slices.Equal(got, []string{"停水", "三天", "了"}) {
		t.Errorf("words %q", got)
	}
	// Three words and, as signs do not stand between neighbours, two pairs.
	if n := len(f.of[textWords]); n != 5 {
		t.Errorf("%d features of words", n)
	}
	pair := f.of[textWords][3]
	text, cut = runs("停水", "三天")
	f.extract("", text, nil, cut)
	if f.of[textWords][2] != pair {
		t.Error("a sign between two words changes their pair")
	}
	text, cut = runs("三天", "停水")
	f.extract("", text, nil, cut)
	if f.of[textWords][2] == pair {
		t.Error("two words and their reverse are one pair")
	}
}

func TestGrams(t *testing.T) {
	var f features
	count := func(s string) int {
		f.extract("", s, nil, nil)
		return len(f.of[textChars])
	}
	// Of n characters: n-1 twos, n-2 threes, n-3 fours.
	for s, want := range map[string]int{"": 0, "停": 0, "停水": 1, "停水了": 3, "停水三天": 6, "停水三天了": 9, " 停 水\n": 1} {
		if got := count(s); got != want {
			t.Errorf("%q: %d grams, want %d", s, got, want)
		}
	}
}

// The same characters must count apart in title and text, and the same as
// capitals, and as full-width ones.
func TestHashes(t *testing.T) {
	grams := func(title, text string) ([]uint64, []uint64) {
		var f features
		f.extract(title, text, nil, nil)
		return f.of[titleChars], f.of[textChars]
	}
	inTitle, _ := grams("停水", "")
	_, inText := grams("", "停水")
	if inTitle[0] == inText[0] {
		t.Error("title and text share a feature")
	}
	for _, pair := range [][2]string{{"ETC", "etc"}, {"ＥＴＣ１", "etc1"}, {"停 水", "停水"}} {
		_, a := grams("", pair[0])
		_, b := grams("", pair[1])
		if !slices.Equal(a, b) {
			t.Errorf("%q and %q differ", pair[0], pair[1])
		}
	}
	if hashWord(textWords, "停水") == hashWord(textWords, "水停") {
		t.Error("order does not count within a word")
	}
}

// A fingerprint is 32 bits; of 20,000 words few may share one.
func TestFewCollisions(t *testing.T) {
	seen := map[uint32]bool{}
	n := 0
	for a := rune(0x4E00); a < 0x4E00+200; a++ {
		for b := rune(0x5200); b < 0x5200+100; b++ {
			h := fingerprint(hashWord(textWords, string([]rune{a, b})))
			if seen[h] {
				n++
			}
			seen[h] = true
		}
	}
	if n > 3 { // expected 20000²/2/2³² = 0.05
		t.Errorf("%d of %d words share a fingerprint", n, len(seen)+n)
	}
}

func TestIsWord(t *testing.T) {
	for w, want := range map[string]bool{"停水": true, "a": true, "3": true, "Ａ": true, "，": false, " ": false, "\n": false, "": false, "\xff": false, "！停": false, "㐀": true} {
		if got := isWord(w); got != want {
			t.Errorf("isWord(%q) = %v", w, got)
		}
	}
}

func TestTokens(t *testing.T) {
	for s, want := range map[string]string{"停水 三天": "停水三天", "  停水\t三天\n": "停水三天", "": "", "停水": "停水"} {
		if got := Tokens(s); got != want {
			t.Errorf("Tokens(%q) = %q", s, got)
		}
	}
}

// What lies behind the bound must not change the answer.
func TestLongTextIsBounded(t *testing.T) {
	long := strings.Repeat("停水了", maxText/9+10)
	var a, b features
	a.extract("", long, nil, nil)
	b.extract("", long+"污水", nil, nil)
	if !slices.Equal(a.of[textChars], b.of[textChars]) {
		t.Error("the end of a long text is read")
	}
}
