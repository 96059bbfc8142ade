package clickhouse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/proto"
)

// answer is a started statement: its first output, and how to go on.
type answer struct {
	format string
	first  []byte                 // nil: no output at all
	next   func() ([]byte, error) // nil: first was all; else nil bytes at the end
	finish func()                 // must be called once
	stats  stats                  // of a statement that has ended
}

// start runs the statement up to its first output, so that an error can still
// be the status of the answer. ctx governs the statement until finish.
func (e *Engine) start(ctx context.Context, req *request, reader bool) (a *answer, err error) {
	l, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	unwatch := func() {}
	finish := func() { unwatch(); l.release() }
	defer func() {
		if err == nil {
			return
		}
		finish()
		if cause := context.Cause(ctx); cause != nil {
			err = cause // the engine says "cancelled"; the caller knows why
		}
	}()
	kind, err := l.prepare(ctx, req, reader)
	if err != nil {
		return nil, err
	}
	unwatch = l.watch(ctx)
	if a, err = l.execute(req, kind, finish); err != nil {
		return nil, err
	}
	if req.whole {
		if err = a.collect(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// prepare makes the session what the request wants, and for a reader nothing
// more than it may be.
func (l *lease) prepare(ctx context.Context, req *request, reader bool) (class, error) {
	if d, ok := ctx.Deadline(); ok && !req.has("max_execution_time") {
		// Some functions cannot be interrupted by KILL; this ends them.
		left := max(0.001, time.Until(d).Seconds()+1)
		req.settings = append(req.settings, setting{"max_execution_time", fmt.Sprintf("%.3f", left)})
	}
	if reader {
		if err := l.confineRequest(req); err != nil {
			return unknown, err
		}
	}
	if req.database != "" {
		if err := l.do("USE " + quoteName(req.database)); err != nil {
			return unknown, err
		}
	}
	kind, count := mutating, uint32(1)
	if reader || firstWord(req.sql) != "INSERT" { // rows behind FORMAT are not SQL
		kind, count = l.classify(req.sql)
	}
	if reader {
		if err := l.confineStatement(req, kind, count); err != nil {
			return unknown, err
		}
	} else if count > 1 { // a server refuses them too
		return unknown, exception(62, "SYNTAX_ERROR", "Multi-statements are not allowed")
	}
	if set := req.set(); set != "" {
		if err := l.do(set); err != nil {
			return unknown, err
		}
	}
	if reader {
		return kind, l.confineSession()
	}
	return kind, nil
}

// execute starts the statement in the way the library wants it: streamed
// where it can be, since a result may be larger than memory.
func (l *lease) execute(req *request, kind class, finish func()) (*answer, error) {
	whole := func(out []byte, st stats, err error) (*answer, error) {
		return &answer{format: outputFormat(req.sql, req.format), first: out, finish: finish, stats: st}, err
	}
	switch {
	case firstWord(req.sql) == "INSERT":
		st, err := l.insert(req)
		return whole(nil, st, err)
	case kind != readOnly:
		return whole(l.run(req.sql, req.format, req.params))
	case req.hello:
		return whole(l.answerHello())
	}
	s, err := l.stream(req.sql, req.format, req.params)
	if notStreamable(err) { // SHOW, DESCRIBE, EXPLAIN, EXISTS, CHECK: small results
		return whole(l.run(req.sql, req.format, req.params))
	}
	if err != nil {
		return nil, err
	}
	first, err := s.next()
	if err != nil {
		s.close()
		return nil, err
	}
	format := outputFormat(req.sql, req.format)
	if first == nil && format == "Native" {
		first = l.header(req)
	}
	return &answer{format: format, first: first, next: s.next, finish: func() { s.close(); finish() }}, nil
}

// insert runs an INSERT, with the request's rows where its text announces some.
func (l *lease) insert(req *request) (stats, error) {
	stmt, format, end := insertText(req.sql)
	if end < 0 || req.rows == nil {
		_, st, err := l.run(req.sql, "Null", req.params)
		return st, err
	}
	return l.load(stmt, format, req.params, req.rows)
}

// collect reads the whole answer into memory, for callers that would rather
// wait than handle an error behind the first rows.
func (a *answer) collect() error {
	for a.next != nil {
		b, err := a.next()
		if err != nil {
			return err
		}
		if b == nil {
			a.next = nil
		}
		a.first = append(a.first, b...)
	}
	return nil
}

// answerHello tells clickhouse-go revision 0. The client then reads all later
// blocks in the form of that revision, which is the form the engine writes:
// they pass through untouched, whatever their types. Only this answer itself
// is read in the client's own revision; its one row is written by hand.
func (l *lease) answerHello() ([]byte, stats, error) {
	out, st, err := l.run("SELECT version(), timezone()", "JSONCompactEachRow", nil)
	if err != nil {
		return nil, st, err
	}
	var row [2]string
	if err := json.Unmarshal(out, &row); err != nil {
		return nil, st, fmt.Errorf("cannot read the engine's version: %w", err)
	}
	var b proto.Buffer
	proto.BlockInfo{BucketNum: -1}.Encode(&b)
	b.PutUVarInt(4) // columns
	b.PutUVarInt(1) // rows
	column := func(name, kind string, put func()) {
		b.PutString(name)
		b.PutString(kind)
		b.PutBool(false) // no custom serialization
		put()
	}
	column("displayName()", "String", func() { b.PutString("embedded") })
	column("version()", "String", func() { b.PutString(row[0]) })
	column("revision()", "UInt32", func() { b.PutUInt32(0) })
	column("timezone()", "String", func() { b.PutString(row[1]) })
	return b.Buf, st, nil
}

// header is a Native block without rows: the engine writes none for an empty
// result, but the caller wants names and types of its columns.
func (l *lease) header(req *request) []byte {
	out, _, err := l.run("DESCRIBE TABLE (\n"+trimEnd(req.sql)+"\n)", "JSONCompactEachRow", req.params)
	if err != nil {
		return nil
	}
	var b proto.Buffer
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	b.PutUVarInt(uint64(len(lines)))
	b.PutUVarInt(0)
	for _, line := range lines {
		var row []string
		if json.Unmarshal(line, &row) != nil || len(row) < 2 {
			return nil
		}
		b.PutString(row[0])
		b.PutString(row[1])
	}
	return b.Buf
}

// trimEnd cuts what may follow a statement but not stand in brackets.
func trimEnd(sql string) string { return strings.TrimRight(sql, "; \t\r\n") }

func notStreamable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == 36 && strings.Contains(e.Text, "Streaming query is not supported")
}

// watch kills the lease's statement when ctx ends. The returned function stops
// watching; it must be called before the lease is released.
func (l *lease) watch(ctx context.Context) func() {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-quit:
			return
		case <-ctx.Done():
		}
		// A KILL that comes before the engine has registered the statement
		// finds nothing: repeat until the statement has returned.
		again := time.NewTicker(200 * time.Millisecond)
		defer again.Stop()
		for l.kill() == nil {
			select {
			case <-quit:
				return
			case <-again.C:
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}
