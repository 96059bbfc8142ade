package segment

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"停水":            "停水",
		"a\x00b":        "a b",
		"\xff停\xe5\x81": " 停  ",
		"\xed\xa0\x80":  "   ",
		"�":             "�",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestChunk(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"short":        {"停水", 6},
		"full":         {strings.Repeat("a", maxChunk), maxChunk},
		"behind space": {strings.Repeat("a", 100) + " " + strings.Repeat("b", maxChunk), 101},
		"behind stop":  {"停水。" + strings.Repeat("b", maxChunk), 9},
		"behind comma": {"停水，" + strings.Repeat("b", maxChunk), 9},
		"no border":    {strings.Repeat("水", maxChunk), maxChunk - maxChunk%3},
		"broken":       {strings.Repeat("\x80", maxChunk+9), maxChunk - 4},
	} {
		piece, rest := chunk(c.text)
		if len(piece) != c.want || piece+rest != c.text {
			t.Errorf("%s: piece of %d bytes, want %d", name, len(piece), c.want)
		}
	}
}
