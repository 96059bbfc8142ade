package push_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/text/encoding/simplifiedchinese"

	"qianliyan/cmd/embedded/kafka"
	"qianliyan/ingest/item"
	"qianliyan/ingest/source/push"
	"qianliyan/ingest/source/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "a-token-of-this-test"

// serve is a server of the handler in front of the door.
func serve(t *testing.T, d sourcetest.Door) *httptest.Server {
	t.Helper()
	cfg := push.Defaults()
	cfg.Batch = 5 // so that requests take several
	cfg.Sources = []push.Source{{Name: d.Source, Channel: d.Channel, Token: token}}
	h, err := push.New(cfg, push.Deps{Accept: d.Accept, Key: d.Key, Log: d.Log})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.Handle("POST /local/accept", push.Local(d.Accept))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func object(l sourcetest.Letter) map[string]any {
	return map[string]any{"native_id": l.NativeID, "title": l.Title, "text": l.Text, "submitted": l.Submitted.Format("2006-01-02T15:04:05Z07:00")}
}

// post sends a body and reads the answer as a careful sender does.
func post(ctx context.Context, s *httptest.Server, path string, header map[string]string, body io.Reader) (push.Answer, int, error) {
	var a push.Answer
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+path, body)
	if err != nil {
		return a, 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := s.Client().Do(req)
	if err != nil {
		return a, 0, err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		return a, res.StatusCode, err
	}
	if res.StatusCode >= 429 && res.Header.Get("Retry-After") == "" {
		return a, res.StatusCode, errors.New("no Retry-After")
	}
	return a, res.StatusCode, nil
}

// told turns an answer into what the suite compares.
func told(a push.Answer, status int, err error, sent int) (sourcetest.Answer, error) {
	out := sourcetest.Answer{Tally: a.Tally}
	if err != nil {
		return out, err
	}
	for i, r := range a.Results {
		if r.Index != i {
			return out, fmt.Errorf("result %d has index %d", i, r.Index)
		}
		if r.Status == item.Rejected {
			out.Problems = append(out.Problems, r.Problem)
		}
	}
	switch status {
	case 200, 207, 400:
		if len(a.Results) != sent {
			return out, fmt.Errorf("%d results for %d objects: %+w", len(a.Results), sent, a.Problem)
		}
		return out, nil
	}
	return out, fmt.Errorf("status %d: %w", status, a.Problem)
}

// way makes a sender of a function that writes letters as a body.
func way(path string, header map[string]string, write func([]sourcetest.Letter) io.Reader) func(*testing.T, sourcetest.Door) sourcetest.Sender {
	return func(t *testing.T, d sourcetest.Door) sourcetest.Sender {
		s := serve(t, d)
		return func(ctx context.Context, list []sourcetest.Letter) (sourcetest.Answer, error) {
			a, status, err := post(ctx, s, path, header, write(list))
			return told(a, status, err, len(list))
		}
	}
}

func array(list []sourcetest.Letter) io.Reader {
	var all []any
	for _, l := range list {
		all = append(all, object(l))
	}
	b, _ := json.Marshal(all)
	return bytes.NewReader(b)
}

func lines(list []sourcetest.Letter) io.Reader {
	var b bytes.Buffer
	for _, l := range list {
		json.NewEncoder(&b).Encode(object(l))
	}
	return &b
}

func zipped(list []sourcetest.Letter) io.Reader { return gzipOf(lines(list)) }

func gzipOf(r io.Reader) io.Reader {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.Copy(z, r)
	z.Close()
	return &b
}

func inGBK(list []sourcetest.Letter) io.Reader {
	text, _ := io.ReadAll(lines(list))
	b, _ := simplifiedchinese.GBK.NewEncoder().Bytes(text)
	return bytes.NewReader(b)
}

func wire(d sourcetest.Door) func([]sourcetest.Letter) io.Reader {
	return func(list []sourcetest.Letter) io.Reader {
		var items []item.Item
		for _, l := range list {
			items = append(items, item.Item{Channel: d.Channel, Source: d.Source, NativeID: l.NativeID, Title: l.Title, Text: l.Text, Submitted: l.Submitted})
		}
		body, _ := push.LocalBody(items)
		return body
	}
}

// TestSuite runs the suite over every spelling of a push.
func TestSuite(t *testing.T) {
	broker := kafka.OpenTest(t)
	gbk := way("/push/v1/items", map[string]string{"Content-Type": "application/x-ndjson; charset=gbk"}, inGBK)
	for name, w := range map[string]sourcetest.Way{
		"array": {New: way("/push/v1/items", map[string]string{"Content-Type": "application/json"}, array)},
		"lines": {New: way("/push/v1/items", map[string]string{"Content-Type": "application/x-ndjson"}, lines), GBK: gbk},
		"gzip":  {New: way("/push/v1/items", map[string]string{"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}, zipped)},
		"local": {New: func(t *testing.T, d sourcetest.Door) sourcetest.Sender {
			return way("/local/accept", map[string]string{"Content-Type": "application/x-ndjson"}, wire(d))(t, d)
		}},
		"open311": {New: open311, Alone: true, Words: func(it item.Item, l sourcetest.Letter) bool { return it.Text == l.Text }},
	} {
		t.Run(name, func(t *testing.T) { sourcetest.Run(t, broker, w) })
	}
}

// open311 sends GeoReport requests; a letter's title has no place there but as
// a field of our own.
func open311(t *testing.T, d sourcetest.Door) sourcetest.Sender {
	s := serve(t, d)
	return func(ctx context.Context, list []sourcetest.Letter) (sourcetest.Answer, error) {
		var out sourcetest.Answer
		l := list[0]
		form := url.Values{
			"service_code": {"路灯"}, "description": {l.Text}, "title": {l.Title}, "api_key": {token},
			"requested_datetime": {l.Submitted.Format("2006-01-02T15:04:05Z07:00")},
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/open311/v2/requests.json", strings.NewReader(form.Encode()))
		if err != nil {
			return out, err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Idempotency-Key", l.NativeID)
		res, err := s.Client().Do(req)
		if err != nil {
			return out, err
		}
		defer res.Body.Close()
		var a []struct {
			ID          item.ID `json:"service_request_id"`
			Notice      string  `json:"service_notice"`
			Code        int     `json:"code"`
			Description string  `json:"description"`
		}
		if err := json.NewDecoder(res.Body).Decode(&a); err != nil || len(a) != 1 {
			return out, fmt.Errorf("status %d, %d entries, %w", res.StatusCode, len(a), err)
		}
		switch {
		case res.StatusCode == 200 && a[0].ID.Valid() && a[0].Notice == "已收到":
			out.Accepted++
		case res.StatusCode == 200 && a[0].ID.Valid():
			out.Known++
		case (res.StatusCode == 400 || res.StatusCode == 413) && a[0].Code == res.StatusCode:
			out.Rejected++
			out.Problems = append(out.Problems, &item.Problem{Reason: a[0].Description, Hint: "见说明"})
		default:
			return out, fmt.Errorf("status %d: %s", res.StatusCode, a[0].Description)
		}
		return out, nil
	}
}
