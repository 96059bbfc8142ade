package push

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

// Deps is what a Handler is handed.
type Deps struct {
	Accept   Accept
	Mappings *mapping.Set          // nil takes the shipped ones
	Key      []byte                // key of Item.Sender
	Log      *slog.Logger          // nil drops it
	Metrics  prometheus.Registerer // nil keeps them hidden
}

// Handler serves the routes of the package comment.
type Handler struct {
	cfg      Config
	deps     Deps
	mux      *http.ServeMux
	sources  []source
	generic  *mapping.Mapping
	room     chan struct{}
	requests *prometheus.CounterVec
}

// source is a Source ready for use.
type source struct {
	Source
	tokens  [][sha256.Size]byte
	mapping *mapping.Mapping
}

var _ http.Handler = (*Handler)(nil)

// New reads the tokens and finds the mappings.
func New(cfg Config, deps Deps) (*Handler, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("cannot set up push: %w", err)
	}
	if deps.Accept == nil {
		return nil, errors.New("cannot set up push: no Accept")
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	h := &Handler{cfg: cfg, deps: deps, mux: http.NewServeMux(), room: make(chan struct{}, cfg.Concurrent)}
	if err := h.setUp(); err != nil {
		return nil, fmt.Errorf("cannot set up push: %w", err)
	}
	h.mux.HandleFunc("POST /push/v1/items", h.items)
	h.mux.HandleFunc("POST /open311/v2/requests.json", h.request)
	h.mux.HandleFunc("GET /open311/v2/services.json", h.services)
	return h, nil
}

func (h *Handler) setUp() error {
	if h.deps.Mappings == nil {
		set, err := mapping.Shipped()
		if err != nil {
			return err
		}
		h.deps.Mappings = set
	}
	var problem *item.Problem
	if h.generic, problem = h.deps.Mappings.Get(mapping.Generic); problem != nil {
		return problem
	}
	for _, s := range h.cfg.Sources {
		src := source{Source: s, mapping: h.generic}
		if s.Mapping != "" {
			if src.mapping, problem = h.deps.Mappings.Get(s.Mapping); problem != nil {
				return fmt.Errorf("source %q: %w", s.Name, problem)
			}
		}
		var err error
		if src.tokens, err = s.tokens(); err != nil {
			return fmt.Errorf("source %q: %w", s.Name, err)
		}
		h.sources = append(h.sources, src)
	}
	h.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "qianliyan_push_requests_total", Help: "Requests of other systems, by source and status code.",
	}, []string{"source", "code"})
	if h.deps.Metrics == nil {
		return nil
	}
	err := h.deps.Metrics.Register(h.requests)
	if dup, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if old, ok := dup.ExistingCollector.(*prometheus.CounterVec); ok {
			h.requests = old
			return nil
		}
	}
	return err
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// items serves POST /push/v1/items.
func (h *Handler) items(w http.ResponseWriter, r *http.Request) {
	src, p := h.authenticate(bearer(r))
	if p != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="qianliyan"`)
		h.refuse(w, src, http.StatusUnauthorized, p)
		return
	}
	if s := r.URL.Query().Get("source"); s != "" && s != src.Name {
		h.refuse(w, src, http.StatusForbidden, &item.Problem{Column: "source", Value: short(s), Reason: "不是这个令牌的来源", Hint: "请换用该来源自己的令牌，或去掉 source"})
		return
	}
	if !h.enter() {
		w.Header().Set("Retry-After", seconds(h.cfg.RetryAfter.D()))
		h.refuse(w, src, http.StatusTooManyRequests, &item.Problem{Reason: "同时推送的请求太多", Hint: "请稍候重发"})
		return
	}
	defer h.leave()
	body, status, p := openBody(w, r, int64(h.cfg.MaxBody))
	if p != nil {
		h.refuse(w, src, status, p)
		return
	}
	in := h.intake(r, src.Name, func(raw []byte) (item.Item, *item.Problem) { return h.decode(src, raw) })
	in.readAll(body)
	if r.Context().Err() != nil {
		return // nobody is there to be answered
	}
	h.requests.WithLabelValues(src.Name, strconv.Itoa(in.answer(w))).Inc()
}

func (h *Handler) intake(r *http.Request, name string, decode decoder) *intake {
	return &intake{
		ctx: r.Context(), accept: h.deps.Accept, decode: decode, log: h.deps.Log.With("stage", "ingest", "kind", "push", "name", name),
		batch: h.cfg.Batch, batchBytes: int(h.cfg.BatchBytes), after: h.cfg.RetryAfter.D(),
	}
}

func (h *Handler) enter() bool {
	select {
	case h.room <- struct{}{}:
		return true
	default:
		return false
	}
}

func (h *Handler) leave() { <-h.room }

// refuse answers a request of which nothing was read.
func (h *Handler) refuse(w http.ResponseWriter, src source, status int, p *item.Problem) {
	name := src.Name
	if name == "" {
		name = "unknown"
	}
	h.requests.WithLabelValues(name, strconv.Itoa(status)).Inc()
	writeJSON(w, status, Answer{Results: []Result{}, Problem: p})
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// authenticate finds the source of a token. All tokens are compared, by their
// hashes and in constant time, so that the time taken tells nothing.
func (h *Handler) authenticate(token string) (source, *item.Problem) {
	if token == "" {
		return source{}, &item.Problem{Reason: "没有令牌", Hint: "请在 Authorization 头里写 Bearer 和管理员发的令牌"}
	}
	hash := sha256.Sum256([]byte(token))
	found := -1
	for i, s := range h.sources {
		for _, t := range s.tokens {
			if subtle.ConstantTimeCompare(t[:], hash[:]) == 1 {
				found = i
			}
		}
	}
	if found < 0 {
		h.deps.Log.Warn("push with an unknown token", "stage", "ingest", "kind", "push")
		return source{}, &item.Problem{Reason: "令牌无效", Hint: "请向管理员核对令牌"}
	}
	return h.sources[found], nil
}

func short(s string) string {
	r := []rune(strings.ToValidUTF8(s, "?"))
	if len(r) <= 80 {
		return string(r)
	}
	return string(r[:80]) + "…"
}
