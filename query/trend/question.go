package trend

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"qianliyan/ingest/item"
)

//go:embed sql/*.sql sql/part/filter.sql
var shipped embed.FS

// Question is one .sql file.
type Question struct {
	Name    string            `json:"name"`  // of the file, in URLs
	Title   string            `json:"title"` // on screen
	Place   int               `json:"place"` // in lists of questions
	Doc     string            `json:"doc"`   // what it answers, Chinese
	Periods Periods           `json:"periods"`
	Params  []Param           `json:"params,omitempty"`
	Labels  map[string]string `json:"labels"` // of the columns, by name
	SQL     string            `json:"sql"`    // with the filter's condition put in
}

// Periods says how a question uses the filter's days.
type Periods string

// The ways.
const (
	Open    Periods = "open"    // as they are: an open end stays open
	Until   Periods = "until"   // an open end is today
	Compare Periods = "compare" // both ends closed, beside the period before and the same of last year
	Single  Periods = "day"     // the last day alone, beside the day before
)

// Param is one parameter of a question beside the filter: it may come from the
// URL.
type Param struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`              // ClickHouse type
	Choices []string `json:"choices,omitempty"` // allowed values, empty for numbers
	Min     uint64   `json:"min,omitempty"`     // bounds of a number, both included
	Max     uint64   `json:"max,omitempty"`
	Default string   `json:"default"`
	Doc     string   `json:"doc"` // Chinese
}

// check refuses a value that is none of the choices or out of bounds.
func (p Param) check(v string) error {
	if len(p.Choices) > 0 {
		if slices.Contains(p.Choices, v) {
			return nil
		}
		return &item.Problem{Column: p.Name, Value: short(v), Reason: "没有这个选项", Hint: "请用 " + strings.Join(p.Choices, "、")}
	}
	if n, err := strconv.ParseUint(v, 10, 64); err != nil || n < p.Min || n > p.Max {
		return &item.Problem{Column: p.Name, Value: short(v), Reason: "不是允许的数", Hint: fmt.Sprintf("请写 %d 到 %d 的整数", p.Min, p.Max)}
	}
	return nil
}

func short(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

// filterMark stands in a question where the filter's condition belongs. The
// engine would read it as a comment, so a question can also be read without us.
const filterMark = "/* filter */"

// read parses all questions of files.
func read(files fs.FS) (map[string]Question, error) {
	condition, err := fs.ReadFile(files, "sql/part/filter.sql")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "sql/*.sql")
	if err != nil {
		return nil, err
	}
	out := map[string]Question{}
	for _, name := range names {
		src, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		q, err := parse(strings.TrimSuffix(path.Base(name), ".sql"), string(src), body(string(condition)))
		if err != nil {
			return nil, fmt.Errorf("cannot read question %s: %w", name, err)
		}
		out[q.Name] = q
	}
	return out, nil
}

// body is a part without its leading comment.
func body(src string) string {
	for {
		line, rest, _ := strings.Cut(src, "\n")
		if !strings.HasPrefix(line, "--") {
			return strings.TrimSpace(src)
		}
		src = rest
	}
}

var (
	nameRE  = regexp.MustCompile(`^[a-z][a-z_]*$`)
	paramRE = regexp.MustCompile(`^([a-z_]+) (UInt32|String)\(([^)]+)\) = (\S+): (.+)$`)
)

// parse reads a file's head, line by line until the statement starts:
//
//	-- 标题：what it answers
//	-- more of that
//	-- place 1
//	-- periods compare
//	-- param by String(hour|day) = day: what it does
//	-- param limit UInt32(1..100) = 20: what it does
//	-- column items 本期
func parse(name, src, condition string) (Question, error) {
	q := Question{Name: name, Labels: map[string]string{}}
	if !nameRE.MatchString(name) {
		return q, errors.New("its name is not made of lower-case letters and _")
	}
	for {
		line, rest, _ := strings.Cut(src, "\n")
		text, ok := strings.CutPrefix(line, "-- ")
		if !ok {
			break
		}
		src = rest
		if err := q.head(text); err != nil {
			return q, fmt.Errorf("line %q: %w", line, err)
		}
	}
	q.SQL = strings.TrimSpace(strings.ReplaceAll(src, filterMark, condition))
	switch {
	case q.Title == "":
		return q, errors.New("its first line does not read -- 标题：…")
	case q.Periods == "":
		return q, errors.New("it has no line -- periods")
	case !strings.Contains(src, filterMark):
		return q, errors.New("it does not use " + filterMark)
	}
	return q, nil
}

// head takes one line of the head.
func (q *Question) head(text string) error {
	if q.Title == "" {
		title, _, ok := strings.Cut(text, "：")
		if !ok {
			return errors.New("is not 标题：…")
		}
		q.Title, q.Doc = title, text
		return nil
	}
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "place":
		var err error
		if q.Place, err = strconv.Atoi(rest); err != nil {
			return err
		}
	case "periods":
		q.Periods = Periods(rest)
		if !slices.Contains([]Periods{Open, Until, Compare, Single}, q.Periods) {
			return errors.New("is not one of open, until, compare, day")
		}
	case "column":
		name, label, ok := strings.Cut(rest, " ")
		if !ok {
			return errors.New("is not: column NAME 标签")
		}
		q.Labels[name] = label
	case "param":
		p, err := parseParam(rest)
		if err != nil {
			return err
		}
		q.Params = append(q.Params, p)
	default:
		q.Doc += "\n" + text
	}
	return nil
}

func parseParam(s string) (Param, error) {
	m := paramRE.FindStringSubmatch(s)
	if m == nil {
		return Param{}, errors.New("is not: param NAME String(a|b) = a: … or UInt32(1..9) = 1: …")
	}
	p := Param{Name: m[1], Type: m[2], Default: m[4], Doc: m[5]}
	if p.Type == "String" {
		p.Choices = strings.Split(m[3], "|")
	} else {
		low, high, _ := strings.Cut(m[3], "..")
		var err1, err2 error
		p.Min, err1 = strconv.ParseUint(low, 10, 32)
		p.Max, err2 = strconv.ParseUint(high, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return p, err
		}
	}
	return p, p.check(p.Default)
}
