package web

import "regexp"

// numbers finds runs of digits long enough to be somebody's number. The X is
// the check digit of an identity number.
var numbers = regexp.MustCompile(`[0-9]{7,}[Xx]?`)

// Mask covers the middle of mobile numbers (11 digits from 13 to 19) and of
// identity numbers (18 characters) with stars: 138****0000. Every covered
// digit becomes one star, so that byte offsets into s stay right; other
// numbers (amounts, order numbers) stay.
func Mask(s string) string {
	return numbers.ReplaceAllStringFunc(s, func(n string) string {
		b := []byte(n)
		switch {
		case len(b) == 11 && b[0] == '1' && b[1] >= '3' && b[10] <= '9':
			cover(b[3:7])
		case len(b) == 18:
			cover(b[6:14])
		}
		return string(b)
	})
}

func cover(b []byte) {
	for i := range b {
		b[i] = '*'
	}
}
