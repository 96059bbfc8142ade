package trend

import (
	"bytes"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"qianliyan/query/export"
	"qianliyan/query/filter"
)

var update = flag.Bool("update", false, "write the answers into testdata")

// Each file of testdata holds items, and questions with their answers:
//
//	-- items --            see parseItems
//	-- ask 1 --            an address as of the page /trend, without the path
//	-- answer 1 --         the compared periods, then the table
func TestQuestions(outer *testing.T) {
	t := outer
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	worlds := map[string]world{} // most files ask about the same items
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w, ok := worlds[part(a, "items")]
			if !ok {
				items, err := parseItems(part(a, "items"))
				if err != nil {
					t.Fatal(err)
				}
				w = newWorld(outer, items)
				worlds[part(a, "items")] = w
			}
			for i := 0; i < len(a.Files); i++ {
				n, ok := strings.CutPrefix(a.Files[i].Name, "ask ")
				if !ok {
					continue
				}
				got := w.answer(t, strings.TrimSpace(string(a.Files[i].Data)))
				if *update {
					put(a, "answer "+n, got)
				} else if d := cmp.Diff(part(a, "answer "+n), got); d != "" {
					t.Errorf("ask %s: %s", n, d)
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func part(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func put(a *txtar.Archive, name, text string) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}

// answer asks what an address asks and prints what comes back. The statement
// shown to people must give the same rows when they run it.
func (w world) answer(t *testing.T, query string) string {
	t.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	f, err := filter.Parse(v)
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.Run(t.Context(), v.Get("name"), f, v)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b bytes.Buffer
	for _, s := range a.Spans {
		fmt.Fprintln(&b, s)
	}
	b.WriteString(printed(a.Table))
	rows, err := w.deps.Conn.Query(t.Context(), a.SQL)
	if err != nil {
		t.Fatalf("the statement shown does not run: %v\n%s", err, a.SQL)
	}
	defer rows.Close()
	s := export.NewScanner(rows)
	again := export.Table{Columns: a.Table.Columns}
	for {
		row, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if row == nil {
			break
		}
		again.Rows = append(again.Rows, row)
	}
	if d := cmp.Diff(printed(a.Table), printed(again)); d != "" {
		t.Errorf("the statement shown gives other rows: %s\n%s", d, a.SQL)
	}
	return b.String()
}

func printed(t export.Table) string {
	var b strings.Builder
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = c.Name + " " + c.Label
	}
	fmt.Fprintln(&b, strings.Join(line, " | "))
	for _, row := range t.Rows {
		for i, v := range row {
			line[i] = export.Format(t.Columns[i].Kind, v)
			if v == nil {
				line[i] = "-"
			}
		}
		fmt.Fprintln(&b, strings.Join(line, " | "))
	}
	return b.String()
}
