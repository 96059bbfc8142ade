package web

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// policy lets the browser load from this server only. Styles set by a script
// through the DOM (the curve does) are not inline styles and stay allowed.
const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// harden wraps h with what every answer needs: headers that shut other sites
// out, a limit on what may be posted, a time limit, and a log line for what
// went wrong.
func (s *Server) harden(h http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, errForeign)
	}))
	return s.recovered(headers(guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := s.cfg.Timeout.D()
		if f := formOf(r); f == formCSV || f == formXLSX {
			limit *= 10
		}
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, int64(s.cfg.MaxBody))
		h.ServeHTTP(w, r)
	}))))
}

func headers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hd := w.Header()
		hd.Set("Content-Security-Policy", policy)
		hd.Set("X-Content-Type-Options", "nosniff")
		hd.Set("X-Frame-Options", "DENY")
		hd.Set("Referrer-Policy", "same-origin")
		hd.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.ServeHTTP(w, r)
	})
}

// recovered turns a panic of one page into that page's error, as one broken
// page must not take the intake down with it.
func (s *Server) recovered(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // a recovered value is no error to unwrap
				panic(p)
			}
			s.log.Error("page panicked", slog.String("path", r.URL.Path), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			s.fail(w, r, errBroken)
		}()
		start := time.Now()
		h.ServeHTTP(w, r)
		if took := time.Since(start); took > s.cfg.Timeout.D()/2 {
			s.log.Warn("page was slow", slog.String("path", r.URL.Path), slog.Duration("took", took))
		}
	})
}
