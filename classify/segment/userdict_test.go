package segment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUserWordsProblems(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"columns":   {"幸福里 10 n 多余\n", "有 4 列"},
		"frequency": {"\n幸福里 零 n\n", "line 2"},
		"zero":      {"幸福里 0 n\n", "不是正整数"},
		"one rune":  {"里\n", "不足两个字"},
		"encoding":  {"\xd0\xd2\xb8\xa3\n", "UTF-8"},
	} {
		path := filepath.Join(t.TempDir(), "u.dict")
		if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := userWords([]string{path}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v does not say %q", name, err, c.want)
		}
	}
	if _, err := userWords([]string{"absent.dict"}); err == nil {
		t.Error("a missing file is no error")
	}
}

func TestUserWordsLaterLineWins(t *testing.T) {
	var d dict
	d.at = map[string]int{}
	if err := d.read("x", strings.NewReader("\uFEFF甲乙 n\n丙丁\n甲乙 5 nz # 改\n-丙丁\n戊己\r\n")); err != nil {
		t.Fatal(err)
	}
	if got, want := d.String(), "甲乙 5 nz\n戊己\n"; got != want {
		t.Errorf("merged to %q, want %q", got, want)
	}
}

func FuzzUserDict(f *testing.F) {
	for _, s := range []string{"甲乙 5 n\n", "-甲乙", "#", "a b c d", "\x00\x01 1 n", "甲乙\u00a05"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := dict{at: map[string]int{}}
		if d.read("fuzz", strings.NewReader(s)) != nil {
			return
		}
		// What was taken must be taken again, as it was.
		again := dict{at: map[string]int{}}
		if err := again.read("again", strings.NewReader(d.String())); err != nil || again.String() != d.String() {
			t.Fatalf("%q is merged to %q, that to %q (%v)", s, d.String(), again.String(), err)
		}
	})
}
