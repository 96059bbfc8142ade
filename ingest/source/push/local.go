package push

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"qianliyan/ingest/item"
)

// Bounds of the local door, whose callers are our own commands.
const (
	localBody  = 1 << 30
	localBatch = 500
	localBytes = 4 << 20
)

// Local serves POST /local/accept: items in wire form, one a line, with
// channel and source and without ID, answered as POST /push/v1/items answers.
// It trusts its caller: mount it on the socket in the data folder only.
func Local(accept Accept) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Content-Type", "application/x-ndjson")
		b, status, p := openBody(w, r, localBody)
		if p != nil {
			writeJSON(w, status, Answer{Results: []Result{}, Problem: p})
			return
		}
		in := &intake{
			ctx: r.Context(), accept: accept, decode: decodeWire, log: slog.New(slog.DiscardHandler),
			batch: localBatch, batchBytes: localBytes, after: time.Second,
		}
		in.readAll(b)
		if r.Context().Err() == nil {
			in.answer(w)
		}
	})
}

func decodeWire(raw []byte) (item.Item, *item.Problem) {
	var it item.Item
	if err := it.UnmarshalJSON(raw); err != nil {
		return it, &item.Problem{Reason: "不是本程序的信息格式", Hint: "请用同一版本的程序"}
	}
	return it, nil
}

// LocalBody is the body of a request to Local.
func LocalBody(items []item.Item) (io.Reader, error) {
	var b bytes.Buffer
	for _, it := range items {
		line, err := item.Encode(it)
		if err != nil {
			return nil, fmt.Errorf("cannot encode item: %w", err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return &b, nil
}
