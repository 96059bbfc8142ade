package index

import "time"

// Config shapes the batches the stores get. Zero values mean Defaults.
type Config struct {
	// BatchRecords is how many items a store gets at once at most.
	BatchRecords int `toml:"batch_records"`
	// BatchLinger is how long the first item of a batch waits for more. It is part
	// of the time from push to searchable.
	BatchLinger time.Duration `toml:"batch_linger"`
	// BatchBytes closes a batch that reaches this many bytes.
	BatchBytes int `toml:"batch_bytes"`
}

// Defaults keeps the time from push to searchable below 300 ms at 200 items a
// second, and a batch large enough for imports.
func Defaults() Config {
	return Config{BatchRecords: 1000, BatchLinger: 100 * time.Millisecond, BatchBytes: 8 << 20}
}
