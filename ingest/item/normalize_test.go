package item

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestNormalize(t *testing.T) {
	for in, want := range map[string]string{
		"":                    "",
		"留言 编号":               "留言编号",
		"\uFEFF留言编号\n":        "留言编号",
		"ＡＢＣ１２３％":             "abc123%",
		"全　角\u00A0空\u200B格\t": "全角空格",
		"Title":               "title",
		"É":                   "É", // only ASCII is folded: names of other scripts are rare and their case may matter
		"来电人电话／账号":            "来电人电话/账号",
		"a\x00b\x7Fc":         "abc",
		"“引号”，。！？":            "“引号”,。!?",
		"ｈｔｔｐ：／／例子．ＣＮ":        "http://例子.cn",
	} {
		if got := Normalize(in); got != want {
			t.Errorf("Normalize(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSqueeze(t *testing.T) {
	if got := Squeeze("\n 一\t\t二　三 \n"); got != "一 二 三" {
		t.Errorf("%q", got)
	}
}

func TestNarrowIsSelfElsewhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.Rune().Draw(t, "r")
		n := Narrow(r)
		if n != r && (n < ' ' || n > '~') {
			t.Fatalf("Narrow(%q) = %q", r, n)
		}
		if Narrow(n) != n {
			t.Fatalf("Narrow is not idempotent for %q", r)
		}
	})
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"留言 编号", "ＡＢＣ　１２３", "\uFEFF\u200B", "É\xFF", "İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := Normalize(s)
		if again := Normalize(n); again != n {
			t.Fatalf("Normalize(%q) = %q, then %q", s, n, again)
		}
		for _, r := range n {
			if unicode.IsSpace(r) || unicode.IsControl(r) || r >= 'A' && r <= 'Z' {
				t.Fatalf("Normalize(%q) = %q holds %q", s, n, r)
			}
		}
		if utf8.ValidString(s) && len(n) > len(s) {
			t.Fatalf("Normalize(%q) = %q is longer", s, n)
		}
	})
}
