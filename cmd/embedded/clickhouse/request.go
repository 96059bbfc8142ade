package clickhouse

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/ClickHouse/ch-go/compress"
)

// request is one request of clickhouse-go, taken apart.
type request struct {
	sql      string
	rows     io.Reader // of an INSERT … FORMAT, nil when there are none
	format   string    // of the answer, where the statement names none
	database string    // current database, empty for the engine's default
	params   map[string]string
	settings []setting

	hello    bool // the client's first question, see answerHello
	whole    bool // answer when the statement has ended: wait_end_of_query
	compress bool // the answer, in ClickHouse's own framing
	method   compress.Method
}

// setting is one of the engine's settings for one statement.
type setting struct{ name, value string }

// protocolParams are URL parameters of the HTTP interface: not settings.
var protocolParams = map[string]bool{
	"query": true, "database": true, "default_format": true, "query_id": true, "quota_key": true,
	"client_protocol_version": true, "compress": true, "decompress": true, "wait_end_of_query": true,
	"log_comment": true, // ours: marks the session for KILL
}

// helloSQL is what clickhouse-go asks of every fresh connection.
const helloSQL = "SELECT displayName(), version(), revision(), timezone()"

// parseRequest reads what clickhouse-go sends: a statement as body, or one in
// the URL with its rows as body.
func parseRequest(r *http.Request) (*request, error) {
	q := r.URL.Query()
	if q.Has("session_id") {
		return nil, exception(48, "NOT_IMPLEMENTED", "the embedded engine keeps no sessions between requests")
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" {
		return nil, exception(48, "NOT_IMPLEMENTED", "the embedded engine takes compression none, lz4 or zstd, not %s", enc)
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return nil, exception(48, "NOT_IMPLEMENTED", "the embedded engine takes no external tables; pass an array as parameter")
	}
	req := &request{
		format: q.Get("default_format"), database: q.Get("database"), method: compress.LZ4,
		compress: q.Get("compress") == "1", whole: q.Get("wait_end_of_query") == "1" || q.Get("wait_end_of_query") == "true",
	}
	for _, k := range slices.Sorted(maps.Keys(q)) {
		v := q[k][len(q[k])-1]
		if name, ok := strings.CutPrefix(k, "param_"); ok {
			if req.params == nil {
				req.params = map[string]string{}
			}
			req.params[name] = v
		} else if !protocolParams[k] {
			req.settings = append(req.settings, setting{k, v})
		}
		if k == "network_compression_method" && strings.EqualFold(v, "ZSTD") {
			req.method = compress.ZSTD
		}
	}
	var body io.Reader = http.NoBody
	if r.Body != nil {
		body = r.Body
	}
	if q.Get("decompress") == "1" {
		body = plainEOF{compress.NewReader(body)}
	}
	if req.sql = q.Get("query"); req.sql != "" {
		req.rows = body
		return req, nil
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	req.sql = string(b)
	return req, req.split()
}

// split separates rows that follow FORMAT in the statement's own text.
func (r *request) split() error {
	if strings.TrimSpace(r.sql) == "" {
		return exception(62, "SYNTAX_ERROR", "Empty query")
	}
	r.hello = r.sql == helloSQL
	if firstWord(r.sql) != "INSERT" {
		return nil
	}
	if _, _, end := insertText(r.sql); end >= 0 {
		rest := strings.TrimLeft(r.sql[end:], " \t\r")
		r.rows, r.sql = strings.NewReader(strings.TrimPrefix(rest, "\n")), r.sql[:end]
	}
	return nil
}

// set is the SET statement for the request's settings, empty without any.
func (r *request) set() string {
	var b strings.Builder
	for i, s := range r.settings {
		b.WriteString([]string{"SET ", ", "}[min(i, 1)])
		b.WriteString(quoteName(s.name) + " = " + quoteString(s.value))
	}
	return b.String()
}

// has reports whether the caller chose the setting.
func (r *request) has(name string) bool {
	return slices.ContainsFunc(r.settings, func(s setting) bool { return s.name == name })
}

// plainEOF turns a wrapped io.EOF into the bare one that io.Copy ends at.
type plainEOF struct{ io.Reader }

func (r plainEOF) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
