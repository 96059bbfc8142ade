package ledger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"

	bolt "go.etcd.io/bbolt"

	"qianliyan/ingest/item"
)

// Lookup gives the entry of each ID, in order; one with Revision 0 is not in
// the ledger. An entry that is given is durable on the bus.
func (l *Ledger) Lookup(ids []item.ID) ([]Entry, error) {
	out := make([]Entry, len(ids))
	err := l.db.View(func(tx *bolt.Tx) error {
		items := tx.Bucket(bucketItems)
		for i, id := range ids {
			k, ok := keyOf(id)
			if !ok {
				continue
			}
			b := items.Get(k[:])
			if b == nil {
				continue
			}
			s, err := decodeStored(b)
			if err != nil {
				return fmt.Errorf("item %s: %w", id, err)
			}
			out[i] = Entry{l.sourceName(s.source), dayName(s.day), s.hash, s.revision, s.older}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot look up items in the ledger: %w", err)
	}
	return out, nil
}

func (l *Ledger) sourceName(ref uint16) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if int(ref) >= len(l.names) {
		return ""
	}
	return l.names[ref]
}

// Count is how many items of a source count at a day.
type Count struct {
	Source string `json:"source"`
	Day    string `json:"day"`
	N      int    `json:"n"`
}

// Counts lists all counts, by source and day.
func (l *Ledger) Counts(ctx context.Context) ([]Count, error) {
	var out []Count
	err := l.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketCounts).ForEach(func(k, v []byte) error {
			if len(k) != 4 || len(v) != 8 {
				return fmt.Errorf("count %x has the wrong size", k)
			}
			out = append(out, Count{
				l.sourceName(binary.BigEndian.Uint16(k)), dayName(binary.BigEndian.Uint16(k[2:])), int(binary.BigEndian.Uint64(v)),
			})
			return ctx.Err()
		})
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the ledger's counts: %w", err)
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Day, b.Day))
	})
	return out, nil
}

// scanStep is how many items one transaction of a scan passes: a long one
// would keep the file from reusing pages while it lasts.
const scanStep = 20_000

// IDs yields the items of a source that count at day, in the order of IDs. It
// reads the whole ledger, about a million items a second: for finding what is
// missing in one count, not for every page. What is folded meanwhile may or
// may not be among them. After an error nothing more is yielded.
func (l *Ledger) IDs(ctx context.Context, source, day string) iter.Seq2[item.ID, error] {
	return func(yield func(item.ID, error) bool) {
		l.mu.Lock()
		ref, ok := l.refs[source]
		l.mu.Unlock()
		d, ok2 := dayNumber(day)
		if !ok || !ok2 {
			return
		}
		var from []byte
		for {
			ids, last, err := l.scan(ctx, from, ref, d)
			if err != nil {
				yield("", fmt.Errorf("cannot list items of %s on %s: %w", source, day, err))
				return
			}
			for _, id := range ids {
				if !yield(id, nil) {
					return
				}
			}
			if last == nil {
				return
			}
			from = last
		}
	}
}

// scan passes scanStep items behind from; last is nil at the end.
func (l *Ledger) scan(ctx context.Context, from []byte, source, day uint16) (ids []item.ID, last []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	err = l.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketItems).Cursor()
		k, v := c.Seek(from)
		if from != nil && bytes.Equal(k, from) {
			k, v = c.Next()
		}
		for n := 0; k != nil; k, v = c.Next() {
			s, err := decodeStored(v)
			if err != nil {
				return fmt.Errorf("item %x: %w", k, err)
			}
			if s.source == source && s.day == day {
				ids = append(ids, item.ID(hex.EncodeToString(k)))
			}
			if n++; n == scanStep {
				last = bytes.Clone(k)
				return nil
			}
		}
		return nil
	})
	return ids, last, err
}
