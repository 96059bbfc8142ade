package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Engine is the ClickHouse of this process. It is an http.RoundTripper with
// all rights; Reader gives one without. Safe for concurrent use.
type Engine struct {
	cfg  Config
	lib  *binding
	args []string      // every session starts with these
	sem  chan struct{} // limits the statements at once

	ctx  context.Context //nolint:containedctx // the engine's own life: ends at Close, with errClosed as cause
	stop context.CancelCauseFunc
	once sync.Once

	mu     sync.Mutex // guards keeper
	keeper *session   // keeps the engine up between requests, and runs KILL

	seq   atomic.Uint64
	zone  string // the engine's time zone
	guard guard
}

var _ http.RoundTripper = (*Engine)(nil)

// errClosed ends the statements that run when Close is called.
var errClosed = errors.New("the embedded ClickHouse engine is closed")

// Open starts the engine on cfg.Dir. One engine may be open in a process, and
// one process may have a folder open: what is in use is an error that names
// the process. After a crash the engine repairs itself while opening, 0.2 to
// 0.4 seconds for five million rows.
func Open(cfg Config) (*Engine, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("cannot open embedded ClickHouse: %w", err)
	}
	file, err := cfg.write()
	if err != nil {
		return nil, fmt.Errorf("cannot prepare embedded ClickHouse in %q: %w", cfg.Dir, err)
	}
	process.Lock()
	defer process.Unlock()
	if process.open != "" {
		return nil, fmt.Errorf("cannot open embedded ClickHouse in %q: this process has one open in %q", cfg.Dir, process.open)
	}
	store := filepath.Join(cfg.Dir, storeDir)
	if err := checkLock(store); err != nil {
		return nil, err
	}
	lib, err := bind(cfg.Library)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		cfg: cfg, lib: lib, sem: make(chan struct{}, cfg.Statements),
		args: []string{"--path=" + store, "--config-file=" + file},
	}
	e.ctx, e.stop = context.WithCancelCause(context.Background())
	if e.keeper, err = openSession(lib, e.args); err != nil {
		return nil, fmt.Errorf("cannot open embedded ClickHouse in %q: %w", cfg.Dir, err)
	}
	if err := e.learn(); err != nil {
		e.keeper.close()
		return nil, fmt.Errorf("cannot open embedded ClickHouse in %q: %w", cfg.Dir, err)
	}
	process.open = cfg.Dir
	return e, nil
}

// learn asks the fresh engine what later answers need.
func (e *Engine) learn() error {
	zone, _, err := e.keeper.run("SELECT timezone()", "TSVRaw", nil)
	if err != nil {
		return err
	}
	e.zone = strings.TrimSpace(string(zone))
	e.guard, err = newGuard(e.keeper, e.cfg.ReaderDatabases)
	return err
}

// checkLock says who has the folder open. The engine locks <dir>/status too,
// but tells a refusal to standard error only.
func checkLock(dir string) error {
	f, err := os.Open(filepath.Join(dir, "status"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot open embedded ClickHouse: %w", err)
	}
	defer f.Close()
	free, err := tryLock(f)
	if err != nil {
		return fmt.Errorf("cannot lock %q: %w", f.Name(), err)
	}
	if free {
		return nil
	}
	who, _ := io.ReadAll(io.LimitReader(f, 200))
	return fmt.Errorf("数据目录 %s 正被另一个进程使用（%s）。请先停止该进程，或换一个数据目录",
		dir, strings.ReplaceAll(strings.TrimSpace(string(who)), "\n", "，"))
}

// Close ends what still runs, waits for it and stops the engine. Rows whose
// insert returned nil are on disk before. Close again does nothing.
func (e *Engine) Close() error {
	e.once.Do(func() {
		e.stop(errClosed)
		for range cap(e.sem) { // all leases are back when all slots are ours
			e.sem <- struct{}{}
		}
		process.Lock()
		defer process.Unlock()
		e.mu.Lock()
		defer e.mu.Unlock()
		e.keeper.close()
		process.open = ""
	})
	return nil
}

// lease is the session of one request. A fresh one costs 0.1 ms, so nothing is
// shared: no setting, role or database leaks into the next request.
type lease struct {
	*session
	e    *Engine
	mark string // log_comment of its statements, by which KILL finds them
}

// acquire waits for a free slot and opens a session.
func (e *Engine) acquire(ctx context.Context) (*lease, error) {
	select {
	case e.sem <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := context.Cause(ctx); err != nil {
		<-e.sem
		return nil, err
	}
	mark := fmt.Sprintf("qianliyan-%d-%d", os.Getpid(), e.seq.Add(1))
	s, err := openSession(e.lib, append(slices.Clip(e.args), "--log_comment="+mark))
	if err != nil {
		<-e.sem
		return nil, err
	}
	return &lease{s, e, mark}, nil
}

func (l *lease) release() {
	l.close()
	<-l.e.sem
}

// kill stops what the lease's session runs now, if anything. The query's id
// cannot be chosen through the library; its log_comment can.
func (l *lease) kill() error {
	l.e.mu.Lock()
	defer l.e.mu.Unlock()
	return l.e.keeper.do("KILL QUERY WHERE query_id IN (SELECT query_id FROM system.processes WHERE Settings['log_comment'] = '" + l.mark + "') ASYNC")
}
