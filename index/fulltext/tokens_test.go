package fulltext

import (
	"strings"
	"testing"
	"unicode/utf8"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

func TestGrams(t *testing.T) {
	for text, want := range map[string]string{
		"":           "",
		"路":          "路",
		"路灯":         "路灯 灯",
		"路灯坏":        "路灯 灯坏 坏",
		"路灯，坏了":      "路灯 灯 坏了 了",
		"Ａ３区":        "a3 3区 区",
		"路 \n　灯":     "路灯 灯",
		"2.5%":       "2 5",
		"12345":      "12 23 34 45 5",
		"①𠀀é":        "①𠀀 𠀀é é",
		"\xff路\x00灯": "路灯 灯",
		"。，":         "",
	} {
		var got []string
		grams(appendNormal(nil, text), func(g []byte) { got = append(got, string(g)) })
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	const text = "Ａ３区 路灯，坏了！"
	normal, got := words(nil, text, label.Runs{9, 1, 6, 3, 6, 3})
	if string(normal) != "a3区路灯,坏了!" {
		t.Errorf("normal form %q", normal)
	}
	var list []string
	for _, w := range got {
		list = append(list, string(w))
	}
	if strings.Join(list, " ") != "a3区 路灯 坏了" {
		t.Errorf("%q", list)
	}
	if _, got := words(nil, strings.Repeat("长", maxWord), nil); len(got) != 0 {
		t.Error("a word without end is kept")
	}
}

// FuzzNormal: the fast form is item.Normalize, in one piece or in several, and
// every character of a run begins one gram.
func FuzzNormal(f *testing.F) {
	for _, s := range []string{"东街Ａ３区　路灯，坏了", "\x00\xff\u200b\ufeff", "ÀÉ ǅ ß ＡＺ｡ ﾊ", "\u0300a\u0301"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, cut int) {
		if got, want := string(appendNormal(nil, s)), item.Normalize(s); got != want {
			t.Fatalf("%q: %q, item.Normalize %q", s, got, want)
		}
		if !utf8.ValidString(s) {
			return
		}
		cut = min(max(cut, 0), len(s))
		for cut < len(s) && !utf8.RuneStart(s[cut]) {
			cut++
		}
		normal, terms := words(nil, s, label.Runs{cut, len(s) - cut})
		if string(normal) != item.Normalize(s) {
			t.Fatalf("%q: words give %q", s, normal)
		}
		for _, w := range terms {
			if !strings.Contains(string(normal), string(w)) {
				t.Fatalf("word %q is not in %q", w, normal)
			}
		}
		chars, begun := 0, 0
		for _, r := range string(normal) {
			if inRun(r) {
				chars++
			}
		}
		grams(normal, func(g []byte) {
			begun++
			if n := utf8.RuneCount(g); n > 2 || !strings.Contains(string(normal), string(g)) {
				t.Fatalf("gram %q of %q", g, normal)
			}
		})
		if begun != chars {
			t.Fatalf("%q: %d grams, %d characters", normal, begun, chars)
		}
	})
}

// FuzzRecord: what documents hold comes back from columns.
func FuzzRecord(f *testing.F) {
	f.Add(int64(-1), uint64(1)<<63, 70000)
	f.Fuzz(func(t *testing.T, milli int64, version uint64, n int) {
		milli %= 1 << 46
		n = max(n, -n) & (1<<21 - 1)
		r := record{milli, version, [len(textFields)]int{n, 0, 1, 1<<21 - 1}}
		b := []byte(r.pack())
		for _, c := range b {
			if c >= 0x80 {
				t.Fatalf("byte %x", c)
			}
		}
		if got, err := unpack(b); err != nil || got != r {
			t.Fatalf("%+v became %+v, %v", r, got, err)
		}
	})
}

// FuzzCursor: any text is a cursor of its order or ErrCursor.
func FuzzCursor(f *testing.F) {
	f.Add((&key{first: 1.5, milli: -1}).cursor(ByScore))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		for _, o := range []Order{ByScore, ByTime, ByUrgency} {
			k, err := parseCursor(s, o)
			if err != nil || k == nil {
				continue
			}
			again, err := parseCursor(k.cursor(o), o)
			if err != nil || again.compare(k) != 0 {
				t.Fatalf("%q: %v, %v", s, again, err)
			}
		}
	})
}
