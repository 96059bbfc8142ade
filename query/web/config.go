package web

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qianliyan/ingest/setting"
)

// Config is what an administrator may set about the pages.
type Config struct {
	// Office is the name of the office, shown beside the product's and on print.
	Office string `toml:"office"`
	// PageSize is how many hits one page of the search shows, 1 to 100.
	PageSize int `toml:"page_size"`
	// Timeout is the longest time one page may take; exports may take ten times as long.
	Timeout setting.Duration `toml:"timeout"`
	// MaxBody is the most bytes a posted form may have.
	MaxBody setting.Size `toml:"max_body"`
	// DoubtBelow marks labels with a lower score as 待核.
	DoubtBelow float64 `toml:"doubt_below"`
	// BacklogAt is how many records must wait at a stage before every page says so.
	BacklogAt int64 `toml:"backlog_at"`
}

// Defaults is what a fresh installation uses.
func Defaults() Config {
	return Config{
		PageSize: 20, Timeout: setting.Duration(30 * time.Second), MaxBody: 8 << 20,
		DoubtBelow: 0.6, BacklogAt: 1000,
	}
}

// Validate reports every problem, in the administrator's words.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.PageSize >= 1 && c.PageSize <= 100, "page_size = %d 应在 1 到 100 之间", c.PageSize)
	check(c.Timeout.D() >= time.Second, "timeout 应不短于 \"1s\"")
	check(c.MaxBody >= 1<<10, "max_body 应不小于 \"1KiB\"")
	check(c.DoubtBelow >= 0 && c.DoubtBelow <= 1, "doubt_below = %v 应在 0 到 1 之间", c.DoubtBelow)
	check(c.BacklogAt >= 1, "backlog_at = %d 应大于 0", c.BacklogAt)
	return errors.Join(errs...)
}

// orElse is v, or otherwise where v is its type's zero.
func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Status is how the whole program stands, asked for on every page. It must
// answer at once from what is known, never by asking an engine.
type Status struct {
	Missing []Part  `json:"missing"` // what is not there yet; empty means ready
	Stages  []Stage `json:"stages"`  // in the order of the flow
	Closed  string  `json:"closed"`  // why intake takes nothing now, Chinese; empty when it is open
}

// Part is something the program needs and does not have.
type Part struct {
	Name   string `json:"name"`   // 全文库, 分析库, 消息队列 …
	Reason string `json:"reason"` // Chinese
}

// Stage is one stage of the flow.
type Stage struct {
	Name   string        `json:"name"`      // stable: classify, fulltext, columnar …
	Label  string        `json:"label"`     // on screen: 分类, 全文入库 …
	Lag    int64         `json:"lag"`       // records on the bus it has not done; below 0 when unknown
	Behind time.Duration `json:"behind_ns"` // age of the oldest of them; 0 when unknown
	Fault  string        `json:"fault"`     // why it does not work now, Chinese; empty when it does
}

// StatusFunc gives the Status; see there.
type StatusFunc func(ctx context.Context) Status
