package bus

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"qianliyan/ingest/setting"
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

	// Retention is how long raw and labelled records are kept by the broker. It
	// must exceed the longest time a store may be down. Dead letters and actions
	// are kept for ever. The broker inside the process does not use it: it drops
	// what every store has.
	Retention setting.Duration `toml:"retention"`

	// MaxRecord is the size up to which one record is taken, the same for topics,
	// writing and reading.
	MaxRecord setting.Size `toml:"max_record"`

	// MaxPending is how many bytes may wait for the broker before further ones
	// are refused with ErrBusy.
	MaxPending setting.Size `toml:"max_pending"`

	// BusyAfter is how long Publish waits for room below MaxPending before it
	// refuses.
	BusyAfter setting.Duration `toml:"busy_after"`

	// BatchTimeout is how long a record waits for company before it is sent.
	BatchTimeout setting.Duration `toml:"batch_timeout"`

	// PublishTimeout is how long Publish tries when the broker does not take a
	// record, unless the caller gives up sooner.
	PublishTimeout setting.Duration `toml:"publish_timeout"`

	// SessionTimeout is how long a silent member keeps its partitions in a
	// group. A process that is killed delays its group for so long.
	SessionTimeout setting.Duration `toml:"session_timeout"`

	// MaxBatch is how many records one call of a group's handler gets at most.
	MaxBatch int `toml:"max_batch"`

	// MaxWait is how long the broker holds an empty answer back. Records arrive
	// at once all the same; this only spaces the empty answers.
	MaxWait setting.Duration `toml:"max_wait"`

	// RetryMax is the longest pause between two tries of a handler that fails.
	RetryMax setting.Duration `toml:"retry_max"`

	// StallAfter is how long a reader that lags may make no progress before it
	// is logged and counted, and its connection made anew.
	StallAfter setting.Duration `toml:"stall_after"`

	// GuardWait is how long an offset beyond the end of a log is looked at again
	// before it is believed: a broker that just took over a partition may know
	// less for a moment.
	GuardWait setting.Duration `toml:"guard_wait"`
}

// Forever as Config.Retention keeps records until somebody drops them.
const Forever = setting.Duration(-1)

// Defaults is the configuration of a single machine.
func Defaults() Config {
	const ms = setting.Duration(time.Millisecond)
	return Config{
		Partitions: 4, Replication: 1, MinInsync: 1, Retention: setting.Duration(30 * 24 * time.Hour),
		MaxRecord: 16 << 20, MaxPending: 64 << 20, BusyAfter: 1000 * ms,
		BatchTimeout: 5 * ms, PublishTimeout: 10_000 * ms,
		SessionTimeout: 6000 * ms, MaxBatch: 500, MaxWait: 250 * ms,
		RetryMax: 5000 * ms, StallAfter: 60_000 * ms, GuardWait: 5000 * ms,
	}
}

// prefixForm is what Kafka allows in names; 64 leaves room for ours below its
// 249.
var prefixForm = regexp.MustCompile(`^[a-zA-Z0-9._-]{0,64}$`)

// Validate reports all problems, in Chinese, joined.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	check := func(ok bool, key, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(key+"："+format, args...))
		}
	}
	between := func(key string, d, low, high setting.Duration) {
		check(low <= d && d <= high, key, "%v 不在 %v 到 %v 之间，请改在这个范围内", d.D(), low.D(), high.D())
	}
	check(prefixForm.MatchString(c.Prefix), "prefix", "“%s”只能用英文字母、数字、点、横线和下划线，最长 64 个", c.Prefix)
	check(c.Partitions >= 1 && c.Partitions <= 256, "partitions", "分区数 %d 不在 1 到 256 之间", c.Partitions)
	check(c.Replication >= 1 && c.Replication <= 9, "replication", "副本数 %d 不在 1 到 9 之间", c.Replication)
	check(c.MinInsync >= 1 && c.MinInsync <= c.Replication, "min_insync", "最少同步副本数 %d 必须在 1 到副本数 %d 之间", c.MinInsync, c.Replication)
	check(c.MaxRecord >= 1<<20 && c.MaxRecord <= 256<<20, "max_record", "单条上限 %d 字节不在 1MiB 到 256MiB 之间", c.MaxRecord)
	check(c.MaxPending >= 2*c.MaxRecord, "max_pending", "待发上限 %d 字节不到单条上限 %d 字节的两倍，请调大", c.MaxPending, c.MaxRecord)
	check(c.MaxBatch >= 1 && c.MaxBatch <= 100_000, "max_batch", "%d 不在 1 到 100000 之间", c.MaxBatch)
	const ms, minute = setting.Duration(time.Millisecond), setting.Duration(time.Minute)
	check(c.Retention == Forever || c.Retention >= 60*minute, "retention", "保留时间 %v 太短，至少一小时", c.Retention.D())
	between("busy_after", c.BusyAfter, ms, minute)
	between("batch_timeout", c.BatchTimeout, ms, 1000*ms)
	between("publish_timeout", c.PublishTimeout, 100*ms, 10*minute)
	between("session_timeout", c.SessionTimeout, 1000*ms, 5*minute)
	between("max_wait", c.MaxWait, ms, minute)
	between("retry_max", c.RetryMax, ms, 10*minute)
	between("stall_after", c.StallAfter, 100*ms, 60*minute)
	between("guard_wait", c.GuardWait, ms, 10*minute)
	return errors.Join(errs...)
}

// withDefaults fills what is zero from Defaults.
func (c Config) withDefaults() Config {
	d := Defaults()
	if len(c.Brokers) == 0 {
		c.Brokers = []string{"broker.in.process:9092"}
	}
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
