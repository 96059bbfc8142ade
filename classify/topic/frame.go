package topic

import (
	"slices"
	"strings"
	"unicode/utf8"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// frame is what a press story wraps around its matter: who reports, and that
// they go on reporting. Stories of no topic have the same frame, so that its
// words would speak for none.
type frame struct {
	Channels []item.Channel `toml:"channels"`
	Lead     []string       `toml:"lead"`   // ends of a lead-in
	Within   int            `toml:"within"` // a lead-in is at most so many runes long
	Tail     []string       `toml:"tail"`   // beginnings of a closing sentence
}

// strip is d without its frame, and how many bytes the text lost in front.
// A text that is all frame, or not cut into words, is left as it is.
func (f frame) strip(d doc.Doc) (doc.Doc, int) {
	text, sum := d.Item.Text, 0
	for _, n := range d.Words.Text {
		sum += max(n, 0)
	}
	if !slices.Contains(f.Channels, d.Item.Channel) || sum != len(text) {
		return d, 0
	}
	start, end := f.lead(text), len(text)
	for end > start {
		at := start + lastSentence(text[start:end])
		if !slices.ContainsFunc(f.Tail, func(w string) bool { return strings.HasPrefix(text[at:end], w) }) {
			break
		}
		end = at
	}
	if strings.TrimSpace(text[start:end]) == "" {
		return d, 0
	}
	d.Words.Text, start, end = within(d.Words.Text, start, end)
	d.Item.Text = text[start:end]
	return d, start
}

// lead is where the lead-in of text ends.
func (f frame) lead(text string) int {
	n := 0
	for i := range text {
		if n++; n > f.Within {
			text = text[:i]
			break
		}
	}
	best := -1
	end := 0
	for _, w := range f.Lead {
		if i := strings.Index(text, w); i >= 0 && (best < 0 || i < best) {
			best, end = i, i+len(w)
		}
	}
	return end
}

// lastSentence is where the last sentence of s begins.
func lastSentence(s string) int {
	_, size := utf8.DecodeLastRuneInString(s)
	i := strings.LastIndexAny(s[:len(s)-size], "。！？\n")
	if i < 0 {
		return 0
	}
	_, size = utf8.DecodeRuneInString(s[i:])
	return i + size
}

// within are the words that lie from start to end, and where the first of them
// begins and the last ends.
func within(runs label.Runs, start, end int) (label.Runs, int, int) {
	at, i := 0, 0
	for i < len(runs) && at < start {
		at += runs[i]
		i++
	}
	first, j := at, i
	for j < len(runs) && at+runs[j] <= end {
		at += runs[j]
		j++
	}
	return runs[i:j], first, at
}
