package trend

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/ingest/observe"
	"qianliyan/ingest/setting"
	"qianliyan/query/export"
	"qianliyan/query/filter"
)

// Config bounds what one question may cost. Zero values mean Defaults.
type Config struct {
	Timeout setting.Duration `toml:"timeout"` // of one question
	Days    int              `toml:"days"`    // length of a compared period when the filter does not say from when
}

// Defaults are half a minute and four weeks: periods of whole weeks have every
// weekday equally often.
func Defaults() Config { return Config{Timeout: setting.Duration(30 * time.Second), Days: 28} }

// Validate reports all problems, in Chinese.
func (c Config) Validate() error {
	var errs []error
	if c.Timeout < 0 {
		errs = append(errs, errors.New("timeout：不能为负"))
	}
	if c.Days < 0 || c.Days > 3660 {
		errs = append(errs, fmt.Errorf("days：%d 不在 1 到 3660 之间", c.Days))
	}
	return errors.Join(errs...)
}

// Deps is what the program gives.
type Deps struct {
	Conn    driver.Conn // default database is the analysts': columnar.Connect(cfg, deps, cfg.Analyst)
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil hides
}

// Trends runs the questions. Safe for concurrent use.
type Trends struct {
	cfg       Config
	deps      Deps
	questions map[string]Question
	took      *prometheus.HistogramVec
}

// Answer is what a question gave.
type Answer struct {
	Name   string        `json:"name"`
	Title  string        `json:"title"`
	Table  export.Table  `json:"table"`
	SQL    string        `json:"sql"`    // with the parameters written in: analysts may run it as it stands
	Filter filter.Filter `json:"filter"` // as applied: open ends closed where the question needs it
	Spans  []Span        `json:"spans"`  // the compared periods, this one first; empty when none are compared
	Took   time.Duration `json:"took_ns"`
}

// ErrUnknown says that no question has the name.
var ErrUnknown = errors.New("unknown question")

// New reads the questions; it does not ask the engine.
func New(cfg Config, deps Deps) (*Trends, error) { return newTrends(cfg, deps, shipped) }

func newTrends(cfg Config, deps Deps, files fs.FS) (*Trends, error) {
	d := Defaults()
	if cfg.Timeout == 0 {
		cfg.Timeout = d.Timeout
	}
	if cfg.Days == 0 {
		cfg.Days = d.Days
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	qs, err := read(files)
	if err != nil {
		return nil, err
	}
	return &Trends{cfg: cfg, deps: deps, questions: qs, took: observe.Register(deps.Metrics,
		prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "qianliyan_trend_seconds", Help: "Time of one question.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 12),
		}, []string{"name"}))}, nil
}

// Names are all questions in the order of their places.
func (t *Trends) Names() []string {
	return slices.SortedFunc(maps.Keys(t.questions), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.questions[a].Place, t.questions[b].Place), cmp.Compare(a, b))
	})
}

// Question is one of Names.
func (t *Trends) Question(name string) (Question, bool) { q, ok := t.questions[name]; return q, ok }

// Run answers a question. params gives values of the question's Params by name,
// all others in it are ignored. A parameter that is not allowed and a mistake
// in the filter's words are item.Problems; an unknown name is ErrUnknown.
// Questions over an empty store answer with zeros or without rows.
func (t *Trends) Run(ctx context.Context, name string, f filter.Filter, params url.Values) (Answer, error) {
	q, ok := t.questions[name]
	if !ok {
		return Answer{}, fmt.Errorf("cannot answer %q: %w", name, ErrUnknown)
	}
	start := time.Now()
	f, spans := q.Periods.apply(f, start, t.cfg.Days)
	// A question may look at some of the periods only; those it names.
	spans = slices.DeleteFunc(spans, func(s Span) bool {
		return s.Name != "items" && !strings.Contains(q.SQL, "{"+s.Name+"_from:") && !strings.Contains(q.SQL, "{"+s.Name+"_to:")
	})
	vs, err := values(q, f, spans, params)
	if err != nil {
		return Answer{}, err
	}
	if err := q.fits(f, vs); err != nil {
		return Answer{}, err
	}
	table, err := t.ask(ctx, q, vs)
	if err != nil {
		return Answer{}, fmt.Errorf("cannot answer %q: %w", name, err)
	}
	took := time.Since(start)
	t.took.WithLabelValues(name).Observe(took.Seconds())
	return Answer{Name: name, Title: q.Title, Table: table, SQL: shown(q.SQL, vs), Filter: f, Spans: spans, Took: took}, nil
}

// ask runs the statement with its parameters apart from it.
func (t *Trends) ask(ctx context.Context, q Question, vs map[string]value) (export.Table, error) {
	ctx, cancel := context.WithTimeout(ctx, t.cfg.Timeout.D())
	defer cancel()
	params := clickhouse.Parameters{}
	for _, m := range holeRE.FindAllStringSubmatch(q.SQL, -1) {
		params[m[1]] = vs[m[1]].text
	}
	rows, err := t.deps.Conn.Query(clickhouse.Context(ctx, clickhouse.WithParameters(params)), q.SQL)
	if err != nil {
		return export.Table{}, err
	}
	defer rows.Close()
	s := export.NewScanner(rows)
	table := export.Table{Columns: s.Columns(), Rows: [][]any{}}
	for i, c := range table.Columns {
		table.Columns[i].Label = q.Labels[c.Name]
	}
	for {
		row, err := s.Next()
		if err != nil {
			return table, err
		}
		if row == nil {
			return table, nil
		}
		table.Rows = append(table.Rows, row)
	}
}
