package trend

import (
	"strings"
	"testing"

	"qianliyan/query/filter"
)

// TestStepsAreBounded: too fine a step is refused with one that fits.
func TestStepsAreBounded(t *testing.T) {
	q := Question{Params: []Param{{Name: "by", Choices: []string{"hour", "day", "week", "month"}}}}
	for _, c := range []struct{ from, to, by, want string }{
		{"2026-01-01", "2026-01-31", "hour", ""},
		{"2026-01-01", "2026-07-27", "hour", ""}, // 208 days
		{"2026-01-01", "2026-07-28", "hour", "5016 格，最多 5000 格：请改用 day"},
		{"1950-01-01", "2150-12-31", "hour", "请改用 month"},
		{"1950-01-01", "2150-12-31", "month", ""},
		{"2010-01-01", "2026-12-31", "day", "请改用 week"},
		{"", "2026-12-31", "hour", ""},
	} {
		err := q.fits(filter.Filter{From: c.from, To: c.to}, map[string]value{"by": {text: c.by}})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s to %s by %s: %v, want %q", c.from, c.to, c.by, err, c.want)
		}
	}
	if err := (Question{}).fits(filter.Filter{From: "1900-01-01", To: "2200-12-31"}, nil); err != nil {
		t.Errorf("a question without a step is refused: %v", err)
	}
}
