package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bar shows how far long work is: a moving bar on a terminal, a line a minute
// in a log.
type bar struct {
	w     io.Writer
	total int64
	what  string
	bar   *progressbar.ProgressBar // nil when w is no terminal
	said  time.Time
	done  int64
}

func newBar(w io.Writer, total int64, what string) *bar {
	b := &bar{w: w, total: total, what: what, said: time.Now()}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		b.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	return b
}

// set says that done of the total are done; it never goes back.
func (b *bar) set(done int64) {
	if done <= b.done {
		return
	}
	b.done = done
	if b.bar != nil {
		b.bar.Set64(done) //nolint:errcheck // a bar that cannot be drawn is no reason to stop
		return
	}
	if time.Since(b.said) >= time.Minute {
		b.said = time.Now()
		fmt.Fprintf(b.w, "%s：%d%%\n", b.what, 100*done/b.total)
	}
}

func (b *bar) finish() {
	if b.bar != nil {
		b.bar.Finish() //nolint:errcheck // as above
		return
	}
	fmt.Fprintf(b.w, "%s：完成\n", b.what)
}
