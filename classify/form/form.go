// Package form says what a text wants: 咨询, 投诉, 求助, 建议, 举报, 表扬 or
// 报告. A source that says so itself is believed (a column such as 诉求类型);
// else words decide, by rules.
//
// Columns, names, words and scores are data: data/form.toml, replaced by a
// file of that name in the rules folder.
package form

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/classify/match"
	"qianliyan/ingest/item"
)

//go:embed data/form.toml
var shipped []byte

// rules are form.toml.
type rules struct {
	Columns  []string          `toml:"columns"`
	Forms    []named           `toml:"forms"`
	Channels map[string]string `toml:"channels"`
	Least    float64           `toml:"least"`
	Rules    []rule            `toml:"rules"`
}

type named struct {
	Name    string   `toml:"name"`
	Aliases []string `toml:"aliases"`
}

type rule struct {
	ID    string   `toml:"id"`
	Form  string   `toml:"form"`
	Words []string `toml:"words"`
	Title float64  `toml:"title"`
	Text  float64  `toml:"text"`
	Why   string   `toml:"why"`
}

// Classifier labels items with their form. It is safe for concurrent use.
type Classifier struct {
	r      rules
	set    *match.Set
	ruleOf []int // by word of set
}

// maxText bounds how many bytes of a text are searched.
const maxText = 64 << 10

// New loads the rules, from dir where it holds a form.toml.
func New(dir string) (*Classifier, error) {
	b := shipped
	if dir != "" {
		own, err := os.ReadFile(filepath.Join(dir, "form.toml"))
		switch {
		case err == nil:
			b = own
		case !errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("cannot read form rules: %w", err)
		}
	}
	r, err := parse(b)
	if err != nil {
		return nil, err
	}
	return prepare(r), nil
}

// prepare joins the words of all rules into one set. A word of two rules
// counts for the first.
func prepare(r rules) *Classifier {
	c := &Classifier{r: r}
	var words []string
	for i, x := range r.Rules {
		for _, w := range x.Words {
			words, c.ruleOf = append(words, w), append(c.ruleOf, i)
		}
	}
	c.set = match.New(words)
	return c
}

// parse reads form.toml and reports all its problems.
func parse(b []byte) (rules, error) {
	var r rules
	if err := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(&r); err != nil {
		return r, fmt.Errorf("form.toml：%w", err)
	}
	var errs []error
	known := func(where, name string) {
		if !slices.ContainsFunc(r.Forms, func(n named) bool { return n.Name == name }) {
			errs = append(errs, fmt.Errorf("form.toml：%s 的性质 %q 不在 [[forms]] 中", where, name))
		}
	}
	for ch, name := range r.Channels {
		known("渠道 "+ch, name)
		if !item.Channel(ch).Valid() {
			errs = append(errs, fmt.Errorf("form.toml：没有渠道 %q", ch))
		}
	}
	for i, x := range r.Rules {
		known(fmt.Sprintf("第 %d 条规则", i+1), x.Form)
		if x.ID == "" || x.Why == "" || len(x.Words) == 0 || slices.Contains(x.Words, "") {
			errs = append(errs, fmt.Errorf("form.toml：第 %d 条规则要有 id、why 和不为空的 words", i+1))
		}
	}
	return r, errors.Join(errs...)
}

// Name is "form".
func (c *Classifier) Name() string { return "form" }

// Version is raised when the way of counting changes.
func (c *Classifier) Version() int { return 1 }

// Why explains a label's Reason in Chinese; empty for an unknown one.
func (c *Classifier) Why(reason string) string {
	if col, ok := strings.CutPrefix(reason, "column:"); ok {
		return "来源在“" + col + "”一栏写明"
	}
	if ch, ok := strings.CutPrefix(reason, "channel:"); ok {
		return item.Channel(ch).Label() + "渠道的来文"
	}
	for _, x := range c.r.Rules {
		if x.ID == reason {
			return x.Why
		}
	}
	return ""
}

// Classify gives at most one label.
func (c *Classifier) Classify(_ context.Context, d doc.Doc) ([]label.Label, error) {
	if l, ok := c.said(d.Item); ok {
		return []label.Label{l}, nil
	}
	scores, spans := c.score(d.Item)
	sum := map[string]float64{}
	total, best := 0.0, ""
	for i, x := range c.r.Rules {
		sum[x.Form] += scores[i]
		total += scores[i]
	}
	// In the order of the file, so that the earlier form wins a tie.
	for _, x := range c.r.Rules {
		if sum[x.Form] >= c.r.Least && sum[x.Form] > sum[best] {
			best = x.Form
		}
	}
	if best == "" {
		return nil, nil
	}
	l := label.Label{Kind: label.Form, Value: best, Score: sum[best] / (total + 1)}
	strongest := 0.0
	for i, x := range c.r.Rules {
		if x.Form != best {
			continue
		}
		l.Evidence = append(l.Evidence, spans[i]...)
		if scores[i] > strongest {
			strongest, l.Reason = scores[i], x.ID
		}
	}
	return []label.Label{l}, nil
}

// said is what the source itself says, by column, or else by channel.
func (c *Classifier) said(it item.Item) (label.Label, bool) {
	for _, col := range c.r.Columns {
		for _, f := range it.Extra {
			if f.Name != col {
				continue
			}
			if name, ok := c.form(f.Value); ok {
				return label.Label{Kind: label.Form, Value: name, Score: 1, Reason: "column:" + col}, true
			}
		}
	}
	if name, ok := c.r.Channels[string(it.Channel)]; ok {
		return label.Label{Kind: label.Form, Value: name, Score: 1, Reason: "channel:" + string(it.Channel)}, true
	}
	return label.Label{}, false
}

// Forms are the values a label can have, in the order of the file.
func (c *Classifier) Forms() []string {
	var out []string
	for _, n := range c.r.Forms {
		out = append(out, n.Name)
	}
	return out
}

// form finds the form called value.
func (c *Classifier) form(value string) (string, bool) {
	value = item.Normalize(value)
	for _, n := range c.r.Forms {
		if n.Name == value || slices.Contains(n.Aliases, value) {
			return n.Name, true
		}
	}
	return "", false
}

// score is what each rule got, each of its words counted once a field, and
// where these words stand first.
func (c *Classifier) score(it item.Item) ([]float64, [][]label.Span) {
	scores, spans := make([]float64, len(c.r.Rules)), make([][]label.Span, len(c.r.Rules))
	for _, field := range []string{doc.Title, doc.Text} {
		content := it.Title
		if field == doc.Text {
			content = it.Text[:min(len(it.Text), maxText)]
		}
		var seen []int
		for _, h := range c.set.Find(content, nil) {
			if slices.Contains(seen, h.Word) {
				continue
			}
			seen = append(seen, h.Word)
			i := c.ruleOf[h.Word]
			points := c.r.Rules[i].Text
			if field == doc.Title {
				points = c.r.Rules[i].Title
			}
			scores[i] += points
			spans[i] = append(spans[i], label.Span{Field: field, Start: h.Start, End: h.End})
		}
	}
	return scores, spans
}
