package fulltext

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/ingest/item"
)

// letter is one line of the letters in the data folder.
type letter struct {
	Title, Text string
}

// letters reads the data folder named by QIANLIYAN_DATA, or ../shared/data
// beside the repository.
func letters(b testing.TB, files ...string) []letter {
	b.Helper()
	dir := os.Getenv("QIANLIYAN_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	var out []letter
	for _, name := range files {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			b.Skipf("no letters: set QIANLIYAN_DATA to the data folder (%v)", err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var l letter
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
				b.Fatal(err)
			}
			out = append(out, l)
		}
	}
	return out
}

// items makes n items of given letters over three months, cut as classify
// does, with labels of plausible variety.
func items(b testing.TB, ls []letter, n int, cut bool) []label.Labeled {
	seg := segmenttest.Open(b)
	start := time.Date(2026, 1, 1, 8, 0, 0, 0, item.Zone)
	out := make([]label.Labeled, n)
	cutTitle, cutText := make([]label.Runs, len(ls)), make([]label.Runs, len(ls))
	for i := range out {
		k := i % len(ls)
		at := start.Add(time.Duration(i) * 90 * 24 * time.Hour / time.Duration(n))
		l := made("bench", i, at.Format(time.DateOnly), ls[k].Title, ls[k].Text)
		l.Item.Submitted = at
		l.Item.Unit = fmt.Sprintf("单位%d", i%40)
		l = withLabels(l, "topic", fmt.Sprintf("t%d", i%90), "region", fmt.Sprintf("r%d", i%25), "urgency", label.Routine, "form", "投诉")
		if cut {
			if cutText[k] == nil {
				cutTitle[k], cutText[k] = seg.Cut(l.Item.Title), seg.Cut(l.Item.Text)
			}
			l.Words = label.Words{Segmenter: seg.Version(), Title: cutTitle[k], Text: cutText[k]}
		}
		out[i] = l
	}
	return out
}

func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func sizeOf(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if i, err := d.Info(); err == nil {
				n += i.Size()
			}
		}
		return nil
	})
	return n
}

// resident is the process's memory from /proc/self/status, in megabytes.
func resident(key string) int {
	b, _ := os.ReadFile("/proc/self/status")
	var kb int
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			fmt.Sscan(rest, &kb)
		}
	}
	return kb / 1024
}

const benchShrink = 5

// BenchmarkWrite writes 20,000 cut letters in batches of 1,000.
// Figures of 2026-11: see the package comment.
func BenchmarkWrite(b *testing.B) {
	ls := letters(b, "letters-topic/train.jsonl", "letters-matters/letters.jsonl")
	all := items(b, ls, 12_000, true)
	ws, _ := strconv.Atoi(os.Getenv("WS"))
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		x := openB(b, dir)
		runtime.GC()
		c, t := cpu(), time.Now()
		b.StartTimer()
		for part := range slices.Chunk(all, ws) {
			write(b, x, nil, part...)
		}
		b.StopTimer()
		b.ReportMetric(float64(len(all))/(cpu()-c).Seconds(), "items/cpu-s")
		b.ReportMetric(float64(len(all))/time.Since(t).Seconds(), "items/s")
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(sizeOf(dir))/float64(len(all)), "bytes/item")
		b.StartTimer()
	}
}

func openB(b testing.TB, dir string) *Index {
	n, _ := strconv.Atoi(os.Getenv("BT"))
	x, err := Open(Config{Dir: dir, Batch: n}, Deps{Segmenter: segmenttest.Open(b)})
	if err != nil { b.Fatal(err) }
	return x
}
