package topic

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Letter is one graded text.
type Letter struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
	Label string `json:"label"` // a topic's code, name or alias; empty: of no topic
	Form  string `json:"form"`  // "tokens" when Text is only known cut into words
}

// body is the text as it would have been received.
func (l Letter) body() string {
	if l.Form == "tokens" {
		return Tokens(l.Text)
	}
	return l.Text
}

// ReadLetters reads one JSON object a line. An error names the line.
func ReadLetters(r io.Reader) ([]Letter, error) { return ReadLines[Letter](r) }

// ReadLines reads graded letters of any shape, one JSON object a line; blank
// lines are passed over. An error names the line.
func ReadLines[T any](r io.Reader) ([]T, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 64<<20)
	var out []T
	for n := 1; sc.Scan(); n++ {
		if strings.TrimSpace(sc.Text()) == "" {
			continue
		}
		var l T
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("cannot read letter in line %d: %w", n, err)
		}
		out = append(out, l)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("cannot read letters: %w", err)
	}
	return out, nil
}
