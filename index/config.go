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

	// IsolateAfter is how often a batch must fail as a whole before it is written
	// in pieces to find the items that the store refuses.
	IsolateAfter int `toml:"isolate_after"`

	// IsolateMost is how many items of one batch may be refused at most for the
	// items to be blamed. When more are, nothing is buried and the store waits for
	// somebody to look; raise it to let an import with many bad items pass.
	IsolateMost int `toml:"isolate_most"`
}

// Defaults keeps the time from push to searchable below 300 ms at 200 items a
// second, and batches large enough for imports: while a store is busy its next
// batch grows.
func Defaults() Config {
	return Config{
		BatchRecords: 1000, BatchLinger: setting.Duration(50 * time.Millisecond), BatchBytes: 8 << 20,
		IsolateAfter: 5, IsolateMost: 50,
	}
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
	if c.IsolateAfter < 1 || c.IsolateAfter > 1000 {
		errs = append(errs, fmt.Errorf("isolate_after：整批失败 %d 次后逐条查找，不在 1 到 1000 之间", c.IsolateAfter))
	}
	if c.IsolateMost < 1 || c.IsolateMost > 100_000 {
		errs = append(errs, fmt.Errorf("isolate_most：一批最多剔除 %d 条不在 1 到 100000 之间", c.IsolateMost))
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
	if c.IsolateAfter == 0 {
		c.IsolateAfter = d.IsolateAfter
	}
	if c.IsolateMost == 0 {
		c.IsolateMost = d.IsolateMost
	}
	return c
}
