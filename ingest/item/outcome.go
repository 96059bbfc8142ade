package item

import (
	"log/slog"
	"strings"
	"time"
)

// Problem is why a text was not taken, in words its sender reads. It is an
// error; connectors return it, pages and rejects files show it.
type Problem struct {
	Column string `json:"column,omitempty"` // the source's own name of the column; empty for the whole text
	Value  string `json:"value,omitempty"`  // what stood there, shortened to 80 runes; empty for secret texts
	Reason string `json:"reason"`           // what was wrong, Chinese
	Hint   string `json:"hint,omitempty"`   // what to do about it, Chinese
	Secret bool   `json:"secret,omitempty"` // the text bears a secrecy mark: no part of it may be kept, not even in a rejects file
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
	Rejected Status = "rejected" // not taken; see the Problem. Sending the same again is of no use
	Failed   Status = "failed"   // not known to be durable; send the same again
)

// Outcome answers one text handed in.
type Outcome struct {
	ID      ID       `json:"id,omitempty"` // empty when rejected before it had one
	Status  Status   `json:"status"`
	Day     string   `json:"day,omitempty"` // Item.Day of what was accepted or known
	Problem *Problem `json:"problem,omitempty"`
}

// Tally counts outcomes by status.
type Tally struct {
	Accepted int `json:"accepted"`
	Known    int `json:"known"`
	Rejected int `json:"rejected"`
	Failed   int `json:"failed,omitempty"`
}

// Add counts outcomes into t.
func (t *Tally) Add(outcomes ...Outcome) {
	for _, o := range outcomes {
		switch o.Status {
		case Accepted:
			t.Accepted++
		case Known:
			t.Known++
		case Rejected:
			t.Rejected++
		case Failed:
			t.Failed++
		}
	}
}

// Unavailable is the error of an intake that took nothing of what it was
// handed and asks for the same again later. Connectors that speak HTTP answer
// 503 with Retry-After; importers wait and go on.
type Unavailable struct {
	Reason string        // why, Chinese, for the sender
	After  time.Duration // when to try again; never 0
	Cause  error         // for the log, reached by errors.Is and errors.As; may be nil
}

// Error is the reason alone, as senders read it; loggers write Cause beside it.
func (u *Unavailable) Error() string { return u.Reason }

// LogValue is the reason with the cause.
func (u *Unavailable) LogValue() slog.Value {
	if u.Cause == nil {
		return slog.StringValue(u.Reason)
	}
	return slog.StringValue(u.Reason + ": " + u.Cause.Error())
}

// Unwrap is the cause.
func (u *Unavailable) Unwrap() error { return u.Cause }
