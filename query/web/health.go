package web

import "net/http"

// healthz says that the process answers, and nothing more: a supervisor that
// restarts on it must not restart because an engine is slow.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	s.writeJSON(w, http.StatusOK, map[string]bool{"ok": true})
}

// readyz says whether every part is there, and which is not (503). Status is
// the body, with "ready" beside it.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	st := s.deps.Status(r.Context())
	code := http.StatusOK
	if len(st.Missing) > 0 {
		code = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
	}
	st.Missing = append([]Part{}, st.Missing...) // [] in JSON, not null
	s.writeJSON(w, code, struct {
		Ready bool `json:"ready"`
		Status
	}{len(st.Missing) == 0, st})
}
