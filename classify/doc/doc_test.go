package doc_test

import (
	"strings"
	"testing"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// pairs cuts a text into words of two bytes.
type pairs struct{}

func (pairs) Version() string { return "pairs" }
func (pairs) Cut(s string) label.Runs {
	var out label.Runs
	for ; len(s) > 0; s = s[min(2, len(s)):] {
		out = append(out, min(2, len(s)))
	}
	return out
}

func TestEach(t *testing.T) {
	d := doc.New(item.Item{Title: "abcde", Text: "xy"}, pairs{})
	if d.Words.Segmenter != "pairs" {
		t.Errorf("segmenter %q", d.Words.Segmenter)
	}
	var got []string
	for w := range d.Each(doc.Title) {
		if d.Item.Title[w.Start:w.Start+len(w.Text)] != w.Text {
			t.Errorf("%q does not stand at %d", w.Text, w.Start)
		}
		got = append(got, w.Text)
	}
	if s := strings.Join(got, "|"); s != "ab|cd|e" {
		t.Errorf("title words %s", s)
	}
	for w := range d.Each(doc.Text) {
		if w.Text != "xy" {
			t.Errorf("text word %q", w.Text)
		}
		break
	}
}

// Words of another text must not be read past its end.
func TestEachStopsAtForeignLengths(t *testing.T) {
	d := doc.Doc{Item: item.Item{Text: "abc"}, Words: label.Words{Text: label.Runs{2, 5}}}
	n := 0
	for range d.Each(doc.Text) {
		n++
	}
	if n != 1 {
		t.Errorf("%d words, want 1", n)
	}
}
