// Package setting has the value types of configuration files that TOML lacks:
// durations written "5m" and sizes written "64MiB". Every stage's Config uses
// them, so that one spelling is read and printed everywhere.
package setting

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration written as Go writes one: "250ms", "5m", "24h".
// A negative one is refused.
type Duration time.Duration

// D is the duration as the standard library's type.
func (d Duration) D() time.Duration { return time.Duration(d) }

// UnmarshalText reads "5m".
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 {
		return fmt.Errorf("%q 不是时长：请写成 \"250ms\"、\"5m\" 或 \"24h\"", b)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes the shortest form: "5m", not "5m0s".
func (d Duration) MarshalText() ([]byte, error) {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return []byte(s), nil
}

// Size is a number of bytes written "512", "64KiB", "64MiB" or "2GiB".
type Size int64

// units from large to small, so that MarshalText finds the largest that fits.
var units = [...]struct {
	name string
	size int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// UnmarshalText reads "64MiB".
func (s *Size) UnmarshalText(b []byte) error {
	text, factor := strings.TrimSpace(string(b)), int64(1)
	for _, u := range units {
		if t, ok := strings.CutSuffix(text, u.name); ok {
			text, factor = strings.TrimSpace(t), u.size
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/factor {
		return fmt.Errorf("%q 不是大小：请写成 \"512KiB\"、\"64MiB\" 或 \"2GiB\"", b)
	}
	*s = Size(n * factor)
	return nil
}

// MarshalText writes the size in the largest unit that divides it.
func (s Size) MarshalText() ([]byte, error) {
	for _, u := range units {
		if int64(s) >= u.size && int64(s)%u.size == 0 {
			return []byte(strconv.FormatInt(int64(s)/u.size, 10) + u.name), nil
		}
	}
	return []byte("0B"), nil
}
