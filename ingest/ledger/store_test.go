package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
)

func openIn(t testing.TB, dir string) *Ledger {
	t.Helper()
	l, err := Open(Deps{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func rec(source, native, day string, hash uint64, rev uint32) Record {
	return Record{item.NewID(source, native), Entry{Source: source, Day: day, Hash: hash, Revision: rev}}
}

func fold(t testing.TB, l *Ledger, next map[int]int64, records ...Record) {
	t.Helper()
	if err := l.fold(records, next); err != nil {
		t.Fatal(err)
	}
}

func one(t testing.TB, l *Ledger, id item.ID) Entry {
	t.Helper()
	e, err := l.Lookup([]item.ID{id})
	if err != nil {
		t.Fatal(err)
	}
	return e[0]
}

func counts(t testing.TB, l *Ledger) map[string]int {
	t.Helper()
	list, err := l.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, c := range list {
		out[c.Source+" "+c.Day] = c.N
	}
	return out
}

func TestFold(t *testing.T) {
	l := openIn(t, t.TempDir())
	defer l.Close()
	a := rec("热线", "1", "2026-03-01", 7, 1)
	fold(t, l, nil, a, a, rec("热线", "2", "2026-03-01", 8, 1), rec("来信", "1", "2026-03-02", 9, 1))
	want := map[string]int{"热线 2026-03-01": 2, "来信 2026-03-02": 1}
	if got := counts(t, l); !maps.Equal(got, want) {
		t.Fatalf("counts %v, want %v", got, want)
	}
	// A correction keeps source and day and changes no count; a late copy of
	// the first changes nothing.
	later := a
	later.Day, later.Hash, later.Revision = "2026-03-05", 70, 2
	fold(t, l, nil, later)
	fold(t, l, nil, a)
	if got, want := one(t, l, a.ID), (Entry{"热线", "2026-03-01", 70, 2, Hashes("").Add(7)}); got != want {
		t.Errorf("entry %+v, want %+v", got, want)
	}
	if got := counts(t, l); !maps.Equal(got, want) {
		t.Errorf("counts %v after a correction, want %v", got, want)
	}
	// Of two records with one revision the later in the log wins, as in the stores.
	same := later
	same.Hash = 71
	fold(t, l, nil, same)
	if got := one(t, l, a.ID).Hash; got != 71 {
		t.Errorf("hash %d, want 71", got)
	}
	if got := one(t, l, item.NewID("热线", "3")); got != (Entry{}) {
		t.Errorf("an unknown item gives %+v", got)
	}
	if got := one(t, l, "no id"); got != (Entry{}) {
		t.Errorf("no id gives %+v", got)
	}
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	l := openIn(t, dir)
	fold(t, l, map[int]int64{0: 5, 3: 9}, rec("a", "1", "1970-01-01", 1, 1), rec("b", "2", "2149-06-06", 1<<64-1, 1<<32-1))
	if _, err := Open(Deps{Dir: dir}); err == nil {
		t.Error("the file was opened twice")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openIn(t, dir)
	defer l.Close()
	if got, want := l.Offsets(), map[int]int64{0: 5, 3: 9}; !maps.Equal(got, want) {
		t.Errorf("offsets %v, want %v", got, want)
	}
	if got, want := one(t, l, item.NewID("b", "2")), (Entry{"b", "2149-06-06", 1<<64 - 1, 1<<32 - 1, ""}); got != want {
		t.Errorf("entry %+v, want %+v", got, want)
	}
	fold(t, l, nil, rec("c", "1", "2026-01-01", 1, 1))
	if got, want := counts(t, l), map[string]int{"a 1970-01-01": 1, "b 2149-06-06": 1, "c 2026-01-01": 1}; !maps.Equal(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
}

// TestFailedFold: a batch with a bad record changes nothing, and the number
// given to its new source does not leave a hole in the list.
func TestFailedFold(t *testing.T) {
	dir := t.TempDir()
	l := openIn(t, dir)
	for _, bad := range []Record{
		rec("x", "1", "2026-02-30", 1, 1), rec("x", "1", "1969-12-31", 1, 1), rec("x", "1", "2149-06-07", 1, 1),
		rec("x", "1", "2026-01-01", 1, 0),
		{"short", Entry{Source: "x", Day: "2026-01-01", Hash: 1, Revision: 1}},
	} {
		if err := l.fold([]Record{rec("new", "1", "2026-01-01", 1, 1), bad}, map[int]int64{0: 2}); err == nil {
			t.Errorf("folded %+v", bad)
		}
	}
	if len(counts(t, l)) != 0 || one(t, l, item.NewID("new", "1")).Revision != 0 {
		t.Error("part of a failed batch was kept")
	}
	fold(t, l, nil, rec("other", "1", "2026-01-01", 1, 1))
	l.Close()
	l = openIn(t, dir)
	defer l.Close()
	if got, want := counts(t, l), map[string]int{"other 2026-01-01": 1}; !maps.Equal(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
}

func TestOtherFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ledger.db"), []byte("not a ledger, and long enough to be looked at"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Deps{Dir: dir}); err == nil {
		t.Error("opened a file that is no ledger")
	}
}

// TestIDs lists more items than one step of a scan passes.
func TestIDs(t *testing.T) {
	l := openIn(t, t.TempDir())
	defer l.Close()
	l.db.NoSync = true
	var want []item.ID
	for b := range 23 {
		var batch []Record
		for i := range 1000 {
			r := rec("s", fmt.Sprint(b, "-", i), "2026-01-01", 1, 1)
			if i%10 == 0 {
				r.Day = "2026-01-02"
				want = append(want, r.ID)
			}
			batch = append(batch, r)
		}
		fold(t, l, nil, batch...)
	}
	slices.Sort(want)
	var got []item.ID
	for id, err := range l.IDs(t.Context(), "s", "2026-01-02") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, id)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d items, want %d", len(got), len(want))
	}
	for range l.IDs(t.Context(), "s", "2026-01-01") {
		break // and nothing hangs
	}
	for _, q := range [][2]string{{"s", "2026-01-03"}, {"none", "2026-01-01"}, {"s", "never"}} {
		for id := range l.IDs(t.Context(), q[0], q[1]) {
			t.Errorf("%v has %s", q, id)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range l.IDs(ctx, "s", "2026-01-01") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err %v after cancel", err)
		}
	}
}

func TestRestore(t *testing.T) {
	dir := t.TempDir()
	l := openIn(t, dir)
	records := func(fail error) iter.Seq2[Record, error] {
		return func(yield func(Record, error) bool) {
			for i := range 2500 {
				if !yield(rec("s", fmt.Sprint(i), "2026-01-01", 1, 1), nil) {
					return
				}
			}
			if fail != nil {
				yield(Record{}, fail)
			}
		}
	}
	broken := errors.New("the store went away")
	if err := l.Restore(t.Context(), records(broken), map[int]int64{0: 100}); !errors.Is(err, broken) || len(l.Offsets()) != 0 {
		t.Errorf("err %v, offsets %v", err, l.Offsets())
	}
	if err := l.Restore(t.Context(), records(nil), map[int]int64{0: 100}); err != nil {
		t.Fatal(err)
	}
	if got, want := counts(t, l), map[string]int{"s 2026-01-01": 2500}; !maps.Equal(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
	if l.Offsets()[0] != 100 {
		t.Errorf("offsets %v", l.Offsets())
	}
	if err := l.Restore(t.Context(), records(nil), nil); err == nil {
		t.Error("restored over a ledger in use")
	}
	l.Close()
}

// TestFoldModel compares with a map, in any order of records and batches.
func TestFoldModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := openIn(t, t.TempDir())
		defer l.Close()
		l.db.NoSync = true
		model := map[item.ID]Entry{}
		seen := map[item.ID]map[uint64]bool{} // all versions of an item
		for range rapid.IntRange(1, 6).Draw(rt, "batches") {
			var batch []Record
			for range rapid.IntRange(0, 12).Draw(rt, "size") {
				r := rec(rapid.SampledFrom([]string{"a", "b", "丙"}).Draw(rt, "source"), fmt.Sprint(rapid.IntRange(0, 5).Draw(rt, "native")),
					rapid.SampledFrom([]string{"2026-01-01", "2026-01-02"}).Draw(rt, "day"), uint64(rapid.IntRange(0, 3).Draw(rt, "hash")), uint32(rapid.IntRange(1, 4).Draw(rt, "rev")))
				batch = append(batch, r)
				e, ok := model[r.ID]
				switch {
				case !ok:
					model[r.ID] = r.Entry
				case r.Revision >= e.Revision:
					e.Hash, e.Revision = r.Hash, r.Revision
					model[r.ID] = e
				}
				if seen[r.ID] == nil {
					seen[r.ID] = map[uint64]bool{}
				}
				seen[r.ID][r.Hash] = true
			}
			fold(t, l, nil, batch...)
		}
		want := map[string]int{}
		for id, e := range model {
			want[e.Source+" "+e.Day]++
			got := one(t, l, id)
			older := got.Older
			if got.Older = ""; got != e {
				rt.Fatalf("%s is %+v, want %+v", id, got, e)
			}
			for h := range seen[id] {
				if older.Has(h) == (h == e.Hash) {
					rt.Fatalf("%s: version %d of %v, latest %d, is not in its place in %x", id, h, seen[id], e.Hash, older)
				}
			}
			if len(older) != 8*(len(seen[id])-1) {
				rt.Fatalf("%s: %x holds more than %v", id, older, seen[id])
			}
		}
		if got := counts(t, l); !maps.Equal(got, want) {
			rt.Fatalf("counts %v, want %v", got, want)
		}
	})
}

func TestRecordOf(t *testing.T) {
	good := bus.Record{Key: item.NewID("s", "1"), Headers: map[string]string{
		bus.HeaderSource: "s", bus.HeaderDay: "2026-01-01", bus.HeaderHash: "ff", bus.HeaderRevision: "3",
	}}
	r, err := recordOf(good)
	if want := rec("s", "1", "2026-01-01", 255, 3); err != nil || r != want {
		t.Errorf("%+v, %v; want %+v", r, err, want)
	}
	for name, change := range map[string]func(*bus.Record){
		"no hash":       func(r *bus.Record) { delete(r.Headers, bus.HeaderHash) },
		"odd hash":      func(r *bus.Record) { r.Headers[bus.HeaderHash] = "zz" },
		"no revision":   func(r *bus.Record) { delete(r.Headers, bus.HeaderRevision) },
		"revision zero": func(r *bus.Record) { r.Headers[bus.HeaderRevision] = "0" },
		"no day":        func(r *bus.Record) { delete(r.Headers, bus.HeaderDay) },
		"odd day":       func(r *bus.Record) { r.Headers[bus.HeaderDay] = "2026-13-01" },
		"no source":     func(r *bus.Record) { r.Headers[bus.HeaderSource] = "" },
		"no key":        func(r *bus.Record) { r.Key = "" },
	} {
		bad := good
		bad.Headers = maps.Clone(good.Headers)
		change(&bad)
		if _, err := recordOf(bad); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestOldEntry: a file written before older hashes were kept is read as it is.
func TestOldEntry(t *testing.T) {
	old := []byte{0, 0, 0, 0, 0, 0, 0, 7, 0, 1, 0, 2, 3}
	s, err := decodeStored(old)
	if want := (stored{7, 1, 2, 3, ""}); err != nil || s != want {
		t.Errorf("%+v, %v; want %+v", s, err, want)
	}
	if got := s.append(nil); !slices.Equal(got, old) {
		t.Errorf("written as %x", got)
	}
	if _, err := decodeStored(append(old, 1, 2, 3)); err == nil {
		t.Error("half a hash was read")
	}
}

func TestHashes(t *testing.T) {
	var h Hashes
	for i := range uint64(40) {
		h = h.Add(i).Add(i)
	}
	if len(h) != 8*maxOlder || h.Has(8) || !h.Has(9) || !h.Has(39) {
		t.Errorf("after 40: %x", h)
	}
	if h = h.without(20).without(1000); h.Has(20) || len(h) != 8*(maxOlder-1) {
		t.Errorf("without one: %x", h)
	}
}

func FuzzDecodeStored(f *testing.F) {
	f.Add(stored{1, 2, 3, 4, ""}.append(nil))
	f.Add(stored{1, 2, 3, 4, Hashes("").Add(9).Add(10)}.append(nil))
	f.Add([]byte{})
	f.Add(make([]byte, 12))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeStored(b)
		if err != nil {
			return
		}
		if got, err := decodeStored(s.append(nil)); err != nil || got != s {
			t.Errorf("%+v comes back as %+v, %v", s, got, err)
		}
	})
}

// BenchmarkFold folds new items in batches of 1,000, each synced to disk.
func BenchmarkFold(b *testing.B) {
	l := openIn(b, b.TempDir())
	defer l.Close()
	n := 0
	for b.Loop() {
		batch := make([]Record, 1000)
		for i := range batch {
			batch[i] = rec("热线", fmt.Sprint(n), "2026-01-01", uint64(n), 1)
			n++
		}
		fold(b, l, map[int]int64{0: int64(n)}, batch...)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
	if fi, err := os.Stat(l.db.Path()); err == nil {
		b.ReportMetric(float64(fi.Size())/float64(n), "bytes/item")
	}
}

// TestDiskPerItem holds the file to what the documentation says of it.
func TestDiskPerItem(t *testing.T) {
	l := openIn(t, t.TempDir())
	defer l.Close()
	l.db.NoSync = true
	const n = 60_000
	for at := 0; at < n; at += 1000 {
		batch := make([]Record, 1000)
		for i := range batch {
			batch[i] = rec("热线", fmt.Sprint(at+i), fmt.Sprintf("2026-01-%02d", 1+at%28), uint64(i), 1)
		}
		fold(t, l, map[int]int64{0: int64(at)}, batch...)
	}
	fi, err := os.Stat(l.db.Path())
	if err != nil {
		t.Fatal(err)
	}
	if per := float64(fi.Size()) / n; per > 200 { // pages in reserve weigh more in a small file
		t.Errorf("%.0f bytes an item", per)
	}
}
