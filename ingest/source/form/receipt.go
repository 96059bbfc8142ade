package form

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"qianliyan/ingest/item"
)

// signs are the digits of a receipt number: those of Crockford's base 32,
// which leaves out what is misread.
const signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Number is the receipt number of an item and its day (2006-01-02): month and
// day, the first 40 bits of the ID in eight signs, one check sign.
func Number(id item.ID, day string) string {
	v, err := strconv.ParseUint(string(id[:min(10, len(id))]), 16, 64)
	t, err2 := time.ParseInLocation("2006-01-02", day, item.Zone)
	if err != nil || err2 != nil {
		return ""
	}
	var b [8]byte
	for i := range b {
		b[i] = signs[v>>(35-5*i)&31]
	}
	head := t.Format("0102") + string(b[:])
	return head[:4] + "-" + head[4:8] + "-" + head[8:12] + "-" + string(check(head))
}

// Parse reads a receipt number as a person types it, and gives its month and
// day ("11-22") and the first ten digits of the item's ID.
func Parse(number string) (monthDay, idPrefix string, err error) {
	var b strings.Builder
	for _, r := range number {
		r = item.Narrow(r)
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		switch r {
		case ' ', '-', '—', '－':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if !strings.ContainsRune(signs, r) {
			return "", "", &item.Problem{Column: "回执号", Reason: fmt.Sprintf("里没有“%c”这个字符", r), Hint: "请照回执再输一遍"}
		}
		b.WriteRune(r)
	}
	s := b.String()
	if len(s) != 13 {
		return "", "", &item.Problem{Column: "回执号", Reason: fmt.Sprintf("应有 13 位，现有 %d 位", len(s)), Hint: "请照回执再输一遍"}
	}
	if s[12] != check(s[:12]) {
		return "", "", &item.Problem{Column: "回执号", Reason: "对不上校验位，有字符输错", Hint: "请照回执再输一遍"}
	}
	if _, err := time.Parse("20060102", "2000"+s[:4]); err != nil { // 2000 had a 29 February
		return "", "", &item.Problem{Column: "回执号", Reason: "开头四位不是月日", Hint: "请照回执再输一遍"}
	}
	var v uint64
	for i := range 8 {
		v = v<<5 | uint64(strings.IndexByte(signs, s[4+i]))
	}
	return s[:2] + "-" + s[2:4], fmt.Sprintf("%010x", v), nil
}

// check is a sign over the others by Luhn's rule in base 32: every single
// wrong sign changes it, and every exchange of neighbours but 0 and Z.
func check(s string) byte {
	sum := 0
	for i := range len(s) {
		v := strings.IndexByte(signs, s[len(s)-1-i])
		if i%2 == 0 {
			v *= 2
			v = v/32 + v%32
		}
		sum += v
	}
	return signs[(32-sum%32)%32]
}
