package fulltext

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"qianliyan/classify/label"
	"qianliyan/classify/segment"
)

// childDir makes this test binary a writer that never stops by itself.
const childDir = "QIANLIYAN_FULLTEXT_CHILD"

const (
	perWrite   = 40
	crashMonth = 3
)

// crashItem is the n-th item of the endless input.
func crashItem(n int) label.Labeled {
	day := fmt.Sprintf("2026-%02d-%02d", 1+n%crashMonth, 1+n%28)
	return made("crash", n, day, fmt.Sprintf("第%d号来信", n), fmt.Sprintf("东街路灯第%d次熄灭，请尽快修理。", n))
}

// writeForever writes items from the committed offset on and prints every
// offset that Write has made durable.
func writeForever(dir string) {
	fail := func(err error) {
		fmt.Println("error", err)
		os.Exit(3)
	}
	seg, err := segment.Open(segment.Config{})
	if err != nil {
		fail(err)
	}
	x, err := Open(Config{Dir: dir}, Deps{Segmenter: seg})
	if err != nil {
		fail(err)
	}
	ctx := context.Background()
	offsets, err := x.Offsets(ctx)
	if err != nil {
		fail(err)
	}
	for n := int(offsets[0]); ; n += perWrite {
		items := make([]label.Labeled, perWrite)
		for i := range items {
			items[i] = crashItem(n + i)
		}
		if err := x.Write(ctx, items, map[int]int64{0: int64(n + perWrite)}); err != nil {
			fail(err)
		}
		fmt.Println("durable", n+perWrite)
	}
}

// TestKill kills the writer with SIGKILL at growing distances into its work.
// What Write promised must be there: the offset, and every item below it.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		promised := killAfter(t, self, dir, 2+3*round)
		x, err := Open(Config{Dir: dir}, Deps{Segmenter: mustSegmenter(t)})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		offsets, err := x.Offsets(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		committed := int(offsets[0])
		if committed < promised {
			t.Errorf("round %d: offset %d on disk, %d promised", round, committed, promised)
		}
		missing := 0
		for n := range committed {
			ok, err := x.Has(t.Context(), crashItem(n).Item.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				missing++
			}
		}
		if missing > 0 {
			t.Errorf("round %d: %d of %d items below the offset are missing", round, missing, committed)
		}
		// What was written behind the offset is whole as well and replayed over.
		if got := find(t, x, Query{Where: has("东街路灯")}).Total; got < committed || got > committed+perWrite {
			t.Errorf("round %d: %d items are found, offset %d", round, got, committed)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfter runs a writer, kills it after so many durable writes plus a moment
// that lands anywhere in the next, and returns the last offset it promised.
func killAfter(t *testing.T, self, dir string, writes int) (promised int) {
	t.Helper()
	cmd := exec.Command(self, "-test.run=^$")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, n := bufio.NewScanner(out), 0
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		if word != "durable" {
			t.Errorf("writer says %q", lines.Text())
			break
		}
		if promised, err = strconv.Atoi(rest); err != nil {
			t.Fatal(err)
		}
		if n++; n == writes {
			time.Sleep(time.Duration(writes) * 3 * time.Millisecond)
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("writer ended by itself")
	}
	return promised
}
