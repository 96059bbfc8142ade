package fulltext

import (
	"fmt"
	"log/slog"

	"qianliyan/classify/segment"

	"github.com/prometheus/client_golang/prometheus"
)

// Config is the full-text index's part of the configuration.
type Config struct {
	// Dir is the folder of the index: one folder per month, and commit.json.
	Dir string `toml:"dir"`
	// Batch is the most items that one flush of a shard takes; 0 is 500. Larger
	// is a little faster and needs more memory.
	Batch int `toml:"batch"`
	// Workers is how many flushes run at once; 0 is 2.
	Workers int `toml:"workers"`
}

// Validate says in the administrator's words what is wrong.
func (c Config) Validate() error {
	switch {
	case c.Dir == "":
		return fmt.Errorf("fulltext.dir 未填：请写全文索引的文件夹")
	case c.Batch < 0 || c.Batch > 1000:
		return fmt.Errorf("fulltext.batch 是 %d：请写 1 到 1000，或 0 表示默认 500", c.Batch)
	case c.Workers < 0 || c.Workers > 64:
		return fmt.Errorf("fulltext.workers 是 %d：请写 1 到 64，或 0 表示默认 2", c.Workers)
	}
	return nil
}

// Deps is what an Index works with.
type Deps struct {
	Segmenter *segment.Segmenter    // cuts queries, and items whose words were cut by another version
	Log       *slog.Logger          // nil discards
	Metrics   prometheus.Registerer // nil keeps none
}
