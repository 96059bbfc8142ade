package file

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

const (
	doneDir   = "done"
	failedDir = "failed"
	// longestPause bounds the pause before a file is tried again whose import
	// was broken off by something outside it.
	longestPause = time.Minute
)

// Deps are what a Watch needs from outside.
type Deps struct {
	Mappings *mapping.Set
	Key      []byte
	Accept   Accept
	Secret   func(item.Item) bool // see Options.Secret
	Log      *slog.Logger
	Metrics  prometheus.Registerer // may be nil
	// Done is told of every file that was moved away, with the error that
	// made it unreadable; may be nil.
	Done func(Report, error)
}

// Watch imports what is put into the watched folders.
type Watch struct {
	cfg  Config
	deps Deps
	seen map[string]sighting // by path
	told map[string]bool     // what the log was told once
	done *prometheus.CounterVec
}

// sighting is how a file looked when it last changed.
type sighting struct {
	size    int64
	mod     time.Time
	since   time.Time     // when it was first seen so
	next    time.Time     // not before this, after an attempt that was broken off
	pause   time.Duration // the last pause
	handled bool          // imported, but could not be moved away
}

// NewWatch checks cfg and deps; it touches no folder yet.
func NewWatch(cfg Config, deps Deps) (*Watch, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Mappings == nil || deps.Accept == nil || deps.Log == nil {
		return nil, errors.New("cannot watch folders: Mappings, Accept and Log are required")
	}
	for _, s := range cfg.Sources {
		if s.Mapping == "" {
			continue
		}
		if _, problem := deps.Mappings.Get(s.Mapping); problem != nil {
			return nil, fmt.Errorf("sources %q: %w", s.Name, problem)
		}
	}
	w := &Watch{cfg: cfg, deps: deps, seen: map[string]sighting{}, told: map[string]bool{}}
	w.done = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "qianliyan_files_total", Help: "Files of watched folders by what became of them: done, failed (not all taken), retried (broken off).",
	}, []string{"source", "outcome"})
	if deps.Metrics != nil {
		if err := deps.Metrics.Register(w.done); err != nil {
			return nil, fmt.Errorf("cannot watch folders: %w", err)
		}
	}
	return w, nil
}

// Run watches until ctx ends, and returns nil then. It looks instead of being
// notified, as folders on the network notify nobody. Files are imported one at
// a time, those of one folder in the order of their names.
func (w *Watch) Run(ctx context.Context) error {
	if w.cfg.Inbox != "" {
		if err := os.MkdirAll(w.cfg.Inbox, 0o750); err != nil {
			return fmt.Errorf("cannot watch inbox: %w", err)
		}
	}
	tick := time.NewTicker(w.cfg.Every.D())
	defer tick.Stop()
	for {
		present := map[string]bool{}
		for _, s := range w.sources() {
			w.folder(ctx, s, present)
		}
		for path := range w.seen {
			if !present[path] {
				delete(w.seen, path)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sources is every folder to look into: those configured, then those that are
// in the inbox.
func (w *Watch) sources() []Source {
	var out []Source
	named := map[string]bool{}
	for _, s := range w.cfg.Sources {
		if s.Path == "" {
			s.Path = filepath.Join(w.cfg.Inbox, s.Name)
		}
		named[s.Name] = true
		out = append(out, s)
	}
	if w.cfg.Inbox == "" {
		return out
	}
	entries, err := os.ReadDir(w.cfg.Inbox)
	if err != nil {
		w.once("cannot look into inbox", w.cfg.Inbox, err)
	}
	for _, e := range entries {
		switch {
		case e.IsDir() && validName(e.Name()) && !named[e.Name()]:
			out = append(out, Source{Name: e.Name(), Path: filepath.Join(w.cfg.Inbox, e.Name())})
		case e.Type().IsRegular() && !ignored(e.Name()):
			w.once("file lies in the inbox itself and is not read: its sub-folder names the source", e.Name(), nil)
		}
	}
	return out
}

// once logs what would else be said at every look.
func (w *Watch) once(what, on string, err error) {
	if w.told[what+on] {
		return
	}
	w.told[what+on] = true
	if err != nil {
		w.deps.Log.Warn(what, "on", on, "err", err)
		return
	}
	w.deps.Log.Warn(what, "on", on)
}

// ignored are names of files that are not there yet, or not meant to be read.
func ignored(name string) bool {
	lower := strings.ToLower(name)
	for _, s := range []string{".tmp", ".part", ".partial", ".crdownload", ".filepart"} {
		if strings.HasSuffix(lower, s) {
			return true
		}
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$")
}

// folder imports what has come to rest in one folder.
func (w *Watch) folder(ctx context.Context, s Source, present map[string]bool) {
	entries, err := os.ReadDir(s.Path)
	if err != nil && !(errors.Is(err, os.ErrNotExist) && w.cfg.Inbox != "") {
		w.once("cannot look into source folder", s.Path, err)
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return
		}
		if e.Type()&os.ModeSymlink != 0 && !ignored(e.Name()) {
			// Moving the link away would leave its file to be read again, and a
			// link may lead out of the folder.
			w.once("symbolic link is not read: put the file itself into the folder", filepath.Join(s.Path, e.Name()), nil)
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || ignored(e.Name()) {
			continue
		}
		path := filepath.Join(s.Path, e.Name())
		present[path] = true
		now := time.Now()
		look, ok := w.seen[path]
		if !ok || look.size != info.Size() || !look.mod.Equal(info.ModTime()) {
			look = sighting{size: info.Size(), mod: info.ModTime(), since: now}
		}
		if !look.handled && now.Sub(look.since) >= w.cfg.Settle.D() && !now.Before(look.next) {
			look = w.one(ctx, s, path, look)
		}
		w.seen[path] = look
	}
}

// one imports one file and moves it away.
func (w *Watch) one(ctx context.Context, s Source, path string, look sighting) sighting {
	log := w.deps.Log.With("source", s.Name, "file", filepath.Base(path))
	for _, d := range []string{doneDir, failedDir} {
		if err := os.MkdirAll(filepath.Join(s.Path, d), 0o750); err != nil {
			w.once("cannot make folder", filepath.Join(s.Path, d), err)
			return look
		}
	}
	name := freeName(s.Path, filepath.Base(path), look.mod)
	failed := filepath.Join(s.Path, failedDir, name)
	rep, err := Import(ctx, path, Options{
		Mappings: w.deps.Mappings, Mapping: s.Mapping, Channel: s.Channel, Source: s.Name, Key: w.deps.Key,
		Limits: w.cfg.Limits, Accept: w.deps.Accept, Secret: w.deps.Secret, Rejects: RejectsPath(failed),
	})
	var problem *item.Problem
	if err != nil && !errors.As(err, &problem) {
		// The broker, the disk or the end of the program: the file is not to
		// blame, and will be read again.
		if ctx.Err() == nil {
			look.pause = min(max(2*look.pause, w.cfg.Every.D()), longestPause)
			look.next = time.Now().Add(look.pause)
			w.done.WithLabelValues(s.Name, "retried").Inc()
			log.Error("import broken off, will be tried again", "err", err, "after", look.pause)
		}
		return look
	}
	to, outcome := filepath.Join(s.Path, doneDir, name), "done"
	if problem != nil || rep.Rejected > 0 {
		to, outcome = failed, "failed"
	}
	if why := reasonOf(problem, rep.Secret); why != "" {
		if err := os.WriteFile(failed+".reason.txt", []byte("\uFEFF"+why), 0o640); err != nil {
			log.Error("cannot write reason", "err", err)
		}
	}
	more := []any{"outcome", outcome, "accepted", rep.Accepted, "known", rep.Known, "rejected", rep.Rejected, "took", rep.Took}
	if len(rep.reasons) > 0 {
		more = append(more, "reasons", rep.reasons)
	}
	if problem != nil {
		more = append(more, "problem", problem)
	}
	log.Info("file imported", more...)
	if rep.Secret > 0 {
		log.Warn("file holds texts with a secrecy mark and must be removed by hand", "rows", rep.Secret, "moved_to", to)
	}
	w.done.WithLabelValues(s.Name, outcome).Inc()
	if w.deps.Done != nil {
		w.deps.Done(rep, err)
	}
	if err := os.Rename(path, to); err != nil {
		log.Error("cannot move imported file", "err", err)
		look.handled = true
	}
	return look
}

// freeName is the name a file gets when it is moved away: stamped with its own
// time, so that a run that was cut short uses the same, and numbered where
// another file has that name.
func freeName(folder, base string, mod time.Time) string {
	ext := filepath.Ext(base)
	stem := strings.TrimSuffix(base, ext) + "." + mod.In(item.Zone).Format("20060102-150405")
	for n := 1; ; n++ {
		name := stem + ext
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", stem, n, ext)
		}
		_, a := os.Lstat(filepath.Join(folder, doneDir, name))
		_, b := os.Lstat(filepath.Join(folder, failedDir, name))
		if errors.Is(a, os.ErrNotExist) && errors.Is(b, os.ErrNotExist) || n == 1000 {
			return name
		}
	}
}

// reasonOf is what the file beside a failed one says; empty when its rejects
// say it all.
func reasonOf(p *item.Problem, secret int) string {
	var out string
	if p != nil {
		out = "这个文件没有读完：" + p.Error() + "\r\n"
	}
	if secret > 0 {
		out += fmt.Sprintf("这个文件里有 %d 行带有国家秘密标志：没有接收，也没有留存，但原文件还在这里。", secret) +
			"请立即按保密规定处理：报告保密工作人员，并把文件从这台机器上清除。程序不会替你删除。\r\n"
	}
	return out
}
