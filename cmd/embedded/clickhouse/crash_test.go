package clickhouse

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// crashDir names the folder for a child that writes until it is killed.
const crashDir = "QIANLIYAN_TEST_CRASH_DIR"

const crashBatch = 500

// crashWriter stores batches and says so, for ever.
func crashWriter(dir string) {
	fail := func(err error) {
		if err != nil {
			fmt.Println("FAIL", err)
			os.Exit(1)
		}
	}
	ctx := context.Background()
	lib, err := Library(ctx, LibraryOptions{})
	fail(err)
	e, err := Open(Config{Dir: dir, Library: lib})
	fail(err)
	c, err := ch.Open(Options(e, ""))
	fail(err)
	fail(c.Exec(ctx, "CREATE DATABASE IF NOT EXISTS app"))
	fail(c.Exec(ctx, "CREATE TABLE IF NOT EXISTS app.t (batch UInt64, i UInt32, text String) ENGINE = MergeTree ORDER BY (batch, i)"))
	var from uint64
	fail(c.QueryRow(ctx, "SELECT coalesce(max(batch), 0) + 1 FROM app.t").Scan(&from))
	for n := from; ; n++ {
		b, err := c.PrepareBatch(ctx, "INSERT INTO app.t")
		fail(err)
		for i := range crashBatch {
			fail(b.Append(n, uint32(i), "小区门口的路灯坏了，请尽快维修。"))
		}
		fail(b.Send())
		fmt.Println("STORED", n)
	}
}

// TestKilled kills a writer at random moments: what was acknowledged stays,
// whole, and the folder opens again.
func TestKilled(t *testing.T) {
	lib, err := Library(t.Context(), LibraryOptions{Progress: os.Stderr})
	must(t, err)
	dir, exe := t.TempDir(), os.Args[0]
	stored := map[uint64]bool{}
	for range 4 {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), crashDir+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		after := 1 + rand.IntN(30)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var n uint64
			if _, err := fmt.Sscanf(lines.Text(), "STORED %d", &n); err != nil {
				t.Fatal(lines.Text())
			}
			stored[n] = true
			if after--; after == 0 {
				time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // into the next insert
				must(t, cmd.Process.Kill())
			}
		}
		_ = cmd.Wait() // killed, as wanted
	}
	if len(stored) < 4 {
		t.Fatalf("the writers stored %d batches only", len(stored))
	}
	e, err := Open(Config{Dir: dir, Library: lib})
	must(t, err)
	defer e.Close()
	c := open(t, Options(e, "app"))
	rows, err := c.Query(t.Context(), "SELECT batch, count(), uniqExact(i) FROM t GROUP BY batch")
	must(t, err)
	for rows.Next() {
		var batch, n, different uint64
		must(t, rows.Scan(&batch, &n, &different))
		if n != crashBatch || different != crashBatch {
			t.Errorf("batch %d has %d rows, %d different, not %d", batch, n, different, crashBatch)
		}
		delete(stored, batch)
	}
	must(t, rows.Err())
	if len(stored) > 0 {
		t.Errorf("acknowledged batches are missing: %v", stored)
	}
}
