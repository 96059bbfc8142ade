package file

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"qianliyan/ingest/item"
)

// endless is a file that is made as it is read: a head, n rows, a tail.
type endless struct {
	head, tail string
	row        func(i int) string
	i, n       int
	now        string
}

func (e *endless) Read(p []byte) (int, error) {
	for e.now == "" {
		switch {
		case e.i < 0:
			return 0, io.EOF
		case e.i == 0 && e.head != "":
			e.now, e.head = e.head, ""
		case e.i == e.n:
			e.now, e.i = e.tail, -1
		default:
			e.now = e.row(e.i)
			e.i++
		}
	}
	n := copy(p, e.now)
	e.now = e.now[n:]
	return n, nil
}

// watermark imports src and returns the most heap in use at any batch.
func watermark(t *testing.T, format Format, src io.Reader, limits Limits) (Report, uint64, error) {
	t.Helper()
	g := newGate()
	o := options(t, g)
	o.Limits, o.Rejects = limits.orDefault(), filepath.Join(t.TempDir(), "r.csv")
	var peak uint64
	look := func() {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	}
	rep := Report{Format: format}
	batches := 0
	o.Accept = func(ctx context.Context, items []item.Item) ([]item.Outcome, error) {
		if batches++; batches%16 == 1 {
			look()
		}
		out, err := g.accept(ctx, items)
		g.items = g.items[:0]
		return out, err
	}
	im := &importer{o: o, rep: &rep, rejects: newRejects(o.Rejects, o.Limits.Columns)}
	im.kinds.set = o.Mappings
	r, err := im.openText(src)
	if err != nil {
		return rep, peak, err
	}
	err = im.rows(t.Context(), r)
	look()
	must(t, im.rejects.close())
	return rep, peak, err
}

const mib = 1 << 20

func heapNow() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A file of any size costs what its batches cost.
func TestSteadyMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 600 MB")
	}
	text := strings.Repeat("路灯坏了，半个月没人修。", 2000) // 72 kB
	n := 300 * mib / len(text)
	line := fmt.Sprintf(",\"title\":\"甲\",\"text\":%q},\n", text)
	for _, c := range []struct {
		format Format
		src    *endless
	}{
		{CSV, &endless{head: "编号,标题,内容\n", n: n, row: func(i int) string { return fmt.Sprintf("%d,甲,\"%s\n\"\n", i, text) }}},
		{JSONL, &endless{head: "[", tail: "{}]", n: n, row: func(i int) string { return fmt.Sprintf("{\"id\":%d", i) + line }}},
	} {
		before := heapNow()
		rep, peak, err := watermark(t, c.format, c.src, Limits{})
		if err != nil || rep.Accepted != n {
			t.Fatalf("%s: %+v, %v; want %d accepted", c.format, rep.Tally, err, n)
		}
		if peak > before+64*mib {
			t.Errorf("%s: 300 MiB took %d MiB of heap, from %d", c.format, peak/mib, before/mib)
		}
		t.Logf("%s: %d rows, heap %d → at most %d MiB", rep.Format, rep.Rows, before/mib, peak/mib)
	}
}

// A cell of 200 MB is refused while it streams by, and the rows behind it are
// read.
func TestGiantCell(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 600 MB")
	}
	piece := strings.Repeat("x", mib)
	for name, c := range map[string]struct {
		format     Format
		head, tail string
	}{
		"CSV, plain":  {CSV, "标题,内容\n甲,一\n乙,", "\n丙,三\n"},
		"CSV, quoted": {CSV, "标题,内容\n甲,一\n乙,\"", "\"\n丙,三\n"},
		"JSONL":       {JSONL, "{\"title\":\"甲\"}\n{\"title\":\"乙\",\"text\":\"", "\"}\n{\"title\":\"丙\"}\n"},
		"JSON":        {JSONL, "[{\"title\":\"甲\"},\n{\"title\":\"乙\",\"text\":\"", "\"},\n{\"title\":\"丙\"}]"},
	} {
		before := heapNow()
		rep, peak, err := watermark(t, c.format, &endless{head: c.head, tail: c.tail, n: 200, row: func(int) string { return piece }}, Limits{})
		if err != nil || tally(rep) != [3]int{2, 0, 1} {
			t.Errorf("%s: %+v, %v; want the giant alone refused", name, rep.Tally, err)
		}
		if peak > before+80*mib {
			t.Errorf("%s: a cell of 200 MiB took %d MiB of heap, from %d", name, peak/mib, before/mib)
		}
	}
}
