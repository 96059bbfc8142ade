package adhoc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/ingest/observe"
	"qianliyan/ingest/setting"
	"qianliyan/query/export"
)

// Config bounds one statement. Zero values mean Defaults.
type Config struct {
	Database   string           `toml:"-"`           // the analysts' database: columnar.Config.Analyst
	MaxRows    int              `toml:"max_rows"`    // rows of Run; Stream has no such limit
	MaxBytes   setting.Size     `toml:"max_bytes"`   // text in the rows of Run
	MaxTime    setting.Duration `toml:"max_time"`    // of Run
	StreamTime setting.Duration `toml:"stream_time"` // of Stream
	MaxMemory  setting.Size     `toml:"max_memory"`  // of the engine
}

// Defaults are what a page can show and a small machine can bear.
func Defaults() Config {
	return Config{
		Database: "analyst", MaxRows: 10_000, MaxBytes: 64 << 20,
		MaxTime: setting.Duration(30 * time.Second), StreamTime: setting.Duration(10 * time.Minute), MaxMemory: 512 << 20,
	}
}

// Validate reports all problems, in Chinese.
func (c Config) Validate() error {
	var errs []error
	for key, n := range map[string]int64{
		"max_rows": int64(c.MaxRows), "max_bytes": int64(c.MaxBytes), "max_time": int64(c.MaxTime),
		"stream_time": int64(c.StreamTime), "max_memory": int64(c.MaxMemory),
	} {
		if n < 0 {
			errs = append(errs, errors.New(key+"：不能为负"))
		}
	}
	return errors.Join(errs...)
}

// Deps is what the program gives.
type Deps struct {
	// Conn must be confined to reading Config.Database: over the engine's
	// Reader transport, or as a server's user made for it. See the package.
	Conn    driver.Conn
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil hides
}

// Reader runs statements. Safe for concurrent use.
type Reader struct {
	cfg      Config
	deps     Deps
	m        *observe.Meter
	examples []Example
}

// Stats says what a statement cost.
type Stats struct {
	Rows int           `json:"rows"`
	Took time.Duration `json:"took_ns"`
}

// New checks the limits and reads the examples; it does not ask the engine.
func New(cfg Config, deps Deps) (*Reader, error) {
	d := Defaults()
	for _, f := range []struct{ have, want *setting.Duration }{{&cfg.MaxTime, &d.MaxTime}, {&cfg.StreamTime, &d.StreamTime}} {
		if *f.have == 0 {
			*f.have = *f.want
		}
	}
	for _, f := range []struct{ have, want *setting.Size }{{&cfg.MaxBytes, &d.MaxBytes}, {&cfg.MaxMemory, &d.MaxMemory}} {
		if *f.have == 0 {
			*f.have = *f.want
		}
	}
	if cfg.Database == "" {
		cfg.Database = d.Database
	}
	if cfg.MaxRows == 0 {
		cfg.MaxRows = d.MaxRows
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	list, err := readExamples(examplesTOML)
	if err != nil {
		return nil, err
	}
	return &Reader{cfg: cfg, deps: deps, m: observe.New(deps.Metrics, "query", "sql").MayFail("statement"), examples: list}, nil
}

// Run gives the first MaxRows rows; Table.Limited says that there are more. A
// statement that fails is an *Error.
func (r *Reader) Run(ctx context.Context, sql string) (export.Table, Stats, error) {
	t := export.Table{Rows: [][]any{}}
	size := 0
	stats, err := r.run(ctx, sql, r.cfg.MaxTime.D(),
		func(cols []export.Column) error { t.Columns = cols; return nil },
		func(row []any) error {
			size += weight(row)
			if len(t.Rows) == r.cfg.MaxRows || size > int(r.cfg.MaxBytes) && len(t.Rows) > 0 {
				t.Limited = true
				return errEnough
			}
			t.Rows = append(t.Rows, row)
			return nil
		})
	stats.Rows = len(t.Rows)
	return t, stats, err
}

// errEnough ends a statement whose further rows are not wanted.
var errEnough = errors.New("enough rows")

// Stream hands over all rows in steady memory: cols once, then row for each
// row; the slice is the callee's to keep. An error of either ends the
// statement and is returned as it is.
func (r *Reader) Stream(ctx context.Context, sql string, cols func([]export.Column) error, row func([]any) error) (Stats, error) {
	return r.run(ctx, sql, r.cfg.StreamTime.D(), cols, row)
}

// grace is how much longer we wait than the engine may work, so that its own
// message arrives first.
const grace = 5 * time.Second

func (r *Reader) run(ctx context.Context, sql string, limit time.Duration, cols func([]export.Column) error, row func([]any) error) (Stats, error) {
	start := time.Now()
	sql = strings.TrimRight(strings.TrimSpace(sql), "; \t\r\n")
	if sql == "" {
		return Stats{}, &Error{Reason: "没有语句", Message: "请写一条 SELECT 语句"}
	}
	r.m.Received(1)
	own, cancel := context.WithTimeout(ctx, limit+grace)
	defer cancel()
	n, err := r.rows(own, cancel, sql, limit, cols, row)
	stats := Stats{Rows: n, Took: time.Since(start)}
	if err == nil || errors.Is(err, errEnough) {
		r.m.Sent(1)
		return stats, nil
	}
	r.m.Error("statement")
	if c := (*callee)(nil); errors.As(err, &c) {
		return stats, c.error
	}
	if ctx.Err() != nil {
		return stats, fmt.Errorf("cannot finish statement: %w", ctx.Err())
	}
	if errors.Is(own.Err(), context.DeadlineExceeded) {
		return stats, &Error{Reason: reasons[codeTimeout], Message: "超过 " + limit.String(), Code: codeTimeout}
	}
	return stats, explain(err, sql)
}

// rows passes on everything the statement gives.
func (r *Reader) rows(ctx context.Context, cancel func(), sql string, limit time.Duration, cols func([]export.Column) error, row func([]any) error) (n int, err error) {
	rows, err := r.deps.Conn.Query(clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"max_execution_time": limit.Seconds(), "max_memory_usage": int64(r.cfg.MaxMemory),
	})), sql)
	if err != nil {
		return 0, err
	}
	// Closing reads what is left: it must be cancelled first.
	defer rows.Close()
	defer cancel()
	s := export.NewScanner(rows)
	if err := cols(s.Columns()); err != nil {
		return 0, &callee{err}
	}
	for {
		values, err := s.Next()
		if err != nil || values == nil {
			return n, err
		}
		if err := row(values); err != nil {
			return n, &callee{err}
		}
		n++
	}
}

// callee is an error of a callback: not the statement's.
type callee struct{ error }

func (c *callee) Unwrap() error { return c.error }

// weight is roughly what a row takes in memory.
func weight(row []any) int {
	n := 0
	for _, v := range row {
		n += 16
		switch v := v.(type) {
		case string:
			n += len(v)
		case []string:
			for _, s := range v {
				n += 16 + len(s)
			}
		case []any:
			n += weight(v)
		}
	}
	return n
}
