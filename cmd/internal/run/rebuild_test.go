package run

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qianliyan/cmd/internal/config"
	"qianliyan/index"
	"qianliyan/index/fulltext"
	"qianliyan/ingest/bus"
)

var quiet = slog.New(slog.DiscardHandler)

func rebuild(t *testing.T, cfg config.Config, want int) {
	t.Helper()
	last, total := int64(0), int64(0)
	r, err := Rebuild(t.Context(), cfg, quiet, func(done, of int64) {
		if done <= last {
			t.Errorf("progress %d after %d", done, last)
		}
		last, total = done, of
	})
	if err != nil || r.Items != want || last != int64(want) || total != last {
		t.Fatalf("rebuilt %+v, progress %d of %d, %v; want %d items", r, last, total, err, want)
	}
	for _, part := range []string{partNew, partOld} {
		if _, err := os.Stat(filepath.Join(cfg.Data, part)); err == nil {
			t.Errorf("%s is left behind", part)
		}
	}
}

// TestRebuildWhatTheBusHasDropped deletes the index after the bus was trimmed.
func TestRebuildWhatTheBusHasDropped(t *testing.T) {
	cfg := testConfig(t)
	n := runNode(t, cfg, faults{})
	items := testItems(t, 2200)
	feed(t, n.Node, items[:2000])
	drain(t, n.Node)
	agree(t, n.Node, 2000)
	before := found(t, n.Node)
	if err := n.trimOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	bounds, err := n.bus.Bounds(t.Context(), bus.Labeled)
	if err != nil || bounds[0].First == 0 {
		t.Fatalf("bounds %v %v: nothing was trimmed", bounds, err)
	}
	if _, err := Rebuild(t.Context(), cfg, quiet, nil); !errors.As(err, new(*InUseError)) || !strings.Contains(err.Error(), "请先停掉它") {
		t.Errorf("a rebuild under a running server: %v", err)
	}
	n.stop()
	if err := os.RemoveAll(filepath.Join(cfg.Data, partText)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the empty index the first try made changes nothing
		_, err := Start(t.Context(), cfg, quiet)
		if !errors.Is(err, index.ErrGap) || !strings.Contains(err.Error(), "qianliyan index rebuild") {
			t.Fatalf("start without the index: %v, want the remedy", err)
		}
	}
	rebuild(t, cfg, 2000)
	n = runNode(t, cfg, faults{})
	agree(t, n.Node, 2000)
	if after := found(t, n.Node); after != before {
		t.Errorf("a search found %d before and %d after", before, after)
	}
	feed(t, n.Node, items) // and it goes on from there
	drain(t, n.Node)
	agree(t, n.Node, 2200)
}

// TestRebuildWithOtherWords changes the dictionary, which the old index refuses.
func TestRebuildWithOtherWords(t *testing.T) {
	cfg := testConfig(t)
	n := runNode(t, cfg, faults{})
	feed(t, n.Node, testItems(t, 300))
	drain(t, n.Node)
	before := found(t, n.Node)
	n.stop()
	dict := filepath.Join(t.TempDir(), "own.dict")
	if err := os.WriteFile(dict, []byte("幸福小区\n小区物业\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.Classify.UserDict = []string{dict}
	if _, err := Start(t.Context(), cfg, quiet); !errors.As(err, new(*fulltext.RebuildError)) {
		t.Fatalf("start with another dictionary: %v", err)
	}
	rebuild(t, cfg, 300)
	n = runNode(t, cfg, faults{})
	agree(t, n.Node, 300)
	if after := found(t, n.Node); after != before {
		t.Errorf("a search found %d before and %d after", before, after)
	}
}

// TestRebuildFails leaves the old index as it was.
func TestRebuildFails(t *testing.T) {
	cfg := testConfig(t)
	if _, err := Rebuild(t.Context(), cfg, quiet, nil); err == nil || !strings.Contains(err.Error(), "还不是数据目录") {
		t.Errorf("a folder without a node: %v", err)
	}
	n := runNode(t, cfg, faults{})
	feed(t, n.Node, testItems(t, 1500))
	drain(t, n.Node)
	n.stop()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := Rebuild(ctx, cfg, quiet, func(int64, int64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a rebuild that was ended: %v", err)
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, partNew)); err == nil {
		t.Error("the half of a new index is left behind")
	}
	// With the columnar store gone, the index is all there is.
	kept := filepath.Join(t.TempDir(), "columnar")
	if err := os.Rename(filepath.Join(cfg.Data, "columnar"), kept); err != nil {
		t.Fatal(err)
	}
	if _, err := Rebuild(t.Context(), cfg, quiet, nil); err == nil || !strings.Contains(err.Error(), "分析库是空的") {
		t.Errorf("a rebuild from an empty store: %v", err)
	}
	if err := errors.Join(os.RemoveAll(filepath.Join(cfg.Data, "columnar")), os.Rename(kept, filepath.Join(cfg.Data, "columnar"))); err != nil {
		t.Fatal(err)
	}
	again := runNode(t, cfg, faults{})
	agree(t, again.Node, 1500)
}

// TestSettleSwap looks at every state a kill can leave.
func TestSettleSwap(t *testing.T) {
	for have, want := range map[string]string{
		"":                                   "",
		"fulltext":                           "fulltext=fulltext",
		"fulltext.new":                       "",
		"fulltext fulltext.new":              "fulltext=fulltext",
		"fulltext.new fulltext.old":          "fulltext=fulltext.new",
		"fulltext fulltext.old":              "fulltext=fulltext",
		"fulltext.old":                       "fulltext.old=fulltext.old",
		"fulltext fulltext.new fulltext.old": "fulltext=fulltext",
	} {
		f, err := OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for part := range strings.FieldsSeq(have) {
			if err := errors.Join(os.Mkdir(f.Dir(part), 0o700), os.WriteFile(filepath.Join(f.Dir(part), "name"), []byte(part), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		if err := settleSwap(f); err != nil {
			t.Errorf("%q: %v", have, err)
		}
		var got []string
		for _, part := range []string{partText, partNew, partOld} {
			if b, err := os.ReadFile(filepath.Join(f.Dir(part), "name")); err == nil {
				got = append(got, part+"="+string(b))
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q became %q, want %q", have, s, want)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestColumnarBehindTheBus has no remedy but a backup: it says so.
func TestColumnarBehindTheBus(t *testing.T) {
	cfg := testConfig(t)
	n := runNode(t, cfg, faults{})
	feed(t, n.Node, testItems(t, 300))
	drain(t, n.Node)
	if err := n.trimOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.stop()
	if err := os.RemoveAll(filepath.Join(cfg.Data, "columnar")); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), cfg, quiet)
	if !errors.Is(err, index.ErrGap) || !strings.Contains(err.Error(), "备份") || strings.Contains(err.Error(), "index rebuild") {
		t.Errorf("start without the columnar store: %v", err)
	}
}
