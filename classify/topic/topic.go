// Package topic says what a letter is about: one or two topics of the
// taxonomy, each with a calibrated probability and the words that decided, or
// none where none is sure.
//
// # Model
//
// A linear classifier a topic against the rest (squared-hinge support vector
// machine) over hashed features in four views: words and pairs of words, and
// runs of two to four characters, of title and text apart. A feature weighs
// (1+ln n)·idf; each view is scaled to length one. The margins become
// probabilities by a softmax whose slopes and shifts were fitted on letters
// that the weights had not seen. A further class, trained on press stories,
// advertisements, foreign languages and small talk (data/none.jsonl and what
// the trainer is given without a label), stands for "none of these".
//
// The shipped model (data/topic.model) holds hashes and weights, no words. It
// is made by
//
//	qianliyan classify train topic --train F --dev F --none F --out classify/topic/data/topic.model
//
// # Thresholds and frames
//
// data/topic.toml, replaced by a file of that name in the rules folder. What
// the press writes around a matter (who reports, and that they go on) is not
// read: the stories of no topic are written in the same way.
package topic

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

//go:embed data/topic.model
var shippedModel []byte

//go:embed data/topic.toml
var shippedRules []byte

//go:embed data/none.jsonl
var none []byte

// Config says which model is used.
type Config struct {
	Model string // path of a model file; empty means the shipped one
	Rules string // folder that may hold a topic.toml
}

// rules are the thresholds of topic.toml.
type rules struct {
	First       float64 `toml:"first"`
	Second      float64 `toml:"second"`
	MinFeatures int     `toml:"min_features"`
	Evidence    int     `toml:"evidence"`
	Frame       frame   `toml:"frame"`
}

// Classifier labels items with topics. It is safe for concurrent use.
type Classifier struct {
	model *Model
	rules rules
	pool  *pool
}

// New loads the model and thresholds.
func New(cfg Config) (*Classifier, error) {
	r, err := loadRules(cfg.Rules)
	if err != nil {
		return nil, err
	}
	var src io.Reader = bytes.NewReader(shippedModel)
	if cfg.Model != "" {
		f, err := os.Open(cfg.Model)
		if err != nil {
			return nil, fmt.Errorf("cannot open topic model: %w", err)
		}
		defer f.Close()
		src = f
	}
	m, err := Read(src)
	if err != nil {
		return nil, err
	}
	return &Classifier{m, r, newPool(m)}, nil
}

// With is a classifier over a model just trained, with the shipped thresholds.
func With(m *Model) (*Classifier, error) {
	r, err := loadRules("")
	if err != nil {
		return nil, err
	}
	return &Classifier{m, r, newPool(m)}, nil
}

func loadRules(dir string) (rules, error) {
	b := shippedRules
	if dir != "" {
		own, err := os.ReadFile(filepath.Join(dir, "topic.toml"))
		switch {
		case err == nil:
			b = own
		case !errors.Is(err, os.ErrNotExist):
			return rules{}, fmt.Errorf("cannot read topic rules: %w", err)
		}
	}
	var r rules
	if err := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(&r); err != nil {
		return rules{}, fmt.Errorf("topic.toml：%w", err)
	}
	if r.Frame.Within < 0 || slices.Contains(r.Frame.Lead, "") || slices.Contains(r.Frame.Tail, "") ||
		slices.ContainsFunc(r.Frame.Channels, func(ch item.Channel) bool { return !ch.Valid() }) {
		return rules{}, errors.New("topic.toml：[frame] 的 channels 应是已有的渠道，within 不能是负数，lead 和 tail 里不能有空的词")
	}
	if !(r.First >= 0 && r.First <= 1 && r.Second >= 0 && r.Second <= 1) || r.MinFeatures < 0 || r.Evidence < 0 {
		return rules{}, errors.New("topic.toml：first 和 second 应在 0 到 1 之间，min_features 和 evidence 不能是负数")
	}
	return r, nil
}

// None reads the shipped texts of no topic, to train with.
func None() ([]Letter, error) { return ReadLetters(bytes.NewReader(none)) }

// Name is "topic".
func (c *Classifier) Name() string { return "topic" }

// Version is raised when features or thresholds change; the model itself is
// named in each label's Reason.
func (c *Classifier) Version() int { return 2 }

// Model is the model in use.
func (c *Classifier) Model() *Model { return c.model }

// Guess is one topic and its probability.
type Guess struct {
	Code  string // empty: of no topic
	Score float64
}

// Guess ranks all classes for a letter, surest first, whatever the thresholds.
func (c *Classifier) Guess(d doc.Doc) []Guess {
	_, guesses := c.Answer(d)
	return guesses
}

// Classify gives the surest topic, and a second one when it is likely too; no
// label when nothing is sure.
func (c *Classifier) Classify(_ context.Context, d doc.Doc) ([]label.Label, error) {
	labels, _ := c.Answer(d)
	return labels, nil
}

// Answer is Classify and Guess in one.
func (c *Classifier) Answer(d doc.Doc) ([]label.Label, []Guess) {
	s := c.pool.get()
	defer c.pool.put(s)
	d, lost := c.rules.Frame.strip(d)
	c.model.infer(s, d.Item.Title, d.Item.Text, d.Words.Title, d.Words.Text)
	ranked := c.rank(s)
	if s.known < c.rules.MinFeatures || ranked[0].Code == "" {
		return nil, ranked
	}
	var out []label.Label
	floor := c.rules.First
	for _, g := range ranked {
		if g.Code == "" {
			continue
		}
		if g.Score < floor || len(out) == 2 {
			break
		}
		out = append(out, label.Label{
			Kind: label.Topic, Value: g.Code, Score: g.Score,
			Evidence: c.evidence(s, d, lost, g.Code), Reason: "model:" + c.model.version,
		})
		floor = c.rules.Second
	}
	return out, ranked
}

func (c *Classifier) rank(s *scratch) []Guess {
	out := make([]Guess, len(c.model.classes))
	for k, name := range c.model.classes {
		out[k] = Guess{name, s.probs[k]}
	}
	slices.SortStableFunc(out, func(a, b Guess) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// spoke is a word and how much it spoke for the topic.
type spoke struct {
	power float32
	span  label.Span
}

// evidence is the words that spoke most for code and less for other topics.
// A word that occurs often is shown once. The text of d lost so many bytes in
// front.
func (c *Classifier) evidence(s *scratch, d doc.Doc, lost int, code string) []label.Span {
	class := slices.Index(c.model.classes, code)
	best := make([]spoke, 0, c.rules.Evidence+1)
	for _, v := range []view{titleWords, textWords} {
		field, content := doc.Title, d.Item.Title
		if v == textWords {
			field, content = doc.Text, d.Item.Text
		}
		for i, w := range s.words[v] {
			id := c.model.table.find(s.of[v][i])
			if id < 0 || utf8.RuneCountInString(content[w.start:w.end]) < 2 {
				continue
			}
			p := c.model.lean(id, class) * c.model.idf[id] * s.norm[v]
			if p > 0 && (len(best) < c.rules.Evidence || p > best[len(best)-1].power) {
				best = c.insert(best, spoke{p, label.Span{Field: field, Start: w.start, End: w.end}}, d)
			}
		}
	}
	out := make([]label.Span, len(best))
	for i, b := range best {
		out[i] = b.span
		if b.span.Field == doc.Text {
			out[i].Start += lost
			out[i].End += lost
		}
	}
	return out
}

// insert puts x in its place among the strongest, unless its word stands there
// already, and keeps the list at its length.
func (c *Classifier) insert(best []spoke, x spoke, d doc.Doc) []spoke {
	word := x.span.Of(d.Item)
	for i, b := range best {
		if b.span.Of(d.Item) == word {
			if b.power >= x.power {
				return best
			}
			best = slices.Delete(best, i, i+1)
			break
		}
	}
	at := len(best)
	for at > 0 && best[at-1].power < x.power {
		at--
	}
	best = slices.Insert(best, at, x)
	return best[:min(len(best), c.rules.Evidence)]
}

// lean is how much more feature id speaks for class than for the average one.
func (m *Model) lean(id int32, class int) float32 {
	k := len(m.classes)
	row := m.weight[int(id)*k : int(id+1)*k]
	mean := float32(0)
	for c, w := range row {
		mean += float32(w) * m.scale[c] / float32(k)
	}
	return float32(row[class])*m.scale[class] - mean
}

// Why explains a label's Reason in Chinese; empty for an unknown one.
func (c *Classifier) Why(reason string) string {
	if m, ok := strings.CutPrefix(reason, "model:"); ok {
		return "主题模型（" + m + "）根据全文用词判断，下面是分量最重的词"
	}
	return ""
}
