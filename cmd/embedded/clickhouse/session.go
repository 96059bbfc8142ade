package clickhouse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"unsafe"
)

// class is the engine's own verdict on a statement.
type class uint32

// The classes of chdb_classify_query_n. OUTFILE makes any statement control.
const (
	readOnly class = iota
	mutating
	mutatingGlobal
	control
	unknown
)

// stats is what the engine says of a finished statement.
type stats struct{ readRows, readBytes, resultRows, written uint64 }

// session is one connection to the engine: its own settings, role and current
// database, one statement at a time. Not safe for concurrent use.
type session struct {
	lib  *binding
	root *handle
	conn handle
}

func openSession(lib *binding, args []string) (*session, error) {
	argv := make([]*byte, len(args)+2) // C wants a NULL behind the last
	for i, a := range append([]string{"clickhouse"}, args...) {
		argv[i] = &terminated(a)[0]
	}
	root := lib.connect(int32(len(args)+1), &argv[0])
	runtime.KeepAlive(argv)
	if root == nil || *root == nil {
		return nil, errors.New("the engine refused to open a session; its reason is on standard error")
	}
	return &session{lib: lib, root: root, conn: *root}, nil
}

func (s *session) close() {
	if s.root != nil {
		s.lib.close(s.root)
		s.root = nil
	}
}

// call runs one of the statement entry points.
func (s *session) call(f execute, sql, format string, params map[string]string) handle {
	names, values := make([]*byte, 0, len(params)+1), make([]*byte, 0, len(params)+1)
	nameLens, valueLens := make([]uintptr, 0, len(params)+1), make([]uintptr, 0, len(params)+1)
	for k, v := range params {
		names, nameLens = append(names, &terminated(k)[0]), append(nameLens, uintptr(len(k)))
		values, valueLens = append(values, &terminated(v)[0]), append(valueLens, uintptr(len(v)))
	}
	q, fm := terminated(sql), terminated(format)
	h := f(s.conn, &q[0], uintptr(len(sql)), &fm[0], uintptr(len(format)),
		unsafe.SliceData(names), unsafe.SliceData(nameLens), unsafe.SliceData(values), unsafe.SliceData(valueLens), uintptr(len(params)))
	runtime.KeepAlive(names)
	runtime.KeepAlive(values)
	return h
}

// run executes one statement and returns its whole result.
func (s *session) run(sql, format string, params map[string]string) ([]byte, stats, error) {
	r := s.call(s.lib.query, sql, format, params)
	if r == nil {
		return nil, stats{}, errors.New("the engine returned no result")
	}
	defer s.lib.destroy(r)
	if m := text(s.lib.resultError(r)); m != "" {
		return nil, stats{}, parseError(m)
	}
	return s.bytes(r), s.stats(r), nil
}

// do is run for statements without result.
func (s *session) do(sql string) error {
	_, _, err := s.run(sql, "Null", nil)
	return err
}

// bytes copies the data of result r, nil when there are none.
func (s *session) bytes(r handle) []byte {
	n := s.lib.resultLen(r)
	if n == 0 {
		return nil
	}
	return bytes.Clone(unsafe.Slice(s.lib.resultBuffer(r), n))
}

func (s *session) stats(r handle) stats {
	return stats{s.lib.readRows(r), s.lib.readBytes(r), s.lib.resultRows(r), s.lib.writtenRows(r)}
}

// classify asks the engine's parser what sql would do, and how many statements
// it holds. What cannot be parsed is unknown.
func (s *session) classify(sql string) (class, uint32) {
	var a analysis
	a.size = uint32(unsafe.Sizeof(a))
	q := terminated(sql)
	if s.lib.classify(s.conn, &q[0], uintptr(len(sql)), nil, 0, &a) != 0 {
		return unknown, 0
	}
	return class(a.class), a.count
}

// stream is a running SELECT; next pulls its blocks as the engine makes them.
type stream struct {
	s    *session
	h    handle
	done bool
}

func (s *session) stream(sql, format string, params map[string]string) (*stream, error) {
	h := s.call(s.lib.stream, sql, format, params)
	if h == nil {
		return nil, errors.New("the engine returned no stream")
	}
	if m := text(s.lib.resultError(h)); m != "" {
		s.lib.destroy(h)
		return nil, parseError(m)
	}
	return &stream{s: s, h: h}, nil
}

// next returns the next piece of the result, nil at its end.
func (st *stream) next() ([]byte, error) {
	if st.done {
		return nil, nil
	}
	r := st.s.lib.fetch(st.s.conn, st.h)
	if r == nil {
		st.done = true
		return nil, errors.New("the engine ended the stream without a word")
	}
	defer st.s.lib.destroy(r)
	if m := text(st.s.lib.resultError(r)); m != "" {
		st.done = true
		return nil, parseError(m)
	}
	b := st.s.bytes(r)
	st.done = b == nil
	return b, nil
}

// close ends the stream, cancelling what is left of the statement.
func (st *stream) close() {
	if st.h == nil {
		return
	}
	if !st.done {
		st.s.lib.cancel(st.s.conn, st.h)
	}
	st.s.lib.destroy(st.h)
	st.h = nil
}

// errBroken says that the engine takes no more rows; Done has its reason.
var errBroken = errors.New("the engine takes no more rows")

// load sends data to an INSERT whose text ends before FORMAT. Rows are stored
// when it returns nil.
func (s *session) load(sql, format string, params map[string]string, data io.Reader) (stats, error) {
	h := s.call(s.lib.insert, sql, format, params)
	if h == nil {
		return stats{}, errors.New("the engine returned no insert stream")
	}
	defer s.lib.insertDestroy(h)
	if m := text(s.lib.insertError(h)); m != "" {
		return stats{}, parseError(m)
	}
	_, err := io.CopyBuffer(rowWriter{s.lib, h}, struct{ io.Reader }{data}, make([]byte, 1<<20))
	if err != nil && !errors.Is(err, errBroken) {
		s.lib.insertCancel(h) // the caller's rows ended early: none must stay
		return stats{}, err
	}
	r := s.lib.insertDone(h)
	if r == nil {
		return stats{}, errors.New("the engine returned no insert result")
	}
	defer s.lib.destroy(r)
	if m := text(s.lib.resultError(r)); m != "" {
		return stats{}, parseError(m)
	}
	return s.stats(r), err
}

// rowWriter writes rows into an insert stream.
type rowWriter struct {
	lib *binding
	h   handle
}

func (w rowWriter) Write(b []byte) (int, error) {
	if len(b) > 0 && w.lib.insertAppend(w.h, &b[0], uintptr(len(b))) != 0 {
		return 0, errBroken
	}
	return len(b), nil
}

// Error is an exception of the engine, or of the door before it, with
// ClickHouse's number. clickhouse-go makes a *clickhouse.Exception of it.
type Error struct {
	Code int
	Text string // as the engine wrote it, starting with "Code: N."
}

// Error is the text as the engine wrote it.
func (e *Error) Error() string { return e.Text }

// parseError makes an Error of the text the engine gives.
func parseError(m string) error {
	e := &Error{Text: strings.TrimSpace(m), Code: 1001} // STD_EXCEPTION
	if i := strings.Index(m, "Code: "); i >= 0 {
		if _, err := fmt.Sscanf(m[i:], "Code: %d", &e.Code); err == nil {
			e.Text = strings.TrimSpace(m[i:])
		}
	}
	return e
}

// exception makes an Error in the engine's manner.
func exception(code int, name, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), name)}
}
