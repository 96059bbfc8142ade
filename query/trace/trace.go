// Package trace follows one item through the stages: what happened to it,
// when, and where it is now. It asks the same places doctor asks, so an item
// that is missing on a page can be found here, with the reason.
package trace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"qianliyan/classify/label"
	"qianliyan/index/columnar"
	"qianliyan/ingest/item"
	"qianliyan/query/doctor"
)

// ErrUnknown says that nothing was ever accepted under the ID.
var ErrUnknown = errors.New("item was never accepted")

// State of a step.
type State string

// The states.
const (
	Done    State = "done"
	Waiting State = "waiting" // not yet; Behind says whether anything is on its way
	Failed  State = "failed"  // a dead letter; Detail is the reason
)

// Step is one thing that happens to an item.
type Step struct {
	Name   string    `json:"name"` // on screen
	State  State     `json:"state"`
	At     time.Time `json:"at,omitzero"` // zero when it is not known or not yet
	Detail string    `json:"detail,omitempty"`
}

// Trace is all that is known of an item's way.
type Trace struct {
	ID       item.ID      `json:"id"`
	Channel  item.Channel `json:"channel,omitempty"`
	Source   string       `json:"source"`
	NativeID string       `json:"native_id,omitempty"`
	Title    string       `json:"title,omitempty"`
	Day      string       `json:"day"`
	Revision uint32       `json:"revision"`
	Steps    []Step       `json:"steps"`
}

// Entry is what the ledger knows of an item.
type Entry struct {
	Source, Day string
	Revision    uint32 // 0: not in the ledger
}

// Places are where to ask.
type Places struct {
	Ledger   func(id item.ID) (Entry, error)
	Fulltext func(ctx context.Context, id item.ID) (bool, error)
	Columnar func(ctx context.Context, id item.ID) (columnar.Row, error) // columnar.ErrNotFound when it is not there
	Dead     func(ctx context.Context) ([]doctor.Dead, error)
}

// Of follows one item. ErrUnknown when no place knows it.
func Of(ctx context.Context, p Places, id item.ID) (Trace, error) {
	t := Trace{ID: id}
	e, err := p.Ledger(id)
	if err != nil {
		return t, fmt.Errorf("cannot ask the ledger: %w", err)
	}
	found, err := p.Fulltext(ctx, id)
	if err != nil {
		return t, fmt.Errorf("cannot ask the full-text index: %w", err)
	}
	row, err := p.Columnar(ctx, id)
	stored := err == nil
	if err != nil && !errors.Is(err, columnar.ErrNotFound) {
		return t, fmt.Errorf("cannot ask the columnar store: %w", err)
	}
	if e.Revision == 0 && !found && !stored {
		return t, ErrUnknown
	}
	t.Source, t.Day, t.Revision = e.Source, e.Day, e.Revision
	var dead *doctor.Dead
	if !found || !stored {
		if dead, err = letter(ctx, p, id); err != nil {
			return t, err
		}
	}
	it := row.Item
	if stored {
		t.Channel, t.Source, t.NativeID, t.Title, t.Day = it.Channel, it.Source, it.NativeID, it.Headline(60), it.Day
		t.Steps = append(t.Steps, past("发生", it.Event, "")...)
		t.Steps = append(t.Steps, past("提交", it.Submitted, it.Source)...)
	}
	t.Steps = append(t.Steps, Step{"接收", Done, it.Received, fmt.Sprintf("第 %d 版，已在消息队列落盘", max(e.Revision, it.Revision))})
	t.Steps = append(t.Steps,
		step("分类", found || stored, row.At, labels(row.Labeled), dead, "classify"),
		step("全文索引", found, time.Time{}, "可检索", dead, "index"),
		step("分析库", stored, row.Stored, "可统计", dead, "index"))
	return t, nil
}

func letter(ctx context.Context, p Places, id item.ID) (*doctor.Dead, error) {
	all, err := p.Dead(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot read the dead letters: %w", err)
	}
	for i := range all {
		if all[i].ID == id {
			return &all[i], nil
		}
	}
	return nil, nil
}

func past(name string, at time.Time, detail string) []Step {
	if at.IsZero() {
		return nil
	}
	return []Step{{name, Done, at, detail}}
}

func step(name string, done bool, at time.Time, detail string, dead *doctor.Dead, stage string) Step {
	switch {
	case done:
		return Step{name, Done, at, detail}
	case dead != nil && strings.HasPrefix(dead.Stage, stage):
		return Step{name, Failed, time.Time{}, "死信：" + dead.Reason}
	}
	return Step{name, Waiting, time.Time{}, "尚未完成"}
}

// labels names the surest label of each kind.
func labels(l label.Labeled) string {
	var out []string
	for _, k := range []label.Kind{label.Topic, label.Urgency, label.Region, label.Form} {
		if v := l.Value(k); v != "" {
			out = append(out, string(k)+"="+v)
		}
	}
	return strings.Join(out, " ")
}
