// Package doctor answers one question: is everything that was accepted where
// it must be?
//
// The books are compared per source and day. Accepted is what the ledger read
// from the bus: every text the broker acknowledged. Each of these must be in
// the full-text index and in the columnar store, or among the dead letters
// with a reason:
//
//	accepted = full-text documents + dead letters
//	accepted = distinct ids in the columnar store + dead letters
//
// A letter counts as dead for a store only while it is not in that store, so a
// text that failed once and was mended is not counted twice.
//
// The check reads three independent books, none of which is made from another.
// While items are on their way the stores lag behind the ledger, and the
// difference is not yet a loss: Report.Behind says how many are on their way,
// and a caller that wants a verdict waits until it is 0.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"qianliyan/ingest/item"
)

// Count is how many distinct items of one source and day a book has.
type Count struct {
	Source string
	Day    string // 2006-01-02
	N      int
}

// Book is one of the three books.
type Book struct {
	Counts func(ctx context.Context) ([]Count, error)
	IDs    func(ctx context.Context, source, day string) ([]item.ID, error)
}

// Dead is one dead letter, the latest of its id.
type Dead struct {
	ID     item.ID
	Source string
	Day    string
	Stage  string
	Reason string
}

// Books is what Check compares.
type Books struct {
	Ledger, Fulltext, Columnar Book
	Dead                       func(ctx context.Context) ([]Dead, error)
	Behind                     func(ctx context.Context) (int64, error) // records not yet in all stores
}

// Report is the verdict.
type Report struct {
	OK          bool         `json:"ok"`
	Accepted    int          `json:"accepted"`
	Fulltext    int          `json:"fulltext"`
	Columnar    int          `json:"columnar"`
	DeadLetters int          `json:"dead_letters"`
	Behind      int64        `json:"behind"`
	Differences []Difference `json:"differences,omitempty"`
}

// Difference is a source and day on which the books disagree.
type Difference struct {
	Source   string    `json:"source"`
	Day      string    `json:"day"`
	Accepted int       `json:"accepted"`
	Fulltext int       `json:"fulltext"`
	Columnar int       `json:"columnar"`
	Dead     int       `json:"dead_letters"`
	Examples []Example `json:"examples,omitempty"` // at most MaxExamples
}

// Example is one item on which the books disagree, and what to do.
type Example struct {
	ID      item.ID  `json:"id"`
	Missing []string `json:"missing"` // names of the books without it
}

// MaxExamples is how many items a difference names.
const MaxExamples = 20

type cell struct{ source, day string }

// Check compares the books. Equal counts are believed unless deep is set: then
// every id is compared, which takes longer and finds
// one lost and one too many on the same day. An error means that a book could
// not be read, not that they disagree.
func Check(ctx context.Context, b Books, deep bool) (Report, error) {
	var r Report
	var err error
	if r.Behind, err = b.Behind(ctx); err != nil {
		return r, fmt.Errorf("cannot read the stores' lag: %w", err)
	}
	dead, err := b.Dead(ctx)
	if err != nil {
		return r, fmt.Errorf("cannot read the dead letters: %w", err)
	}
	rows := map[cell]*Difference{}
	row := func(source, day string) *Difference {
		c := cell{source, day}
		if rows[c] == nil {
			rows[c] = &Difference{Source: source, Day: day}
		}
		return rows[c]
	}
	for _, x := range []struct {
		name string
		book Book
		add  func(*Difference, int)
	}{
		{"ledger", b.Ledger, func(d *Difference, n int) { d.Accepted += n; r.Accepted += n }},
		{"fulltext", b.Fulltext, func(d *Difference, n int) { d.Fulltext += n; r.Fulltext += n }},
		{"columnar", b.Columnar, func(d *Difference, n int) { d.Columnar += n; r.Columnar += n }},
	} {
		counts, err := x.book.Counts(ctx)
		if err != nil {
			return r, fmt.Errorf("cannot count the %s: %w", x.name, err)
		}
		for _, c := range counts {
			x.add(row(c.Source, c.Day), c.N)
		}
	}
	deadIn := map[cell][]Dead{}
	for _, d := range dead {
		deadIn[cell{d.Source, d.Day}] = append(deadIn[cell{d.Source, d.Day}], d)
		row(d.Source, d.Day)
	}
	for c, d := range rows {
		if !deep && d.Accepted == d.Fulltext && d.Accepted == d.Columnar {
			continue // the dead of this day were mended, or there are none
		}
		if err := d.judge(ctx, b, deadIn[c]); err != nil {
			return r, err
		}
		r.DeadLetters += d.Dead
		if len(d.Examples) > 0 {
			r.Differences = append(r.Differences, *d)
		}
	}
	slices.SortFunc(r.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Source, b.Source))
	})
	r.OK = len(r.Differences) == 0
	return r, nil
}

// judge looks at the ids of one source and day: which are missing where, and
// which of these are dead letters.
func (d *Difference) judge(ctx context.Context, b Books, dead []Dead) error {
	const ledger, fulltext, columnar = 1, 2, 4
	seen := map[item.ID]int{}
	for bit, book := range map[int]Book{ledger: b.Ledger, fulltext: b.Fulltext, columnar: b.Columnar} {
		ids, err := book.IDs(ctx, d.Source, d.Day)
		if err != nil {
			return fmt.Errorf("cannot list the ids of %s on %s: %w", d.Source, d.Day, err)
		}
		for _, id := range ids {
			seen[id] |= bit
		}
	}
	buried := map[item.ID]bool{}
	for _, x := range dead {
		buried[x.ID] = true
	}
	for id, bits := range seen {
		if bits == ledger|fulltext|columnar {
			continue
		}
		if buried[id] && bits&ledger != 0 {
			d.Dead++
			continue
		}
		if len(d.Examples) >= MaxExamples {
			continue
		}
		e := Example{ID: id}
		for _, m := range []struct {
			bit  int
			name string
		}{{ledger, "ledger"}, {fulltext, "fulltext"}, {columnar, "columnar"}} {
			if bits&m.bit == 0 {
				e.Missing = append(e.Missing, m.name)
			}
		}
		d.Examples = append(d.Examples, e)
	}
	slices.SortFunc(d.Examples, func(a, b Example) int { return cmp.Compare(a.ID, b.ID) })
	return nil
}
