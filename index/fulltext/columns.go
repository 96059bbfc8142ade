package fulltext

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// columns holds what counting, sorting and ranking need of every document of
// one segment, in arrays by local number: 76 bytes a document. Segments never
// change, so columns are loaded once, on the first search that meets them.
type columns struct {
	ids     [][16]byte
	milli   []int64
	lengths [][len(textFields)]uint32
	// ords[i][doc] is the place of doc's values in vals[i]: i over Lists, then
	// the day. Several topics are one entry, so a document has one number.
	ords [listDay + 1][]uint32
	vals [listDay + 1][][]string

	mu     sync.Mutex
	leaves map[leafKey]*leaf
}

// columnCache keeps the columns of a shard's segments.
type columnCache struct {
	mu sync.Mutex
	m  map[uint64]*columnSlot
}

var errUnread = errors.New("segment was not read to its end")

type columnSlot struct {
	once sync.Once
	cols *columns
	err  error
}

// of returns the columns of all segments of snap and forgets those of segments
// that are gone.
func (c *columnCache) of(snap *scorch.IndexSnapshot) ([]*columns, error) {
	segs := snap.Segments()
	slots := make([]*columnSlot, len(segs))
	c.mu.Lock()
	next := make(map[uint64]*columnSlot, len(segs))
	for i, s := range segs {
		slot := c.m[s.Id()]
		if slot == nil {
			slot = &columnSlot{}
		}
		next[s.Id()], slots[i] = slot, slot
	}
	c.m = next
	c.mu.Unlock()
	out := make([]*columns, len(segs))
	for i, slot := range slots {
		slot.once.Do(func() {
			slot.err = errUnread // stays when loading panics, see rescue
			slot.cols, slot.err = loadColumns(segs[i])
		})
		if slot.err != nil {
			return nil, fmt.Errorf("cannot read columns of segment %d: %w", segs[i].Id(), slot.err)
		}
		out[i] = slot.cols
	}
	return out, nil
}

func loadColumns(s *scorch.SegmentSnapshot) (*columns, error) {
	dv, ok := s.Segment().(segment.DocValueVisitable)
	if !ok {
		return nil, errors.New("segment has no doc values")
	}
	n := int(s.FullSize())
	c := &columns{
		ids: make([][16]byte, n), milli: make([]int64, n), lengths: make([][len(textFields)]uint32, n),
		leaves: map[leafKey]*leaf{},
	}
	var dict [listDay + 1]map[string]uint32
	for i := range dict {
		c.ords[i], dict[i] = make([]uint32, n), map[string]uint32{}
	}
	var state segment.DocVisitState
	var broken error
	doc := 0
	visit := func(name string, term []byte) {
		switch name {
		case fieldRecord:
			var r record
			if r, broken = unpack(term); broken != nil {
				return
			}
			c.milli[doc] = r.milli
			for i, n := range r.lengths {
				c.lengths[doc][i] = uint32(n)
			}
		case fieldMeta:
			c.addMeta(doc, term, &dict)
		}
	}
	fields := []string{fieldMeta, fieldRecord}
	for ; doc < n; doc++ {
		var err error
		if state, err = dv.VisitDocValues(uint64(doc), fields, visit, state); err != nil {
			return nil, err
		}
		if broken != nil {
			return nil, broken
		}
		id, err := s.DocID(uint64(doc))
		if err != nil {
			return nil, err
		}
		if _, err := hex.Decode(c.ids[doc][:], id); err != nil || len(id) != 32 {
			return nil, fmt.Errorf("document id %q is not 32 hexadecimal digits", id)
		}
	}
	return c, nil
}

// addMeta splits fieldMeta and gives each part its number.
func (c *columns) addMeta(doc int, meta []byte, dict *[listDay + 1]map[string]uint32) {
	for i := range c.ords {
		part, rest, _ := bytes.Cut(meta, []byte(sepField))
		meta = rest
		ord, ok := dict[i][string(part)]
		if !ok {
			ord = uint32(len(c.vals[i]))
			dict[i][string(part)] = ord
			var vs []string
			for v := range bytes.SplitSeq(part, []byte(sepValue)) {
				if len(v) > 0 {
					vs = append(vs, string(v))
				}
			}
			c.vals[i] = append(c.vals[i], vs)
		}
		c.ords[i][doc] = ord
	}
}

// values are doc's values of list i.
func (c *columns) values(i int, doc uint32) []string { return c.vals[i][c.ords[i][doc]] }

func (c *columns) value(i int, doc uint32) string {
	if v := c.values(i, doc); len(v) > 0 {
		return v[0]
	}
	return ""
}

// view is one segment of a snapshot with its columns.
type view struct {
	shard string
	seg   *scorch.SegmentSnapshot
	cols  *columns
}

// live is the segment's documents that no later write has replaced.
func (v *view) live() *roaring.Bitmap {
	b := roaring.New()
	b.AddRange(0, uint64(v.seg.FullSize()))
	if d := v.seg.Deleted(); d != nil {
		b.AndNot(d)
	}
	return b
}
