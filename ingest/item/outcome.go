package item

import "strings"

// Problem is why a text was not taken, in words its sender reads. It is an
// error; connectors return it, pages and rejects files show it.
type Problem struct {
	Column string `json:"column,omitempty"` // the source's own name of the column; empty for the whole text
	Value  string `json:"value,omitempty"`  // what stood there, shortened to 80 runes; empty for secret texts
	Reason string `json:"reason"`           // what was wrong, Chinese
	Hint   string `json:"hint,omitempty"`   // what to do about it, Chinese
}

// Error puts the parts on one line.
func (p *Problem) Error() string {
	var b strings.Builder
	if p.Column != "" {
		b.WriteString("“" + p.Column + "”")
	}
	if p.Value != "" {
		b.WriteString("的值“" + p.Value + "”")
	}
	b.WriteString(p.Reason)
	if p.Hint != "" {
		b.WriteString("：" + p.Hint)
	}
	return b.String()
}

// Status is what became of one text handed in.
type Status string

// The statuses.
const (
	Accepted Status = "accepted" // durable on the bus
	Known    Status = "known"    // this very version was durable before
	Rejected Status = "rejected" // not taken; see the Problem
)

// Outcome answers one text handed in.
type Outcome struct {
	ID      ID       `json:"id,omitempty"` // empty when rejected before it had one
	Status  Status   `json:"status"`
	Problem *Problem `json:"problem,omitempty"`
}
