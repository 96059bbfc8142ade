package mapping

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qianliyan/ingest/item"
)

// protect is how a value that names a person is masked; empty leaves it.
type protect string

const (
	maskName    protect = "name"    // 张**
	maskPhone   protect = "phone"   // 138****0000
	maskAccount protect = "account" // A****45; a name or a phone as such
	maskCard    protect = "card"    // 430****1X
	maskContact protect = "contact" // as phone where it is one, else as account
	maskHide    protect = "hide"    // nothing is kept
)

const protectNames = "name、phone、account、card、contact、hide"

// strict orders the ways by how much they leave, least first.
var strict = [...]protect{maskHide, maskCard, maskName, maskPhone, maskContact, maskAccount}

// stricter is the one of two ways that leaves less.
func stricter(a, b protect) protect {
	for _, p := range strict {
		if a == p || b == p {
			return p
		}
	}
	return ""
}

func (p protect) valid() bool {
	switch p {
	case "", maskName, maskPhone, maskAccount, maskCard, maskContact, maskHide:
		return true
	}
	return false
}

// mask is what may be kept of value. It never gives back a value that is
// longer than its kept ends: what is too short to hide is hidden whole.
func (p protect) mask(value string) string {
	v := fold(value)
	switch p {
	case "":
		return value
	case maskName:
		return ends(v, 1, 0, "**")
	case maskPhone:
		return phones(v)
	case maskCard:
		return ends(v, 3, 2, "****")
	case maskContact, maskAccount:
		if phoneLike(v) {
			return phones(v)
		}
		if n := utf8.RuneCountInString(v); n < 6 || strings.ContainsFunc(v, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			return ends(v, 1, 0, "**")
		}
		return ends(v, 1, 2, "****")
	}
	return ""
}

// phoneLike reports whether v is written as a phone number: at least seven
// digits, and little else.
func phoneLike(v string) bool {
	count, others := 0, 0
	for _, r := range v {
		switch {
		case r >= '0' && r <= '9':
			count++
		case strings.ContainsRune("+-() ,;/、", r):
		default:
			others++
		}
	}
	return count >= shortestNumber && others == 0
}

// ends keeps the first and last runes of v round the stars. A value with fewer
// than twice the kept runes shows only its first.
func ends(v string, first, last int, stars string) string {
	r := []rune(v)
	switch {
	case len(r) == 0:
		return ""
	case len(r) < 2*(first+last):
		if len(r) == 1 || first != 1 {
			return stars
		}
		return string(r[:1]) + "**"
	}
	return string(r[:first]) + stars + string(r[len(r)-last:])
}

// phones masks every number in v; words between numbers are dropped, as they
// are names more often than not.
func phones(v string) string {
	var out []string
	for _, n := range numbers(v) {
		if len(n) < 8 {
			out = append(out, n[:min(3, len(n)/2)]+"****")
			continue
		}
		out = append(out, n[:3]+"****"+n[len(n)-4:])
	}
	if len(out) == 0 {
		return "****"
	}
	return strings.Join(out, "、")
}

// numbers is the phone numbers in v, digits only and without the country's
// prefix. Blanks part two numbers only where one would be too long.
func numbers(v string) []string {
	var out []string
	for _, piece := range strings.FieldsFunc(v, func(r rune) bool { return !strings.ContainsRune("+-() 0123456789", r) }) {
		whole := national(digits(piece))
		if len(whole) <= longestNumber {
			out = append(out, whole)
			continue
		}
		for part := range strings.FieldsSeq(piece) {
			out = append(out, national(digits(part)))
		}
	}
	return slices.DeleteFunc(out, func(n string) bool { return len(n) < shortestNumber })
}

// Lengths of phone numbers: a local one, and one with its area and a mobile.
const shortestNumber, longestNumber = 7, 12

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// national drops the prefix of the country.
func national(n string) string {
	if n = strings.TrimPrefix(n, "0086"); len(n) == 13 {
		n = strings.TrimPrefix(n, "86")
	}
	return n
}

// sender is the keyed hash that stands for a person, or empty when value names
// nobody. A phone counts by its digits alone, an account by item.Normalize.
func (p protect) sender(value string, key []byte) string {
	if len(key) == 0 {
		return ""
	}
	v := fold(value)
	var who string
	switch n := numbers(v); {
	case p == maskPhone || (p == maskContact || p == maskAccount) && phoneLike(v):
		if len(n) > 0 {
			who = n[0]
		}
	case p == maskContact || p == maskAccount:
		who = item.Normalize(v)
	}
	// Masked already at the source: 138****0000 is many people.
	if who == "" || strings.Contains(v, "*") {
		return ""
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(who))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// fold narrows full-width characters and trims the ends.
func fold(s string) string { return strings.TrimSpace(strings.Map(item.Narrow, s)) }

// cut shortens a value for a Problem.
func cut(s string) string {
	if utf8.RuneCountInString(s) <= 80 {
		return s
	}
	return string([]rune(s)[:80]) + "…"
}
