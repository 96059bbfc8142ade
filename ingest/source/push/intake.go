package push

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"qianliyan/ingest/item"
)

// Result is what became of one object of a request.
type Result struct {
	Index int `json:"index"` // from 0, in the order sent
	item.Outcome
}

// Answer is the body of every answer of /push/v1/items and of Local.
type Answer struct {
	Results []Result `json:"results"`
	item.Tally
	Problem *item.Problem `json:"problem,omitempty"` // of the request as a whole
}

// decoder makes an item of one object.
type decoder func(raw []byte) (item.Item, *item.Problem)

// intake reads one request and hands its items on in batches, so that memory
// does not grow with the body.
type intake struct {
	ctx               context.Context //nolint:containedctx // lives for one request
	accept            Accept
	decode            decoder
	log               *slog.Logger
	batch, batchBytes int
	after             time.Duration

	out     Answer
	read    int // objects read
	items   []item.Item
	indexes []int // of items in out.Results
	bytes   int
	shut    *item.Unavailable // nothing more is taken now
	large   bool
	broken  bool
}

// readAll reads b to its end, or until nothing more can be read or taken.
func (in *intake) readAll(b *body) {
	in.out.Results = []Result{}
	for in.shut == nil && in.ctx.Err() == nil {
		raw, err := b.next()
		var p *item.Problem
		switch {
		case err == nil:
			in.add(raw)
			continue
		case errors.As(err, &p):
			in.reject(p)
			continue
		case errors.Is(err, io.EOF):
		case errors.Is(err, errTooLarge):
			in.large = true
			in.out.Problem = &item.Problem{Reason: "请求太大，后面的没有读", Hint: "请分成几次发；已列出结果的不用重发"}
		default:
			in.broken = true
			in.out.Problem = &item.Problem{Reason: "后面的读不下去：" + err.Error(), Hint: "请改正后重发；已收下的重发也不会重复"}
		}
		break
	}
	in.flush()
	for _, r := range in.out.Results {
		in.out.Add(r.Outcome)
	}
}

func (in *intake) add(raw []byte) {
	it, p := in.decode(raw)
	if p != nil {
		in.reject(p)
		return
	}
	in.indexes = append(in.indexes, len(in.out.Results))
	in.out.Results = append(in.out.Results, Result{Index: in.read})
	in.read++
	in.items = append(in.items, it)
	if in.bytes += len(raw); len(in.items) >= in.batch || in.bytes >= in.batchBytes {
		in.flush()
	}
}

func (in *intake) reject(p *item.Problem) {
	in.out.Results = append(in.out.Results, Result{in.read, item.Outcome{Status: item.Rejected, Problem: p}})
	in.read++
}

// flush hands on what is held and notes the outcomes.
func (in *intake) flush() {
	if len(in.items) == 0 {
		return
	}
	outcomes, err := in.accept(in.ctx, in.items)
	if err == nil && len(outcomes) != len(in.items) {
		err = errors.New("intake gave another number of outcomes")
	}
	if err != nil {
		told := errors.As(err, &in.shut) // ingest has logged it, once
		if !told {
			in.shut = &item.Unavailable{Reason: "没有存好，请原样重发", After: in.after, Cause: err}
		}
		outcomes = make([]item.Outcome, len(in.items))
		for i := range outcomes {
			outcomes[i] = item.Outcome{Status: item.Failed, Problem: &item.Problem{Reason: in.shut.Reason}}
		}
		if !told && in.ctx.Err() == nil {
			in.log.Warn("push was not taken", "items", len(in.items), "err", err)
		}
	}
	for i, o := range outcomes {
		in.out.Results[in.indexes[i]].Outcome = o
	}
	in.items, in.indexes, in.bytes = nil, nil, 0
}

// answer writes the answer and returns its status code.
func (in *intake) answer(w http.ResponseWriter) int {
	status := in.status()
	if status == http.StatusServiceUnavailable {
		after, reason := in.after, "有的没有存好"
		if in.shut != nil {
			after, reason = in.shut.After, in.shut.Reason
		}
		w.Header().Set("Retry-After", seconds(after))
		in.out.Problem = &item.Problem{Reason: reason, Hint: "请过 " + seconds(after) + " 秒原样重发，已收下的不会重复"}
	}
	if in.read == 0 && in.out.Problem == nil {
		in.out.Problem = &item.Problem{Reason: "请求里没有内容", Hint: "请发一个 JSON 对象、数组，或一行一个对象"}
	}
	writeJSON(w, status, in.out)
	return status
}

// status is told in the package comment. What is not durable outweighs the
// rest: a sender that only looks at the status then sends all again, which is
// harmless, while one that believes a 207 would lose it.
func (in *intake) status() int {
	taken := in.out.Accepted + in.out.Known
	switch {
	case in.shut != nil, in.out.Failed > 0:
		return http.StatusServiceUnavailable
	case in.large:
		return http.StatusRequestEntityTooLarge
	case taken == 0:
		return http.StatusBadRequest
	case in.broken, in.out.Rejected > 0:
		return http.StatusMultiStatus
	}
	return http.StatusOK
}

// seconds rounds up: a header cannot say less than a second.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second)))
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v) //nolint:errcheck // the sender has gone; it will send again
}
