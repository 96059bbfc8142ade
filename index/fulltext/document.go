package fulltext

import (
	"fmt"
	"strings"
	"time"
	"unsafe"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// Fields of a document. Names are short because every segment repeats them.
const (
	fieldTitleWords = "tw" // words of the title; stores the title as received
	fieldTextWords  = "bw" // words of the text; stores the text as received
	fieldTitleGrams = "tg" // grams of the title
	fieldGrams      = "g"  // grams of title and text
	fieldMeta       = "m"  // doc value: labels and day, see meta
	fieldRecord     = "r"  // doc value: time and lengths, see record
)

// textFields are the fields ranking reads, in the order of record's lengths.
var textFields = [...]string{fieldTitleWords, fieldTextWords, fieldTitleGrams, fieldGrams}

// Lists names the fields a Query may filter and count by.
func Lists() []string {
	return []string{"channel", "source", "unit", "topic", "region", "urgency", "form"}
}

// listDay is the place of the day behind Lists in meta.
const listDay = 7

// separators inside fieldMeta. Values are cleaned of both and of 0xFF, which
// separates doc values in bleve.
const (
	sepField = "\x1f"
	sepValue = "\x1e"
)

// field is a bleve field whose terms were counted by this package. Its length
// for bleve is always 1: the true lengths stand in fieldRecord, and a length
// of one byte keeps the postings small.
type field struct {
	name  string
	value []byte
	opts  index.FieldIndexingOptions
	count func() *counter // called once, on one of bleve's analysis workers
	freqs index.TokenFrequencies
}

func (f *field) Name() string                                     { return f.name }
func (f *field) Value() []byte                                    { return f.value }
func (f *field) ArrayPositions() []uint64                         { return nil }
func (f *field) EncodedFieldType() byte                           { return 't' }
func (f *field) Options() index.FieldIndexingOptions              { return f.opts }
func (f *field) AnalyzedLength() int                              { return 1 }
func (f *field) NumPlainTextBytes() uint64                        { return uint64(len(f.value)) }
func (f *field) Size() int                                        { return 256 + len(f.value) }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.freqs }

func (f *field) Analyze() {
	f.freqs = f.count().freqs
	f.count = nil
}

// newDocument shapes l for bleve. The cutting is left to Analyze, which runs
// on all cores; fields are analysed in order, on one goroutine per document,
// so the later ones may use what the earlier ones made.
func (x *Index) newDocument(l label.Labeled) *document.Document {
	it := &l.Item
	title, text := l.Words.Title, l.Words.Text
	if l.Words.Segmenter != x.version {
		title, text = nil, nil
	}
	var titleNormal, textNormal []byte
	var lengths [len(textFields)]int
	cut := func(s string, runs label.Runs, normal *[]byte, length *int) func() *counter {
		return func() *counter {
			if runs == nil || runs.Split(s) == nil {
				runs = x.deps.Segmenter.Cut(s)
			}
			var terms [][]byte
			*normal, terms = words(nil, s, runs)
			c := newCounter(len(terms))
			for _, w := range terms {
				c.add(w)
			}
			*length = c.n
			return c
		}
	}
	gram := func(length *int, normals ...*[]byte) func() *counter {
		return func() *counter {
			n := 0
			for _, b := range normals {
				n += len(*b)
			}
			c := newCounter(n/3 + 1)
			for _, b := range normals {
				grams(*b, c.add)
			}
			*length = c.n
			return c
		}
	}
	const stored = index.IndexField | index.StoreField
	d := document.NewDocument(string(it.ID))
	d.AddField(&field{name: fieldTitleWords, value: []byte(it.Title), opts: stored, count: cut(it.Title, title, &titleNormal, &lengths[0])})
	d.AddField(&field{name: fieldTextWords, value: []byte(it.Text), opts: stored, count: cut(it.Text, text, &textNormal, &lengths[1])})
	d.AddField(&field{name: fieldTitleGrams, opts: index.IndexField, count: gram(&lengths[2], &titleNormal)})
	d.AddField(&field{name: fieldGrams, opts: index.IndexField, count: gram(&lengths[3], &titleNormal, &textNormal)})
	d.AddField(&field{name: fieldRecord, opts: docValue, count: func() *counter { return one(record{it.Time().UnixMilli(), l.Version(), lengths}.pack()) }})
	addLists(d, l)
	return d
}

// docValue is the form of a field that is read by columns; bleve keeps doc
// values of indexed fields only.
const docValue = index.IndexField | index.DocValues | index.SkipFreqNorm

func one(terms ...string) *counter {
	c := newCounter(len(terms))
	for _, t := range terms {
		if t != "" {
			c.add([]byte(t))
		}
	}
	return c
}

// addLists adds one keyword field per list, to filter by, and fieldMeta, to
// count by and to show.
func addLists(d *document.Document, l label.Labeled) {
	it := &l.Item
	values := [listDay + 1][]string{
		{string(it.Channel)},
		{it.Source},
		{it.Unit},
		labels(l, label.Topic), labels(l, label.Region),
		{l.Value(label.Urgency)},
		labels(l, label.Form),
		{dayOf(it)},
	}
	var m strings.Builder
	for i, vs := range values {
		if i > 0 {
			m.WriteString(sepField)
		}
		for j := range vs {
			vs[j] = cleanValue(vs[j])
		}
		m.WriteString(strings.Join(vs, sepValue))
		if i < listDay {
			d.AddField(&field{name: Lists()[i], opts: index.IndexField | index.SkipFreqNorm, count: func() *counter { return one(vs...) }})
		}
	}
	meta := m.String()
	d.AddField(&field{name: fieldMeta, opts: docValue, count: func() *counter { return one(meta) }})
}

func labels(l label.Labeled, k label.Kind) []string {
	var out []string
	for _, x := range l.Of(k) {
		out = append(out, x.Value)
	}
	return out
}

func cleanValue(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
}

// dayOf is the item's day, which names its shard. Ingest always sets it; an
// item fed past ingest gets the day of its time.
func dayOf(it *item.Item) string {
	if _, err := time.Parse(time.DateOnly, it.Day); err == nil {
		return it.Day
	}
	return it.Time().In(item.Zone).Format(time.DateOnly)
}

// record is what columns hold of a document besides its labels.
type record struct {
	milli   int64  // of item.Time
	version uint64 // label.Labeled.Version
	lengths [len(textFields)]int
}

// pack writes bytes below 0x80 only: bleve's separator of doc values is 0xFF.
func (r record) pack() string {
	b := make([]byte, 0, recordSize)
	b = append7(b, uint64(r.milli)+timeBias, 8)
	b = append7(b, r.version, 10)
	for _, n := range r.lengths {
		b = append7(b, uint64(min(n, 1<<21-1)), 3)
	}
	return string(b)
}

const (
	recordSize = 8 + 10 + 3*len(textFields)
	timeBias   = 1 << 47 // so that times before 1970 stay positive
)

func append7(b []byte, v uint64, n int) []byte {
	for i := n - 1; i >= 0; i-- {
		b = append(b, byte(v>>(7*i)&0x7F))
	}
	return b
}

func read7(b []byte) (v uint64) {
	for _, c := range b {
		v = v<<7 | uint64(c&0x7F)
	}
	return v
}

// unpack is the inverse of pack.
func unpack(b []byte) (r record, err error) {
	if len(b) != recordSize {
		return r, fmt.Errorf("record has %d bytes, not %d", len(b), recordSize)
	}
	r.milli = int64(read7(b[:8]) - timeBias)
	r.version = read7(b[8:18])
	for i := range r.lengths {
		r.lengths[i] = int(read7(b[18+3*i : 21+3*i]))
	}
	return r, nil
}

// alias is b as a string without a copy; b must not change.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
