// Package observe makes the two things every part is handed: the logger and
// the metrics registry. There is no global one of either.
package observe

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Config of what the program says about itself.
type Config struct {
	Level  string `toml:"level"`  // least level that is logged: debug, info, warn or error
	Format string `toml:"format"` // text for people, json for collectors
}

// Validate reports all problems.
func (c Config) Validate() error {
	if _, err := c.level(); err != nil {
		return err
	}
	if c.Format != "text" && c.Format != "json" {
		return fmt.Errorf("format = %q 应为 text 或 json", c.Format)
	}
	return nil
}

func (c Config) level() (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.ToUpper(c.Level))); err != nil {
		return l, fmt.Errorf("level = %q 应为 debug、info、warn 或 error", c.Level)
	}
	return l, nil
}

// Logger writes to w, or to standard error when w is nil.
func Logger(c Config, w io.Writer) *slog.Logger {
	if w == nil {
		w = os.Stderr
	}
	level, err := c.level()
	if err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// Registry is a fresh one with the process's own figures.
func Registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}
