package form_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qianliyan/ingest/item"
	"qianliyan/ingest/source/form"
)

func TestNumber(t *testing.T) {
	id := item.NewID("form", "1")
	n := form.Number(id, "2026-11-22")
	if len(n) != 16 || !strings.HasPrefix(n, "1122-") || strings.ContainsAny(n, "ILOU") {
		t.Fatalf("number %q", n)
	}
	if again := form.Number(id, "2026-11-22"); again != n {
		t.Errorf("%q, then %q", n, again)
	}
	spellings := []string{
		n, strings.ToLower(n), strings.ReplaceAll(n, "-", ""), strings.ReplaceAll(n, "-", " "), " " + n, strings.ReplaceAll(n, "-", "－"),
		strings.ReplaceAll(strings.ReplaceAll(n, "0", "O"), "1", "l"),
	}
	for _, s := range spellings {
		day, prefix, err := form.Parse(s)
		if err != nil || day != "11-22" || prefix != string(id[:10]) {
			t.Errorf("%q: %q %q %v", s, day, prefix, err)
		}
	}
	for _, s := range []string{"", "1122", n + "0", "U" + n[1:], "回执", "9999-0000-0000-0"} {
		if _, _, err := form.Parse(s); err == nil {
			t.Errorf("%q taken", s)
		}
	}
	if form.Number(id, "someday") != "" || form.Number("", "2026-11-22") != "" {
		t.Error("a number of nothing")
	}
	if day, _, err := form.Parse(form.Number(id, "2028-02-29")); err != nil || day != "02-29" {
		t.Errorf("29 February: %q %v", day, err)
	}
}

// TestWrongSign: every single wrong sign is noticed, and every exchange of
// neighbours but 0 and Z.
func TestWrongSign(t *testing.T) {
	const signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	rapid.Check(t, func(t *rapid.T) {
		id := item.NewID("form", fmt.Sprint(rapid.Uint64().Draw(t, "id")))
		n := []byte(strings.ReplaceAll(form.Number(id, "2026-11-22"), "-", ""))
		i := rapid.IntRange(0, len(n)-1).Draw(t, "place")
		wrong := append([]byte(nil), n...)
		wrong[i] = signs[rapid.IntRange(0, 31).Draw(t, "sign")]
		if wrong[i] != n[i] {
			if _, _, err := form.Parse(string(wrong)); err == nil {
				t.Fatalf("%s taken for %s", wrong, n)
			}
		}
		if i+1 < len(n) && n[i] != n[i+1] && !(n[i] == '0' && n[i+1] == 'Z' || n[i] == 'Z' && n[i+1] == '0') {
			swapped := append([]byte(nil), n...)
			swapped[i], swapped[i+1] = n[i+1], n[i]
			if _, _, err := form.Parse(string(swapped)); err == nil {
				t.Fatalf("%s taken for %s", swapped, n)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(form.Number(item.NewID("form", "1"), "2026-11-22"))
	f.Add("１１２２—ｏｏｏｏ")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, s string) {
		day, prefix, err := form.Parse(s)
		if err != nil {
			return
		}
		again := form.Number(item.ID(prefix+strings.Repeat("0", 22)), "2000-"+day)
		if d2, p2, err := form.Parse(again); err != nil || d2 != day || p2 != prefix {
			t.Errorf("%q is %s %s, which is %q", s, day, prefix, again)
		}
	})
}
