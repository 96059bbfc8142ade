package columnar

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"qianliyan/classify/label"
	"qianliyan/cmd/embedded/clickhouse"
)

var errDown = errors.New("connection refused")

// flaky stands between the client and the engine. Before every request it asks
// fault what to do with it.
type flaky struct {
	engine http.RoundTripper
	fault  atomic.Pointer[func(*http.Request) string]
}

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	what := ""
	if p := f.fault.Load(); p != nil {
		what = (*p)(r)
	}
	drop := func() {
		if r.Body != nil {
			r.Body.Close()
		}
	}
	switch what {
	case "refuse": // nothing arrives
		drop()
		return nil, errDown
	case "lose": // it is done, the answer gets lost
		res, err := f.engine.RoundTrip(r)
		if err == nil {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		return nil, errDown
	case "full": // the engine says no
		drop()
		return &http.Response{
			StatusCode: 500, Request: r, Header: http.Header{"X-Clickhouse-Exception-Code": {"243"}},
			Body: io.NopCloser(bytes.NewBufferString("Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)")),
		}, nil
	}
	return f.engine.RoundTrip(r)
}

func (f *flaky) set(fault func(*http.Request) string) { f.fault.Store(&fault) }

// inserts tells what to do with inserts into one table.
func inserts(table, what string) func(*http.Request) string {
	return func(r *http.Request) string {
		if strings.Contains(r.URL.Query().Get("query"), "INSERT INTO "+table) {
			return what
		}
		return ""
	}
}

func always(what string) func(*http.Request) string {
	return func(*http.Request) string { return what }
}

func openFlaky(t *testing.T) (*Store, *flaky) {
	t.Helper()
	e := clickhouse.OpenTest(t)
	f := &flaky{engine: e}
	return openOn(t, testConfig(t, e), f), f
}

func TestWriteFailsAndIsRepeated(t *testing.T) {
	for name, fault := range map[string]func(*http.Request) string{
		"engine down":            always("refuse"),
		"items refused":          inserts("items", "refuse"),
		"answer to items lost":   inserts("items", "lose"),
		"disk full":              inserts("items", "full"),
		"offsets refused":        inserts("commits", "refuse"),
		"answer to offsets lost": inserts("commits", "lose"),
	} {
		t.Run(name, func(t *testing.T) {
			s, f := openFlaky(t)
			write(t, s, letters(0, 10), map[int]int64{0: 10})
			f.set(fault)
			for range 3 {
				if err := s.Write(t.Context(), letters(10, 20), map[int]int64{0: 20}); err == nil {
					t.Fatal("Write returned nil")
				}
			}
			f.set(always(""))
			next, err := s.Offsets(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if next[0] == 20 && name != "answer to offsets lost" {
				t.Error("the offset moved although the write failed")
			}
			write(t, s, letters(10, 20), map[int]int64{0: 20})
			if next, err = s.Offsets(t.Context()); err != nil || next[0] != 20 {
				t.Errorf("offsets %v, %v, want 20", next, err)
			}
			counts, err := s.CountByDay(t.Context())
			n := 0
			for _, c := range counts {
				n += c.N
			}
			if err != nil || n != 20 {
				t.Errorf("%d items, %v, want 20", n, err)
			}
		})
	}
}

func TestTheSameBatchAgainIsNotWrittenAgain(t *testing.T) {
	s, f := openFlaky(t)
	f.set(inserts("items", "lose"))
	for range 5 {
		if err := s.Write(t.Context(), letters(0, 100), nil); err == nil {
			t.Fatal("Write returned nil")
		}
	}
	var rows uint64
	if err := s.conn.QueryRow(t.Context(), "SELECT count() FROM items").Scan(&rows); err != nil || rows != 100 {
		t.Errorf("%d rows, %v, want 100", rows, err)
	}
}

func TestReadsFailAndRecover(t *testing.T) {
	s, f := openFlaky(t)
	write(t, s, letters(0, 2), map[int]int64{0: 2})
	f.set(always("refuse"))
	if _, err := s.Item(t.Context(), letter(1).Item.ID); !errors.Is(err, errDown) || errors.Is(err, ErrNotFound) {
		t.Errorf("Item: %v, want the network's error", err)
	}
	if _, err := s.Offsets(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("Offsets: %v", err)
	}
	if _, err := s.CountByDay(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("CountByDay: %v", err)
	}
	if _, err := s.IDs(t.Context(), "a", "2026-01-01"); !errors.Is(err, errDown) {
		t.Errorf("IDs: %v", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("Ping: %v", err)
	}
	f.set(always(""))
	if _, err := s.Item(t.Context(), letter(1).Item.ID); err != nil {
		t.Error(err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// Over a real socket, with the client's own transport: the engine goes away,
// comes back, and the same Store goes on.
func TestReconnectOverASocket(t *testing.T) {
	e := clickhouse.OpenTest(t)
	var down atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		res, err := e.RoundTrip(r)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer res.Body.Close()
		maps.Copy(w.Header(), res.Header)
		w.WriteHeader(res.StatusCode)
		io.Copy(w, res.Body)
	}))
	defer srv.Close()
	cfg := testConfig(t, e)
	cfg.Addr = []string{strings.TrimPrefix(srv.URL, "http://")}
	d := over(nil)
	d.Transport = nil
	s, err := Open(t.Context(), cfg, d)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write(t, s, letters(0, 5), map[int]int64{0: 5})
	down.Store(true)
	if err := s.Write(t.Context(), letters(5, 9), map[int]int64{0: 9}); err == nil {
		t.Error("Write returned nil over a broken connection")
	}
	down.Store(false)
	write(t, s, letters(5, 9), map[int]int64{0: 9})
	if _, err := s.Item(t.Context(), letter(8).Item.ID); err != nil {
		t.Error(err)
	}
}

func TestOpenOnADeadEngine(t *testing.T) {
	f := &flaky{}
	f.set(always("refuse"))
	if _, err := Open(t.Context(), Defaults(), over(f)); !errors.Is(err, errDown) || !strings.Contains(err.Error(), "cannot make database") {
		t.Errorf("Open: %v", err)
	}
}

func TestToken(t *testing.T) {
	a, b := letters(0, 3), letters(0, 3)
	if token(a) != token(b) {
		t.Error("equal batches differ")
	}
	b[1].At = b[1].At.Add(1e6)
	c := []label.Labeled{a[1], a[0], a[2]}
	if token(a) == token(b) || token(a) == token(c) || token(a) == token(a[:2]) {
		t.Error("different batches are equal")
	}
}

// The engine remembers batches to know them again. Emptied tables must take
// the same batches all the same, or a rebuild would lose them in silence.
func TestAnEmptiedTableTakesTheSameBatchAgain(t *testing.T) {
	s := open(t)
	for _, empty := range []string{"TRUNCATE TABLE items", "ALTER TABLE items DROP PARTITION 2026"} {
		write(t, s, letters(0, 10), nil)
		if err := s.conn.Exec(t.Context(), empty); err != nil {
			t.Fatal(err)
		}
		write(t, s, letters(0, 10), nil)
		if _, err := s.Item(t.Context(), letter(3).Item.ID); err != nil {
			t.Errorf("after %s: %v", empty, err)
		}
	}
}
