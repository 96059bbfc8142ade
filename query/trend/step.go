package trend

import (
	"fmt"
	"slices"
	"time"

	"qianliyan/ingest/item"
	"qianliyan/query/filter"
)

// maxSteps bounds the rows of a question over time. A curve has no more points
// than a screen has columns; hours over centuries would only fill the memory.
const maxSteps = 5000

// steps are the lengths a question over time may count by, shortest first.
var steps = []struct {
	name, label string
	length      time.Duration
}{{"hour", "小时", time.Hour}, {"day", "日", 24 * time.Hour}, {"week", "周", 7 * 24 * time.Hour}, {"month", "月", 30 * 24 * time.Hour}}

// fits refuses a step that cuts the filter's days into too many rows, and
// names the shortest that does not.
func (q Question) fits(f filter.Filter, vs map[string]value) error {
	from, before := f.Span()
	for _, p := range q.Params {
		if p.Name != "by" || from.IsZero() || before.IsZero() {
			continue
		}
		count := int64(0)
		for _, s := range steps {
			n := int64(before.Sub(from) / s.length)
			if s.name == vs[p.Name].text {
				count = n
			}
			if count > maxSteps && n <= maxSteps && slices.Contains(p.Choices, s.name) {
				return &item.Problem{
					Column: p.Name, Value: vs[p.Name].text, Reason: fmt.Sprintf("这段时间要分成 %d 格，最多 %d 格", count, maxSteps),
					Hint: fmt.Sprintf("请改用 %s（按%s），或缩短日期范围", s.name, s.label),
				}
			}
		}
	}
	return nil
}
