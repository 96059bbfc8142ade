package trend

import (
	"slices"
	"strconv"

	"qianliyan/index/fulltext"
	"qianliyan/ingest/item"
	"qianliyan/query/search"
)

// words is a query of search as parameters of a statement. Search and
// questions read the same language, search.Parse, and look into the same
// folded text, so they find the same items.
//
// clauses must all hold; a clause holds when one of its numbers does: n > 0
// when word n of either, title and text together (from 1, in this order)
// occurs, n < 0 when word -n does not.
type words struct {
	either, title, text []string
	clauses             [][]int
}

// maxClauses bounds what brackets may multiply to.
const maxClauses = 200

// literal is one word of a query, wanted or not wanted.
type literal struct {
	field, text string
	not         bool
}

// wordsOf reads a query. A mistake in it is search's item.Problem.
func wordsOf(query string) (words, error) {
	p, err := search.Parse(query)
	if err != nil || p.Where == nil {
		return words{}, err
	}
	cnf := clausesOf(p.Where, false)
	if cnf == nil {
		return words{}, &item.Problem{
			Column: "检索式", Value: short(query), Reason: "“或”与括号套得太多，统计算不过来",
			Hint: "请拆成几次查询，或减少括号（展开后最多 " + strconv.Itoa(maxClauses) + " 组）",
		}
	}
	var w words
	lists := []struct {
		field string
		words *[]string
	}{{"", &w.either}, {"title", &w.title}, {"text", &w.text}}
	for _, c := range cnf {
		for _, l := range c {
			for _, x := range lists {
				if x.field == l.field && !slices.Contains(*x.words, l.text) {
					*x.words = append(*x.words, l.text)
				}
			}
		}
	}
	for _, c := range cnf {
		var clause []int
		for _, l := range c {
			n := 1
			for _, x := range lists {
				if x.field == l.field {
					n += slices.Index(*x.words, l.text)
					break
				}
				n += len(*x.words)
			}
			if l.not {
				n = -n
			}
			clause = append(clause, n)
		}
		w.clauses = append(w.clauses, clause)
	}
	return w, nil
}

// clausesOf brings w, or its opposite, to a list of ors that must all hold;
// nil when there are too many.
func clausesOf(w *fulltext.Where, not bool) [][]literal {
	switch {
	case w.Op == fulltext.Has:
		return [][]literal{{{w.Field, item.Normalize(w.Text), not}}}
	case w.Op == fulltext.Not:
		return clausesOf(&w.Kids[0], !not)
	case (w.Op == fulltext.And) != not: // all kids must hold
		var out [][]literal
		for i := range w.Kids {
			k := clausesOf(&w.Kids[i], not)
			if k == nil || len(out)+len(k) > maxClauses {
				return nil
			}
			out = append(out, k...)
		}
		return out
	}
	// One of the kids must hold: every choice of one clause from each.
	out := [][]literal{nil}
	for i := range w.Kids {
		k := clausesOf(&w.Kids[i], not)
		if k == nil || len(out)*len(k) > maxClauses {
			return nil
		}
		var next [][]literal
		for _, a := range out {
			for _, b := range k {
				next = append(next, slices.Concat(a, b))
			}
		}
		out = next
	}
	return out
}
