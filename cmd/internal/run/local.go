package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"qianliyan/index/columnar"
	"qianliyan/index/fulltext"
	"qianliyan/ingest/item"
	"qianliyan/ingest/ledger"
	"qianliyan/ingest/source/push"
	"qianliyan/query/doctor"
	"qianliyan/query/trace"
)

// mountLocal adds what only the owner of the data folder may ask, over the
// socket in that folder: intake without a token, and the looks behind the
// scenes.
//
//	POST /local/accept     items in wire form, one a line → outcomes
//	GET  /local/doctor     ?deep=1&wait=30s → doctor.Report
//	GET  /local/trace/ID   → trace.Trace
//	GET  /local/drain      answers when everything accepted is stored
func (n *Node) mountLocal(mux *http.ServeMux) {
	mux.Handle("POST /local/accept", push.Local(n.ingestor.Accept))
	mux.HandleFunc("GET /local/doctor", func(w http.ResponseWriter, r *http.Request) {
		deep := r.FormValue("deep") != ""
		wait, _ := time.ParseDuration(r.FormValue("wait"))
		reply(w, func() (any, error) { return n.Doctor(r.Context(), deep, wait) })
	})
	mux.HandleFunc("GET /local/trace/{id}", func(w http.ResponseWriter, r *http.Request) {
		reply(w, func() (any, error) { return n.Trace(r.Context(), item.ID(r.PathValue("id"))) })
	})
	mux.HandleFunc("GET /local/drain", func(w http.ResponseWriter, r *http.Request) {
		reply(w, func() (any, error) { return struct{}{}, n.Drain(r.Context(), nil) })
	})
}

// reply writes what f returns as JSON, an error as {"error":{"reason":…}}.
func reply(w http.ResponseWriter, f func() (any, error)) {
	v, err := f()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err != nil {
		status, problem := http.StatusServiceUnavailable, &item.Problem{Reason: err.Error()}
		if errors.Is(err, trace.ErrUnknown) {
			status, problem = http.StatusNotFound, &item.Problem{Reason: "没有收过这个编号的信息", Hint: "请核对编号，它是 32 位十六进制字符"}
		}
		w.WriteHeader(status)
		v = map[string]*item.Problem{"error": problem}
	}
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the client has gone
}

// Accept hands items to intake; see ingest.Ingestor.Accept.
func (n *Node) Accept(ctx context.Context, items []item.Item) ([]item.Outcome, error) {
	return n.ingestor.Accept(ctx, items)
}

// Has reports whether the full-text index finds the item.
func (n *Node) Has(ctx context.Context, id item.ID) (bool, error) { return n.fulltext.Has(ctx, id) }

// Doctor compares the books after waiting up to wait for what is on its way.
func (n *Node) Doctor(ctx context.Context, deep bool, wait time.Duration) (doctor.Report, error) {
	if wait > 0 {
		waiting, cancel := context.WithTimeout(ctx, wait)
		// A store that is down keeps items on their way; the report says how many.
		if err := n.Drain(waiting, nil); err != nil && ctx.Err() != nil {
			cancel()
			return doctor.Report{}, err
		}
		cancel()
	}
	r, err := doctor.Check(ctx, n.books(), deep)
	if stopped := n.stopped.Load(); err == nil && stopped != nil {
		// Books that agree are no comfort when nothing is written to them.
		return r, fmt.Errorf("有一个环节已经停止：%w", *stopped)
	}
	return r, err
}

func (n *Node) books() doctor.Books {
	return doctor.Books{
		Ledger: doctor.Book{
			Counts: func(ctx context.Context) ([]doctor.Count, error) {
				list, err := n.ingestor.Counts(ctx)
				return convert(list, func(c ledger.Count) doctor.Count { return doctor.Count(c) }), err
			},
			IDs: n.ingestor.IDs,
		},
		Fulltext: doctor.Book{
			Counts: func(ctx context.Context) ([]doctor.Count, error) {
				list, err := n.fulltext.CountByDay(ctx)
				return convert(list, func(c fulltext.DayCount) doctor.Count { return doctor.Count(c) }), err
			},
			IDs: n.fulltext.IDs,
		},
		Columnar: doctor.Book{
			Counts: func(ctx context.Context) ([]doctor.Count, error) {
				list, err := n.columnar.CountByDay(ctx)
				return convert(list, func(c columnar.Count) doctor.Count { return doctor.Count(c) }), err
			},
			IDs: n.columnar.IDs,
		},
		Dead:   n.dead,
		Behind: n.Behind,
	}
}

// entry is what the ledger knows of one item.
func (n *Node) entry(id item.ID) (trace.Entry, error) {
	e, err := n.ingestor.Entry(id)
	return trace.Entry{Source: e.Source, Day: e.Day, Revision: e.Revision}, err
}

func convert[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}

func (n *Node) dead(ctx context.Context) ([]doctor.Dead, error) {
	return doctor.DeadLetters(ctx, n.bus)
}

// Trace follows one item through the stages.
func (n *Node) Trace(ctx context.Context, id item.ID) (trace.Trace, error) {
	return trace.Of(ctx, trace.Places{Ledger: n.entry, Fulltext: n.fulltext.Has, Columnar: n.columnar.Item, Dead: n.dead}, id)
}

// Doctor asks the node to compare its books.
func (c *Client) Doctor(ctx context.Context, deep bool, wait time.Duration, out *doctor.Report) error {
	v := url.Values{"wait": {wait.String()}}
	if deep {
		v.Set("deep", strconv.FormatBool(deep))
	}
	return c.Get(ctx, "/local/doctor", v, out)
}

// Accept hands items to the node's intake, as ingest.Ingestor.Accept does: an
// intake that is closed is an *item.Unavailable.
func (c *Client) Accept(ctx context.Context, items []item.Item) ([]item.Outcome, error) {
	body, err := push.LocalBody(items)
	if err != nil {
		return nil, err
	}
	res, err := c.request(ctx, http.MethodPost, "/local/accept", nil, body)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var a push.Answer
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		return nil, fmt.Errorf("cannot read the answer of intake: %w", err)
	}
	if len(a.Results) != len(items) {
		reason := res.Status
		if a.Problem != nil {
			reason = a.Problem.Error()
		}
		after, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return nil, &item.Unavailable{Reason: reason, After: time.Duration(max(after, 1)) * time.Second}
	}
	return convert(a.Results, func(r push.Result) item.Outcome { return r.Outcome }), nil
}

// Drain waits until everything accepted is stored.
func (c *Client) Drain(ctx context.Context) error { return c.Get(ctx, "/local/drain", nil, nil) }
