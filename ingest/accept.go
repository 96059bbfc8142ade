package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/ledger"
)

// Accept takes items and answers each, in order:
//
//	Accepted  durable on the bus
//	Known     this very version was durable before, as the latest or an older one
//	Rejected  cannot be taken, for the reason in its Problem; nothing is kept
//	Failed    not known to be durable; the same should be sent again
//
// An error means that nothing was taken. *item.Unavailable (closed, not yet
// open, busy) says when to try again; a ctx that ends before anything was sent
// is its error. A ctx that ends later leaves items Failed that may be durable.
//
// Items may share an ID: the same version is published once, several versions
// in the order given. Hand in some hundreds at a time; one call of one item
// costs nearly as much as one of five hundred.
func (g *Ingestor) Accept(ctx context.Context, items []item.Item) ([]item.Outcome, error) {
	if err := g.Ready(); err != nil {
		g.refuse(len(items), err)
		return nil, err
	}
	now := time.Now().In(item.Zone).Truncate(time.Millisecond)
	b := &batch{out: make([]item.Outcome, len(items)), items: make([]item.Item, len(items)), hashes: make([]uint64, len(items)), older: make([]ledger.Hashes, len(items))}
	var left []int
	for i, it := range items {
		p := g.gate.Check(it)
		if p == nil {
			p = g.limits.check(it, now)
		}
		if p != nil {
			b.items[i].Source = it.Source
			b.out[i] = item.Outcome{Status: item.Rejected, Problem: p}
			continue
		}
		b.items[i] = g.identify(it, now)
		b.hashes[i] = b.items[i].Hash()
		left = append(left, i)
	}
	for len(left) > 0 {
		var err error
		if left, err = g.round(ctx, b, left); err != nil {
			if !b.tried {
				g.refuse(len(items), err)
				return nil, err
			}
			b.fail(left, err)
			break
		}
	}
	g.count(b)
	return b.out, nil
}

// refuse logs that intake takes nothing, once for each reason: senders try
// again every few seconds. What it takes next ends the state.
func (g *Ingestor) refuse(n int, err error) {
	reason := err.Error()
	if shut, ok := errors.AsType[*item.Unavailable](err); ok {
		reason = shut.Reason
	}
	g.mu.Lock()
	again := g.refusing == reason
	g.refusing = reason
	g.mu.Unlock()
	if !again {
		g.deps.Log.Warn("intake takes nothing; its senders are told", "stage", "ingest", "items", n, "err", err)
	}
}

// batch is one call of Accept under way.
type batch struct {
	items  []item.Item
	hashes []uint64
	older  []ledger.Hashes // durable versions before, set by compare
	out    []item.Outcome
	tried  bool // something was sent, or answered from the ledger
}

func (b *batch) fail(indexes []int, err error) {
	for _, i := range indexes {
		b.out[i] = item.Outcome{ID: b.items[i].ID, Status: item.Failed, Problem: &item.Problem{
			Reason: "没有存好（" + plain(err) + "）", Hint: "请原样重发，不会重复",
		}}
	}
}

// plain is an error in the sender's words.
func plain(err error) string {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, bus.ErrUnknown):
		return "等待超时"
	case errors.Is(err, bus.ErrBusy), errors.Is(err, ErrBusy):
		return "系统忙"
	}
	return "消息总线没有应答"
}

// round claims what no other call is publishing, each ID once, and sees it
// through. It returns what is left: other versions of the same items, and what
// other calls hold; for the latter it waits when there was nothing else to do.
// With an error, left is everything that has no outcome.
func (g *Ingestor) round(ctx context.Context, b *batch, indexes []int) (left []int, err error) {
	mine, left, held := g.claim(b, indexes)
	if len(mine) == 0 {
		select {
		case <-held:
			return left, nil
		case <-ctx.Done():
			return left, fmt.Errorf("cannot accept: %w", ctx.Err())
		}
	}
	defer g.release(b, mine)
	todo, err := g.compare(b, mine)
	if err != nil {
		// Not a matter of one item: the ledger's file cannot be read.
		return indexes, &item.Unavailable{Reason: "台账读不出，请通知管理员", After: g.cfg.RetryAfter.D(), Cause: errors.Join(ErrClosed, err)}
	}
	b.tried = b.tried || len(todo) < len(mine)
	if len(todo) == 0 {
		return left, nil
	}
	errs, err := g.publish(ctx, b, todo)
	if err != nil {
		g.landed(b, todo, nil)
		return append(todo, left...), err
	}
	b.tried = true
	g.landed(b, todo, errs)
	for k, i := range todo {
		switch it := b.items[i]; {
		case errs[k] == nil:
			b.out[i] = item.Outcome{ID: it.ID, Status: item.Accepted, Day: it.Day}
		case errors.Is(errs[k], bus.ErrTooLarge):
			b.out[i] = item.Outcome{Status: item.Rejected, Problem: &item.Problem{Reason: "整件太大，消息总线收不下", Hint: "请减少内容，或请管理员调大 bus.max_record"}}
		default:
			b.fail([]int{i}, errs[k])
			err = errs[k]
		}
	}
	// A later version must not overtake an earlier one that failed.
	return left, err
}

// compare answers what is known and numbers the rest.
func (g *Ingestor) compare(b *batch, mine []int) (todo []int, err error) {
	known, err := g.known(b, mine)
	if err != nil {
		return nil, err
	}
	for k, i := range mine {
		it, v := &b.items[i], known[k]
		b.older[i] = v.Older
		if v.Revision > 0 && v.durable {
			b.older[i] = v.Older.Add(v.Hash)
		}
		switch same := v.Hash == b.hashes[i]; {
		case v.Revision == 0:
		case same && v.durable, v.Older.Has(b.hashes[i]):
			b.out[i] = item.Outcome{ID: it.ID, Status: item.Known, Day: v.Day}
			continue
		case same:
			it.Day, it.Revision = v.Day, v.Revision
		default:
			it.Day, it.Revision = v.Day, v.Revision+1
		}
		todo = append(todo, i)
	}
	return todo, nil
}

// publish sends items and gives one error for each. Its own error means that
// nothing was sent.
func (g *Ingestor) publish(ctx context.Context, b *batch, todo []int) ([]error, error) {
	g.leaving(b, todo)
	recs := make([]bus.Record, len(todo))
	for k, i := range todo {
		it := b.items[i]
		value, err := item.Encode(it)
		if err != nil {
			return nil, fmt.Errorf("cannot encode item: %w", err)
		}
		recs[k] = bus.Record{Key: it.ID, Value: value, Headers: map[string]string{
			bus.HeaderSource: it.Source, bus.HeaderDay: it.Day,
			bus.HeaderHash:     strconv.FormatUint(b.hashes[i], 16),
			bus.HeaderRevision: strconv.FormatUint(uint64(it.Revision), 10),
		}}
	}
	err := g.deps.Bus.Publish(ctx, bus.Raw, recs)
	var each *bus.PublishError
	switch {
	case err == nil:
		return make([]error, len(recs)), nil
	case errors.As(err, &each) && len(each.Errs) == len(recs):
		if len(each.Failed()) == len(recs) && allBusy(each.Errs) && !b.tried {
			return nil, &item.Unavailable{Reason: "收件太忙，请稍候重发", After: g.cfg.RetryAfter.D(), Cause: errors.Join(ErrBusy, err)}
		}
		return each.Errs, nil
	}
	return nil, fmt.Errorf("cannot publish: %w", err)
}

func allBusy(errs []error) bool {
	for _, err := range errs {
		if !errors.Is(err, bus.ErrBusy) {
			return false
		}
	}
	return true
}

// count moves the counters and logs what failed, without any words of it.
func (g *Ingestor) count(b *batch) {
	failed, taken := 0, false
	for i, o := range b.out {
		m := g.meter(b.items[i].Source)
		switch o.Status {
		case item.Accepted:
			taken = true
			m.Received(1)
			m.Sent(1)
		case item.Known:
			m.Received(1)
			m.Discarded("known", 1)
		case item.Rejected:
			m.Received(1)
			if o.Problem.Secret {
				m.Discarded("secrecy", 1)
			} else {
				m.Discarded("invalid", 1)
			}
		case item.Failed: // comes again, and is counted as received then
			m.Error("publish")
			failed++
		}
	}
	if taken {
		g.mu.Lock()
		was := g.refusing
		g.refusing = ""
		g.mu.Unlock()
		if was != "" {
			g.deps.Log.Info("intake takes items again", "stage", "ingest")
		}
	}
	if failed > 0 {
		g.deps.Log.Warn("items were not made durable; their sender was told", "stage", "ingest", "items", failed, "of", len(b.out))
	}
}
