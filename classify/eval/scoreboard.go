package eval

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// Example is one line of a corpus in testdata: what a text should be labelled.
type Example struct {
	Want  string // value of the label; "-" in the file and empty here for none
	Title string
	Text  string
}

// ReadExamples reads lines of value, title and text between tabs; "#" opens a
// comment line.
func ReadExamples(r io.Reader) ([]Example, error) {
	var out []Example
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		if sc.Text() == "" || strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		f := strings.Split(sc.Text(), "\t")
		if len(f) != 3 {
			return nil, fmt.Errorf("cannot read example in line %d: %d columns, want value, title, text", n, len(f))
		}
		if f[0] == "-" {
			f[0] = ""
		}
		out = append(out, Example{f[0], f[1], f[2]})
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("cannot read examples: %w", err)
	}
	return out, nil
}

// Labeler labels an item by all classifiers; *classify.Pipeline is one.
type Labeler interface {
	Label(ctx context.Context, it item.Item) (label.Labeled, error)
}

// Scoreboard is one figure a line: accuracy and macro-F1 of each kind, then
// precision, recall and F1 of each value. The same program and examples give
// the same text, so that a change of quality is a change of a file.
func Scoreboard(ctx context.Context, l Labeler, examples map[label.Kind][]Example) (string, error) {
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(examples)) {
		var want, got []string
		right := 0
		for i, x := range examples[kind] {
			native := fmt.Sprint(kind, i)
			labeled, err := l.Label(ctx, item.Item{
				ID: item.NewID("corpus", native), Channel: item.Letter,
				Source: "corpus", NativeID: native, Title: x.Title, Text: x.Text,
			})
			if err != nil {
				return "", err
			}
			value := labeled.Value(kind)
			want, got = append(want, x.Want), append(got, value)
			right += count(value == x.Want)
		}
		classes := Classes(want, got)
		fmt.Fprintf(&b, "%s n %d\n%s accuracy %.3f\n%s macro_f1 %.3f\n", kind, len(want), kind, share(right, len(want)), kind, MacroF1(classes))
		for _, name := range slices.Sorted(maps.Keys(classes)) {
			c := classes[name]
			fmt.Fprintf(&b, "%s %s precision %.3f\n%s %s recall %.3f\n%s %s f1 %.3f\n", kind, name, c.Precision, kind, name, c.Recall, kind, name, c.F1)
		}
	}
	return b.String(), nil
}
