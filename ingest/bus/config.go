package bus

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Config says where the broker is and how the topics are made. Zero values
// mean Defaults.
type Config struct {
	// Brokers are the addresses host:port of a Kafka cluster, at least one of
	// which must answer at start. Empty means the broker inside the process.
	Brokers []string `toml:"brokers"`

	// Prefix precedes the name of every topic and group, so that several
	// installations can share one cluster. Letters, digits, dot, dash and
	// underscore.
	Prefix string `toml:"prefix"`

	// Partitions is how many parts each topic has when it is made. It bounds how
	// many classify processes can share the work, and cannot be changed later
	// without moving items between partitions.
	Partitions int `toml:"partitions"`

	// Replication is how many brokers keep a copy of each partition. 3 in a
	// cluster of three or more; 1 on a single broker.
	Replication int `toml:"replication"`

	// MinInsync is how many of these copies must have a record before it counts
	// as accepted. 2 with replication 3.
	MinInsync int `toml:"min_insync"`

	// Retention is how long raw and labelled records are kept by the broker;
	// negative means for ever. It must exceed the longest time a store may be
	// down. Dead letters and actions are kept for ever. The broker inside the
	// process does not use it: it drops what every store has.
	Retention time.Duration `toml:"retention"`

	// MaxRecord is the size in bytes up to which one record is taken, the same
	// for topics, writing and reading.
	MaxRecord int `toml:"max_record"`

	// MaxPending is how many bytes may wait for the broker before further ones
	// are refused with ErrBusy.
	MaxPending int64 `toml:"max_pending"`

	// BusyAfter is how long Publish waits for room below MaxPending before it
	// refuses.
	BusyAfter time.Duration `toml:"busy_after"`

	// BatchTimeout is how long a record waits for company before it is sent.
	BatchTimeout time.Duration `toml:"batch_timeout"`

	// PublishTimeout is how long Publish tries when the broker does not take a
	// record, unless the caller gives up sooner.
	PublishTimeout time.Duration `toml:"publish_timeout"`

	// SessionTimeout is how long a silent member keeps its partitions in a
	// group. A process that is killed delays its group for so long.
	SessionTimeout time.Duration `toml:"session_timeout"`

	// MaxBatch is how many records one call of a group's handler gets at most.
	MaxBatch int `toml:"max_batch"`

	// MaxWait is how long the broker holds an empty answer back. Records arrive
	// at once all the same; this only spaces the empty answers.
	MaxWait time.Duration `toml:"max_wait"`

	// RetryMax is the longest pause between two tries of a handler that fails.
	RetryMax time.Duration `toml:"retry_max"`

	// StallAfter is how long a reader that lags may make no progress before it
	// is logged and counted, and its connection made anew.
	StallAfter time.Duration `toml:"stall_after"`

	// GuardWait is how long an offset beyond the end of a log is looked at again
	// before it is believed: a broker that just took over a partition may know
	// less for a moment.
	GuardWait time.Duration `toml:"guard_wait"`
}

// Defaults is the configuration of a single machine.
func Defaults() Config {
	return Config{
		Partitions: 4, Replication: 1, MinInsync: 1, Retention: 30 * 24 * time.Hour,
		MaxRecord: 16 << 20, MaxPending: 64 << 20, BusyAfter: time.Second,
		BatchTimeout: 5 * time.Millisecond, PublishTimeout: 10 * time.Second,
		SessionTimeout: 6 * time.Second, MaxBatch: 500, MaxWait: 250 * time.Millisecond,
		RetryMax: 5 * time.Second, StallAfter: time.Minute, GuardWait: 3 * time.Second,
	}
}

// prefixForm is what Kafka allows in names, less the length of ours.
var prefixForm = regexp.MustCompile(`^[a-zA-Z0-9._-]{0,64}$`)

// Validate reports all problems, in Chinese, joined.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	check := func(ok bool, key, format string, args ...any) {
		if !ok {
			errs = append(errs, errors.New(key+"："+fmt.Sprintf(format, args...)))
		}
	}
	check(prefixForm.MatchString(c.Prefix), "prefix", "“%s”含有不能用的字符，只能用英文字母、数字、点、横线和下划线，最长 64 个", c.Prefix)
	check(c.Partitions >= 1 && c.Partitions <= 256, "partitions", "分区数 %d 不在 1 到 256 之间", c.Partitions)
	check(c.Replication >= 1 && c.Replication <= 9, "replication", "副本数 %d 不在 1 到 9 之间", c.Replication)
	check(c.MinInsync >= 1 && c.MinInsync <= c.Replication, "min_insync", "最少同步副本数 %d 必须在 1 到副本数 %d 之间", c.MinInsync, c.Replication)
	check(c.Retention < 0 || c.Retention >= time.Hour, "retention", "保留时间 %v 太短，至少一小时；负数表示永久保留", c.Retention)
	check(c.MaxRecord >= 1<<20 && c.MaxRecord <= 256<<20, "max_record", "单条上限 %d 字节不在 1 MiB 到 256 MiB 之间", c.MaxRecord)
	check(c.MaxPending >= int64(c.MaxRecord), "max_pending", "待发上限 %d 字节小于单条上限 %d 字节，大的记录会永远发不出去", c.MaxPending, c.MaxRecord)
	check(c.BatchTimeout > 0 && c.BatchTimeout <= time.Second, "batch_timeout", "%v 不在 0 到 1 秒之间", c.BatchTimeout)
	check(c.PublishTimeout >= 100*time.Millisecond, "publish_timeout", "%v 太短，至少 100ms", c.PublishTimeout)
	check(c.SessionTimeout >= time.Second && c.SessionTimeout <= 5*time.Minute, "session_timeout", "%v 不在 1 秒到 5 分钟之间", c.SessionTimeout)
	check(c.MaxBatch >= 1 && c.MaxBatch <= 100_000, "max_batch", "%d 不在 1 到 100000 之间", c.MaxBatch)
	for _, d := range []struct {
		key string
		d   time.Duration
	}{{"busy_after", c.BusyAfter}, {"max_wait", c.MaxWait}, {"retry_max", c.RetryMax}, {"stall_after", c.StallAfter}, {"guard_wait", c.GuardWait}} {
		check(d.d > 0, d.key, "必须大于 0")
	}
	return errors.Join(errs...)
}

// withDefaults fills what is zero from Defaults.
func (c Config) withDefaults() Config {
	d := Defaults()
	fill(&c.Partitions, d.Partitions)
	fill(&c.Replication, d.Replication)
	fill(&c.MinInsync, d.MinInsync)
	fill(&c.Retention, d.Retention)
	fill(&c.MaxRecord, d.MaxRecord)
	fill(&c.MaxPending, d.MaxPending)
	fill(&c.BusyAfter, d.BusyAfter)
	fill(&c.BatchTimeout, d.BatchTimeout)
	fill(&c.PublishTimeout, d.PublishTimeout)
	fill(&c.SessionTimeout, d.SessionTimeout)
	fill(&c.MaxBatch, d.MaxBatch)
	fill(&c.MaxWait, d.MaxWait)
	fill(&c.RetryMax, d.RetryMax)
	fill(&c.StallAfter, d.StallAfter)
	fill(&c.GuardWait, d.GuardWait)
	return c
}

func fill[T comparable](p *T, d T) {
	var zero T
	if *p == zero {
		*p = d
	}
}
