// Package doc is what a classifier is given: an item and its words. The item
// is segmented once, by the pipeline; every classifier reads the same words.
package doc

import (
	"iter"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// Names of the two fields, as in label.Span.
const (
	Title = "title"
	Text  = "text"
)

// Segmenter cuts a text into words whose lengths add up to it.
// *segment.Segmenter is one.
type Segmenter interface {
	Cut(text string) label.Runs
	Version() string
}

// Doc is an item ready to be classified. It is cheap to pass; classifiers must
// not change what it points to.
type Doc struct {
	Item  item.Item
	Words label.Words
}

// New segments it.
func New(it item.Item, s Segmenter) Doc {
	return Doc{it, label.Words{Segmenter: s.Version(), Title: s.Cut(it.Title), Text: s.Cut(it.Text)}}
}

// Word is one word of a field and its byte offset there.
type Word struct {
	Text  string
	Start int
}

// Each yields the words of a field (Title or Text) in order, separators
// included. Lengths that do not fit the field yield nothing.
func (d *Doc) Each(field string) iter.Seq[Word] {
	text, runs := d.Item.Text, d.Words.Text
	if field == Title {
		text, runs = d.Item.Title, d.Words.Title
	}
	return func(yield func(Word) bool) {
		at := 0
		for _, n := range runs {
			if n < 0 || at+n > len(text) {
				return
			}
			if !yield(Word{text[at : at+n], at}) {
				return
			}
			at += n
		}
	}
}
