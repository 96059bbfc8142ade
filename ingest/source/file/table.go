package file

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

// headRows is within how many rows of a table its header must stand.
const headRows = 10

// kinds are the mappings a file may be read by: one, or those of the set.
type kinds struct {
	set *mapping.Set
	one *mapping.Mapping
}

// each is the mappings to try, in the set's order.
func (k kinds) each() []*mapping.Mapping {
	if k.one != nil {
		return []*mapping.Mapping{k.one}
	}
	var out []*mapping.Mapping
	for _, name := range k.set.Kinds() {
		if m, problem := k.set.Get(name); problem == nil {
			out = append(out, m)
		}
	}
	return out
}

func (k kinds) detect(header []string) (*mapping.Mapping, mapping.Match) {
	if k.one != nil {
		return k.one, k.one.Match(header)
	}
	return k.set.Detect(header)
}

// table names the columns of records: it finds the header and turns the rows
// below it into named cells.
type table struct {
	src     records
	ahead   []record // read while looking for the header
	failed  error    // what ended that look, to be told behind these
	names   []string
	kind    *mapping.Mapping
	strict  bool // rows must be as wide as the header
	rejects bool // a rejects file: five columns of ours stand before the others
	sheet   string
	read    mapping.Reading
}

// newTable reads as far as the header. A table without one that a kind knows
// gives a Problem, and an empty one io.EOF.
func newTable(src records, k kinds, strict bool) (*table, error) {
	t := &table{src: src, strict: strict}
	for len(t.ahead) < headRows {
		r, err := src.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.failed = err
			break
		}
		if !r.blank() {
			t.ahead = append(t.ahead, r)
		}
	}
	if len(t.ahead) == 0 {
		return nil, cmp.Or(t.failed, io.EOF)
	}
	if isRejects(t.ahead[0].cells) {
		t.rejects = true
		t.names = t.ahead[0].cells
		t.ahead = t.ahead[1:]
		return t, nil
	}
	best := t.findHeader(k)
	if !best.match.Usable {
		return nil, cmp.Or(t.failed, error(headerless{noHeader(t.ahead[0].cells, k)}))
	}
	t.kind, t.names = best.kind, trimRight(best.names)
	t.ahead = t.ahead[best.after:]
	return t, nil
}

// candidate is a row, or two rows joined, that may be the header.
type candidate struct {
	names []string
	kind  *mapping.Mapping
	match mapping.Match
	after int // rows of ahead up to and with the header
}

// findHeader is the candidate of which a kind knows the most columns; the
// first of equals, and one row before two.
func (t *table) findHeader(k kinds) candidate {
	var best candidate
	try := func(names []string, after int, kind *mapping.Mapping, m mapping.Match) {
		if best.kind == nil || m.Usable && !best.match.Usable || m.Usable == best.match.Usable && m.Known > best.match.Known {
			best = candidate{names, kind, m, after}
		}
	}
	for i, r := range t.ahead {
		if r.problem != nil {
			continue
		}
		kind, m := k.detect(r.cells)
		try(r.cells, i+1, kind, m)
		if i+1 == len(t.ahead) || t.ahead[i+1].problem != nil {
			continue
		}
		for _, kind := range k.each() {
			names := join(r.cells, t.ahead[i+1].cells, kind)
			try(names, i+2, kind, kind.Match(names))
		}
	}
	return best
}

// join makes one header of two rows whose cells may be merged: across, when
// the upper row is empty above a lower cell; down, when the lower row is. The
// lower name stands alone where the kind knows it so and not joined.
func join(upper, lower []string, kind *mapping.Mapping) []string {
	out := make([]string, max(len(upper), len(lower)))
	over := ""
	for i := range out {
		u, l := at(upper, i), at(lower, i)
		if u != "" {
			over = u
		}
		switch {
		case l == "":
			out[i] = u
		case kind.Knows(l) && !kind.Knows(over+l):
			out[i] = l
		default:
			out[i] = over + l
		}
	}
	return out
}

func at(cells []string, i int) string {
	if i < len(cells) {
		return strings.TrimSpace(cells[i])
	}
	return ""
}

func trimRight(cells []string) []string {
	n := len(cells)
	for n > 0 && strings.TrimSpace(cells[n-1]) == "" {
		n--
	}
	return slices.Clone(cells[:n])
}

// headerless is the error of a table that no kind knows; the others of its
// workbook may be fine.
type headerless struct{ *item.Problem }

func (h headerless) Unwrap() error { return h.Problem }

func noHeader(first []string, k kinds) *item.Problem {
	var seen []string
	for _, c := range first {
		if c = strings.TrimSpace(c); c != "" && len(seen) < 8 {
			seen = append(seen, shown(c))
		}
	}
	m, _ := k.detect(nil)
	if k.one == nil {
		if g, problem := k.set.Get(mapping.Generic); problem == nil {
			m = g
		}
	}
	want := append(slices.Clip(m.Names(mapping.Title)), m.Names(mapping.Text)...)
	if len(want) > 8 {
		want = want[:8]
	}
	return &item.Problem{
		Reason: fmt.Sprintf("前 %d 行里没有认得出标题或正文的列名（看到的是：%s）", headRows, strings.Join(seen, "、")),
		Hint:   "请用这样的列名：" + strings.Join(want, "、") + "；或在列对应表里加上这里的列名",
	}
}

// next is the next row with its cells named.
func (t *table) next() (row, error) {
	for {
		var rec record
		if len(t.ahead) > 0 {
			rec, t.ahead = t.ahead[0], t.ahead[1:]
		} else {
			if t.failed != nil {
				return row{}, t.failed
			}
			var err error
			if rec, err = t.src.next(); err != nil {
				return row{}, err
			}
		}
		if rec.blank() || t.isHeader(rec) {
			continue
		}
		if r, ok := t.name(rec); ok {
			return r, nil
		}
	}
}

// isHeader reports whether rec is the header once more: tables that were put
// one behind the other have it in the middle.
func (t *table) isHeader(rec record) bool {
	if rec.problem != nil || len(trimRight(rec.cells)) != len(t.names) {
		return false
	}
	for i, n := range t.names {
		if item.Normalize(n) != item.Normalize(rec.cells[i]) {
			return false
		}
	}
	return true
}

// name makes a row of rec; ok is false for a row of a rejects file that holds
// none of the original columns.
func (t *table) name(rec record) (r row, ok bool) {
	r = row{number: strconv.Itoa(rec.number), problem: rec.problem}
	if t.sheet != "" {
		r.number = t.sheet + "!" + r.number
	}
	if rec.lost {
		return r, true
	}
	if t.rejects {
		// The number is that of the file it all began with, however often the
		// row comes round.
		if n := strings.TrimPrefix(at(rec.cells, 0), "'"); n != "" {
			r.number = n
		}
		r.note = item.Field{Name: strings.TrimPrefix(at(rec.cells, 1), "'"), Value: strings.TrimPrefix(at(rec.cells, 2), "'")}
	}
	for i, v := range rec.cells {
		if t.rejects && i < len(rejectColumns) {
			continue
		}
		n := at(t.names, i)
		if n == "" {
			if strings.TrimSpace(v) == "" {
				continue
			}
			if n = fmt.Sprintf("第%d列", i+1); t.strict && r.problem == nil {
				r.problem = &item.Problem{Column: n, Value: shown(v), Reason: "没有列名：这一行比表头多出内容", Hint: "请检查分隔符和引号，或删去多出的单元格"}
			}
		}
		if r.problem == nil {
			r.problem = badText(n, v)
		}
		r.cells = append(r.cells, item.Field{Name: n, Value: v})
		if rec.numbers != nil {
			r.numbers = append(r.numbers, rec.numbers[i])
		}
	}
	if t.strict && r.problem == nil && len(rec.cells) < len(t.names) {
		r.problem = &item.Problem{Reason: fmt.Sprintf("这一行只有 %d 列，表头有 %d 列", len(rec.cells), len(t.names)), Hint: "请检查分隔符、引号和换行，补齐缺少的单元格"}
	}
	if t.rejects {
		return restore(r)
	}
	return r, true
}

func (t *table) header() (*mapping.Mapping, []string) {
	if t.rejects {
		return nil, nil
	}
	return t.kind, t.names
}

func (t *table) reading() mapping.Reading {
	if t.rejects {
		return mapping.Reading{Either: true}
	}
	return t.read
}

func (t *table) close() error { return nil }
