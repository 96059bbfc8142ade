package clickhouse

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// endless are statements of every way to run that do not end by themselves.
var endless = []string{
	"SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))",  // one long step
	"SELECT sipHash64(number) FROM numbers(1000000000000)",                            // a stream
	"SELECT sleepEachRow(1) FROM numbers(600) SETTINGS max_block_size = 1",            // mostly waiting
	"INSERT INTO FUNCTION null('x UInt64') SELECT number FROM numbers(1000000000000)", // writing
	"EXPLAIN ANALYZE SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))",
}

// running counts the statements of the test's own text.
func running(t *testing.T, c ch.Conn) uint64 {
	return count(t, c, "SELECT count() FROM system.processes WHERE query LIKE '%1000000000000%' OR query LIKE '%sleepEachRow%' SETTINGS log_comment = 'counting'") - 1
}

// TestCancel: a context that ends takes its statement along, at once and
// without a trace.
func TestCancel(t *testing.T) {
	c, _ := connect(t)
	for _, q := range endless[:4] {
		ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
		rows, err := c.Query(ctx, q)
		if err == nil {
			for rows.Next() {
				continue
			}
			err = rows.Err()
			rows.Close()
		}
		stop()
		if !errors.Is(err, context.DeadlineExceeded) && code(err) == 0 {
			t.Errorf("%s: %v, want the context's error", q, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	rows, err := c.Query(ctx, endless[1])
	must(t, err)
	for range 1000 {
		rows.Next()
	}
	stop() // half way through a stream
	rows.Close()
	for running(t, c) > 0 { // the test's own limit ends this
		time.Sleep(10 * time.Millisecond)
	}
	must(t, c.Ping(t.Context()))
}

// TestCancelUnread: whoever never reads the answer holds no session either.
func TestCancelUnread(t *testing.T) {
	e := OpenTest(t)
	ctx, stop := context.WithCancel(t.Context())
	for range cap(e.sem) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://embedded/?default_format=Native", strings.NewReader(endless[1]))
		must(t, err)
		res, err := e.RoundTrip(r)
		must(t, err)
		if res.StatusCode != http.StatusOK {
			t.Fatal(res.Status)
		}
	}
	waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := e.acquire(waiting); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one statement more than allowed: %v", err)
	}
	stop()
	for range cap(e.sem) { // all come back
		l, err := e.acquire(t.Context())
		must(t, err)
		defer l.release()
	}
}

// TestLargeResult reads more than the engine may hold in memory.
func TestLargeResult(t *testing.T) {
	c, _ := connect(t)
	ctx := ch.Context(t.Context(), ch.WithSettings(ch.Settings{"max_memory_usage": 100_000_000}))
	rows, err := c.Query(ctx, "SELECT number, repeat('噪音', 20) FROM numbers(3000000)")
	must(t, err)
	var n, sum uint64
	for rows.Next() {
		var x uint64
		var s string
		must(t, rows.Scan(&x, &s))
		n, sum = n+1, sum+x
	}
	must(t, rows.Err())
	if n != 3_000_000 || sum != n*(n-1)/2 { // 360 MB of text
		t.Errorf("%d rows with sum %d", n, sum)
	}
}

// TestClose ends what runs, and a folder opens again with what was in it.
func TestClose(t *testing.T) {
	lib, err := Library(t.Context(), LibraryOptions{Progress: os.Stderr})
	must(t, err)
	dir := filepath.Join(t.TempDir(), "数据 & <目录>") // names are quoted where they must be
	for round := range 2 {
		e, err := Open(Config{Dir: dir, Library: lib})
		must(t, err)
		if _, err := Open(Config{Dir: t.TempDir(), Library: lib}); err == nil || !strings.Contains(err.Error(), "this process has one open") {
			t.Errorf("a second engine: %v", err)
		}
		c := open(t, Options(e, ""))
		do(t, c, "CREATE DATABASE IF NOT EXISTS app", "CREATE TABLE IF NOT EXISTS app.t (x UInt64) ENGINE = MergeTree ORDER BY x",
			fmt.Sprintf("INSERT INTO app.t VALUES (%d)", round), fmt.Sprintf("BACKUP TABLE app.t TO File('%d')", round))
		if n := count(t, c, "SELECT count() FROM app.t"); n != uint64(round+1) {
			t.Errorf("round %d: %d rows", round, n)
		}
		if _, err := os.Stat(filepath.Join(dir, backupDir, fmt.Sprint(round), ".backup")); err != nil {
			t.Error(err)
		}
		if err := c.Exec(t.Context(), "BACKUP TABLE app.t TO File('/tmp/elsewhere')"); code(err) == 0 {
			t.Error("a backup may go anywhere")
		}
		result := make(chan error)
		go func() { result <- c.Exec(t.Context(), endless[0]) }()
		unread, err := c.Query(t.Context(), endless[1])
		must(t, err)
		for running(t, c) < 2 {
			time.Sleep(5 * time.Millisecond)
		}
		must(t, e.Close())
		must(t, e.Close())
		if err := <-result; !errors.Is(err, errClosed) {
			t.Errorf("running statement: %v", err)
		}
		for unread.Next() {
			continue
		}
		if unread.Err() == nil {
			t.Error("a stream cut short ended well")
		}
		if err := c.Exec(t.Context(), "SELECT 1"); !errors.Is(err, errClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

// TestFolderInUse: a folder another process has open is refused with its name.
func TestFolderInUse(t *testing.T) {
	lib, err := Library(t.Context(), LibraryOptions{Progress: os.Stderr})
	must(t, err)
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	_, err = Open(Config{Dir: dir, Library: lib})
	if err == nil || !strings.Contains(err.Error(), "正被另一个进程使用") || !strings.Contains(err.Error(), fmt.Sprint(cmd.Process.Pid)) {
		t.Errorf("got %v after %q, want the process's number %d", err, line, cmd.Process.Pid)
	}
	must(t, cmd.Process.Kill())
	go io.Copy(io.Discard, out)
	_ = cmd.Wait()
	e, err := Open(Config{Dir: dir, Library: lib})
	must(t, err)
	must(t, e.Close())
}

func TestOpenBad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "not.so")
	must(t, os.WriteFile(file, []byte("no library"), 0o644))
	for name, x := range map[string]struct {
		cfg  Config
		want string
	}{
		"no folder":        {Config{Library: "x"}, "Dir is empty"},
		"no library":       {Config{Dir: t.TempDir()}, "Library is empty"},
		"another library":  {Config{Dir: t.TempDir(), Library: file}, file},
		"folder is a file": {Config{Dir: file, Library: file}, file},
		"bad database":     {Config{Dir: t.TempDir(), Library: file, ReaderDatabases: []string{"a.b"}}, "a.b"},
		"all databases":    {Config{Dir: t.TempDir(), Library: file, ReaderDatabases: []string{"*"}}, `"*"`},
		"files":            {Config{Dir: t.TempDir(), Library: file, ReaderDatabases: []string{"default"}}, "default"},
	} {
		if e, err := Open(x.cfg); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
			if e != nil {
				e.Close()
			}
		}
	}
}

// TestMemory: what the engine holds is limited, what Go holds is not counted.
func TestMemory(t *testing.T) {
	lib, err := Library(t.Context(), LibraryOptions{Progress: os.Stderr})
	must(t, err)
	e, err := Open(Config{Dir: t.TempDir(), Library: lib, MaxMemory: 256 << 20})
	must(t, err)
	defer e.Close()
	c := open(t, Options(e, ""))
	if err := c.Exec(t.Context(), "SELECT groupArray(number) FROM numbers(1000000000)"); code(err) != 241 {
		t.Errorf("a statement larger than MaxMemory: %v, want code 241", err)
	}
	ballast := make([]byte, 400<<20)
	for i := 0; i < len(ballast); i += 4096 { // each page is touched: resident
		ballast[i] = 1
	}
	for range 10 {
		time.Sleep(50 * time.Millisecond) // the engine looks at its memory this often
		if n := count(t, c, "SELECT uniqExact(number) FROM numbers(100000)"); n != 100_000 {
			t.Error(n)
		}
	}
	ballast[0]++
}
