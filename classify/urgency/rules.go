package urgency

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"qianliyan/classify/label"
	"qianliyan/classify/match"
	"qianliyan/ingest/item"
)

//go:embed data/urgency.toml
var shipped []byte

// file is urgency.toml; the comments there say what each part means.
type file struct {
	Near          int                 `toml:"near"`
	Columns       []string            `toml:"columns"`
	Slope         float64             `toml:"slope"`
	Shift         float64             `toml:"shift"`
	Title         float64             `toml:"title"`
	Recent        []string            `toml:"recent"`
	FreshChannels []item.Channel      `toml:"fresh_channels"`
	Phrase        int                 `toml:"phrase"`
	Voids         []string            `toml:"voids"`
	Suppose       []string            `toml:"suppose"`
	Past          []string            `toml:"past"`
	Resume        []string            `toml:"resume"`
	Cries         []string            `toml:"cries"`
	Drills        []string            `toml:"drills"`
	Whole         []string            `toml:"whole"`
	Quiet         []string            `toml:"quiet"`
	Stated        map[string]string   `toml:"stated"`
	Sets          map[string][]string `toml:"sets"`
	Rules         []rule              `toml:"rules"`
	Casualties    []casualty          `toml:"casualties"`
}

// rule holds when every group of All has a word in one sentence, near enough.
type rule struct {
	ID       string         `toml:"id"`
	Level    string         `toml:"level"`
	Points   float64        `toml:"points"`
	All      [][]string     `toml:"all"`
	Not      []string       `toml:"not"`
	Where    string         `toml:"where"`    // "title", "text" or empty for both
	Channels []item.Channel `toml:"channels"` // empty for all
	Near     int            `toml:"near"`     // runes; 0 means the file's
	Past     bool           `toml:"past"`
	Supposed bool           `toml:"supposed"`
	Across   bool           `toml:"across"` // the words may stand in several sentences
	Why      string         `toml:"why"`
}

// casualty holds when a recent event harmed at least Least people.
type casualty struct {
	ID     string   `toml:"id"`
	Kinds  []string `toml:"kinds"`
	Least  int      `toml:"least"`
	Level  string   `toml:"level"`
	Points float64  `toml:"points"`
	Why    string   `toml:"why"`
}

// place is a word's part in a rule: a group, or one of the marks below.
type place struct {
	rule  int
	group int
	least int // the number before the word must be so great; 0 needs none
	word  int
}

// Marks stand in place.group for words that are not of a group. not comes
// before all groups.
const (
	not     = -1 - iota // cancels the rule in its sentence
	void                // cancels the clause
	drill               // cancels the sentence, in the title the whole item
	suppose             // what follows might happen
	past                // what follows is long ago
	resume              // back to the present
	cry                 // a cry for help
	recent              // something is recent
	whole               // words within this one do not count
)

// compiled is a checked file, ready to be matched.
type compiled struct {
	file
	set    *match.Set
	places [][]place    // by word
	quiet  map[int]bool // by word
}

// load reads urgency.toml, from dir where it holds one.
func load(dir string) (*compiled, error) {
	b := shipped
	if dir != "" {
		own, err := os.ReadFile(filepath.Join(dir, "urgency.toml"))
		switch {
		case err == nil:
			b = own
		case !errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("cannot read urgency rules: %w", err)
		}
	}
	return compile(b)
}

// compile reads the rules and reports all their problems.
func compile(b []byte) (*compiled, error) {
	var f file
	if err := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(&f); err != nil {
		if unknown, ok := errors.AsType[*toml.StrictMissingError](err); ok {
			return nil, errors.New("urgency.toml：有不认识的项：\n" + unknown.String())
		}
		return nil, fmt.Errorf("urgency.toml：%w", err)
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	c := &compiled{file: f, quiet: map[int]bool{}}
	words, index := []string{}, map[string]int{}
	put := func(list []string, rule, group int) {
		for _, w := range f.expand(list) {
			least, w := floor(w)
			i, ok := index[w]
			if !ok {
				i = len(words)
				index[w] = i
				words, c.places = append(words, w), append(c.places, nil)
			}
			if p := (place{rule, group, least, i}); !slices.Contains(c.places[i], p) {
				c.places[i] = append(c.places[i], p)
			}
		}
	}
	for _, m := range []struct {
		list  []string
		group int
	}{{f.Voids, void}, {f.Drills, drill}, {f.Suppose, suppose}, {f.Past, past}, {f.Resume, resume}, {f.Cries, cry}, {f.Recent, recent}, {f.Whole, whole}} {
		put(m.list, -1, m.group)
	}
	for i, r := range f.Rules {
		put(r.Not, i, not)
		for g, group := range r.All {
			put(group, i, g)
		}
	}
	for _, w := range f.expand(f.Quiet) {
		if _, w := floor(w); w != "" {
			if i, ok := index[w]; ok {
				c.quiet[i] = true
			}
		}
	}
	c.set = match.New(words)
	return c, nil
}

// floor reads ≥20人, the words 人 with a number of at least 20 before them.
func floor(w string) (least int, word string) {
	rest, ok := strings.CutPrefix(w, "≥")
	if !ok {
		return 0, w
	}
	word = strings.TrimLeft(rest, "0123456789")
	least, _ = strconv.Atoi(rest[:len(rest)-len(word)])
	return max(least, 1), word
}

// expand puts the words of a set in place of its @name.
func (f file) expand(group []string) []string {
	var out []string
	for _, w := range group {
		if name, ok := strings.CutPrefix(w, "@"); ok {
			out = append(out, f.Sets[name]...)
			continue
		}
		out = append(out, w)
	}
	return out
}

// check reports all problems of a file.
func (f file) check() error {
	var errs []error
	problem := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("urgency.toml："+format, args...))
	}
	level := func(where, s string) {
		if s != label.Critical && s != label.Pressing {
			problem("%s 的 level %q 应为“特急”或“紧急”", where, s)
		}
	}
	if f.Near < 1 || f.Title <= 0 || f.Slope <= 0 || f.Phrase < 0 {
		problem("near、title 和 slope 必须大于 0，phrase 不能是负数")
	}
	for name, list := range map[string][]string{
		"voids": f.Voids, "drills": f.Drills, "suppose": f.Suppose, "past": f.Past,
		"resume": f.Resume, "cries": f.Cries, "recent": f.Recent, "whole": f.Whole, "quiet": f.Quiet,
	} {
		f.words(name, list, problem)
	}
	seen := map[string]bool{"": true}
	for i, r := range f.Rules {
		where := fmt.Sprintf("第 %d 条规则 %q", i+1, r.ID)
		if seen[r.ID] {
			problem("%s 没有自己的 id", where)
		}
		seen[r.ID] = true
		level(where, r.Level)
		if r.Why == "" || r.Points <= 0 || len(r.All) == 0 || len(r.All) > 8 || r.Near < 0 {
			problem("%s 要有 why、大于 0 的 points 和 1 到 8 组 all", where)
		}
		if r.Where != "" && r.Where != "title" && r.Where != "text" {
			problem("%s 的 where %q 应为 title、text 或不写", where, r.Where)
		}
		for _, ch := range r.Channels {
			if !ch.Valid() {
				problem("%s 的 channels 里没有渠道 %q", where, ch)
			}
		}
		f.words(where, r.Not, problem)
		for _, group := range r.All {
			f.words(where, group, problem)
			if len(group) == 0 {
				problem("%s 有空的词", where)
			}
		}
	}
	for i, c := range f.Casualties {
		where := fmt.Sprintf("第 %d 条伤亡规则 %q", i+1, c.ID)
		level(where, c.Level)
		if seen[c.ID] || c.Why == "" || c.Points <= 0 || c.Least < 1 {
			problem("%s 要有自己的 id、why、大于 0 的 points 和不小于 1 的 least", where)
		}
		seen[c.ID] = true
	}
	for said, l := range f.Stated {
		level("[stated] "+said, l)
	}
	return errors.Join(errs...)
}

// words checks a list of words and names of sets.
func (f file) words(where string, list []string, problem func(string, ...any)) {
	for _, w := range list {
		if name, ok := strings.CutPrefix(w, "@"); ok && f.Sets[name] == nil {
			problem("%s 用到的词组 %q 不在 [sets] 中", where, w)
		}
	}
	for _, w := range f.expand(list) {
		if _, word := floor(w); word == "" || len(w) > maxWord/2 {
			problem("%s 有空的词或过长的词", where)
		}
	}
}
