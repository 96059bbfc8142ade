package fulltext

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
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
		at := start.Add(time.Duration(i) * (90 * 24 * time.Hour / time.Duration(n)))
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

// BenchmarkWrite writes 20,000 cut letters in batches of 4,000, as a store that
// is behind receives them.
func BenchmarkWrite(b *testing.B) {
	ls := letters(b, "letters-topic/train.jsonl", "letters-matters/letters.jsonl")
	all := items(b, ls, 20_000, true)
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		x := open(b, dir)
		runtime.GC()
		c, t := cpu(), time.Now()
		b.StartTimer()
		for part := range slices.Chunk(all, 4000) {
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

// BenchmarkSearch asks one question of each kind over 20,000 letters of three
// months, or as many as QIANLIYAN_FULLTEXT_ITEMS says. Answers are remembered
// (see leaf), so every question is also asked for the first time.
func BenchmarkSearch(b *testing.B) {
	n := 20_000
	if s := os.Getenv("QIANLIYAN_FULLTEXT_ITEMS"); s != "" {
		if _, err := fmt.Sscan(s, &n); err != nil {
			b.Fatal(err)
		}
	}
	ls := letters(b, "letters-topic/train.jsonl", "letters-matters/letters.jsonl")
	x := open(b, b.TempDir())
	const step = 20_000
	all := items(b, ls, n, true)
	for from := 0; from < n; from += step {
		write(b, x, nil, all[from:min(from+step, n)]...)
	}
	all = nil
	debug.FreeOSMemory()
	first := time.Now()
	find(b, x, Query{Size: 20})
	b.Logf("%d items: first search %v, resident %d MB (anonymous %d, peak %d)", n, time.Since(first), resident("VmRSS"), resident("RssAnon"), resident("VmHWM"))
	const from, to = "2026-02-10", "2026-02-20"
	for _, c := range []struct {
		name string
		q    Query
	}{
		{"newest", Query{}},
		{"newest+facets", Query{Facets: Lists()}},
		{"one word", Query{Where: has("路灯"), Rank: []string{"路灯"}, Order: ByScore}},
		{"long word+facets", Query{Where: has("自来水公司"), Rank: []string{"自来水公司"}, Order: ByScore, Facets: Lists()}},
		{"common word+facets", Query{Where: has("领导"), Rank: []string{"领导"}, Order: ByScore, Facets: Lists()}},
		{"common long word", Query{Where: has("有关部门"), Rank: []string{"有关部门"}, Order: ByScore}},
		{"one character", Query{Where: has("水"), Order: ByTime}},
		{"words in days", Query{Where: &Where{Op: And, Kids: []Where{*has("小区"), *has("物业公司")}}, Rank: []string{"小区", "物业公司"}, Order: ByScore, From: from, To: to}},
		{"not", Query{Where: &Where{Op: Not, Kids: []Where{*has("物业公司")}}}},
		{"loose", Query{Loose: true, Rank: []string{"小区物业乱收停车费，业主多次投诉无人处理"}, Order: ByScore, Facets: Lists()}},
	} {
		c.q.Size = 20
		b.Run(c.name, func(b *testing.B) {
			begin := time.Now()
			a := find(b, x, c.q)
			first := time.Since(begin)
			for b.Loop() {
				find(b, x, c.q)
			}
			b.ReportMetric(float64(first.Microseconds())/1000, "first-ms")
			b.ReportMetric(float64(a.Total), "hits")
		})
	}
}

// BenchmarkFresh writes small batches as they come at a steady 200 items a
// second, and reports how long a batch takes to be durable and found.
func BenchmarkFresh(b *testing.B) {
	ls := letters(b, "letters-topic/train.jsonl")
	x := open(b, b.TempDir())
	all := items(b, ls, 20_000, true)
	var took []time.Duration
	n := 0
	for b.Loop() {
		begin := time.Now()
		part := make([]label.Labeled, 10)
		for i := range part {
			part[i] = all[n%len(all)]
			part[i].Item.ID = item.NewID("fresh", fmt.Sprint(n))
			part[i].Item.Day = "2026-03-01"
			n++
		}
		write(b, x, map[int]int64{0: int64(n)}, part...)
		took = append(took, time.Since(begin))
		if rest := 50*time.Millisecond - time.Since(begin); rest > 0 {
			b.StopTimer()
			time.Sleep(rest)
			b.StartTimer()
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
