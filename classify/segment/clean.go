package segment

import "unicode/utf8"

// maxChunk bounds what is handed to gojieba at once, in bytes. Its memory is
// about sixty times the chunk.
const maxChunk = 64 << 10

// chunk splits off the beginning of text. It cuts behind a character at which
// gojieba itself never joins words, so that the cut changes no word; only a
// run of maxChunk bytes without any such character is cut between two runes.
func chunk(text string) (piece, rest string) {
	if len(text) <= maxChunk {
		return text, ""
	}
	for end := maxChunk; end > 0; end-- {
		if hardBorder(text[:end]) {
			return text[:end], text[end:]
		}
	}
	end := maxChunk
	for end > maxChunk-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end], text[end:]
}

// hardBorder reports whether s ends in one of gojieba's separators: space,
// tab, line feed, full-width comma and full stop.
func hardBorder(s string) bool {
	switch s[len(s)-1] {
	case ' ', '\t', '\n':
		return true
	case 0x8C:
		return len(s) >= 3 && s[len(s)-3:] == "，"
	case 0x82:
		return len(s) >= 3 && s[len(s)-3:] == "。"
	}
	return false
}

// clean replaces what gojieba cannot take by spaces, byte for byte: NUL, which
// ends a C string, and bytes that are not UTF-8, for which it drops the whole
// text. A clean string is returned as it is.
func clean(s string) string {
	i := firstBroken(s, 0)
	if i < 0 {
		return s
	}
	b := []byte(s)
	for ; i >= 0; i = firstBroken(s, i+1) {
		b[i] = ' '
	}
	return string(b)
}

// firstBroken is the offset of the first NUL or broken byte of s at or after
// from, -1 when there is none.
func firstBroken(s string, from int) int {
	for i := from; i < len(s); {
		c := s[i]
		switch {
		case c == 0:
			return i
		case c < utf8.RuneSelf:
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
