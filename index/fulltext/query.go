package fulltext

import (
	"time"

	"qianliyan/ingest/item"
)

// Op says how a node of a Query joins its kids.
type Op string

// The operators.
const (
	Has Op = "has" // Text occurs in the item; see Where
	And Op = "and" // every kid
	Or  Op = "or"  // at least one kid
	Not Op = "not" // not the only kid
)

// Where is a condition on an item's words. A leaf (Has) holds when Text occurs
// in the title or in the text: both are compared as item.Normalize leaves
// them, so width of letters, case and white space do not matter, and any part
// of a word counts. Punctuation inside Text must occur as it is written.
type Where struct {
	Op    Op      `json:"op"`
	Text  string  `json:"text,omitempty"`  // Has: the words, in any form
	Field string  `json:"field,omitempty"` // Has: "title", "text" or empty for either
	Kids  []Where `json:"kids,omitempty"`
}

// Order is the order of hits.
type Order string

// The orders. Hits that are equal follow newest first, then by ID.
const (
	ByScore   Order = "relevance"
	ByTime    Order = "newest"
	ByUrgency Order = "urgency" // most urgent first
)

// Query asks an Index. The zero Query is all items, newest first, no hits.
type Query struct {
	Where *Where              // nil is every item
	Rank  []string            // words to score by, usually those of Where; needed for ByScore
	From  string              // first day 2006-01-02, empty is open
	To    string              // last day, included
	Lists map[string][]string // by field of Lists: any of the values
	Order Order               // empty is ByTime
	Size  int                 // hits wanted, at most MaxSize
	After string              // Answer.Next of the page before; empty is the first page
	// Facets names the fields (of Lists) whose values are to be counted over
	// all matching items, exactly.
	Facets []string
	// Loose drops Where: an item matches when it shares a word with Rank. For
	// "similar to this", where no text holds all words.
	Loose bool
}

// MaxSize is the largest page.
const MaxSize = 1000

// Count is one value of a facet.
type Count struct {
	Value string `json:"value"` // empty: the item has no value there
	N     int    `json:"n"`
}

// Answer is what an Index says to a Query.
type Answer struct {
	Total  int                // matching items, exact
	Hits   []Doc              // one page
	Facets map[string][]Count // largest first, then by value
	Next   string             // After of the next page; empty on the last
}

// Doc is one item as the index holds it.
type Doc struct {
	ID      item.ID
	Score   float64 // 0 unless ByScore; comparable within one Answer only
	Channel item.Channel
	Source  string
	Unit    string
	Topics  []string // surest first
	Regions []string // surest first
	Urgency string
	Forms   []string
	Time    time.Time // item.Time, in item.Zone
	Day     string
	Title   string // as received
	Text    string // as received
}
