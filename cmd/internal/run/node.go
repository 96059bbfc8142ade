// Package run starts the stages in one process, wires them, and stops them.
//
// They start from right to left, so that whoever sends finds somebody who
// takes: the columnar store and the full-text index, the indexer, classify,
// ingest, the pages. They stop from left to right: no new requests, intake
// closes, what is held is published, the stages end, the stores flush and
// close, the engines last. A kill at any moment loses nothing; see package
// ingest.
//
// A Node without an HTTP address serves only its local socket. That is how
// commands ask a folder on which no server runs: see Attach.
package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"qianliyan/classify"
	"qianliyan/cmd/embedded/clickhouse"
	"qianliyan/cmd/embedded/kafka"
	"qianliyan/cmd/internal/config"
	"qianliyan/cmd/internal/observe"
	"qianliyan/index"
	"qianliyan/index/columnar"
	"qianliyan/index/fulltext"
	"qianliyan/ingest"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/source/file"
)

// Node is all stages in this process.
type Node struct {
	cfg     config.Config
	log     *slog.Logger
	metrics *prometheus.Registry
	folder  *Folder
	address Address

	broker   *kafka.Broker      // nil with brokers configured
	engine   *clickhouse.Engine // nil with a server configured
	bus      *bus.Bus
	columnar *columnar.Store
	fulltext *fulltext.Index
	pipeline *classify.Pipeline
	indexer  *index.Indexer
	ingestor *ingest.Ingestor
	inbox    *file.Watch
	pages    http.Handler

	listeners []net.Listener
	closers   []func() error // of what is open, in the order of opening
	health    health
	once      sync.Once
	stopped   atomic.Pointer[error] // why a stage ended by itself, the first
	faults    faults
}

// Start opens everything in cfg.Data and begins to listen. The node works once
// Run is called. When an error is returned, nothing is left open.
func Start(ctx context.Context, cfg config.Config, log *slog.Logger) (*Node, error) {
	return start(ctx, cfg, log, faults{})
}

// faults are put in the way of the engines by tests; the zero value is none.
type faults struct {
	transport func(http.RoundTripper) http.RoundTripper // of the columnar store
	store     func(index.Store) index.Store             // round the full-text index
}

func start(ctx context.Context, cfg config.Config, log *slog.Logger, f faults) (n *Node, err error) {
	n = &Node{cfg: cfg, log: log, metrics: observe.Registry(), faults: f}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
			n = nil
		}
	}()
	if n.folder, err = OpenFolder(cfg.Data); err != nil {
		return n, err
	}
	n.onClose(n.folder.Close)
	for _, open := range []func(context.Context) error{
		n.openBus, n.openColumnar, n.openPipeline, n.openFulltext, n.openStages, n.openPages, n.listen,
	} {
		if err := open(ctx); err != nil {
			return n, err
		}
	}
	// The dictionaries and the broker's start leave garbage of their own size.
	debug.FreeOSMemory()
	return n, nil
}

func (n *Node) onClose(f func() error) { n.closers = append(n.closers, f) }

// close closes what is open, last opened first.
func (n *Node) close() error {
	var err error
	n.once.Do(func() {
		for _, v := range slices.Backward(n.closers) {
			err = errors.Join(err, v())
		}
	})
	return err
}

// openColumnar opens the columnar store, on the engine in the process or a
// server.
func (n *Node) openColumnar(ctx context.Context) error {
	deps := columnar.Deps{Log: n.log, Metrics: n.metrics}
	if !n.cfg.Embedded.ClickHouseServer {
		library, err := clickhouse.Library(ctx, clickhouse.LibraryOptions{From: n.cfg.Embedded.ClickHouseLibrary, Progress: os.Stderr})
		if err != nil {
			return err
		}
		n.engine, err = clickhouse.Open(clickhouse.Config{
			Dir: n.folder.Dir("columnar"), Library: library, MaxMemory: uint64(n.cfg.Embedded.ClickHouseMemory),
			ReaderDatabases: []string{n.cfg.Columnar.Analyst},
		})
		if err != nil {
			return err
		}
		n.onClose(n.engine.Close)
		deps.Transport = func(*http.Transport) (http.RoundTripper, error) {
			if n.faults.transport != nil {
				return n.faults.transport(n.engine), nil
			}
			return n.engine, nil
		}
	}
	var err error
	if n.columnar, err = columnar.Open(ctx, n.cfg.Columnar, deps); err != nil {
		return err
	}
	n.onClose(n.columnar.Close)
	return nil
}

// openPipeline opens what labels and words are made with. The segmenter and the
// taxonomy are the process's only ones: the index and the pages take them from
// the pipeline.
func (n *Node) openPipeline(context.Context) error {
	rules := n.cfg.Classify
	rules.Dir = n.folder.Dir("segmenter")
	var err error
	n.pipeline, err = classify.New(rules, classify.Deps{Bus: n.bus, Log: n.log, Metrics: n.metrics})
	return err
}

// openFulltext opens the full-text index with the segmenter it shares with
// classify, after it has ended a swap that a rebuild was killed in.
func (n *Node) openFulltext(context.Context) error {
	if err := settleSwap(n.folder); err != nil {
		return err
	}
	var err error
	if n.fulltext, err = n.fulltextIn("fulltext", n.metrics); err != nil {
		return err
	}
	n.onClose(n.fulltext.Close)
	return nil
}

func (n *Node) fulltextIn(part string, reg prometheus.Registerer) (*fulltext.Index, error) {
	cfg := n.cfg.Fulltext
	cfg.Dir = n.folder.Dir(part)
	return fulltext.Open(cfg, fulltext.Deps{Segmenter: n.pipeline.Segmenter(), Log: n.log, Metrics: reg})
}

// openBus opens the broker in the process, unless brokers are configured, and
// makes the topics.
func (n *Node) openBus(ctx context.Context) error {
	deps := bus.Deps{Log: n.log, Metrics: n.metrics}
	cfg := n.cfg.Bus
	if len(cfg.Brokers) == 0 {
		var err error
		n.broker, err = kafka.Open(kafka.Config{Dir: n.folder.Dir("bus"), MinFree: int64(n.cfg.Embedded.MinFree), MaxRecord: int64(cfg.MaxRecord), Log: n.log})
		if err != nil {
			return err
		}
		n.onClose(n.broker.Close)
		cfg.Brokers, deps.Dial = []string{n.broker.Addr()}, n.broker.Dial
	}
	var err error
	if n.bus, err = bus.Open(cfg, deps); err != nil {
		return err
	}
	n.onClose(func() error { n.bus.Close(); return nil })
	return n.bus.EnsureTopics(ctx)
}

// healthy reports whether the broker in the process can keep what it takes.
func (n *Node) healthy() error {
	if n.broker == nil {
		return nil
	}
	return n.broker.Healthy()
}

func (n *Node) openStages(ctx context.Context) error {
	var err error
	var text index.Store = n.fulltext
	if n.faults.store != nil {
		text = n.faults.store(text)
	}
	n.indexer, err = index.New(n.cfg.Index, index.Deps{Bus: n.bus, Stores: []index.Store{text, n.columnar}, Log: n.log, Metrics: n.metrics})
	if err != nil {
		return err
	}
	// A store that lacks what the bus has dropped would answer in part, and
	// nobody would notice: say so before anything is served.
	if err := n.indexer.Check(ctx); err != nil {
		return err
	}
	key, err := n.folder.Key()
	if err != nil {
		return err
	}
	n.ingestor, err = ingest.New(n.cfg.Ingest, ingest.Deps{
		Bus: n.bus, Dir: n.folder.Dir("ledger"), Key: key, Healthy: n.healthy, Log: n.log, Metrics: n.metrics,
	})
	if err != nil {
		return err
	}
	n.onClose(n.ingestor.Close)
	return nil
}

// Address is where the node answers.
func (n *Node) Address() Address { return n.address }

// Run works until ctx ends or a stage fails, then stops from left to right. It
// is called once, and closes the node.
func (n *Node) Run(ctx context.Context) error {
	err := n.serve(ctx)
	return errors.Join(err, n.close())
}

// serve runs the stages, each under a context of its own, so that they can be
// ended one after the other.
func (n *Node) serve(ctx context.Context) error {
	failed, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var stops []func()
	start := func(name string, run func(context.Context) error) {
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		var g errgroup.Group
		g.Go(func() error {
			err := run(own)
			if err != nil && own.Err() == nil {
				err = fmt.Errorf("%s has stopped: %w", name, err)
				n.stopped.CompareAndSwap(nil, &err)
				n.log.Error("stage has stopped", "stage", name, "err", err)
				fail(err)
			}
			return nil
		})
		stops = append(stops, func() { cancel(); _ = g.Wait() })
	}
	start("watch of the parts", n.watchHealth)
	start("trim", n.trim)
	start("index", n.indexer.Run)
	start("classify", n.pipeline.Run)
	start("ingest", n.ingestor.Run)
	start("inbox", n.watchInbox)
	start("pages", n.serveHTTP)
	<-failed.Done()
	for _, stop := range slices.Backward(stops) {
		stop()
	}
	if cause := context.Cause(failed); ctx.Err() == nil {
		return cause
	}
	return nil
}

// trim drops records that every reader has from the broker in the process,
// which reads what is there into memory when it starts.
func (n *Node) trim(ctx context.Context) error {
	if n.broker == nil {
		return nil
	}
	tick := time.NewTicker(n.cfg.Embedded.TrimEvery.D())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := n.trimOnce(ctx); err != nil && ctx.Err() == nil {
			n.log.Warn("cannot trim the bus", "err", err)
		}
	}
}

func (n *Node) trimOnce(ctx context.Context) error {
	labeled, err := n.indexer.Trimmable(ctx)
	if err != nil {
		return err
	}
	raw, err := n.bus.GroupOffsets(ctx, classify.Group, bus.Raw)
	if err != nil {
		return err
	}
	raw = index.Lowest(raw, n.ingestor.Offsets())
	for topic, offsets := range map[string]map[int]int64{bus.Labeled: labeled, bus.Raw: raw} {
		for p, before := range offsets {
			if err := n.broker.Trim(ctx, n.cfg.Bus.Prefix+topic, p, before); err != nil {
				return err
			}
		}
	}
	return nil
}
