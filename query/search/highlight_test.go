package search

import (
	"strings"
	"testing"
	"unicode/utf8"

	"qianliyan/ingest/item"
)

// show writes pieces with the marks in brackets.
func show(ps []Piece) string {
	var b strings.Builder
	for _, p := range ps {
		if p.Hit {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestPieces(t *testing.T) {
	for _, c := range []struct {
		text  string
		words []string
		want  string
	}{
		{"东街路灯坏了", []string{"路灯"}, "东街[路灯]坏了"},
		{"东街路灯坏了", nil, "东街路灯坏了"},
		{"Ａ３区和a3区", []string{"a3"}, "[Ａ３]区和[a3]区"},
		{"路 \n 灯坏了", []string{"路灯"}, "[路 灯]坏了"},
		{" 前后 空白 ", []string{"空白"}, "前后 [空白]"},
		{"哈哈哈", []string{"哈哈"}, "[哈哈哈]"},
		{"路灯杆", []string{"路灯", "灯杆"}, "[路灯杆]"},
		{"路灯井盖", []string{"路灯", "井盖"}, "[路灯井盖]"},
		{"利率2.5%起", []string{"2.5%"}, "利率[2.5%]起"},
		{"坏\xff了路灯", []string{"路灯"}, "坏\uFFFD了[路灯]"},
		{"", []string{"路灯"}, ""},
		{" \t\n", []string{"路灯"}, ""},
	} {
		m := mark(c.text, c.words)
		if got := show(m.pieces(span{0, len(m.text)})); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestPassages(t *testing.T) {
	filler := strings.Repeat("这里说的是别的事情。", 10)
	text := filler + "东街的路灯坏了三天。" + filler + "西街的井盖不见了。" + filler
	for _, c := range []struct {
		name  string
		words []string
		n     int
		want  []string
	}{
		{"one word", []string{"路灯"}, 2, []string{"…东街的[路灯]坏了三天。这里说的是别的事情。…"}},
		{"two places", []string{"井盖", "路灯"}, 2, []string{"…东街的[路灯]坏了三天。这里说的是别的事情。…", "…西街的[井盖]不见了。这里说的是别的事情。这…"}},
		{"only the best", []string{"井盖", "路灯"}, 1, []string{"…东街的[路灯]坏了三天。这里说的是别的事情。…"}},
		{"none", []string{"公园"}, 2, []string{"这里说的是别的事情。这里说的是别的事情。…"}},
	} {
		m := mark(text, c.words)
		var got []string
		for _, p := range m.passages(c.n, 20) {
			got = append(got, show(p))
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// FuzzMark: pieces hold the text's own characters in order, and every marked
// stretch holds one of the words; what holds the word is marked somewhere.
func FuzzMark(f *testing.F) {
	f.Add("东街 Ａ３区路灯坏了，请修。", "a3区", "路灯", 10)
	f.Add("\x00\xff 　路\n灯", "路灯", "", 3)
	f.Fuzz(func(t *testing.T, text, a, b string, width int) {
		words := []string{item.Normalize(a), item.Normalize(b)}
		m := mark(text, words)
		whole := m.pieces(span{0, len(m.text)})
		var all strings.Builder
		for _, p := range whole {
			all.WriteString(p.Text)
			if p.Hit && !holdsOne(item.Normalize(p.Text), words) {
				t.Fatalf("%q marks %q for %q", text, p.Text, words)
			}
		}
		if got, want := item.Normalize(all.String()), item.Normalize(strings.ToValidUTF8(text, "\uFFFD")); utf8.ValidString(text) && got != want {
			t.Fatalf("pieces hold %q, the text %q", got, want)
		}
		for _, w := range words {
			if w != "" && strings.Contains(item.Normalize(text), w) && len(m.spans) == 0 {
				t.Fatalf("%q in %q is not marked", w, text)
			}
		}
		for _, ps := range m.passages(2, max(10, width%100)) {
			for _, p := range ps {
				if p.Text == "" || !utf8.ValidString(p.Text) {
					t.Fatalf("piece %q of %q", p.Text, text)
				}
			}
		}
	})
}

func holdsOne(s string, words []string) bool {
	for _, w := range words {
		if w != "" && strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// TestLongTexts: of a long text the beginning is read, or what stands round a
// word that comes later, and "…" says that there is more.
func TestLongTexts(t *testing.T) {
	filler := strings.Repeat("公示名单第某号", 40_000)
	for name, c := range map[string]struct {
		text, first string
		hit, open   bool // a passage marks the word; it begins inside the text
	}{
		"at the beginning": {"井盖破损。" + filler, "井盖破损", true, false},
		"far inside":       {filler + "。人民路井盖破损。" + filler, "人民路井盖破损", true, true},
		"at the very end":  {filler + "。人民路井盖", "人民路井盖", true, true},
		"nowhere":          {filler, "公示名单", false, false},
		"broken":           {strings.Repeat("\xe4", 200_000), "", false, false},
	} {
		m := mark(c.text, []string{"井盖"})
		ps := m.passages(2, 60)
		if len(m.text) > maxRead || len(ps) == 0 {
			t.Errorf("%s: %d characters are read, %d passages", name, len(m.text), len(ps))
			continue
		}
		all, hit := "", false
		for _, p := range ps[0] {
			all, hit = all+p.Text, hit || p.Hit
		}
		if !strings.Contains(all, c.first) || hit != c.hit || strings.HasPrefix(all, "…") != c.open {
			t.Errorf("%s: %q, marked %v", name, all, hit)
		}
	}
}
