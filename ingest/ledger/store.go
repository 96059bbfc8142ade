package ledger

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"qianliyan/ingest/item"
)

// Entry is what the ledger knows of one item.
type Entry struct {
	Source   string // of the first version
	Day      string // 2006-01-02, of the first version
	Hash     uint64 // item.Item.Hash of the latest version
	Revision uint32 // of the latest version; 0 means the item is not known
	Older    Hashes // of versions before the latest
}

// Record is one record of items.raw as the ledger sees it.
type Record struct {
	ID item.ID
	Entry
}

// key is an ID in its binary form.
type key [16]byte

func keyOf(id item.ID) (key, bool) {
	var k key
	if !id.Valid() {
		return k, false
	}
	_, err := hex.Decode(k[:], []byte(id))
	return k, err == nil
}

var (
	bucketItems   = []byte("items")
	bucketSources = []byte("sources")
	bucketCounts  = []byte("counts")
	bucketOffsets = []byte("offsets")
	bucketMeta    = []byte("meta")
	keyVersion    = []byte("version")
)

const fileVersion = 1

// stored is an Entry as it lies in the file.
type stored struct {
	hash     uint64
	day      uint16
	source   uint16
	revision uint32
	older    Hashes
}

func (s stored) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, s.hash)
	b = binary.BigEndian.AppendUint16(b, s.day)
	b = binary.BigEndian.AppendUint16(b, s.source)
	return append(binary.AppendUvarint(b, uint64(s.revision)), s.older...)
}

func decodeStored(b []byte) (stored, error) {
	if len(b) < 13 {
		return stored{}, fmt.Errorf("entry has %d bytes, want 13 or more", len(b))
	}
	rev, n := binary.Uvarint(b[12:])
	if n <= 0 || rev == 0 || rev > 1<<32-1 {
		return stored{}, errors.New("entry has no revision")
	}
	older := b[12+n:]
	if len(older)%8 != 0 {
		return stored{}, fmt.Errorf("entry has %d bytes of older hashes, want a multiple of 8", len(older))
	}
	return stored{binary.BigEndian.Uint64(b), binary.BigEndian.Uint16(b[8:]), binary.BigEndian.Uint16(b[10:]), uint32(rev), Hashes(older)}, nil
}

// dayNumber counts days from 1970-01-01; ok is false for what is no day
// between that and 2149-06-06.
func dayNumber(day string) (n uint16, ok bool) {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0, false
	}
	d := t.Unix() / 86400
	return uint16(d), t.Unix() >= 0 && d <= 1<<16-1
}

func dayName(n uint16) string {
	return time.Unix(int64(n)*86400, 0).UTC().Format(time.DateOnly)
}

// row is a Record ready to be folded.
type row struct {
	key key
	stored
}

// fold writes records and the offsets behind them in one transaction. Records
// must be valid (see sourceRef and dayNumber).
func (l *Ledger) fold(records []Record, next map[int]int64) error {
	return l.db.Update(func(tx *bolt.Tx) error {
		rows, err := l.rows(tx, records)
		if err != nil {
			return err
		}
		// In the order of keys one page after the other is filled; records of
		// one item stay in the order they came.
		slices.SortStableFunc(rows, func(a, b row) int { return strings.Compare(string(a.key[:]), string(b.key[:])) })
		added, err := foldRows(tx.Bucket(bucketItems), rows)
		if err != nil {
			return err
		}
		if err := addCounts(tx.Bucket(bucketCounts), added); err != nil {
			return err
		}
		return putOffsets(tx.Bucket(bucketOffsets), next)
	})
}

func (l *Ledger) rows(tx *bolt.Tx, records []Record) ([]row, error) {
	rows := make([]row, 0, len(records))
	for _, r := range records {
		k, ok := keyOf(r.ID)
		day, ok2 := dayNumber(r.Day)
		if !ok || !ok2 || r.Revision == 0 {
			return nil, fmt.Errorf("cannot fold record %s of day %q, revision %d", r.ID, r.Day, r.Revision)
		}
		ref, err := l.sourceRef(tx, r.Source)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{k, stored{hash: r.Hash, day: day, source: ref, revision: r.Revision}})
	}
	return rows, nil
}

// countKey is a key of the bucket counts.
type countKey struct{ source, day uint16 }

func foldRows(items *bolt.Bucket, rows []row) (map[countKey]uint64, error) {
	added := map[countKey]uint64{}
	for _, r := range rows {
		if b := items.Get(r.key[:]); b != nil {
			old, err := decodeStored(b)
			if err != nil {
				return nil, fmt.Errorf("cannot read item %x: %w", r.key, err)
			}
			if r.stored = old.with(r.stored); r.stored == old {
				continue
			}
		} else {
			added[countKey{r.source, r.day}]++
		}
		if err := items.Put(r.key[:], r.append(nil)); err != nil {
			return nil, fmt.Errorf("cannot write item %x: %w", r.key, err)
		}
	}
	return added, nil
}

// with is the entry s after another record of its item.
func (s stored) with(r stored) stored {
	if r.revision < s.revision { // a late copy
		if r.hash != s.hash {
			s.older = s.older.Add(r.hash)
		}
		return s
	}
	older := s.older
	if r.hash != s.hash {
		older = older.Add(s.hash).without(r.hash)
	}
	return stored{r.hash, s.day, s.source, r.revision, older}
}

func addCounts(b *bolt.Bucket, added map[countKey]uint64) error {
	for k, n := range added {
		kb := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, k.source), k.day)
		if old := b.Get(kb); len(old) == 8 {
			n += binary.BigEndian.Uint64(old)
		}
		if err := b.Put(kb, binary.BigEndian.AppendUint64(nil, n)); err != nil {
			return fmt.Errorf("cannot write count: %w", err)
		}
	}
	return nil
}

func putOffsets(b *bolt.Bucket, next map[int]int64) error {
	for p, o := range next {
		if err := b.Put(binary.BigEndian.AppendUint32(nil, uint32(p)), binary.BigEndian.AppendUint64(nil, uint64(o))); err != nil {
			return fmt.Errorf("cannot write offset: %w", err)
		}
	}
	return nil
}

// sourceRef is the number of a source, given to it when first seen. The map in
// memory may keep numbers whose transaction failed, so writing a name writes
// all that are missing: the list in the file never has a hole.
func (l *Ledger) sourceRef(tx *bolt.Tx, name string) (uint16, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ref, ok := l.refs[name]
	if !ok {
		if len(l.names) > 1<<16-1 {
			return 0, fmt.Errorf("cannot number source %q: 65536 sources are the most", name)
		}
		ref = uint16(len(l.names))
		l.refs[name], l.names = ref, append(l.names, name)
	}
	b := tx.Bucket(bucketSources)
	if b.Get(binary.BigEndian.AppendUint16(nil, ref)) != nil {
		return ref, nil
	}
	for i, name := range l.names {
		if err := b.Put(binary.BigEndian.AppendUint16(nil, uint16(i)), []byte(name)); err != nil {
			return 0, fmt.Errorf("cannot write source %q: %w", name, err)
		}
	}
	return ref, nil
}

// prepare makes the buckets of a fresh file and loads what is kept in memory.
func (l *Ledger) prepare() error {
	return l.db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketItems, bucketSources, bucketCounts, bucketOffsets, bucketMeta} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		switch v := meta.Get(keyVersion); {
		case v == nil:
			if err := meta.Put(keyVersion, []byte{fileVersion}); err != nil {
				return err
			}
		case len(v) != 1 || v[0] != fileVersion:
			return fmt.Errorf("file has version %v, this program reads %d: use the program that wrote it", v, fileVersion)
		}
		err := tx.Bucket(bucketSources).ForEach(func(k, v []byte) error {
			if len(k) != 2 || int(binary.BigEndian.Uint16(k)) != len(l.names) {
				return fmt.Errorf("list of sources has a hole before %q", v)
			}
			l.refs[string(v)] = uint16(len(l.names))
			l.names = append(l.names, string(v))
			return nil
		})
		if err != nil {
			return err
		}
		return tx.Bucket(bucketOffsets).ForEach(func(k, v []byte) error {
			l.offsets[int(binary.BigEndian.Uint32(k))] = int64(binary.BigEndian.Uint64(v))
			return nil
		})
	})
}
