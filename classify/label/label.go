// Package label is what classify says of an item: a value, how sure it is, and
// the words that decided.
//
// A Label never replaces the item's words, and a new version of a classifier
// writes new labels over the same item (a relabel). Labeled is the pair that
// travels on the topic items.labeled and is what the stores write.
//
// # Wire form
//
// JSON with the version in field "v"; released forms stay in testdata/wire.
package label

import (
	"encoding/json"
	"fmt"
	"time"

	"qianliyan/ingest/item"
)

// Kind says which question a label answers.
type Kind string

// The kinds.
const (
	Topic   Kind = "topic"   // what it is about: a code of the taxonomy
	Urgency Kind = "urgency" // 特急, 紧急 or 一般; exactly one an item
	Region  Kind = "region"  // where: a code of the regions
	Form    Kind = "form"    // 咨询, 投诉, 求助, 建议, 举报, …
)

// Values of Urgency, most urgent first.
const (
	Critical = "特急" // someone must be phoned at once
	Pressing = "紧急" // must be handled within about a day
	Routine  = "一般"
)

// Span is a place in the item's own words: byte offsets into the field as
// received, End exclusive, both on rune borders.
type Span struct {
	Field string `json:"field"` // "title" or "text"
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Of returns the words of the span in it, empty when the span lies outside.
func (s Span) Of(it item.Item) string {
	text := it.Text
	if s.Field == "title" {
		text = it.Title
	}
	if s.Start < 0 || s.End > len(text) || s.Start > s.End {
		return ""
	}
	return text[s.Start:s.End]
}

// Label is one answer of one classifier.
type Label struct {
	Kind     Kind    `json:"kind"`
	Value    string  `json:"value"`              // code; shown by its name in the taxonomy
	Score    float64 `json:"score"`              // probability that Value is right, 0…1
	Evidence []Span  `json:"evidence,omitempty"` // the words that decided, strongest first
	Reason   string  `json:"reason,omitempty"`   // id of the rule, clause or model part, for the page to explain
	By       string  `json:"by"`                 // name of the classifier
	Version  int     `json:"version"`            // its version
}

// Words is the segmentation of an item, made once in classify and shared with
// the full-text index. Title and Text hold the byte lengths of consecutive
// words, separators included, so that they add up to the field's length.
type Words struct {
	Segmenter string `json:"segmenter"` // version of segmenter and dictionaries
	Title     Runs   `json:"title,omitempty"`
	Text      Runs   `json:"text,omitempty"`
}

// Labeled is an item with its labels.
type Labeled struct {
	Item   item.Item
	Labels []Label
	Words  Words
	At     time.Time // when it was labelled; never goes back within one process
}

// Of returns the labels of one kind, surest first as classify wrote them.
func (l Labeled) Of(k Kind) []Label {
	var out []Label
	for _, x := range l.Labels {
		if x.Kind == k {
			out = append(out, x)
		}
	}
	return out
}

// Value is the surest value of a kind, empty when there is none.
func (l Labeled) Value(k Kind) string {
	for _, x := range l.Labels {
		if x.Kind == k {
			return x.Value
		}
	}
	return ""
}

// Version orders all Labeled of one item: a later revision of the words wins
// over an earlier one, and of one revision the later labelling. Revision in
// the upper 22 bits, milliseconds of At in the lower 42 (to the year 2109).
func (l Labeled) Version() uint64 {
	return uint64(l.Item.Revision)<<42 | uint64(l.At.UnixMilli())&(1<<42-1)
}

// Version of the wire form Encode writes.
const Version = 1

type wire struct {
	V      int       `json:"v"`
	Item   item.Item `json:"item"`
	Labels []Label   `json:"labels"`
	Words  Words     `json:"words"`
	At     time.Time `json:"at"`
}

// Encode is the wire form of l.
func Encode(l Labeled) ([]byte, error) {
	return json.Marshal(wire{Version, l.Item, l.Labels, l.Words, l.At})
}

// Decode reads any released wire form.
func Decode(b []byte) (Labeled, error) {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return Labeled{}, fmt.Errorf("cannot decode labeled item: %w", err)
	}
	if w.V < 1 || w.V > Version {
		return Labeled{}, fmt.Errorf("cannot decode labeled item: wire version %d is not one of 1…%d", w.V, Version)
	}
	if !w.Item.ID.Valid() {
		return Labeled{}, fmt.Errorf("cannot decode labeled item: id %q is not 32 hexadecimal digits", w.Item.ID)
	}
	return Labeled{w.Item, w.Labels, w.Words, w.At.In(item.Zone)}, nil
}
