package setting

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDuration(t *testing.T) {
	for in, want := range map[string]string{
		"5m": "5m", "90s": "1m30s", "1h": "1h", "250ms": "250ms", "24h0m0s": "24h", "0s": "0s", "10m": "10m", "1h30m": "1h30m",
	} {
		var d Duration
		if err := d.UnmarshalText([]byte(in)); err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got, _ := d.MarshalText(); string(got) != want {
			t.Errorf("%s is written %s, want %s", in, got, want)
		}
	}
	for _, in := range []string{"", "5", "-5m", "5 minutes", "五分钟"} {
		var d Duration
		if err := d.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q was read as %v", in, d.D())
		}
	}
}

func TestDurationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "d"))
		b, _ := d.MarshalText()
		var got Duration
		if err := got.UnmarshalText(b); err != nil || got != d {
			t.Fatalf("%d written %s read %d: %v", d, b, got, err)
		}
	})
}

func TestSize(t *testing.T) {
	for in, want := range map[string]int64{"512": 512, "64KiB": 64 << 10, "64 MiB": 64 << 20, "2GiB": 2 << 30, "7B": 7} {
		var s Size
		if err := s.UnmarshalText([]byte(in)); err != nil || int64(s) != want {
			t.Errorf("%s read as %d, want %d: %v", in, s, want, err)
		}
	}
	for _, in := range []string{"", "-1", "64MB", "1.5GiB", "9999999999999GiB"} {
		var s Size
		if err := s.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q was read as %d", in, s)
		}
	}
}

func TestSizeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Size(rapid.Int64Range(0, 1<<50).Draw(t, "s"))
		b, _ := s.MarshalText()
		var got Size
		if err := got.UnmarshalText(b); err != nil || got != s {
			t.Fatalf("%d written %s read %d: %v", s, b, got, err)
		}
	})
}
