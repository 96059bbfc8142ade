package clickhouse

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// Options are clickhouse-go's for an engine in process: transport is an
// *Engine or its Reader, database the current one. The caller may add more,
// except what belongs to a socket.
func Options(transport http.RoundTripper, database string) *ch.Options {
	return &ch.Options{
		Protocol:     ch.HTTP,
		Addr:         []string{"embedded"}, // a name only, nothing is dialled
		Auth:         ch.Auth{Database: database},
		MaxOpenConns: 16,
		MaxIdleConns: 16,
		TransportFunc: func(*http.Transport) (http.RoundTripper, error) {
			return transport, nil
		},
	}
}

// testEngine is the one engine the tests of a process share: the library
// cannot have two open.
var testEngine struct {
	sync.Mutex
	users int
	e     *Engine
	dir   string
	seq   int // names databases, also over several engines
}

// OpenTest gives a test the engine of its process, on a temporary folder. It
// is closed, and the folder removed, when the last test that asked for it has
// ended. Each test uses a database of its own: TestDatabase. Reader may read
// all of these. The test fails with the remedy where the library cannot be had.
func OpenTest(t testing.TB) *Engine {
	t.Helper()
	s := &testEngine
	s.Lock()
	defer s.Unlock()
	if s.e == nil {
		lib, err := Library(t.Context(), LibraryOptions{Progress: os.Stderr})
		if err != nil {
			t.Fatal(err)
		}
		dir, err := os.MkdirTemp("", "qianliyan-clickhouse-")
		if err != nil {
			t.Fatal(err)
		}
		e, err := Open(Config{Dir: dir, Library: lib, ReaderDatabases: []string{"test_*"}})
		if err != nil {
			os.RemoveAll(dir)
			t.Fatal(err)
		}
		s.e, s.dir = e, dir
	}
	s.users++
	t.Cleanup(func() {
		s.Lock()
		defer s.Unlock()
		if s.users--; s.users == 0 {
			s.e.Close()
			os.RemoveAll(s.dir)
			s.e = nil
		}
	})
	return s.e
}

// TestDatabase makes a fresh database for a test and returns its name. It is
// dropped when the test ends.
func TestDatabase(t testing.TB, e *Engine) string {
	t.Helper()
	testEngine.Lock()
	testEngine.seq++
	name := fmt.Sprintf("test_%d_%s", testEngine.seq, strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(identifierBytes, r) {
			return r
		}
		return '_'
	}, t.Name())))
	testEngine.Unlock()
	name = name[:min(len(name), 60)]
	c, err := ch.Open(Options(e, ""))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// t.Context has ended here by design.
		if err := c.Exec(context.Background(), "DROP DATABASE IF EXISTS "+name+" SYNC"); err != nil {
			t.Error(err)
		}
		c.Close()
	})
	return name
}
