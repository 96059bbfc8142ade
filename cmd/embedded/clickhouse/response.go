package clickhouse

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/ClickHouse/ch-go/compress"
)

// RoundTrip answers a request of clickhouse-go with all rights. Failures of a
// statement are answers with a status; errors are the request's own context,
// or the engine being closed.
func (e *Engine) RoundTrip(r *http.Request) (*http.Response, error) { return e.serve(r, false) }

// serve answers one request, for a reader or for the application itself.
func (e *Engine) serve(r *http.Request, reader bool) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	unhook := context.AfterFunc(e.ctx, func() { cancel(errClosed) })
	free := func() { unhook(); cancel(nil) }
	req, err := parseRequest(r)
	var a *answer
	if err == nil {
		a, err = e.start(ctx, req, reader)
	}
	switch {
	case err == nil:
	case r.Context().Err() != nil:
		free()
		return nil, r.Context().Err()
	case errors.Is(err, errClosed):
		free()
		return nil, errClosed
	default:
		free()
		return failure(r, err), nil
	}
	finish := a.finish
	a.finish = func() { finish(); free() }
	return success(ctx, r, req, a, e.zone), nil
}

// failure is the answer of a statement that gave nothing but an error.
func failure(r *http.Request, err error) *http.Response {
	e := asError(err)
	res := response(r, http.StatusInternalServerError)
	res.Header.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	res.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	res.Body = io.NopCloser(strings.NewReader(e.Text + "\n"))
	res.ContentLength = int64(len(e.Text) + 1)
	return res
}

// success is the answer of a statement that has begun to give rows, or ended.
func success(ctx context.Context, r *http.Request, req *request, a *answer, zone string) *http.Response {
	b := &body{a: a, tag: newTag(), cause: func() error { return context.Cause(ctx) }}
	if req.compress {
		b.comp = compress.NewWriter(compress.LevelZero, req.method)
	}
	res := response(r, http.StatusOK)
	res.Header.Set("X-ClickHouse-Timezone", zone)
	res.Header.Set("X-ClickHouse-Format", a.format)
	res.Header.Set("X-ClickHouse-Exception-Tag", b.tag)
	if a.next == nil {
		res.Header.Set("X-ClickHouse-Summary", fmt.Sprintf(`{"read_rows":"%d","read_bytes":"%d","written_rows":"%d","result_rows":"%d"}`,
			a.stats.readRows, a.stats.readBytes, a.stats.written, a.stats.resultRows))
	}
	res.Body = b
	res.ContentLength = -1
	if a.first == nil { // the client takes 0 as "no block will come"
		res.ContentLength = 0
	}
	// Whoever ends the context need not close the body: the session must go.
	b.unhook = context.AfterFunc(ctx, func() { b.Close() })
	return res
}

func response(r *http.Request, status int) *http.Response {
	return &http.Response{
		Status: fmt.Sprint(status, " ", http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: r,
	}
}

// body streams an answer; closing it early cancels the statement.
type body struct {
	tag    string
	cause  func() error // why the context ended, nil while it has not
	unhook func() bool

	mu    sync.Mutex // Read against the context's end
	a     *answer
	buf   []byte
	comp  *compress.Writer
	err   error // after buf
	ended bool
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.buf) == 0 {
		if b.err == nil && b.ended {
			b.err = errors.New("read of a closed answer")
			if cause := b.cause(); cause != nil && !errors.Is(cause, context.Canceled) {
				b.err = cause
			} else if cause != nil {
				b.err = context.Canceled
			}
		}
		if b.err != nil {
			b.end()
			return 0, b.err
		}
		b.fill()
	}
	n := copy(p, b.buf)
	b.buf = b.buf[n:]
	return n, nil
}

// fill takes the next piece of the answer into buf, or sets err.
func (b *body) fill() {
	var piece []byte
	var err error
	if b.a.first != nil {
		piece, b.a.first = b.a.first, nil
	} else if b.a.next != nil {
		piece, err = b.a.next()
	}
	switch cause := b.cause(); {
	case cause != nil:
		b.err = cause
	case err != nil:
		if b.comp != nil {
			// Framed but not squeezed: clickhouse-go looks for the text in
			// the bytes as they came, and loses it in zstd's.
			b.comp = compress.NewWriter(compress.LevelZero, compress.None)
		}
		b.buf, b.err = b.frame(lateException(err, b.tag)), io.EOF
	case piece == nil:
		b.err = io.EOF
	default:
		b.buf = b.frame(piece)
	}
}

// frame compresses a piece where the client asked for it, in blocks of at most
// 1 MiB as a server writes them.
func (b *body) frame(piece []byte) []byte {
	if b.comp == nil {
		return piece
	}
	var out []byte
	for len(piece) > 0 {
		n := min(len(piece), 1<<20)
		if err := b.comp.Compress(piece[:n]); err != nil {
			b.err = err
			return out
		}
		out, piece = append(out, b.comp.Data...), piece[n:]
	}
	return out
}

// end gives the session back. The caller holds mu.
func (b *body) end() {
	if !b.ended {
		b.ended = true
		b.unhook()
		b.a.finish()
	}
}

// Close cancels what still runs. It waits for a Read under way.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end()
	return nil
}

// newTag is random, so that rows cannot imitate a late exception.
func newTag() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // documented never to fail
	return hex.EncodeToString(b[:])
}

// lateException is how a server says in a begun body that it failed.
func lateException(err error, tag string) []byte {
	m := asError(err).Text
	return fmt.Appendf(nil, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", tag, m, len(m)+1, tag)
}

// asError gives err the form of an exception, which is all a client reads.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return exception(1001, "STD_EXCEPTION", "%v", err)
}
