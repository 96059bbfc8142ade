package search

import (
	"context"
	"log/slog"
	"time"

	"qianliyan/index/fulltext"
	"qianliyan/ingest/item"
	"qianliyan/query/filter"

	"github.com/prometheus/client_golang/prometheus"
)

// Sort is the order of hits.
type Sort string

// The orders. The empty Sort is Relevance where the filter has words and
// Newest where it has none.
const (
	Relevance Sort = "relevance" // 最相关
	Newest    Sort = "newest"    // 最新
	Urgency   Sort = "urgency"   // 最急, then newest
)

// Request asks for one page of a search.
type Request struct {
	Filter filter.Filter
	Sort   Sort
	Size   int    // hits on the page, 0 is 20, at most 200 (export: fulltext.MaxSize)
	After  string // Result.Next of the page before; empty is the first page
	Facets bool   // count the filter's lists over all hits
	Loose  bool   // any of the words, best first: what is similar, where nothing holds all words
}

// Result is one page. It is also the body of /search.json.
type Result struct {
	Total      int                `json:"total"` // exact
	Hits       []Hit              `json:"hits"`
	Facets     map[string][]Facet `json:"facets,omitempty"` // by name of filter.Lists
	Next       string             `json:"next,omitempty"`   // Request.After of the next page
	Understood string             `json:"understood"`       // the query as it was read, Chinese; empty without words
	Loose      bool               `json:"loose,omitempty"`  // hits share words only; see Request.Loose
	Took       time.Duration      `json:"took_ns"`
}

// Facet is one value of a list and how many hits have it.
type Facet struct {
	Value string `json:"value"` // code as stored; empty: none given
	Count int    `json:"count"`
}

// Hit is one found item.
type Hit struct {
	ID       item.ID      `json:"id"`
	Score    float64      `json:"score,omitempty"`
	Channel  item.Channel `json:"channel"`
	Source   string       `json:"source"`
	Unit     string       `json:"unit,omitempty"`
	Topic    string       `json:"topic,omitempty"`
	Region   string       `json:"region,omitempty"`
	Urgency  string       `json:"urgency,omitempty"`
	Form     string       `json:"form,omitempty"`
	Time     time.Time    `json:"time"`
	Day      string       `json:"day"`
	Title    []Piece      `json:"title"`    // the whole title; the first words of the text where there is none
	Passages [][]Piece    `json:"passages"` // the best passages of the text, in its order; at least one where there is text
}

// Piece is a stretch of an item's own words, as received except that white
// space is squeezed. The pieces of a list follow one another; "…" stands at an
// end where the text goes on.
type Piece struct {
	Text string `json:"text"`
	Hit  bool   `json:"hit,omitempty"` // print it marked
}

// Config is the search's part of the configuration.
type Config struct {
	// Passages is how many passages of a text a hit shows; 0 is 2.
	Passages int `toml:"passages"`
	// Width is the length of a passage in characters; 0 is 60.
	Width int `toml:"width"`
}

// Deps is what a Searcher works with.
type Deps struct {
	Index   *fulltext.Index
	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// Searcher answers searches. It may be used from many goroutines.
type Searcher struct {
	cfg  Config
	deps Deps
}

// New checks the configuration and opens nothing.
func New(cfg Config, deps Deps) (*Searcher, error) {
	return &Searcher{cfg, deps}, nil
}

// Search answers req. A mistake in the words is an *item.Problem that says
// where.
func (s *Searcher) Search(ctx context.Context, req Request) (Result, error) {
	return Result{}, nil
}
