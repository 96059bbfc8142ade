package fulltext

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// A leaf holds what is known of one Has in one segment: of checked documents
// the stored words were read, and those in holds have the words in them.
// Both only grow, and as segments never change, both stay true.
type leaf struct {
	mu             sync.Mutex
	checked, holds *roaring.Bitmap
}

type leafKey struct{ field, text string }

// maxLeaves bounds the leaves remembered per segment; beyond it all are
// forgotten, as asking again is cheap.
const maxLeaves = 64

func (c *columns) leaf(k leafKey) *leaf {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.leaves[k]
	if l == nil {
		if len(c.leaves) >= maxLeaves {
			clear(c.leaves)
		}
		l = &leaf{checked: roaring.New(), holds: roaring.New()}
		c.leaves[k] = l
	}
	return l
}

// where returns the documents among within that meet w.
func (v *view) where(ctx context.Context, w *Where, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	switch w.Op {
	case Has:
		return v.has(ctx, w.Field, w.Text, within)
	case And:
		out := within
		for i := range w.Kids {
			var err error
			if out, err = v.where(ctx, &w.Kids[i], out); err != nil || out.IsEmpty() {
				return out, err
			}
		}
		return out, nil
	case Or:
		out := roaring.New()
		for i := range w.Kids {
			// What an earlier kid has found need not be asked of a later one.
			b, err := v.where(ctx, &w.Kids[i], roaring.AndNot(within, out))
			if err != nil {
				return nil, err
			}
			out.Or(b)
		}
		return out, nil
	case Not:
		if len(w.Kids) != 1 {
			return nil, fmt.Errorf("cannot search: %q has %d kids", w.Op, len(w.Kids))
		}
		b, err := v.where(ctx, &w.Kids[0], within)
		if err != nil {
			return nil, err
		}
		return roaring.AndNot(within, b), nil
	}
	return nil, fmt.Errorf("cannot search: unknown operator %q", w.Op)
}

// has finds the documents that contain text. Grams narrow them down; the
// stored words decide, except where one gram is the whole text.
func (v *view) has(ctx context.Context, fieldName, text string, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	normal := appendNormal(nil, text)
	if !searchable(normal) {
		return nil, fmt.Errorf("cannot search: %q has no letter or digit", text)
	}
	name := fieldGrams
	if fieldName == "title" {
		name = fieldTitleGrams
	}
	dict, err := v.seg.Segment().Dictionary(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read field %q: %w", name, err)
	}
	may, err := candidates(dict, normal, within)
	if err != nil || may.IsEmpty() {
		return may, err
	}
	if utf8.RuneCount(normal) <= 2 && oneRun(normal) && fieldName != "text" {
		return may, nil
	}
	return v.verify(ctx, leafKey{fieldName, string(normal)}, may)
}

// oneRun reports whether all of normal is searchable.
func oneRun(normal []byte) bool {
	for i := 0; i < len(normal); {
		r, n := utf8.DecodeRune(normal[i:])
		if !inRun(r) {
			return false
		}
		i += n
	}
	return true
}

// candidates are the documents among within that have every gram of normal.
func candidates(dict segment.TermDictionary, normal []byte, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	out := within
	seen := map[string]bool{}
	var firstErr error
	narrow := func(b *roaring.Bitmap, err error) {
		if err != nil {
			firstErr = err
			return
		}
		out = roaring.And(out, b)
	}
	for _, run := range runsOf(normal) {
		single := utf8.RuneCount(run) == 1
		grams(run, func(g []byte) {
			if firstErr != nil || seen[string(g)] || out.IsEmpty() {
				return
			}
			seen[string(g)] = true
			switch {
			case single:
				narrow(prefixed(dict, g))
			case utf8.RuneCount(g) == 2:
				narrow(postings(dict, g))
			}
		})
	}
	return out, firstErr
}

// runsOf splits normal into its runs.
func runsOf(normal []byte) [][]byte {
	return bytes.FieldsFunc(normal, func(r rune) bool { return !inRun(r) })
}

// postings are the documents that have term, as a bitmap of their own.
func postings(dict segment.TermDictionary, term []byte) (*roaring.Bitmap, error) {
	out := roaring.New()
	return out, orPostings(out, dict, term)
}

func orPostings(out *roaring.Bitmap, dict segment.TermDictionary, term []byte) error {
	list, err := dict.PostingsList(term, nil, nil)
	if err != nil {
		return fmt.Errorf("cannot read postings of %q: %w", term, err)
	}
	if l, ok := list.(interface{ OrInto(*roaring.Bitmap) }); ok {
		l.OrInto(out)
		return nil
	}
	it := list.Iterator(false, false, false, nil)
	for p, err := it.Next(); ; p, err = it.Next() {
		if err != nil || p == nil {
			return err
		}
		out.Add(uint32(p.Number()))
	}
}

// prefixed are the documents with a gram that begins with char: every
// character begins a gram, so these are the documents that have char.
func prefixed(dict segment.TermDictionary, char []byte) (*roaring.Bitmap, error) {
	out := roaring.New()
	after := bytes.Clone(char) // the last byte of a rune is below 0xFF
	after[len(after)-1]++
	it := dict.AutomatonIterator(nil, char, after)
	for {
		e, err := it.Next()
		if err != nil {
			return nil, fmt.Errorf("cannot read terms from %q: %w", char, err)
		}
		if e == nil {
			return out, nil
		}
		if err := orPostings(out, dict, []byte(e.Term)); err != nil {
			return nil, err
		}
	}
}

// verify reads the words of those documents of may that were not read before.
func (v *view) verify(ctx context.Context, k leafKey, may *roaring.Bitmap) (*roaring.Bitmap, error) {
	l := v.cols.leaf(k)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.checked.IsEmpty() {
		if err := v.asWord(k, l); err != nil {
			return nil, err
		}
	}
	todo := roaring.AndNot(may, l.checked)
	text := []byte(k.text)
	var buf []byte
	n := 0
	for it := todo.Iterator(); it.HasNext(); n++ {
		if n%256 == 255 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		doc := it.Next()
		found := false
		err := v.seg.VisitDocument(uint64(doc), func(name string, _ byte, value []byte, _ []uint64) bool {
			if found || name == fieldTextWords && k.field == "title" || name == fieldTitleWords && k.field == "text" ||
				name != fieldTextWords && name != fieldTitleWords {
				return true
			}
			// Words already in normal form are found without folding.
			found = bytes.Contains(value, text)
			if !found {
				buf = appendNormal(buf[:0], alias(value))
				found = bytes.Contains(buf, text)
			}
			return true
		})
		if err != nil {
			return nil, fmt.Errorf("cannot read document %d: %w", doc, err)
		}
		if found {
			l.holds.Add(doc)
		}
		l.checked.Add(doc)
	}
	return roaring.And(may, l.holds), nil
}

// asWord takes the documents in which the segmenter saw the very text as a
// word: they have it, and need not be read.
func (v *view) asWord(k leafKey, l *leaf) error {
	for _, name := range []string{fieldTitleWords, fieldTextWords} {
		if name == fieldTextWords && k.field == "title" || name == fieldTitleWords && k.field == "text" {
			continue
		}
		dict, err := v.seg.Segment().Dictionary(name)
		if err != nil {
			return fmt.Errorf("cannot read field %q: %w", name, err)
		}
		b, err := postings(dict, []byte(k.text))
		if err != nil {
			return err
		}
		// The copy outlives the segment's memory, which b may point into.
		for it := b.Iterator(); it.HasNext(); {
			doc := it.Next()
			l.holds.Add(doc)
			l.checked.Add(doc)
		}
	}
	return nil
}

// lists narrows within to documents that have, in every given list, one of
// its values.
func (v *view) lists(lists map[string][]string, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	for name, values := range lists {
		if len(values) == 0 {
			continue
		}
		dict, err := v.seg.Segment().Dictionary(name)
		if err != nil {
			return nil, fmt.Errorf("cannot read field %q: %w", name, err)
		}
		either := roaring.New()
		for _, x := range values {
			if err := orPostings(either, dict, []byte(x)); err != nil {
				return nil, err
			}
		}
		within = roaring.And(within, either)
	}
	return within, nil
}

// days narrows within to the days from…to, by the column: a shard cut by a
// range has at most 31 of them.
func (v *view) days(from, to string, within *roaring.Bitmap) *roaring.Bitmap {
	if (from == "" || from <= v.shard+"-01") && (to == "" || to >= v.shard+"-31") {
		return within
	}
	in := make([]bool, len(v.cols.vals[listDay]))
	for i, day := range v.cols.vals[listDay] {
		in[i] = len(day) == 1 && (from == "" || day[0] >= from) && (to == "" || day[0] <= to)
	}
	out := roaring.New()
	for it := within.Iterator(); it.HasNext(); {
		if doc := it.Next(); in[v.cols.ords[listDay][doc]] {
			out.Add(doc)
		}
	}
	return out
}
