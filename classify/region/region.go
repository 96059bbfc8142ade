// Package region says where a text is about: the deepest region of the
// taxonomy that is sure, at most one.
//
// Names are looked for in the place words of the source first, then in the
// title, then in the text. A later field may only go deeper into what an
// earlier one said. Whether a name is believed depends on what it is:
//
//   - Provinces and cities, and counties whose name no other county has, stand
//     for themselves.
//   - A county whose name others share, and a short form (岳麓 for 岳麓区),
//     must lie in a region that is named too, or in the home region.
//   - Towns and streets share few names (城关镇 is found 88 times): theirs
//     count only in the home region, or when their county is named too.
//
// Names come from the taxonomy: the shipped divisions of China and the
// administrator's regions.toml.
package region

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/classify/match"
	"qianliyan/classify/taxonomy"
)

// Depths of a region: how many parents it has, without statistical steps.
const (
	province = iota
	city
	county
)

// maxText bounds how many bytes of a text are searched.
const maxText = 64 << 10

// Classifier labels items with their region. It is safe for concurrent use.
type Classifier struct {
	tax  *taxonomy.Taxonomy
	home string
	set  *match.Set
	by   [][]meaning // by word of set
}

// meaning is one region a name may stand for.
type meaning struct {
	code   string
	depth  int
	short  bool // the name is a short form
	unique bool // no other region as wide or wider has it
}

// New prepares the names of tax. home is the code of the region the office
// answers for, or empty.
func New(tax *taxonomy.Taxonomy, home string) (*Classifier, error) {
	c := &Classifier{tax: tax, home: home}
	if _, ok := tax.Region(home); !ok && home != "" {
		return nil, fmt.Errorf("home：没有代码为 %q 的地区，请查 regions.toml 或区划代码", home)
	}
	var words []string
	index := map[string]int{}
	add := func(name string, m meaning) {
		if utf8.RuneCountInString(name) < 2 || taxonomy.Administrative(name) {
			return
		}
		i, ok := index[name]
		if !ok {
			i = len(words)
			index[name] = i
			words, c.by = append(words, name), append(c.by, nil)
		}
		c.by[i] = append(c.by[i], m)
	}
	for _, r := range tax.Regions() {
		depth := c.depth(r)
		for _, name := range append([]string{r.Name}, r.Aliases...) {
			add(name, meaning{code: r.Code, depth: depth})
		}
		if depth <= county {
			if s := short(r.Name); s != "" {
				add(s, meaning{code: r.Code, depth: depth, short: true})
			}
		}
	}
	for _, list := range c.by {
		for i := range list {
			list[i].unique = alone(list, list[i])
		}
	}
	c.set = match.New(words)
	return c, nil
}

// depth counts the steps above a region that people name.
func (c *Classifier) depth(r taxonomy.Region) int {
	n := 0
	for up, ok := c.tax.Region(r.Parent); ok; up, ok = c.tax.Region(up.Parent) {
		if !taxonomy.Administrative(up.Name) {
			n++
		}
	}
	// The districts of Beijing have one named region above them but are
	// counties; the code's length says so.
	if len(r.Code) == 6 && n < county && digits(r.Code) {
		return county
	}
	if len(r.Code) == 9 && digits(r.Code) {
		return county + 1
	}
	return n
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// alone reports whether no other region as wide or wider shares the name:
// 长沙 is the city, not the county within it.
func alone(list []meaning, m meaning) bool {
	for _, o := range list {
		if o.code != m.code && o.depth <= m.depth {
			return false
		}
	}
	return true
}

// short is a name less the word for its kind, empty when nothing sound is left.
func short(name string) string {
	for _, kind := range []string{"维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "自治州", "自治县", "地区", "省", "市", "县", "区", "盟"} {
		if s, ok := strings.CutSuffix(name, kind); ok {
			if n := utf8.RuneCountInString(s); n < 2 || n > 4 {
				return ""
			}
			return s
		}
	}
	return ""
}

// Name is "region".
func (c *Classifier) Name() string { return "region" }

// Version is raised when the same names would be read otherwise.
func (c *Classifier) Version() int { return 1 }

// mention is one name found in a field.
type mention struct {
	at       int
	span     label.Span
	meanings []meaning
}

// Classify gives at most one label.
func (c *Classifier) Classify(_ context.Context, d doc.Doc) ([]label.Label, error) {
	fields := [][]mention{
		c.find("", strings.Join(d.Item.Places, " "), nil),
		c.find(doc.Title, d.Item.Title, d.Words.Title),
		c.find(doc.Text, d.Item.Text[:min(len(d.Item.Text), maxText)], d.Words.Text),
	}
	named := c.named(fields)
	var best answer
	for i, field := range fields {
		a := c.deepest(field, named)
		if a.code == "" || best.code != "" && (a.code == best.code || !c.tax.Within(a.code, best.code)) {
			continue
		}
		a.reason = [...]string{"places", "title", "text"}[i]
		best = a
	}
	if best.code == "" {
		return nil, nil
	}
	l := label.Label{Kind: label.Region, Value: best.code, Score: best.score, Reason: best.reason}
	if best.span.Field != "" {
		l.Evidence = []label.Span{best.span}
	}
	return []label.Label{l}, nil
}

// find is the names in a field, the longest at each place, none overlapping.
// Short forms must be whole words.
func (c *Classifier) find(field, text string, words label.Runs) []mention {
	var out []mention
	end := 0
	var borders map[int]bool // made when the first short form is met
	for _, h := range c.set.Find(text, nil) {
		if h.Start < end {
			continue
		}
		list := c.by[h.Word]
		if len(words) > 0 && slices.ContainsFunc(list, func(m meaning) bool { return m.short }) {
			if borders == nil {
				borders = wordBorders(words, len(text))
			}
		}
		if borders != nil && !(borders[h.Start] && borders[h.End]) {
			list = slices.DeleteFunc(slices.Clone(list), func(m meaning) bool { return m.short })
		}
		if len(list) == 0 {
			continue
		}
		end = h.End
		out = append(out, mention{h.Start, label.Span{Field: field, Start: h.Start, End: h.End}, list})
	}
	return out
}

// wordBorders is where words of a field begin and end.
func wordBorders(words label.Runs, n int) map[int]bool {
	out := make(map[int]bool, len(words)+1)
	at := 0
	for _, w := range words {
		out[at] = true
		at += w
	}
	out[at] = true
	out[n] = true
	return out
}

// named is the regions that some field names beyond doubt, with all that lie
// above them, and the home region with what lies above it.
func (c *Classifier) named(fields [][]mention) map[string]bool {
	out := map[string]bool{}
	up := func(code string) {
		for r, ok := c.tax.Region(code); ok; r, ok = c.tax.Region(r.Parent) {
			out[r.Code] = true
		}
	}
	if c.home != "" {
		up(c.home)
	}
	for _, field := range fields {
		for _, m := range field {
			for _, x := range m.meanings {
				if x.unique && x.depth <= county && (!x.short || x.depth <= city) {
					up(x.code)
				}
			}
		}
	}
	return out
}

type answer struct {
	code   string
	home   bool // in the home region
	depth  int
	score  float64
	times  int
	at     int
	span   label.Span
	reason string
}

// deepest is the deepest believed region of a field, one in the home region
// before all others; of several, the one named most often, then first.
func (c *Classifier) deepest(field []mention, named map[string]bool) answer {
	found := map[string]*answer{}
	for _, m := range field {
		var sure []answer
		for _, x := range m.meanings {
			if p := c.belief(x, named); p > 0 {
				sure = append(sure, answer{code: x.code, home: c.home != "" && c.tax.Within(x.code, c.home), depth: x.depth, score: p, at: m.at, span: m.span})
			}
		}
		// A name that still means two regions says nothing.
		slices.SortFunc(sure, func(a, b answer) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.code, b.code)) })
		if len(sure) == 0 || len(sure) > 1 && sure[0].score == sure[1].score {
			continue
		}
		a := sure[0]
		if found[a.code] == nil {
			found[a.code] = &a
		}
		found[a.code].times++
	}
	var best answer
	for _, a := range found {
		if best.code == "" || a.home && !best.home {
			best = *a
			continue
		}
		if best.home && !a.home {
			continue
		}
		if cmp.Or(cmp.Compare(best.depth, a.depth), cmp.Compare(best.times, a.times), cmp.Compare(a.at, best.at)) < 0 {
			best = *a
		}
	}
	return best
}

// belief is how far a meaning is believed, 0 when not.
func (c *Classifier) belief(x meaning, named map[string]bool) float64 {
	home := c.home != "" && c.tax.Within(x.code, c.home)
	r, _ := c.tax.Region(x.code)
	switch {
	case x.depth > county:
		// Towns: in the home region, or beside their county's name.
		if home || named[r.Parent] && !(c.home != "" && c.tax.Within(c.home, r.Parent)) {
			return 0.9
		}
		return 0
	case home:
		return 0.95
	case x.unique && !x.short:
		return 0.94
	case x.unique && x.depth <= city:
		return 0.85
	case named[r.Parent] && !c.statistical(r.Parent):
		return 0.8
	case c.above(r, named):
		return 0.75
	}
	return 0
}

// statistical reports whether code is a step that nobody names.
func (c *Classifier) statistical(code string) bool {
	r, ok := c.tax.Region(code)
	return ok && taxonomy.Administrative(r.Name)
}

// above reports whether a region above r, below the country, is named.
func (c *Classifier) above(r taxonomy.Region, named map[string]bool) bool {
	for up, ok := c.tax.Region(r.Parent); ok; up, ok = c.tax.Region(up.Parent) {
		if named[up.Code] && !taxonomy.Administrative(up.Name) {
			return true
		}
	}
	return false
}

// Why explains a label's Reason in Chinese; empty for an unknown one.
func (c *Classifier) Why(reason string) string {
	return map[string]string{
		"places": "来源的地点栏写明", "title": "标题里有地名", "text": "正文里有地名",
	}[reason]
}
