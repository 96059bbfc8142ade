package fulltext

import (
	"bytes"
	"cmp"
	"container/heap"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"

	"qianliyan/classify/label"
)

// ErrCursor says that Query.After did not come from an Answer in the same
// order.
var ErrCursor = errors.New("cursor does not fit the query")

// key is a document's place in the order: first, then milli, both descending,
// then id. IDs differ, so no two documents are at the same place and a page
// begins exactly behind the one before, whatever was written meanwhile.
type key struct {
	first float64 // score or rank of urgency; 0 when ordered by time
	milli int64
	id    [16]byte
}

// compare is negative when a comes before b.
func (a *key) compare(b *key) int {
	return cmp.Or(cmp.Compare(b.first, a.first), cmp.Compare(b.milli, a.milli), bytes.Compare(a.id[:], b.id[:]))
}

// cursor writes k for Answer.Next.
func (k *key) cursor(o Order) string {
	b := make([]byte, 0, 33)
	b = append(b, orderByte(o))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(k.first))
	b = binary.BigEndian.AppendUint64(b, uint64(k.milli))
	b = append(b, k.id[:]...)
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string, o Order) (*key, error) {
	if s == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 33 || b[0] != orderByte(o) {
		return nil, ErrCursor
	}
	k := &key{first: math.Float64frombits(binary.BigEndian.Uint64(b[1:])), milli: int64(binary.BigEndian.Uint64(b[9:]))}
	copy(k.id[:], b[17:])
	if math.IsNaN(k.first) {
		return nil, ErrCursor
	}
	return k, nil
}

func orderByte(o Order) byte {
	switch o {
	case ByScore:
		return 's'
	case ByUrgency:
		return 'u'
	}
	return 't'
}

// urgencyRank orders the values of label.Urgency.
func urgencyRank(value string) float64 {
	switch value {
	case label.Critical:
		return 3
	case label.Pressing:
		return 2
	case label.Routine:
		return 1
	}
	return 0
}

// hit is a document of a page before its words are read.
type hit struct {
	key
	view *view
	doc  uint32
}

// page keeps the first size hits behind after, the last of them on top.
type page struct {
	size int
	hits []hit
	more bool // there are hits behind the page
}

func (p *page) Len() int           { return len(p.hits) }
func (p *page) Less(i, j int) bool { return p.hits[i].compare(&p.hits[j].key) > 0 }
func (p *page) Swap(i, j int)      { p.hits[i], p.hits[j] = p.hits[j], p.hits[i] }
func (p *page) Push(x any)         { p.hits = append(p.hits, x.(hit)) }

func (p *page) Pop() any {
	last := p.hits[len(p.hits)-1]
	p.hits = p.hits[:len(p.hits)-1]
	return last
}

func (p *page) offer(h hit) {
	if len(p.hits) < p.size {
		heap.Push(p, h)
		return
	}
	p.more = true
	if p.size > 0 && h.compare(&p.hits[0].key) < 0 {
		p.hits[0] = h
		heap.Fix(p, 0)
	}
}
