package fulltext

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/index"
	"qianliyan/ingest/item"
)

var _ index.Store = (*Index)(nil)

func total(t *testing.T, x *Index, words string) int {
	t.Helper()
	return find(t, x, Query{Where: has(words)}).Total
}

// TestReplayChangesNothing writes the same batches twice, the second time cut
// elsewhere, over a closed and opened index.
func TestReplayChangesNothing(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir)
	var items []label.Labeled
	for i := range 300 {
		items = append(items, made("a", i, fmt.Sprintf("2026-%02d-10", 1+i%3), fmt.Sprintf("第%d号", i), "东街路灯坏了"))
	}
	write(t, x, map[int]int64{0: 200, 1: 100}, items...)
	q := Query{Where: has("路灯"), Rank: []string{"路灯"}, Order: ByScore, Size: MaxSize, Facets: Lists()}
	before := find(t, x, q)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir)
	for part := range slices.Chunk(items, 70) {
		write(t, x, nil, part...)
	}
	write(t, x, map[int]int64{1: 150})
	after := find(t, x, q)
	if before.Total != 300 || after.Total != 300 || fmt.Sprint(before.Facets) != fmt.Sprint(after.Facets) {
		t.Errorf("%d then %d items", before.Total, after.Total)
	}
	for i := range before.Hits {
		if before.Hits[i].ID != after.Hits[i].ID {
			t.Fatalf("hit %d was %s, is %s", i, before.Hits[i].ID, after.Hits[i].ID)
		}
	}
	offsets, err := x.Offsets(t.Context())
	if err != nil || !maps.Equal(offsets, map[int]int64{0: 200, 1: 150}) {
		t.Errorf("offsets %v, %v", offsets, err)
	}
}

func TestVersions(t *testing.T) {
	x := open(t, t.TempDir())
	first := made("a", 1, "2026-01-01", "题", "路灯坏了")
	second := made("a", 1, "2026-01-01", "题", "井盖没了")
	second.Item.Revision = 2
	relabelled := withLabels(second, "topic", "city")
	relabelled.At = second.At.Add(1e9)
	check := func(step, found, gone, topic string) {
		t.Helper()
		if total(t, x, found) != 1 || total(t, x, gone) != 0 || find(t, x, Query{}).Total != 1 {
			t.Errorf("%s: %d %s, %d %s", step, total(t, x, found), found, total(t, x, gone), gone)
		}
		if got := find(t, x, Query{Size: 1}).Hits[0].Topics; strings.Join(got, ",") != topic {
			t.Errorf("%s: topics %v", step, got)
		}
	}
	write(t, x, nil, first)
	check("first", "路灯", "井盖", "")
	write(t, x, nil, second)
	check("revised", "井盖", "路灯", "")
	write(t, x, nil, relabelled)
	check("relabelled", "井盖", "路灯", "city")
	write(t, x, nil, first)
	check("older is left out", "井盖", "路灯", "city")
	write(t, x, nil, second, first)
	check("older twice", "井盖", "路灯", "city")
	if n, err := x.CountByDay(t.Context()); err != nil || len(n) != 1 || n[0].N != 1 {
		t.Error(n, err)
	}
}

func TestTwoVersionsInOneBatch(t *testing.T) {
	x := open(t, t.TempDir())
	old := made("a", 1, "2026-01-01", "", "路灯坏了")
	late := made("a", 1, "2026-01-01", "", "井盖没了")
	late.Item.Revision = 2
	write(t, x, nil, late, old)
	if total(t, x, "井盖") != 1 || total(t, x, "路灯") != 0 {
		t.Error("the older version won")
	}
}

func TestReadsForDoctor(t *testing.T) {
	x := open(t, t.TempDir())
	items := []label.Labeled{
		made("a", 1, "2026-01-01", "", "路灯"), made("a", 2, "2026-01-01", "", "路灯"),
		made("b", 1, "2026-01-01", "", "路灯"), made("a", 3, "2026-02-01", "", "路灯"),
	}
	write(t, x, nil, items...)
	write(t, x, nil, items[:2]...)
	got, err := x.CountByDay(t.Context())
	want := []DayCount{{"a", "2026-01-01", 2}, {"b", "2026-01-01", 1}, {"a", "2026-02-01", 1}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	ids, err := x.IDs(t.Context(), "a", "2026-01-01")
	wantIDs := []item.ID{items[0].Item.ID, items[1].Item.ID}
	slices.Sort(wantIDs)
	if err != nil || !slices.Equal(ids, wantIDs) {
		t.Errorf("%v, %v", ids, err)
	}
	for id, want := range map[item.ID]bool{items[3].Item.ID: true, item.NewID("a", "4"): false, "": false} {
		if ok, err := x.Has(t.Context(), id); ok != want || err != nil {
			t.Errorf("%q: %v, %v", id, ok, err)
		}
	}
}

func TestOddItems(t *testing.T) {
	x := open(t, t.TempDir())
	noDay := made("a", 1, "2026-05-01", "", "没有日期")
	noDay.Item.Day = ""
	old := made("a", 2, "1949-10-01", "", "很久以前")
	noTime := made("a", 3, "2026-05-01", "", "没有时间")
	noTime.Item.Submitted = noTime.Item.Received
	dirty := made("a\x1f\xff", 4, "2026-05-01", "\x00题\xff", "\x00\xff正文")
	foreign := made("a", 5, "2026-05-01", "", "别的分词")
	foreign.Words = label.Words{Segmenter: "other", Text: label.Runs{1, 11}}
	broken := made("a", 6, "2026-05-01", "", "长度不符")
	broken.Words = label.Words{Segmenter: x.version, Text: label.Runs{3, 3}}
	long := made("a", 7, "2026-05-01", "", strings.Repeat("长", 200_000)+"尾")
	write(t, x, nil, noDay, old, noTime, dirty, foreign, broken, long)
	for _, words := range []string{"没有日期", "很久以前", "没有时间", "正文", "别的分词", "长度不符", "长尾"} {
		if n := total(t, x, words); n != 1 {
			t.Errorf("%s: %d", words, n)
		}
	}
	for _, h := range find(t, x, Query{Size: 10}).Hits {
		if h.ID == dirty.Item.ID && (h.Title != dirty.Item.Title || h.Text != dirty.Item.Text || h.Source != "a  ") {
			t.Errorf("%q %q %q", h.Title, h.Text, h.Source)
		}
		if h.ID == old.Item.ID && h.Time.Year() != 1949 {
			t.Errorf("%v", h.Time)
		}
	}
	bad := made("a", 8, "2026-05-01", "", "x")
	bad.Item.ID = "short"
	if err := x.Write(t.Context(), []label.Labeled{bad}, map[int]int64{0: 9}); err == nil {
		t.Error("an item without an ID is taken")
	}
	if o, _ := x.Offsets(t.Context()); len(o) != 0 {
		t.Errorf("offsets %v after a failed write", o)
	}
}

func TestOpenRefuses(t *testing.T) {
	deps := Deps{Segmenter: segmenttest.Open(t)}
	filled := func(t *testing.T) string {
		dir := t.TempDir()
		x, err := Open(Config{Dir: dir}, deps)
		if err != nil {
			t.Fatal(err)
		}
		write(t, x, map[int]int64{0: 1}, made("a", 1, "2026-01-01", "", "路灯"))
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for name, c := range map[string]struct {
		file, content string
		rebuild       bool
	}{
		"another segmenter": {metaFile, `{"schema":1,"segmenter":"other"}`, true},
		"another schema":    {metaFile, `{"schema":0,"segmenter":"` + deps.Segmenter.Version() + `"}`, true},
		"damaged version":   {metaFile, `{`, true},
		"no version":        {metaFile, "", true},
		"damaged offsets":   {CommitFile, `{"offsets":`, false},
		"strange offsets":   {CommitFile, `{"offsets":{"0":-1}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t)
			path := filepath.Join(dir, c.file)
			err := os.WriteFile(path, []byte(c.content), 0o644)
			if c.content == "" {
				err = os.Remove(path)
			}
			if err != nil {
				t.Fatal(err)
			}
			_, err = Open(Config{Dir: dir}, deps)
			var rebuild *RebuildError
			if err == nil || errors.As(err, &rebuild) != c.rebuild {
				t.Errorf("%v", err)
			}
			if c.rebuild && !strings.Contains(err.Error(), "qianliyan index rebuild") {
				t.Errorf("no remedy in %v", err)
			}
		})
	}
	t.Run("two owners", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir)
		if _, err := Open(Config{Dir: dir}, deps); err == nil || !strings.Contains(err.Error(), "另一个") {
			t.Error(err)
		}
	})
	for _, c := range []Config{{}, {Dir: "x", Batch: 2000}, {Dir: "x", Workers: -1}, {Dir: "x", TitleBoost: -1}} {
		if _, err := Open(c, deps); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	if _, err := Open(Config{Dir: t.TempDir()}, Deps{}); err == nil {
		t.Error("opened without a segmenter")
	}
}

func TestClosed(t *testing.T) {
	x, err := Open(Config{Dir: t.TempDir()}, Deps{Segmenter: segmenttest.Open(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(x.Close(), x.Close()); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"write":   func() error { return x.Write(t.Context(), nil, nil) },
		"search":  func() error { _, err := x.Search(t.Context(), Query{}); return err },
		"offsets": func() error { _, err := x.Offsets(t.Context()); return err },
		"count":   func() error { _, err := x.CountByDay(t.Context()); return err },
		"has":     func() error { _, err := x.Has(t.Context(), "a"); return err },
	} {
		if err := call(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSearchWhileWriting reads from several goroutines while items arrive in
// small batches: totals never fall and never exceed what was handed in.
func TestSearchWhileWriting(t *testing.T) {
	x := open(t, t.TempDir())
	const batches, each = 30, 10
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			seen := 0
			for {
				select {
				case <-stop:
					return
				default:
				}
				a, err := x.Search(t.Context(), Query{Where: has("路灯坏了"), Rank: []string{"路灯"}, Order: ByScore, Size: 5, Facets: Lists()})
				if err != nil {
					t.Error(err)
					return
				}
				if a.Total < seen || a.Total > batches*each {
					t.Errorf("%d after %d", a.Total, seen)
				}
				seen = a.Total
			}
		})
	}
	for i := range batches {
		var items []label.Labeled
		for j := range each {
			items = append(items, made("a", i*each+j, fmt.Sprintf("2026-%02d-01", 1+j%2), "", "东街路灯坏了"))
		}
		write(t, x, map[int]int64{0: int64(i)}, items...)
		if got := total(t, x, "路灯坏了"); got != (i+1)*each {
			t.Fatalf("%d items are found after %d were written", got, (i+1)*each)
		}
	}
	close(stop)
	readers.Wait()
}

// The texts are people's own: nobody else on the machine reads them.
func TestFoldersAreThisUsersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fulltext")
	write(t, open(t, dir), map[int]int64{0: 1}, made("a", 1, "2026-01-01", "", "路灯"))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	dir := t.TempDir()
	for range 2 { // a second Open on the same registry must not clash
		x, err := Open(Config{Dir: dir}, Deps{Segmenter: segmenttest.Open(t), Metrics: reg})
		if err != nil {
			t.Fatal(err)
		}
		write(t, x, nil, made("a", 1, "2026-01-01", "", "路灯"))
		find(t, x, Query{})
		list, err := reg.Gather()
		if err != nil || len(list) != 4 {
			t.Errorf("%d metrics, %v", len(list), err)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
