package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	wants "qianliyan/classify/form"
	"qianliyan/deploy"
	"qianliyan/index/columnar"
	"qianliyan/ingest/mapping"
	"qianliyan/ingest/source/file"
	"qianliyan/ingest/source/form"
	"qianliyan/ingest/source/push"
	"qianliyan/query/adhoc"
	"qianliyan/query/search"
	"qianliyan/query/trend"
	"qianliyan/query/web"
)

// openPages makes the ways in over HTTP and the pages.
func (n *Node) openPages(context.Context) error {
	mappings, err := mapping.Load(n.cfg.Watch.Mappings)
	if err != nil {
		return err
	}
	if err := n.openInbox(mappings); err != nil {
		return err
	}
	pushed, err := push.New(n.cfg.Push, push.Deps{Accept: n.ingestor.Accept, Mappings: mappings, Key: n.ingestor.Key(), Log: n.log, Metrics: n.metrics})
	if err != nil {
		return err
	}
	pages, err := n.newPages()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/push/", pushed)
	mux.Handle("/open311/", pushed)
	mux.Handle("/", pages)
	n.pages = mux
	return nil
}

func (n *Node) newPages() (http.Handler, error) {
	searcher, err := search.New(n.cfg.Search, search.Deps{Index: n.fulltext, Log: n.log, Metrics: n.metrics})
	if err != nil {
		return nil, err
	}
	// What people ask runs confined to the analysts' views; what the program
	// asks needs no more either.
	reader := columnar.Deps{Log: n.log, Metrics: n.metrics}
	if n.engine != nil {
		reader.Transport = func(*http.Transport) (http.RoundTripper, error) { return n.engine.Reader(), nil }
	}
	conn, err := columnar.Connect(n.cfg.Columnar, reader, n.cfg.Columnar.Analyst)
	if err != nil {
		return nil, err
	}
	n.onClose(conn.Close)
	trends, err := trend.New(n.cfg.Trend, trend.Deps{Conn: conn, Log: n.log, Metrics: n.metrics})
	if err != nil {
		return nil, err
	}
	limits := n.cfg.SQL
	limits.Database = n.cfg.Columnar.Analyst
	sql, err := adhoc.New(limits, adhoc.Deps{Conn: conn, Log: n.log, Metrics: n.metrics})
	if err != nil {
		return nil, err
	}
	report, err := form.New(n.cfg.Form, form.Deps{Accept: n.ingestor.Accept, Log: n.log})
	if err != nil {
		return nil, err
	}
	forms, err := wants.New(n.cfg.Classify.Rules)
	if err != nil {
		return nil, err
	}
	return web.New(n.cfg.Web, web.Deps{
		Search: searcher, Trend: trends, Adhoc: sql, Items: n.columnar, Form: report, Taxonomy: n.pipeline.Taxonomy(),
		Status: n.Status, Explain: n.pipeline.Why, Trace: n.Trace, Docs: deploy.Docs(), Forms: forms.Forms(),
		Metrics: promhttp.HandlerFor(n.metrics, promhttp.HandlerOpts{}), Log: n.log,
	})
}

// openInbox prepares the watch of the folders that are configured.
func (n *Node) openInbox(mappings *mapping.Set) error {
	var err error
	n.inbox, err = file.NewWatch(n.cfg.Watch, file.Deps{
		Mappings: mappings, Key: n.ingestor.Key(), Accept: n.ingestor.Accept, Secret: n.ingestor.Secret, Log: n.log, Metrics: n.metrics,
	})
	return err
}

// listen opens the local socket and, when one is set, the address for others.
func (n *Node) listen(ctx context.Context) error {
	path, err := n.folder.socketPath()
	if err != nil {
		return err
	}
	os.Remove(path) // of a process that was killed; the folder's lock says nobody else is here
	var lc net.ListenConfig
	local, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return fmt.Errorf("cannot listen on the local socket: %w", err)
	}
	n.onClose(func() error { return ignoreClosed(local.Close()) })
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	n.listeners = append(n.listeners, local)
	n.address = Address{PID: os.Getpid(), Socket: path}
	if a := n.cfg.HTTP.Address; a != "" {
		public, err := lc.Listen(ctx, "tcp", a)
		if err != nil {
			return fmt.Errorf("网页地址 %s 不能用（%w）：换一个 --address，或停掉占用它的程序", a, err)
		}
		n.onClose(func() error { return ignoreClosed(public.Close()) })
		n.listeners = append(n.listeners, public)
		n.address.HTTP = "http://" + public.Addr().String()
	}
	return n.folder.Announce(n.address)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// serveHTTP answers until ctx ends, then lets requests under way finish.
func (n *Node) serveHTTP(ctx context.Context) error {
	local := http.NewServeMux()
	n.mountLocal(local)
	local.Handle("/", n.pages)
	handlers := []http.Handler{local, n.pages}
	failed := make(chan error, len(n.listeners))
	var servers []*http.Server
	for i, l := range n.listeners {
		s := &http.Server{Handler: handlers[i], ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
		servers = append(servers, s)
		go func() { failed <- s.Serve(l) }()
	}
	var err error
	left := len(servers)
	select {
	case <-ctx.Done():
	case err = <-failed:
		left--
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), n.cfg.HTTP.StopTime.D())
	defer cancel()
	for _, s := range servers {
		if s.Shutdown(stop) != nil {
			s.Close()
		}
	}
	for range left {
		<-failed //nolint:errcheck // ErrServerClosed
	}
	return err // closing the listeners has removed the socket
}

// watchInbox imports what is put into the watched folders.
func (n *Node) watchInbox(ctx context.Context) error { return n.inbox.Run(ctx) }
