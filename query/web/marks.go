package web

import (
	"slices"
	"unicode/utf8"

	"qianliyan/classify/label"
)

// Piece is a stretch of a text and the numbers of the labels it is evidence
// for. The pieces of a text, one after the other, are the text.
type Piece struct {
	Text   string `json:"text"`
	Labels []int  `json:"labels,omitempty"` // 1 is the first label shown
}

// mark cuts text at the borders of the evidence in the given field. Spans
// outside the text, or not on borders of characters, are left out: they belong
// to other words, and marking the wrong ones is worse than marking none.
func mark(text, field string, labels []label.Label) []Piece {
	if text == "" {
		return nil
	}
	cuts := []int{0, len(text)}
	type owner struct{ start, end, label int }
	var owners []owner
	for i, l := range labels {
		for _, s := range l.Evidence {
			if s.Field != field || !onBorders(text, s.Start, s.End) {
				continue
			}
			owners = append(owners, owner{s.Start, s.End, i + 1})
			cuts = append(cuts, s.Start, s.End)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	pieces := make([]Piece, 0, len(cuts)-1)
	for i := range len(cuts) - 1 {
		p := Piece{Text: text[cuts[i]:cuts[i+1]]}
		for _, o := range owners {
			if o.start <= cuts[i] && cuts[i+1] <= o.end && !slices.Contains(p.Labels, o.label) {
				p.Labels = append(p.Labels, o.label)
			}
		}
		pieces = append(pieces, p)
	}
	return pieces
}

func onBorders(text string, start, end int) bool {
	if start < 0 || end > len(text) || start >= end {
		return false
	}
	return utf8.RuneStart(text[start]) && (end == len(text) || utf8.RuneStart(text[end]))
}
