package clickhouse

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows what is under way: a bar on a terminal, lines elsewhere.
type progress struct {
	w     io.Writer     // nil is silent
	every time.Duration // between lines; 0 is five seconds
}

// task is one thing under way. Writing to it moves it on by so many bytes.
type task struct {
	p     progress
	title string
	total int64 // bytes, 0 when unknown
	bar   *progressbar.ProgressBar

	mu      sync.Mutex
	n       int64
	started time.Time
	quit    chan struct{}
	ended   chan struct{}
}

// say writes one line.
func (p progress) say(line string) {
	if p.w != nil {
		fmt.Fprintln(p.w, line)
	}
}

// start begins a task of total bytes.
func (p progress) start(title string, total int64) *task {
	t := &task{p: p, title: title, total: total, started: time.Now(), quit: make(chan struct{}), ended: make(chan struct{})}
	if p.every == 0 {
		t.p.every = 5 * time.Second
	}
	f, ok := p.w.(*os.File)
	if ok && term.IsTerminal(int(f.Fd())) {
		size := total
		if size == 0 {
			size = -1 // a spinner
		}
		t.bar = progressbar.NewOptions64(size,
			progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(title),
			progressbar.OptionShowBytes(total > 0), progressbar.OptionFullWidth(), progressbar.OptionSetElapsedTime(true),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
		t.p.every = 200 * time.Millisecond // a spinner turns by being told
	} else {
		p.say(title + "……")
	}
	go t.tick()
	return t
}

// spin begins a task without a known length; the result ends it.
func (p progress) spin(title string) (done func()) { return p.start(title, 0).done }

// tick shows the task until it is done.
func (t *task) tick() {
	defer close(t.ended)
	next := time.NewTicker(t.p.every)
	defer next.Stop()
	for {
		select {
		case <-t.quit:
			return
		case <-next.C:
		}
		t.mu.Lock()
		n, took := t.n, time.Since(t.started).Round(time.Second)
		t.mu.Unlock()
		switch {
		case t.bar != nil && t.total == 0:
			_ = t.bar.Add(1) // a terminal that fails to show it is no failure
		case t.bar != nil:
		case t.total > 0:
			t.p.say(fmt.Sprintf("%s：%d%%，已用 %s", t.title, n*100/t.total, took))
		default:
			t.p.say(fmt.Sprintf("%s，已用 %s", t.title, took))
		}
	}
}

// Write moves the task on by len(b).
func (t *task) Write(b []byte) (int, error) {
	t.mu.Lock()
	t.n += int64(len(b))
	t.mu.Unlock()
	if t.bar != nil {
		_ = t.bar.Add(len(b))
	}
	return len(b), nil
}

// done takes the bar away.
func (t *task) done() {
	close(t.quit)
	<-t.ended
	if t.bar != nil {
		_ = t.bar.Finish()
	}
}
