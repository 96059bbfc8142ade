// Package trend answers named questions about many items.
package trend

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/ingest/setting"
	"qianliyan/query/export"
	"qianliyan/query/filter"
)

// Config bounds what one question may cost.
type Config struct {
	Timeout setting.Duration `toml:"timeout"` // of one question
	Days    int              `toml:"days"`    // length of a compared period when the filter names none
}

// Deps is what the program gives.
type Deps struct {
	Conn    driver.Conn // default database is the analysts' one: columnar.Connect(cfg, deps, cfg.Analyst)
	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// Trends runs the questions. Safe for concurrent use.
type Trends struct {
	cfg       Config
	deps      Deps
	questions map[string]Question
}

// Question is one .sql file.
type Question struct {
	Name   string // of the file, in URLs
	Title  string // on screen
	Doc    string // what it answers
	Params []Param
	SQL    string
}

// Param is one parameter of a question beside the filter and its periods: it
// may come from the URL.
type Param struct {
	Name    string
	Type    string // ClickHouse type
	Default string
	Doc     string
}

// Span is one period, from inclusive, before exclusive, both in item.Zone.
type Span struct {
	Name   string    `json:"name"`  // this, previous, year
	Label  string    `json:"label"` // 本期, 上期, 上年同期
	From   time.Time `json:"from"`
	Before time.Time `json:"before"`
}

// String writes the days out: 本期 2026-05-01 至 2026-05-31（31天）.
func (s Span) String() string { return "" }

// Answer is what a question gave.
type Answer struct {
	Name   string        `json:"name"`
	Title  string        `json:"title"`
	Table  export.Table  `json:"table"`
	SQL    string        `json:"sql"`    // with the parameters written in: analysts may run it as it stands
	Filter filter.Filter `json:"filter"` // as applied: open periods closed where the question compares periods
	Spans  []Span        `json:"spans"`  // the compared periods, this first; empty when none are compared
	Took   time.Duration `json:"took"`
}

// New reads the questions.
func New(cfg Config, deps Deps) (*Trends, error) { return &Trends{cfg: cfg, deps: deps}, nil }

// Names are all questions in order.
func (t *Trends) Names() []string { return nil }

// Question is one of Names.
func (t *Trends) Question(name string) (Question, bool) { q, ok := t.questions[name]; return q, ok }

// Run answers a question. params gives values of the question's Params by name,
// all others in it are ignored; a value of the wrong type is an item.Problem.
// An unknown name is ErrUnknown.
func (t *Trends) Run(ctx context.Context, name string, f filter.Filter, params url.Values) (Answer, error) {
	return Answer{}, nil
}
