package ingest

import (
	"errors"
	"fmt"
	"time"

	"qianliyan/ingest/setting"
)

// Config of what ingest takes.
type Config struct {
	// MaxTitle is the most characters a title may have.
	MaxTitle int `toml:"max_title"`
	// MaxText is the most bytes a text may have.
	MaxText setting.Size `toml:"max_text"`
	// MaxItem is the most bytes a whole item may have, extra fields included. It must stay below the bus's max_record.
	MaxItem setting.Size `toml:"max_item"`
	// Earliest is the first day (2006-01-02) a text may have been submitted on.
	Earliest string `toml:"earliest"`
	// Ahead is how far ahead of this machine's clock a submitted time may lie; clocks of sources differ.
	Ahead setting.Duration `toml:"ahead"`
	// Secrecy names a file that replaces the shipped list of secrecy marks. Empty uses the shipped one.
	Secrecy string `toml:"secrecy"`
	// MaxUnfolded is how many accepted items may wait for the ledger before intake closes until it has caught up.
	MaxUnfolded int `toml:"max_unfolded"`
	// RetryAfter is what a sender is told to wait when intake is closed or busy.
	RetryAfter setting.Duration `toml:"retry_after"`
}

// Defaults is what a fresh installation uses.
func Defaults() Config {
	return Config{
		MaxTitle: 2000, MaxText: 4 << 20, MaxItem: 8 << 20,
		Earliest: "1970-01-01", Ahead: setting.Duration(48 * time.Hour),
		MaxUnfolded: 200_000, RetryAfter: setting.Duration(5 * time.Second),
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
	check(c.MaxTitle > 0, "max_title = %d 应大于 0", c.MaxTitle)
	check(c.MaxText > 0, "max_text 应大于 0，如 \"4MiB\"")
	check(c.MaxItem >= c.MaxText, "max_item 应不小于 max_text")
	day, err := time.Parse(time.DateOnly, c.Earliest)
	check(err == nil, "earliest = %q 不是日期：请写成 \"1970-01-01\"", c.Earliest)
	// The tables keep days in 16 bits from 1970 on.
	check(err != nil || day.Year() >= 1970, "earliest = %q 早于 1970-01-01，存不下", c.Earliest)
	check(c.MaxUnfolded > 0, "max_unfolded = %d 应大于 0", c.MaxUnfolded)
	check(c.RetryAfter.D() >= time.Second, "retry_after 应不短于 \"1s\"")
	if _, err := loadSecrecy(c.Secrecy); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
