package search

import (
	"cmp"
	"strconv"

	"qianliyan/index/fulltext"
	"qianliyan/ingest/item"
)

// query turns a request into the index's question. Days choose the shards;
// lists and words narrow within them.
func query(req Request, p Parsed) (fulltext.Query, error) {
	size := cmp.Or(req.Size, pageSize)
	if size < 0 || size > fulltext.MaxSize {
		return fulltext.Query{}, &item.Problem{Column: "每页条数", Value: strconv.Itoa(size), Reason: "超出范围", Hint: "请写 1 到 " + strconv.Itoa(fulltext.MaxSize)}
	}
	order, err := order(req.Sort, p.Where != nil)
	if err != nil {
		return fulltext.Query{}, err
	}
	f := req.Filter
	q := fulltext.Query{
		Where: p.Where, From: f.From, To: f.To, Lists: map[string][]string{},
		Order: order, Size: size, After: req.After,
	}
	for _, w := range p.Words {
		q.Rank = append(q.Rank, w.Text)
	}
	for _, l := range f.Lists() {
		if len(*l.Values) > 0 {
			q.Lists[l.Name] = *l.Values
		}
		if req.Facets {
			q.Facets = append(q.Facets, l.Name)
		}
	}
	// Without words there is nothing to be similar to.
	q.Loose = req.Loose && len(q.Rank) > 0
	return q, nil
}

func order(s Sort, words bool) (fulltext.Order, error) {
	switch s {
	case "":
		if words {
			return fulltext.ByScore, nil
		}
		return fulltext.ByTime, nil
	case Relevance:
		return fulltext.ByScore, nil
	case Newest:
		return fulltext.ByTime, nil
	case Urgency:
		return fulltext.ByUrgency, nil
	}
	return "", &item.Problem{Column: "排序", Value: short(string(s)), Reason: "没有这种排序", Hint: "请用 relevance、newest 或 urgency"}
}
