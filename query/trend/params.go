package trend

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"qianliyan/query/filter"
)

// value is one parameter as the engine reads it: its text, and whether that is
// the literal of an array, which needs no quotes in a statement.
type value struct {
	text  string
	array bool
}

// values are all parameters of one run. Days are written as days and lists as
// arrays, empty for an absent filter, so that one statement serves every
// filter.
func values(q Question, f filter.Filter, spans []Span, given url.Values) (map[string]value, error) {
	out := map[string]value{
		"from": {text: orElse(f.From, firstDay)},
		"to":   {text: orElse(f.To, lastDay)},
	}
	for i, s := range spans {
		if i > 0 {
			out[s.Name+"_from"], out[s.Name+"_to"] = value{text: dayOf(s.From)}, value{text: dayOf(s.last())}
		}
	}
	for _, l := range f.Lists() {
		out[l.Name] = strs(*l.Values)
	}
	w, err := wordsOf(f.Words)
	if err != nil {
		return nil, err
	}
	out["words"], out["title_words"], out["text_words"] = strs(w.either), strs(w.title), strs(w.text)
	out["clauses"] = value{w.clauseText(), true}
	for _, p := range q.Params {
		v := orElse(strings.TrimSpace(given.Get(p.Name)), p.Default)
		if err := p.check(v); err != nil {
			return nil, err
		}
		out[p.Name] = value{text: v}
	}
	return out, nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// strs is the literal of an array of strings.
func strs(list []string) value {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return value{"[" + strings.Join(quoted, ",") + "]", true}
}

// escaper is how the engine's literals write what would end or break them.
var escaper = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "\x00", `\0`)

func quote(s string) string { return "'" + escaper.Replace(s) + "'" }

// holeRE is a parameter in a statement.
var holeRE = regexp.MustCompile(`\{([a-z_]+):([A-Za-z0-9()]+)\}`)

// shown is sql with the values written in, for people: what is run keeps the
// parameters apart. CAST and not ::, which reads escapes in arrays twice.
func shown(sql string, vs map[string]value) string {
	return holeRE.ReplaceAllStringFunc(sql, func(hole string) string {
		m := holeRE.FindStringSubmatch(hole)
		v := vs[m[1]]
		switch {
		case v.array:
			return "CAST(" + v.text + ", '" + m[2] + "')"
		case m[2] == "UInt32":
			return v.text
		case m[2] == "String":
			return quote(v.text)
		}
		return "CAST(" + quote(v.text) + ", '" + m[2] + "')"
	})
}

// clauseText is the literal of the clauses.
func (w words) clauseText() string {
	var b strings.Builder
	b.WriteByte('[')
	for i, c := range w.clauses {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('[')
		for j, n := range c {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteByte(']')
	}
	b.WriteByte(']')
	return b.String()
}
