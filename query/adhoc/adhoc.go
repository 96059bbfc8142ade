// Package adhoc runs an analyst's own SQL, read only and within limits.
package adhoc

import (
	"context"
	"log/slog"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/ingest/setting"
	"qianliyan/query/export"
)

// Config bounds one statement.
type Config struct {
	Database   string           `toml:"database"`    // the analysts' database
	MaxRows    int              `toml:"max_rows"`    // rows of Run; Stream has no such limit
	MaxTime    setting.Duration `toml:"max_time"`    // of Run
	StreamTime setting.Duration `toml:"stream_time"` // of Stream
	MaxMemory  setting.Size     `toml:"max_memory"`
}

// Deps is what the program gives.
type Deps struct {
	// Conn must be confined to reading Config.Database: over the engine's
	// Reader transport, or as a server's user with readonly=1.
	Conn    driver.Conn
	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// Reader runs statements. Safe for concurrent use.
type Reader struct {
	cfg  Config
	deps Deps
}

// Stats says what a statement cost.
type Stats struct {
	Rows int           `json:"rows"`
	Took time.Duration `json:"took"`
}

// Error is a statement that failed, in words for the analyst.
type Error struct {
	Reason  string `json:"reason"`         // Chinese: what kind of mistake, what to do
	Message string `json:"message"`        // the engine's own words
	Code    int    `json:"code"`           // the engine's code, 0 when it has none
	Line    int    `json:"line,omitempty"` // place in the statement, from 1; 0 when unknown
	Column  int    `json:"column,omitempty"`
}

// Error puts the parts on one line.
func (e *Error) Error() string { return e.Reason + "：" + e.Message }

// Relation is one table or view of the schema tree.
type Relation struct {
	Name    string   `json:"name"`
	Comment string   `json:"comment"`
	Columns []Column `json:"columns"`
}

// Column is one column of a Relation.
type Column struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Comment string `json:"comment"`
}

// Example is a statement to start from.
type Example struct {
	Title string `json:"title"`
	SQL   string `json:"sql"`
}

// New checks the limits.
func New(cfg Config, deps Deps) (*Reader, error) { return &Reader{cfg, deps}, nil }

// Run gives the first MaxRows rows; Table.Limited says that there are more. A
// statement that fails is an *Error.
func (r *Reader) Run(ctx context.Context, sql string) (export.Table, Stats, error) {
	return export.Table{}, Stats{}, nil
}

// Stream hands over all rows in steady memory: cols once, then row for each
// row; the slice is the callee's to keep. An error of either ends the
// statement and is returned as it is.
func (r *Reader) Stream(ctx context.Context, sql string, cols func([]export.Column) error, row func([]any) error) (Stats, error) {
	return Stats{}, nil
}

// Schema is the tree of what can be read.
func (r *Reader) Schema(ctx context.Context) ([]Relation, error) { return nil, nil }

// Examples are statements to start from, in order.
func (r *Reader) Examples() []Example { return nil }
