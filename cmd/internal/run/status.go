package run

import (
	"context"
	"maps"
	"slices"

	"qianliyan/query/web"
)

// stages in the order of the flow: key of the lag, words on screen.
var stages = []struct{ key, label string }{
	{"classify", "分类"}, {"fulltext", "全文索引"}, {"columnar", "分析库"},
}

// Status is how the node stands, from what watchHealth found last.
func (n *Node) Status(context.Context) web.Status {
	n.health.mu.Lock()
	defer n.health.mu.Unlock()
	var s web.Status
	if !n.health.checked {
		s.Missing = []web.Part{{Name: "启动检查", Reason: "尚未完成"}}
		return s
	}
	for _, part := range slices.Sorted(maps.Keys(n.health.broken)) {
		s.Missing = append(s.Missing, web.Part{Name: part, Reason: n.health.broken[part]})
	}
	for _, st := range stages {
		lag, known := n.health.lag[st.key]
		if !known {
			lag = -1
		}
		s.Stages = append(s.Stages, web.Stage{Name: st.key, Label: st.label, Lag: lag, Fault: n.health.broken[st.label]})
	}
	s.Closed = n.health.broken[partIngest]
	return s
}
