package file

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"qianliyan/ingest/item"
)

// Waits between attempts at items the gate could not take.
const (
	firstWait = 200 * time.Millisecond
	lastWait  = 10 * time.Second
	attempts  = 12 // about a minute and a half; after that the import gives up and says so
)

// flush hands the batch to the gate and writes down what was not taken.
func (im *importer) flush(ctx context.Context) error {
	items := make([]item.Item, 0, len(im.batch))
	where := make([]int, 0, len(im.batch))
	for i, e := range im.batch {
		if e.problem == nil {
			items, where = append(items, e.item), append(where, i)
		}
	}
	if err := im.accept(ctx, items, where); err != nil {
		return err
	}
	for _, e := range im.batch {
		if e.problem == nil {
			continue
		}
		im.count(e.problem)
		if err := im.rejects.add(e.row, e.problem); err != nil {
			return err
		}
	}
	clear(im.batch)
	im.batch, im.bytes = im.batch[:0], 0
	im.progress("")
	return nil
}

// maxReasons bounds the reasons that are told apart in a Report.
const maxReasons = 20

// count notes a row that was not taken.
func (im *importer) count(p *item.Problem) {
	im.rep.Rejected++
	if p.Secret {
		im.rep.Secret++
	}
	if im.rep.reasons == nil {
		im.rep.reasons = map[string]int{}
	}
	reason := p.Reason
	if _, ok := im.rep.reasons[reason]; !ok && len(im.rep.reasons) >= maxReasons {
		reason = "其他"
	}
	im.rep.reasons[reason]++
}

// accept hands items in until each is taken, known or rejected. Those that
// failed are handed in again; where[i] is the entry of items[i].
func (im *importer) accept(ctx context.Context, items []item.Item, where []int) error {
	wait := firstWait
	for try := 1; len(items) > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		outcomes, err := im.o.Accept(ctx, items)
		if shut, ok := errors.AsType[*item.Unavailable](err); ok {
			im.progress(shut.Reason)
			if err := sleep(ctx, max(shut.After, firstWait)); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot hand in rows %s to %s: %w", im.batch[where[0]].row.number, im.batch[where[len(where)-1]].row.number, err)
		}
		if len(outcomes) != len(items) {
			return fmt.Errorf("cannot hand in rows: %d items gave %d outcomes", len(items), len(outcomes))
		}
		var failed *item.Problem
		items, where, failed = im.settle(items, where, outcomes)
		if len(items) == 0 {
			return nil
		}
		if try++; try > attempts {
			return fmt.Errorf("cannot hand in %d rows after %d attempts: %w", len(items), attempts, failed)
		}
		im.progress(failed.Reason)
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, lastWait)
	}
	return nil
}

// settle counts outcomes and returns the items that failed, with the reason of
// the last.
func (im *importer) settle(items []item.Item, where []int, outcomes []item.Outcome) ([]item.Item, []int, *item.Problem) {
	var again []item.Item
	var at []int
	failed := &item.Problem{Reason: "暂时没有存住"}
	for i, o := range outcomes {
		switch o.Status {
		case item.Accepted, item.Known:
			im.rep.Add(o)
		case item.Rejected:
			p := o.Problem
			if p == nil {
				p = &item.Problem{Reason: "没有接收"}
			}
			im.batch[where[i]].problem = p
		default:
			again, at = append(again, items[i]), append(at, where[i])
			if o.Problem != nil {
				failed = o.Problem
			}
		}
	}
	return again, at, failed
}

func (im *importer) progress(waiting string) {
	if im.o.Progress == nil {
		return
	}
	p := Progress{Total: im.total, Rows: im.rep.Rows, Waiting: waiting, Tally: im.rep.Tally}
	if im.counted != nil {
		p.Bytes = im.counted.n
	}
	im.o.Progress(p)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

type countingReader struct {
	in io.Reader
	n  int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	return n, err
}

// chooseComma is the separator with which one kind knows the most columns,
// by a look at the first rows. A line "sep=;", which Excel writes, decides.
func chooseComma(in *bufio.Reader, k kinds, limits Limits) byte {
	sample, _ := in.Peek(sampleSize)
	if len(sample) > 5 && strings.EqualFold(string(sample[:4]), "sep=") && (sample[5] == '\r' || sample[5] == '\n') {
		in.Discard(6)
		return sample[4]
	}
	best, comma := 0, byte(',')
	for _, c := range []byte(",;\t|") {
		t := &table{}
		r := newCSV(bufio.NewReader(bytes.NewReader(sample)), c, limits)
		for len(t.ahead) < headRows {
			rec, err := r.next()
			if err != nil {
				break
			}
			if !rec.blank() {
				t.ahead = append(t.ahead, rec)
			}
		}
		if len(t.ahead) == 0 {
			continue
		}
		score := 0
		if isRejects(t.ahead[0].cells) {
			score = 1 << 20
		} else if m := t.findHeader(k); m.match.Usable {
			score = m.match.Known<<8 + min(len(m.names), 255)
		}
		if score > best {
			best, comma = score, c
		}
	}
	return comma
}
