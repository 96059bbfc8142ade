package index

import (
	"errors"
	"fmt"
	"time"

	"qianliyan/ingest/setting"
)

// Config shapes the batches the stores get. Zero values mean Defaults.
type Config struct {
	// BatchRecords is how many items a store gets at once at most. More is faster
	// for imports and takes more memory.
	BatchRecords int `toml:"batch_records"`

	// BatchLinger is how long the first item of a batch waits for more. It is part
	// of the time from push to searchable.
	BatchLinger setting.Duration `toml:"batch_linger"`

	// BatchBytes closes a batch that reaches this size.
	BatchBytes setting.Size `toml:"batch_bytes"`
}

// Defaults keeps the time from push to searchable below 300 ms at 200 items a
// second, and batches large enough for imports: while a store is busy its next
// batch grows.
func Defaults() Config {
	return Config{BatchRecords: 1000, BatchLinger: setting.Duration(50 * time.Millisecond), BatchBytes: 8 << 20}
}

// Validate reports all problems, in Chinese, joined.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	if c.BatchRecords < 1 || c.BatchRecords > 100_000 {
		errs = append(errs, fmt.Errorf("batch_records：每批 %d 条不在 1 到 100000 之间", c.BatchRecords))
	}
	if d := c.BatchLinger.D(); d < time.Millisecond || d > time.Minute {
		errs = append(errs, fmt.Errorf("batch_linger：等待时间 %v 不在 1ms 到 1m 之间", d))
	}
	if c.BatchBytes < 1<<10 || c.BatchBytes > 1<<30 {
		errs = append(errs, fmt.Errorf("batch_bytes：每批 %d 字节不在 1KiB 到 1GiB 之间", c.BatchBytes))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	d := Defaults()
	if c.BatchRecords == 0 {
		c.BatchRecords = d.BatchRecords
	}
	if c.BatchLinger == 0 {
		c.BatchLinger = d.BatchLinger
	}
	if c.BatchBytes == 0 {
		c.BatchBytes = d.BatchBytes
	}
	return c
}
