package fulltext

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// BM25 with constants chosen by BenchmarkKnownItem of query/search: with the
// root of the frequency, as bleve takes it, and an early saturation the right
// letter stands first a point more often than with the usual 1.2. Lengths,
// averages and document frequencies are the true ones over all shards asked,
// so an item scores the same however the months were cut. (Bleve's own BM25
// takes the number of distinct terms for the length of a field, and each
// index its own frequencies.)
const (
	bm25K = 0.5
	bm25B = 0.75
)

// maxTerms bounds the terms of one query: the rarest are kept, which say most.
const maxTerms = 128

// term is one word or gram to score by, in one field.
type term struct {
	field  int // of textFields
	text   string
	weight float64 // boost × occurrences in the query
	df     uint64  // documents that have it
	idf    float64
}

// rankTerms cuts the words of a query as documents are cut: words for the word
// fields, pairs of characters for the gram fields.
func (x *Index) rankTerms(rank []string) []term {
	var out []term
	at := map[term]int{}
	add := func(f int, text []byte) {
		boost := 1.0
		if textFields[f] == fieldTitleWords || textFields[f] == fieldTitleGrams {
			// A pair of the title also counts in fieldGrams, which holds both.
			boost = x.cfg.TitleBoost
			if textFields[f] == fieldTitleGrams {
				boost--
			}
		}
		if boost <= 0 {
			return
		}
		k := term{field: f, text: string(text)}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, k)
		}
		out[i].weight += boost
	}
	for _, s := range rank {
		normal, ws := words(nil, s, x.deps.Segmenter.Cut(s))
		for _, w := range ws {
			add(0, w)
			add(1, w)
		}
		grams(normal, func(g []byte) {
			if utf8.RuneCount(g) == 2 {
				add(2, g)
				add(3, g)
			}
		})
	}
	return out
}

// stats fills in what depends on the views: how many documents have each
// term, and the average lengths.
func stats(views []*view, terms []term) (kept []term, average [len(textFields)]float64, err error) {
	var docs float64
	for _, v := range views {
		live := v.live()
		docs += float64(live.GetCardinality())
		for it := live.Iterator(); it.HasNext(); {
			for i, n := range v.cols.lengths[it.Next()] {
				average[i] += float64(n)
			}
		}
		for i := range terms {
			n, err := v.count(textFields[terms[i].field], terms[i].text)
			if err != nil {
				return nil, average, err
			}
			terms[i].df += n
		}
	}
	for i := range average {
		average[i] = max(average[i]/max(docs, 1), 1)
	}
	terms = slices.DeleteFunc(terms, func(t term) bool { return t.df == 0 })
	for i := range terms {
		// Replaced documents still count in df until their segment is merged.
		df := min(float64(terms[i].df), docs)
		terms[i].idf = math.Log(1 + (docs-df+0.5)/(df+0.5))
	}
	if len(terms) > maxTerms {
		slices.SortFunc(terms, func(a, b term) int { return cmp.Compare(b.idf*b.weight, a.idf*a.weight) })
		terms = terms[:maxTerms]
	}
	return terms, average, nil
}

func (v *view) count(field, text string) (uint64, error) {
	dict, err := v.seg.Segment().Dictionary(field)
	if err != nil {
		return 0, fmt.Errorf("cannot read field %q: %w", field, err)
	}
	list, err := dict.PostingsList([]byte(text), nil, nil)
	if err != nil {
		return 0, fmt.Errorf("cannot read postings of %q: %w", text, err)
	}
	return list.Count(), nil
}

// scores adds up the terms for every document of the segment.
func (v *view) scores(terms []term, average [len(textFields)]float64) ([]float32, error) {
	out := make([]float32, v.seg.FullSize())
	var list segment.PostingsList
	var it segment.PostingsIterator
	for _, t := range terms {
		dict, err := v.seg.Segment().Dictionary(textFields[t.field])
		if err != nil {
			return nil, fmt.Errorf("cannot read field %q: %w", textFields[t.field], err)
		}
		if list, err = dict.PostingsList([]byte(t.text), nil, list); err != nil {
			return nil, fmt.Errorf("cannot read postings of %q: %w", t.text, err)
		}
		it = list.Iterator(true, false, false, it)
		for {
			p, err := it.Next()
			if err != nil {
				return nil, fmt.Errorf("cannot read postings of %q: %w", t.text, err)
			}
			if p == nil {
				break
			}
			doc, tf := p.Number(), math.Sqrt(float64(p.Frequency()))
			length := float64(v.cols.lengths[doc][t.field])
			norm := bm25K * (1 - bm25B + bm25B*length/average[t.field])
			out[doc] += float32(t.weight * t.idf * tf * (bm25K + 1) / (tf + norm))
		}
	}
	return out, nil
}

// loose are the documents that share a word of at least two characters with
// the query; where it has none, a gram.
func (v *view) loose(terms []term) (*roaring.Bitmap, error) {
	words := func(t term) bool { return t.field <= 1 && utf8.RuneCountInString(t.text) > 1 }
	if !slices.ContainsFunc(terms, words) {
		words = func(term) bool { return true }
	}
	out := roaring.New()
	for _, t := range terms {
		if !words(t) {
			continue
		}
		dict, err := v.seg.Segment().Dictionary(textFields[t.field])
		if err != nil {
			return nil, fmt.Errorf("cannot read field %q: %w", textFields[t.field], err)
		}
		if err := orPostings(out, dict, []byte(t.text)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Terms are the words of s by which a Loose query finds items, in normal form.
func (x *Index) Terms(s string) []string {
	_, ws := words(nil, s, x.deps.Segmenter.Cut(s))
	var out []string
	for _, w := range ws {
		if utf8.RuneCount(w) > 1 {
			out = append(out, string(bytes.Clone(w)))
		}
	}
	return out
}
