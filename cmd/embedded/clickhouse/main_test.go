package clickhouse

import (
	"errors"
	"os"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"go.uber.org/goleak"
)

// TestMain also is the program that the crash test kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		crashWriter(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// connect opens clickhouse-go on the test engine and a fresh database.
func connect(t testing.TB, change ...func(*ch.Options)) (driver.Conn, string) {
	t.Helper()
	e := OpenTest(t)
	db := TestDatabase(t, e)
	o := Options(e, db)
	for _, f := range change {
		f(o)
	}
	return open(t, o), db
}

func open(t testing.TB, o *ch.Options) driver.Conn {
	t.Helper()
	c, err := ch.Open(o)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// do runs statements that must work.
func do(t testing.TB, c driver.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := c.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// count is the one number a question gives.
func count(t testing.TB, c driver.Conn, sql string, args ...any) (n uint64) {
	t.Helper()
	if err := c.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// code is the engine's number of an error, 0 where it is none of its.
func code(err error) int32 {
	if e, ok := errors.AsType[*ch.Exception](err); ok {
		return e.Code
	}
	return 0
}
