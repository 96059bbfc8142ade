package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/index/fulltext"
	"qianliyan/ingest/item"
	"qianliyan/query/filter"
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
	Size   int    // hits on the page, 0 is 20, at most fulltext.MaxSize
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
	// Passages is how many passages of a text a hit shows.
	Passages int `toml:"passages"`
	// Width is the length of a passage in characters.
	Width int `toml:"width"`
}

// Defaults fits a page of 1366 pixels: two lines of passages a hit.
func Defaults() Config { return Config{Passages: 2, Width: 60} }

// Validate reports all problems, in Chinese, joined. A zero is the default.
func (c Config) Validate() error {
	var errs []error
	if c.Passages < 0 || c.Passages > 10 {
		errs = append(errs, fmt.Errorf("passages：%d 不在 1 到 10 之间", c.Passages))
	}
	if c.Width != 0 && (c.Width < 10 || c.Width > 1000) {
		errs = append(errs, fmt.Errorf("width：%d 不在 10 到 1000 之间", c.Width))
	}
	return errors.Join(errs...)
}

// Deps is what a Searcher works with.
type Deps struct {
	Index   *fulltext.Index
	Log     *slog.Logger          // nil discards
	Metrics prometheus.Registerer // nil keeps none; the index counts its own searches
}

// Searcher answers searches. It may be used from many goroutines.
type Searcher struct {
	cfg  Config
	deps Deps
}

// New checks the configuration. It opens nothing and there is nothing to
// close: the index belongs to whoever opened it.
func New(cfg Config, deps Deps) (*Searcher, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Index == nil {
		return nil, errors.New("cannot search without an index")
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	d := Defaults()
	cfg.Passages, cfg.Width = cmp.Or(cfg.Passages, d.Passages), cmp.Or(cfg.Width, d.Width)
	return &Searcher{cfg, deps}, nil
}

// pageSize is the size of a page where the request names none.
const pageSize = 20

// Search answers req. A mistake in the request is an *item.Problem that says
// where.
func (s *Searcher) Search(ctx context.Context, req Request) (Result, error) {
	start := time.Now()
	parsed, err := Parse(req.Filter.Words)
	if err != nil {
		return Result{}, err
	}
	q, err := query(req, parsed)
	if err != nil {
		return Result{}, err
	}
	a, err := s.deps.Index.Search(ctx, q)
	switch {
	case errors.Is(err, fulltext.ErrCursor):
		return Result{}, &item.Problem{Column: "翻页", Value: short(req.After), Reason: "翻页标记与这次检索不符", Hint: "请从第一页重新翻"}
	case err != nil:
		return Result{}, fmt.Errorf("cannot search for %q: %w", req.Filter.String(), err)
	}
	res := Result{Total: a.Total, Next: a.Next, Understood: parsed.Understood, Loose: q.Loose, Hits: make([]Hit, len(a.Hits))}
	title, text := s.words(parsed, q.Loose)
	for i := range a.Hits {
		res.Hits[i] = s.hit(&a.Hits[i], title, text)
	}
	if req.Facets {
		res.Facets = map[string][]Facet{}
		for name, counts := range a.Facets {
			list := make([]Facet, len(counts))
			for i, c := range counts {
				list[i] = Facet{c.Value, c.N}
			}
			res.Facets[name] = list
		}
	}
	res.Took = time.Since(start)
	s.deps.Log.Debug("search", "filter", req.Filter.String(), "total", res.Total, "took", res.Took)
	return res, nil
}

// words are what to mark in titles and in texts, in normal form.
func (s *Searcher) words(p Parsed, loose bool) (title, text []string) {
	for _, w := range p.Words {
		list := []string{item.Normalize(w.Text)}
		if loose {
			list = s.deps.Index.Terms(w.Text)
		}
		if w.Field != "text" {
			title = append(title, list...)
		}
		if w.Field != "title" {
			text = append(text, list...)
		}
	}
	return title, text
}

// headline is how much of a text stands in for a missing title.
const headline = 40

func (s *Searcher) hit(d *fulltext.Doc, title, text []string) Hit {
	h := Hit{
		ID: d.ID, Score: d.Score, Channel: d.Channel, Source: d.Source, Unit: d.Unit,
		Topic: first(d.Topics), Region: first(d.Regions), Urgency: d.Urgency, Form: first(d.Forms),
		Time: d.Time, Day: d.Day,
	}
	body := mark(d.Text, text)
	h.Passages = body.passages(s.cfg.Passages, s.cfg.Width)
	head := mark(d.Title, title)
	if h.Title = head.pieces(span{0, len(head.text)}); len(h.Title) == 0 {
		h.Title = body.pieces(span{0, min(headline, len(body.text))})
	}
	return h
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func short(s string) string { return s[:min(len(s), 80)] }
