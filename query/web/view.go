package web

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"qianliyan/ingest/item"
	"qianliyan/query/export"
)

// view is what a page function returns: what to show, not how.
type view struct {
	Page   string // name of the template
	Title  string
	Status int // 200 when 0

	Redirect string // address to go to instead; nothing else counts then

	Data any // shown by the template; the JSON twin as it is

	// Rows, when the page has a table, hands all of it (not the screen's part)
	// to w for .csv and .xlsx. It is called only when one of these was asked
	// for; an error of w is returned as it is.
	Rows  func(ctx context.Context, w export.Writer) error
	Stamp export.Stamp // for the workbook's info sheet; Title and At are filled in
	File  string       // name of the exported file without its ending
}

// page makes a view from a request. It reads, it asks, it returns; it writes
// nothing.
type page func(r *http.Request) (view, error)

// ending is the form of answer that the ending of an address asks for.
type ending string

const (
	formHTML ending = ""
	formJSON ending = "json"
	formCSV  ending = "csv"
	formXLSX ending = "xlsx"
)

func formOf(r *http.Request) ending {
	switch f := ending(strings.TrimPrefix(path.Ext(r.URL.Path), ".")); f {
	case formJSON, formCSV, formXLSX:
		return f
	}
	return formHTML
}

// show is the handler of a page and its twins.
func (s *Server) show(p page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := p(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		switch f := formOf(r); {
		case v.Redirect != "":
			http.Redirect(w, r, v.Redirect, http.StatusSeeOther)
		case f == formHTML:
			s.writePage(w, r, v)
		case f == formJSON:
			s.writeJSON(w, orElse(v.Status, 200), v.Data)
		case v.Rows == nil:
			s.fail(w, r, errNoPage)
		default:
			s.writeTable(w, r, v, f)
		}
	})
}

func (s *Server) writeJSON(w http.ResponseWriter, status int, data any) {
	b, err := json.Marshal(data)
	if err != nil {
		s.log.Error("cannot encode page", slog.Any("err", err))
		status, b = 500, []byte(`{"error":{"reason":"程序在生成数据时出错。","hint":"请联系管理员。"}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

// writePage renders into memory first: half a page with an error in it helps
// nobody.
func (s *Server) writePage(w http.ResponseWriter, r *http.Request, v view) {
	b, err := s.render(r, v)
	if err != nil {
		s.log.Error("cannot render page", slog.String("page", v.Page), slog.Any("err", err))
		http.Error(w, errBroken.reason, http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(orElse(v.Status, 200))
	if r.Method != http.MethodHead {
		_, _ = w.Write(b)
	}
}

// writeTable sends all rows as a file. The header goes out with the first
// byte: an error before it is an error page, one after it breaks the
// connection, so that a short file is never taken for a whole one.
func (s *Server) writeTable(w http.ResponseWriter, r *http.Request, v view, f ending) {
	kind := "text/csv; charset=utf-8"
	if f == formXLSX {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	out := &late{w: w, begin: func() {
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "no-store")
		name := orElse(v.File, v.Title) + "." + string(f)
		h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
	}}
	stamp := v.Stamp
	stamp.Title, stamp.At = v.Title, time.Now().In(item.Zone)
	var table export.Writer
	if f == formXLSX {
		table = export.NewXLSX(out, stamp)
	} else {
		table = export.NewCSV(out)
	}
	err := v.Rows(r.Context(), table)
	if err != nil && !out.begun {
		out.closed = true // what Close flushes is no answer any more
		_ = table.Close()
		s.fail(w, r, err)
		return
	}
	if err == nil {
		err = table.Close()
	}
	if err != nil {
		s.log.Error("cannot finish export", slog.String("path", r.URL.Path), slog.Any("err", err))
		panic(http.ErrAbortHandler)
	}
}

// late is a writer that calls begin before its first byte.
type late struct {
	w      io.Writer
	begin  func()
	begun  bool
	closed bool // drops what is written
}

func (l *late) Write(b []byte) (int, error) {
	if l.closed {
		return len(b), nil
	}
	if !l.begun {
		l.begun = true
		l.begin()
	}
	return l.w.Write(b)
}
