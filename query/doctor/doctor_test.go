package doctor

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qianliyan/ingest/item"
)

// shelf is a book made of lines "source day id".
func shelf(lines ...string) Book {
	rows := map[Count][]item.ID{}
	for _, l := range lines {
		f := strings.Fields(l)
		c := Count{Source: f[0], Day: f[1]}
		rows[c] = append(rows[c], item.ID(f[2]))
	}
	return Book{
		Counts: func(context.Context) ([]Count, error) {
			var out []Count
			for c, ids := range rows {
				c.N = len(ids)
				out = append(out, c)
			}
			return out, nil
		},
		IDs: func(_ context.Context, source, day string) ([]item.ID, error) {
			return rows[Count{Source: source, Day: day}], nil
		},
	}
}

func books(ledger, fulltext, columnar Book, dead ...Dead) Books {
	return Books{
		ledger, fulltext, columnar,
		func(context.Context) ([]Dead, error) { return dead, nil },
		func(context.Context) (int64, error) { return 0, nil },
	}
}

func TestCheck(t *testing.T) {
	full := shelf("a 2026-01-01 1", "a 2026-01-01 2", "b 2026-01-02 3")
	lost := shelf("a 2026-01-01 1", "b 2026-01-02 3")
	other := shelf("a 2026-01-01 1", "a 2026-01-01 9", "b 2026-01-02 3")
	letter := Dead{ID: "2", Source: "a", Day: "2026-01-01", Stage: "index", Reason: "too large"}
	for _, c := range []struct {
		name  string
		books Books
		want  Report
	}{
		{"nothing", books(shelf(), shelf(), shelf()), Report{OK: true}},
		{"all there", books(full, full, full), Report{OK: true, Accepted: 3, Fulltext: 3, Columnar: 3}},
		{"one lost in the index", books(full, lost, full), Report{
			Accepted: 3, Fulltext: 2, Columnar: 3,
			Differences: []Difference{{"a", "2026-01-01", 2, 1, 2, 0, []Example{{"2", []string{"fulltext"}}}}},
		}},
		{"one buried", books(full, lost, lost, letter), Report{OK: true, Accepted: 3, Fulltext: 2, Columnar: 2, DeadLetters: 1}},
		{"buried but mended", books(full, full, full, letter), Report{OK: true, Accepted: 3, Fulltext: 3, Columnar: 3}},
		{"stored but never accepted", books(lost, full, full), Report{
			Accepted: 2, Fulltext: 3, Columnar: 3,
			Differences: []Difference{{"a", "2026-01-01", 1, 2, 2, 0, []Example{{"2", []string{"ledger"}}}}},
		}},
		{"one lost and one too many, counts only", books(full, full, other), Report{OK: true, Accepted: 3, Fulltext: 3, Columnar: 3}},
		{"one lost and one too many, deep", books(full, full, other), Report{
			Accepted: 3, Fulltext: 3, Columnar: 3,
			Differences: []Difference{{"a", "2026-01-01", 2, 2, 2, 0, []Example{{"2", []string{"columnar"}}, {"9", []string{"ledger", "fulltext"}}}}},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Check(t.Context(), c.books, strings.HasSuffix(c.name, "deep"))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestExamplesAreBounded(t *testing.T) {
	ids := map[string]bool{}
	for i := range 3 * MaxExamples {
		ids["a 2026-01-01 "+strings.Repeat("x", i+1)] = true
	}
	r, err := Check(t.Context(), books(shelf(slices.Sorted(maps.Keys(ids))...), shelf(), shelf()), false)
	if err != nil || r.OK || len(r.Differences) != 1 || len(r.Differences[0].Examples) != MaxExamples {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestBookThatCannotBeRead(t *testing.T) {
	b := books(shelf(), shelf(), shelf())
	broken := errors.New("disk on fire")
	b.Columnar.Counts = func(context.Context) ([]Count, error) { return nil, broken }
	if r, err := Check(t.Context(), b, false); !errors.Is(err, broken) || r.OK {
		t.Fatalf("%+v, %v", r, err)
	}
}
