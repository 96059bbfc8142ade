// Package urgency says how soon somebody must act on a text: 特急 (phone
// someone now), 紧急 (within about a day) or 一般, with the rule that decided
// and the words it found.
//
// # Rules
//
// All rules are data: data/urgency.toml, replaced by a file of that name in the
// rules folder. A rule names groups of words that must stand in one sentence,
// near each other; words that cancel it; its level; its points; and why, for
// the page. The points of a level add up, and one point decides.
//
// Which words count is judged clause by clause. A denial, insurance or a figure
// of speech cancels its own clause; a supposition and a story of the past
// cancel what follows, to the end of the sentence or until it comes back to the
// present; a drill cancels its sentence, and in the title the whole text. A cry
// for help outweighs all of these but a drill, and a rule may say that it reads
// suppositions (a threat is one) or the past. Numbers of people harmed (Facts)
// count when the event is recent.
//
// The evidence is the shortest phrase in which a rule holds, of the strongest
// rule first; words that mean nothing alone are not shown alone.
//
// What a source states (the 紧急 button, a column 紧急程度) is a floor: rules
// may raise it, never lower it.
//
// # Limits
//
// Words do not understand. The rules were tuned on 291 letters graded by two
// readers; classify/eval/README.md has the figures.
package urgency

import (
	"cmp"
	"context"
	"math"
	"slices"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// Classifier labels items with their urgency. It is safe for concurrent use.
type Classifier struct{ c *compiled }

// New loads the rules, from dir where it holds an urgency.toml.
func New(dir string) (*Classifier, error) {
	c, err := load(dir)
	if err != nil {
		return nil, err
	}
	return &Classifier{c}, nil
}

// Name is "urgency".
func (c *Classifier) Name() string { return "urgency" }

// Version is raised when the same rules would decide otherwise.
func (c *Classifier) Version() int { return 2 }

// Reasons that are no rule.
const (
	byButton = "button"
	byColumn = "column"
)

// Why explains a label's Reason in Chinese; empty for an unknown one.
func (c *Classifier) Why(reason string) string {
	switch reason {
	case byButton:
		return "报送人按了“紧急”"
	case byColumn:
		return "来源写明了紧急程度"
	}
	for _, r := range c.c.Rules {
		if r.ID == reason {
			return r.Why
		}
	}
	for _, r := range c.c.Casualties {
		if r.ID == reason {
			return r.Why
		}
	}
	return ""
}

// finding is a rule that held, and where.
type finding struct {
	id     string
	level  string
	points float64
	spans  []label.Span
}

// Classify gives exactly one label. Its Score is the probability that the
// level is right in so far as somebody must act soon or need not.
func (c *Classifier) Classify(_ context.Context, d doc.Doc) ([]label.Label, error) {
	found := c.c.findings(d.Item)
	out := c.weigh(found)
	if level, reason := c.stated(d.Item); rank(level) > rank(out.Value) {
		out.Value, out.Reason, out.Score = level, reason, 1
	}
	return []label.Label{out}, nil
}

// Strength is the sum of all points found, for ranking texts by urgency.
func (c *Classifier) Strength(it item.Item) float64 {
	sum := 0.0
	for _, f := range c.c.findings(it) {
		sum += f.points
	}
	return sum
}

// weigh adds up the points of each level. Points of 特急 count for 紧急 too.
func (c *Classifier) weigh(found []finding) label.Label {
	critical, all := 0.0, 0.0
	for _, f := range found {
		all += f.points
		if f.level == label.Critical {
			critical += f.points
		}
	}
	out := label.Label{Kind: label.Urgency, Value: label.Routine}
	p := 1 / (1 + math.Exp(-(c.c.Slope*all + c.c.Shift)))
	switch {
	case critical >= decides:
		out.Value = label.Critical
	case all >= decides:
		out.Value = label.Pressing
	}
	if out.Value == label.Routine {
		out.Score = 1 - p
		return out
	}
	out.Score = p
	decided := slices.DeleteFunc(slices.Clone(found), func(f finding) bool {
		return out.Value == label.Critical && f.level != label.Critical
	})
	slices.SortStableFunc(decided, func(a, b finding) int { return cmp.Compare(b.points, a.points) })
	out.Reason = decided[0].id
	for _, f := range decided {
		for _, s := range f.spans {
			if !slices.ContainsFunc(out.Evidence, func(o label.Span) bool { return o.Field == s.Field && s.Start < o.End && o.Start < s.End }) {
				out.Evidence = append(out.Evidence, s)
			}
		}
	}
	return out
}

// decides is how many points make a level, less what adding floats may lose.
const decides = 1 - 1e-9

// stated is the floor the source itself sets, empty when it sets none.
func (c *Classifier) stated(it item.Item) (level, reason string) {
	if it.Urgent {
		level, reason = label.Pressing, byButton
	}
	for _, col := range c.c.Columns {
		for _, f := range it.Extra {
			if f.Name != col {
				continue
			}
			if l := c.c.Stated[item.Normalize(f.Value)]; rank(l) > rank(level) {
				level, reason = l, byColumn
			}
		}
	}
	return level, reason
}

func rank(level string) int {
	switch level {
	case label.Critical:
		return 3
	case label.Pressing:
		return 2
	case label.Routine:
		return 1
	}
	return 0
}
