package fulltext

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"qianliyan/classify/label"
)

// block puts folders where scorch will want to write its next segments, so
// that flushes fail as they do on a full disk. Scorch numbers on behind what
// it finds when it opens, so every opening needs a block of its own.
func block(t *testing.T, shard string, from int) (unblock func()) {
	t.Helper()
	var made []string
	for n := from; n < from+50; n++ {
		dir := filepath.Join(shard, fmt.Sprintf("%012x.zap", n))
		if _, err := os.Stat(dir); err == nil {
			continue
		}
		// Not empty, or scorch's cleaning removes it; which may happen between
		// the making of the two folders.
		var err error
		for range 20 {
			if err = os.MkdirAll(filepath.Join(dir, "x"), 0o755); err == nil {
				break
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, dir)
	}
	return func() {
		for _, dir := range made {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func batch(from, n int) []label.Labeled {
	var out []label.Labeled
	for i := range n {
		out = append(out, made("a", from+i, "2026-01-01", "", fmt.Sprintf("东街第%d盏路灯坏了", from+i)))
	}
	return out
}

// TestFailedFlush: when the disk does not take a flush, Write says so, the
// offsets stay, what was there is found, and the same batch goes in later.
func TestFailedFlush(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir)
	write(t, x, map[int]int64{0: 10}, batch(0, 10)...)
	var unblock []func()
	for round := range 3 {
		unblock = append(unblock, block(t, filepath.Join(dir, "2026-01"), 50*round))
		if err := x.Write(t.Context(), batch(10, 10), map[int]int64{0: 20}); err == nil {
			t.Fatal("a flush to nowhere is taken")
		}
		if n := total(t, x, "路灯坏了"); n != 10 {
			t.Errorf("%d items are found after a failed flush", n)
		}
		if o, err := x.Offsets(t.Context()); err != nil || o[0] != 10 {
			t.Errorf("offsets %v, %v", o, err)
		}
	}
	for _, f := range unblock {
		f()
	}
	write(t, x, map[int]int64{0: 20}, batch(10, 10)...)
	if n := total(t, x, "路灯坏了"); n != 20 {
		t.Errorf("%d items are found when there is room again", n)
	}
}

// TestShardGone: a shard that can neither be written nor opened again fails
// reads with an error, other months go on, and it returns when its folder does.
func TestShardGone(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir)
	write(t, x, nil, batch(0, 10)...)
	path := filepath.Join(dir, "2026-01")
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := x.Write(t.Context(), batch(10, 10), nil); err == nil {
		t.Fatal("written into nothing")
	}
	if _, err := x.Search(t.Context(), Query{}); err == nil {
		t.Error("a search over a shard that is gone gives no error")
	}
	write(t, x, nil, made("a", 99, "2026-02-01", "", "井盖"))
	if n := find(t, x, Query{From: "2026-02-01"}).Total; n != 1 {
		t.Errorf("%d items of another month", n)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	write(t, x, nil, batch(10, 10)...)
	if n := total(t, x, "路灯坏了"); n != 20 {
		t.Errorf("%d items when the folder is back", n)
	}
}
