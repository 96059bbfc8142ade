package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"

	"qianliyan/classify/label"
	"qianliyan/classify/taxonomy"
	"qianliyan/index/columnar"
	"qianliyan/ingest/item"
	"qianliyan/ingest/source/form"
	"qianliyan/query/adhoc"
	"qianliyan/query/search"
	"qianliyan/query/trace"
	"qianliyan/query/trend"
)

// Deps is what the pages work with. Those without a remark are required.
type Deps struct {
	Search   *search.Searcher
	Trend    *trend.Trends
	Adhoc    *adhoc.Reader
	Items    *columnar.Store
	Form     *form.Form // nil: this node takes no reports, the page says so
	Taxonomy *taxonomy.Taxonomy

	// Status is asked on every page; nil is always well.
	Status StatusFunc
	// Explain says in Chinese what the rule or model part behind a label is;
	// nil, or an empty answer, shows its id.
	Explain func(label.Label) string
	// Trace follows an item through the stages; nil shows what the columnar
	// store alone knows of it.
	Trace func(ctx context.Context, id item.ID) (trace.Trace, error)
	// Forms are the values a form label can have; empty takes any in a filter.
	Forms []string
	// Docs are further pages of help: name in the address → Markdown.
	Docs    map[string]string
	Metrics http.Handler // /metrics; nil is not found
	Log     *slog.Logger // nil drops
}

// Server makes the pages.
type Server struct {
	cfg      Config
	deps     Deps
	log      *slog.Logger
	routes   []*route
	pages    pages
	assets   *assets
	help     []document
	receipts *receipts
}

// New checks the configuration, loads templates and static files, and returns
// the handler of all addresses. It starts nothing and asks no engine.
func New(cfg Config, deps Deps) (http.Handler, error) {
	s, err := newServer(cfg, deps)
	if err != nil {
		return nil, err
	}
	return s.handler(), nil
}

func newServer(cfg Config, deps Deps) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("cannot set up the pages: %w", err)
	}
	if deps.Search == nil || deps.Trend == nil || deps.Adhoc == nil || deps.Items == nil || deps.Taxonomy == nil {
		return nil, errors.New("cannot set up the pages: Search, Trend, Adhoc, Items and Taxonomy are needed")
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.Status == nil {
		deps.Status = func(context.Context) Status { return Status{} }
	}
	if deps.Metrics == nil {
		deps.Metrics = http.NotFoundHandler()
	}
	s := &Server{cfg: cfg, deps: deps, log: deps.Log, receipts: newReceipts(1000)}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(static); err != nil {
		return nil, err
	}
	templates, err := fs.Sub(files, "templates")
	if err != nil {
		return nil, err
	}
	if s.pages, err = loadPages(templates, s.assets); err != nil {
		return nil, err
	}
	s.help = documents(deps.Docs)
	s.routes = s.table()
	return s, nil
}
