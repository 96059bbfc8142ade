package match

import (
	"slices"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	s := New([]string{"停水", "停", "停水了", "水", "", "停水", "💧滴", "�"})
	var got []string
	for _, h := range s.Find("今天停水了💧滴\xff", nil) {
		got = append(got, s.Word(h.Word))
	}
	want := []string{"停水了", "停水", "停", "水", "💧滴"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if hits := New(nil).Find("停水", nil); len(hits) != 0 {
		t.Errorf("an empty set found %v", hits)
	}
}

// Against the plain way on any text and words.
func FuzzFind(f *testing.F) {
	f.Add("今天停水停电", "停水", "停", "电")
	f.Add("aaaa", "a", "aa", "aaa")
	f.Add("\xff\xfe", "\xff", "\xfe", "\xff\xfe")
	f.Fuzz(func(t *testing.T, text, a, b, c string) {
		words := []string{a, b, c}
		for _, w := range words {
			if !strings.Contains(strings.ToValidUTF8(w, ""), w) {
				return // bytes within a rune are not looked for
			}
		}
		if strings.ToValidUTF8(text, "") != text {
			New(words).Find(text, nil)
			return
		}
		found := map[Hit]bool{}
		s := New(words)
		for _, h := range s.Find(text, nil) {
			if found[h] {
				t.Fatalf("%+v found twice", h)
			}
			if text[h.Start:h.End] != s.Word(h.Word) {
				t.Fatalf("%+v is not where it is said to be", h)
			}
			found[h] = true
		}
		for i, w := range words {
			if w == "" || slices.Index(words, w) != i {
				continue
			}
			for at := range text {
				if strings.HasPrefix(text[at:], w) && !found[Hit{i, at, at + len(w)}] {
					t.Fatalf("%q at %d of %q is missed", w, at, text)
				}
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	s := New([]string{"停水", "停电", "爆炸", "坍塌", "中毒", "死亡", "受伤", "欠薪", "堵路"})
	text := strings.Repeat("我们小区昨天又停水了，物业说水管坏了正在修，请有关部门督促。", 15)
	var hits []Hit
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		hits = s.Find(text, hits[:0])
	}
}

// Hits come in the order of their beginnings, the longest first.
func TestOrder(t *testing.T) {
	s := New([]string{"水", "停水", "停水停电", "停", "电", "水停"})
	var got []string
	at := -1
	for _, h := range s.Find("停水停电", nil) {
		if h.Start < at {
			t.Errorf("%q begins at %d, after one at %d", s.Word(h.Word), h.Start, at)
		}
		at = h.Start
		got = append(got, s.Word(h.Word))
	}
	if want := []string{"停水停电", "停水", "停", "水停", "水", "停", "电"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// The slice given is reused, what stood in it kept.
func TestFindAppends(t *testing.T) {
	s := New([]string{"停水"})
	hits := make([]Hit, 0, 8)
	hits = s.Find("停水", hits)
	hits = s.Find("又停水", hits)
	if len(hits) != 2 || hits[1] != (Hit{0, 3, 9}) {
		t.Errorf("hits %+v", hits)
	}
}
