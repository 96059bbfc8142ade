package file

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

// watched starts a Watch over a fresh inbox, in a bubble where time is ours.
// The files have no times in them, as the year there is 2000.
type watched struct {
	t     *testing.T
	inbox string
	gate  *gate
	fail  error // of the gate
	log   bytes.Buffer
	w     *Watch
	stop  context.CancelFunc
	ended chan error
	told  []string
	mu    sync.Mutex
}

// Write takes the log. Its lock, as that of accept, also tells the race
// detector what the bubble's clock orders anyhow.
func (x *watched) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.log.Write(p)
}

func watch(t *testing.T, inbox string, sources ...Source) *watched {
	t.Helper()
	x := &watched{t: t, inbox: inbox, gate: newGate(), ended: make(chan error, 1)}
	o := options(t, x.gate)
	var err error
	x.w, err = NewWatch(Config{
		Inbox: inbox, Every: setting.Duration(2 * time.Second), Settle: setting.Duration(3 * time.Second), Limits: DefaultLimits(), Sources: sources,
	}, Deps{
		Mappings: o.Mappings, Key: key, Secret: secret, Log: slog.New(slog.NewTextHandler(x, nil)), Metrics: prometheus.NewRegistry(),
		Accept: func(ctx context.Context, items []item.Item) ([]item.Outcome, error) {
			x.mu.Lock()
			defer x.mu.Unlock()
			if x.fail != nil {
				return nil, x.fail
			}
			return x.gate.accept(ctx, items)
		},
		Done: func(r Report, err error) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.told = append(x.told, filepath.Base(r.File))
		},
	})
	must(t, err)
	x.start()
	return x
}

func (x *watched) start() {
	ctx, cancel := context.WithCancel(x.t.Context())
	x.stop = cancel
	go func() { x.ended <- x.w.Run(ctx) }()
	synctest.Wait()
}

func (x *watched) end() {
	x.stop()
	if err := <-x.ended; err != nil {
		x.t.Errorf("Run ended with %v", err)
	}
}

func (x *watched) put(name, text string) {
	x.t.Helper()
	path := filepath.Join(x.inbox, name)
	must(x.t, os.MkdirAll(filepath.Dir(path), 0o750))
	must(x.t, os.WriteFile(path, []byte(text), 0o640))
	must(x.t, os.Chtimes(path, time.Time{}, time.Date(2026, 1, 31, 15, 4, 5, 0, item.Zone)))
}

// wait lets looks happen, to the end of the last.
func (x *watched) wait(d time.Duration) {
	x.mu.Lock()
	_ = x.log.Len()
	x.mu.Unlock()
	time.Sleep(d)
	synctest.Wait()
}

// files under the inbox, with slashes.
func (x *watched) files() []string {
	var out []string
	must(x.t, filepath.WalkDir(x.inbox, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(x.inbox, p)
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	}))
	return out
}

func (x *watched) want(what string, files ...string) {
	x.t.Helper()
	if got := x.files(); !slices.Equal(got, files) {
		x.t.Errorf("%s: files %q, want %q\n%s", what, got, files, x.log.String())
	}
}

func TestWatch(t *testing.T) {
	inbox := filepath.Join(t.TempDir(), "inbox")
	synctest.Test(t, func(t *testing.T) {
		x := watch(t, inbox, Source{Name: "热线", Channel: item.Call, Mapping: "hotline"})
		defer x.end()
		x.put("热线/a.csv", "工单编号,标题,主要内容\nG1,甲,一\n")
		x.put("来信/b.csv", "编号,标题\n1,乙\n2,\n")
		x.put("来信/.hidden.csv", "编号,标题\n9,丁\n")
		x.put("来信/~$b.xlsx", "lock")
		x.put("来信/c.csv.part", "编号,标题\n9,丁\n")
		x.put("loose.csv", "编号,标题\n9,丁\n")
		x.put("来信/d.pdf", "%PDF-1.4")
		x.wait(time.Second)
		if len(x.gate.items) != 0 {
			t.Error("a file was read before it came to rest")
		}
		x.wait(time.Minute)
		x.want("after a minute",
			"loose.csv", "来信/.hidden.csv", "来信/c.csv.part",
			"来信/failed/b.20260131-150405.csv", "来信/failed/b.20260131-150405.csv.rejects.csv",
			"来信/failed/d.20260131-150405.pdf", "来信/failed/d.20260131-150405.pdf.reason.txt",
			"来信/~$b.xlsx", "热线/done/a.20260131-150405.csv")
		if got := x.gate.titles(); !slices.Equal(got, []string{"甲", "乙"}) {
			t.Errorf("titles %v", got)
		}
		if it := x.gate.items[0]; it.Channel != item.Call || it.Source != "热线" || x.gate.items[1].Source != "来信" {
			t.Errorf("items %+v", x.gate.items)
		}
		if n := strings.Count(x.log.String(), "loose.csv"); n != 1 {
			t.Errorf("the loose file is named %d times in the log, want once", n)
		}
		reason, err := os.ReadFile(filepath.Join(inbox, "来信/failed/d.20260131-150405.pdf.reason.txt"))
		if err != nil || !strings.Contains(string(reason), "PDF") {
			t.Errorf("reason %q, %v", reason, err)
		}
		if got := testutil.ToFloat64(x.w.done.WithLabelValues("来信", "failed")); got != 2 {
			t.Errorf("%v failed files are counted, want 2", got)
		}
		slices.Sort(x.told)
		if !slices.Equal(x.told, []string{"a.csv", "b.csv", "d.pdf"}) {
			t.Errorf("told of %v", x.told)
		}

		// The corrected rejects file is put back; the same name comes again.
		fixed, err := os.ReadFile(filepath.Join(inbox, "来信/failed/b.20260131-150405.csv.rejects.csv"))
		must(t, err)
		x.put("来信/mended.csv", strings.TrimSuffix(string(fixed), ",\r\n")+",丙\r\n")
		x.put("热线/a.csv", "工单编号,标题,主要内容\nG1,甲,一\nG2,戊,二\n")
		x.wait(time.Minute)
		if got := x.gate.titles(); len(got) != 4 || !slices.Contains(got, "丙") || !slices.Contains(got, "戊") {
			t.Errorf("titles %v\n%s", got, x.log.String())
		}
		if got := x.files(); !slices.Contains(got, "热线/done/a.20260131-150405-2.csv") || !slices.Contains(got, "热线/done/a.20260131-150405.csv") {
			t.Errorf("files %q: the second of a name must not replace the first", got)
		}
	})
}

// A file that still grows is left alone.
// TestWatchSecret: a file with a mark says beside itself, and in the log, that
// it must be removed; a link is not read; the log counts reasons.
func TestWatchSecret(t *testing.T) {
	inbox := filepath.Join(t.TempDir(), "inbox")
	synctest.Test(t, func(t *testing.T) {
		x := watch(t, inbox)
		defer x.end()
		x.put("来信/a.csv", "编号,标题,内容\n1,甲,一\n2,机密★1年,暗号\n3,,\n")
		must(t, os.Symlink(filepath.Join(inbox, "来信/a.csv"), filepath.Join(inbox, "来信/link.csv")))
		x.wait(time.Minute)
		reason, err := os.ReadFile(filepath.Join(inbox, "来信/failed/a.20260131-150405.csv.reason.txt"))
		if err != nil || !strings.Contains(string(reason), "有 1 行带有国家秘密标志") || strings.Contains(string(reason), "暗号") {
			t.Errorf("reason %q, %v", reason, err)
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		log := x.log.String()
		for _, want := range []string{"must be removed by hand", "带有密级标志:1", "symbolic link is not read"} {
			if strings.Count(log, want) != 1 {
				t.Errorf("not once %q in the log:\n%s", want, log)
			}
		}
		if strings.Contains(log, "暗号") || strings.Contains(log, "<nil>") {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestWatchWaitsForRest(t *testing.T) {
	inbox := filepath.Join(t.TempDir(), "inbox")
	synctest.Test(t, func(t *testing.T) {
		x := watch(t, inbox)
		defer x.end()
		text := "编号,标题\n"
		for i := range 10 {
			text += string(rune('0'+i)) + ",甲\n"
			x.put("s/a.csv", text)
			x.wait(2 * time.Second)
		}
		if len(x.gate.items) != 0 {
			t.Error("a growing file was read")
		}
		x.wait(20 * time.Second)
		x.want("at rest", "s/done/a.20260131-150405.csv")
		if len(x.gate.items) != 10 {
			t.Errorf("%d items, want 10", len(x.gate.items))
		}
	})
}

// What is not the file's fault leaves it in place, and it is tried again, less
// and less often; a restart does no harm.
func TestWatchTriesAgain(t *testing.T) {
	inbox := filepath.Join(t.TempDir(), "inbox")
	synctest.Test(t, func(t *testing.T) {
		x := watch(t, inbox)
		x.fail = errors.New("broker is down")
		x.put("s/a.csv", "编号,标题\n1,甲\n2,\n")
		x.wait(10 * time.Minute)
		x.want("while the gate fails", "s/a.csv")
		if n := strings.Count(x.log.String(), "broken off"); n < 5 || n > 20 {
			t.Errorf("%d attempts in ten minutes", n)
		}
		x.end()

		// The process was killed after the rows were durable and before the
		// file was moved: the gate knows them already.
		x.fail = nil
		rep, err := Import(t.Context(), filepath.Join(inbox, "s/a.csv"), func() Options {
			o := options(t, x.gate)
			o.Source, o.Rejects = "s", filepath.Join(inbox, "s/failed/a.20260131-150405.csv.rejects.csv")
			return o
		}())
		if err != nil || rep.Accepted != 1 {
			t.Fatal(rep, err)
		}
		x.start()
		x.wait(time.Minute)
		x.want("after the restart", "s/failed/a.20260131-150405.csv", "s/failed/a.20260131-150405.csv.rejects.csv")
		if len(x.gate.items) != 1 {
			t.Errorf("%d items, want 1", len(x.gate.items))
		}
		x.end()
	})
}

// Without a place to move to, nothing is imported, and the log hears it once.
func TestWatchWithoutItsFolders(t *testing.T) {
	inbox := filepath.Join(t.TempDir(), "inbox")
	synctest.Test(t, func(t *testing.T) {
		x := watch(t, inbox)
		defer x.end()
		x.put("s/a.csv", "编号,标题\n1,甲\n")
		x.put("s/done", "a file where the folder should be")
		x.wait(time.Minute)
		if len(x.gate.items) != 0 || strings.Count(x.log.String(), "cannot make folder") != 1 {
			t.Errorf("%d items; log:\n%s", len(x.gate.items), x.log.String())
		}
	})
}

func TestConfigProblems(t *testing.T) {
	c := Defaults()
	must(t, c.Validate())
	c.Every, c.Limits.Row, c.Limits.Batch = 0, 1, 0
	c.Sources = []Source{{Name: "a"}, {Name: "a", Path: "relative"}, {Name: "done"}, {Name: "x/y"}, {Name: "b", Channel: "tv", Path: "/b"}}
	err := c.Validate()
	for _, want := range []string{"every", "max_row", "batch", "写了两次", "绝对路径", "done", "x/y", "tv", "没有文件夹"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
	c = Defaults()
	c.Inbox = t.TempDir()
	c.Sources = []Source{{Name: "a", Mapping: "nosuch"}}
	o := options(t, newGate())
	if _, err := NewWatch(c, Deps{Mappings: o.Mappings, Accept: o.Accept, Log: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), "letters") {
		t.Errorf("an unknown mapping gives %v", err)
	}
	if _, err := NewWatch(Defaults(), Deps{}); err == nil {
		t.Error("a watch without a gate is made")
	}
}
