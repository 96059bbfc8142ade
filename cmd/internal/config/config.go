// Package config is the configuration file: one TOML file of which every stage
// owns its table. It composes the stages' Config structs, fills the defaults,
// checks, and masks secrets when it prints.
//
// Unknown keys are errors that show the line. All problems are reported at
// once. Durations are written "5m", sizes "64MiB". Secrets stand in files of
// their own that *_file keys name. The environment overrides nothing.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/pelletier/go-toml/v2"

	"qianliyan/classify"
	"qianliyan/cmd/internal/observe"
	"qianliyan/index"
	"qianliyan/index/columnar"
	"qianliyan/index/fulltext"
	"qianliyan/ingest"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/setting"
	"qianliyan/ingest/source/file"
	"qianliyan/ingest/source/form"
	"qianliyan/ingest/source/push"
	"qianliyan/query/adhoc"
	"qianliyan/query/search"
	"qianliyan/query/trend"
	"qianliyan/query/web"
)

// Config is everything that can be set.
type Config struct {
	// Data is the folder that holds everything: records, indexes, keys. Back it up.
	Data string `toml:"data"`

	HTTP     HTTP           `toml:"http"`
	Log      observe.Config `toml:"log"`
	Embedded Embedded       `toml:"embedded"`

	Bus      bus.Config      `toml:"bus"`
	Ingest   ingest.Config   `toml:"ingest"`
	Push     push.Config     `toml:"push"`
	Form     form.Config     `toml:"form"`
	Watch    file.Config     `toml:"watch"`
	Classify classify.Config `toml:"classify"`
	Index    index.Config    `toml:"index"`
	Fulltext fulltext.Config `toml:"fulltext"`
	Columnar columnar.Config `toml:"columnar"`
	Search   search.Config   `toml:"search"`
	Trend    trend.Config    `toml:"trend"`
	SQL      adhoc.Config    `toml:"sql"`
	Web      web.Config      `toml:"web"`
}

// HTTP says where pages and interfaces are served.
type HTTP struct {
	// Address is host:port of pages, push and metrics. Empty serves only the local socket in the data folder. The default answers this machine only; ":8080" answers the whole network.
	Address string `toml:"address"`
	// StopTime is how long requests under way may take to finish when the process stops.
	StopTime setting.Duration `toml:"stop_time"`
}

// Embedded is about the engines inside the process.
type Embedded struct {
	// ClickHouseLibrary is a libchdb.so, or the .tgz it comes in, for machines without npm. Empty finds it in the cache or gets it through npm.
	ClickHouseLibrary string `toml:"clickhouse_library"`
	// ClickHouseMemory bounds what the engine may use.
	ClickHouseMemory setting.Size `toml:"clickhouse_memory"`
	// ClickHouseServer uses the server at columnar.addr instead of the engine in the process.
	ClickHouseServer bool `toml:"clickhouse_server"`
	// MinFree is how much of the disk must stay free; below it intake stops, and goes on by itself when there is room.
	MinFree setting.Size `toml:"min_free"`
	// TrimEvery is how often records that every store has are dropped from the broker in the process.
	TrimEvery setting.Duration `toml:"trim_every"`
}

// Default is what holds where the file is silent.
func Default() Config {
	return Config{
		Data:     "data/qianliyan",
		HTTP:     HTTP{Address: "127.0.0.1:8080", StopTime: setting.Duration(8 * time.Second)},
		Log:      observe.Config{Level: "info", Format: "text"},
		Embedded: Embedded{ClickHouseMemory: 1 << 30, MinFree: 256 << 20, TrimEvery: setting.Duration(time.Minute)},
		Bus:      bus.Defaults(),
		Ingest:   ingest.Defaults(),
		Push:     push.Defaults(),
		Form:     form.Defaults(),
		Watch:    file.Defaults(),
		Classify: classify.Defaults(),
		Index:    index.Defaults(),
		Fulltext: fulltext.Defaults(),
		Columnar: columnar.Defaults(),
		Search:   search.Defaults(),
		Trend:    trend.Defaults(),
		SQL:      adhoc.Defaults(),
		Web:      web.Defaults(),
	}
}

// Validate reports every problem, as Problems.
func (c Config) Validate() error {
	return collect([]section{
		{"", c.check},
		{"log", c.Log.Validate},
		{"bus", c.Bus.Validate},
		{"ingest", c.Ingest.Validate},
		{"push", c.Push.Validate},
		{"form", c.Form.Validate},
		{"watch", c.Watch.Validate},
		{"classify", c.Classify.Validate},
		{"index", c.Index.Validate},
		{"fulltext", c.Fulltext.Validate},
		{"columnar", c.Columnar.Validate},
		{"search", c.Search.Validate},
		{"trend", c.Trend.Validate},
		{"sql", c.SQL.Validate},
		{"web", c.Web.Validate},
	})
}

func (c Config) check() error {
	var errs []error
	if c.Data == "" {
		errs = append(errs, errors.New("data：不能为空，请写数据目录"))
	}
	if c.HTTP.Address != "" {
		if _, _, err := net.SplitHostPort(c.HTTP.Address); err != nil {
			errs = append(errs, fmt.Errorf("http.address = %q 应写成 \"127.0.0.1:8080\" 或 \":8080\"", c.HTTP.Address))
		}
	}
	if c.Embedded.ClickHouseMemory < 256<<20 {
		errs = append(errs, errors.New("embedded.clickhouse_memory：至少 \"256MiB\""))
	}
	if c.Embedded.TrimEvery.D() < time.Second {
		errs = append(errs, errors.New("embedded.trim_every：至少 \"1s\""))
	}
	return errors.Join(errs...)
}

// mask stands where a secret would.
const mask = "***"

// Masked is the effective configuration as TOML without secrets.
func (c Config) Masked() ([]byte, error) {
	c.Push.Sources = append([]push.Source(nil), c.Push.Sources...)
	for i := range c.Push.Sources {
		if c.Push.Sources[i].Token != "" {
			c.Push.Sources[i].Token = mask
		}
	}
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(c); err != nil {
		return nil, fmt.Errorf("cannot write the configuration: %w", err)
	}
	return b.Bytes(), nil
}
