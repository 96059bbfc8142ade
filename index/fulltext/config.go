package fulltext

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/classify/segment"
)

// Config is the full-text index's part of the configuration.
type Config struct {
	// Dir is the folder of the index: one folder per month, and commit.json. Set by the program.
	Dir string `toml:"-"`
	// Batch is the most items that one flush of a shard takes, 1 to 1000. Larger is a little faster and needs more memory.
	Batch int `toml:"batch"`
	// Workers is how many flushes run at once.
	Workers int `toml:"workers"`
	// TitleBoost is how much more a word of the title weighs in the order of hits than one of the text.
	TitleBoost float64 `toml:"title_boost"`
}

// Defaults is right for two cores and a few years of items.
func Defaults() Config { return Config{Batch: 1000, Workers: 2, TitleBoost: 2.5} }

// Validate reports all problems, in Chinese, joined. A zero is the default.
func (c Config) Validate() error {
	var errs []error
	if c.Batch < 0 || c.Batch > 1000 {
		errs = append(errs, fmt.Errorf("batch：%d 不在 1 到 1000 之间", c.Batch))
	}
	if c.Workers < 0 || c.Workers > 64 {
		errs = append(errs, fmt.Errorf("workers：%d 不在 1 到 64 之间", c.Workers))
	}
	if c.TitleBoost < 0 || c.TitleBoost > 100 {
		errs = append(errs, fmt.Errorf("title_boost：%v 不在 0 到 100 之间", c.TitleBoost))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	d := Defaults()
	if c.Batch == 0 {
		c.Batch = d.Batch
	}
	if c.Workers == 0 {
		c.Workers = d.Workers
	}
	if c.TitleBoost == 0 {
		c.TitleBoost = d.TitleBoost
	}
	return c
}

// Deps is what an Index works with.
type Deps struct {
	Segmenter *segment.Segmenter    // cuts queries, and items whose words were cut by another version
	Log       *slog.Logger          // nil discards
	Metrics   prometheus.Registerer // nil keeps none
}
