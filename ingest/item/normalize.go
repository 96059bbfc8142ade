package item

import (
	"strings"
	"unicode"
)

// Normalize folds s for comparing: full-width forms to half width, all white
// space and control characters dropped, ASCII letters lower-cased. It is
// idempotent and never used for what is stored or shown.
func Normalize(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		r = Narrow(r)
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\uFEFF', r == '\u200B':
			continue
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Narrow maps a full-width form (Ａ ３ ％, U+FF01–FF5E) and the ideographic
// space to its half-width character; every other rune is itself.
func Narrow(r rune) rune {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	case r == 0x3000:
		return ' '
	}
	return r
}

// Squeeze puts s on one line: runs of white space become one space, ends are
// trimmed. For display only.
func Squeeze(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
