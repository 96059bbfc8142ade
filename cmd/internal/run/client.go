package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"qianliyan/cmd/internal/config"
	"qianliyan/ingest/item"
)

// Client asks a node over its local interface: the server that runs on the
// data folder, or one this process has started for the purpose.
type Client struct {
	Address Address
	http    *http.Client
	node    *Node // nil when the server is another process
	stop    func() error
}

// Attach finds the server of cfg's data folder or starts all stages in this
// process, without an address for others, until Close. The folder must exist:
// a question asked of a folder that was never filled is a mistake, unless
// create is set.
func Attach(ctx context.Context, cfg config.Config, log *slog.Logger, create bool) (*Client, error) {
	if c := find(ctx, cfg.Data); c != nil {
		return c, nil
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, "lock")); errors.Is(err, fs.ErrNotExist) && !create {
		return nil, fmt.Errorf("%s 还不是数据目录：先用 qianliyan serve、demo 或 import 建立它，或用 --data 指对目录", cfg.Data)
	}
	cfg.HTTP.Address = ""
	n, err := Start(ctx, cfg, log)
	if errors.As(err, new(*InUseError)) { // a server that is just starting, or stopping
		if c := await(ctx, cfg.Data); c != nil {
			return c, nil
		}
	}
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- n.Run(running) }()
	c := newClient(n.Address())
	c.node = n
	c.stop = func() error { cancel(); return <-done }
	return c, nil
}

// find is a client of the server that runs on the folder, nil when none does.
func find(ctx context.Context, path string) *Client {
	a, err := running(path)
	if err != nil {
		return nil
	}
	if c := newClient(a); c.alive(ctx) {
		return c
	}
	return nil
}

// await finds a server within the time one needs to start.
func await(ctx context.Context, path string) *Client {
	for range 100 {
		if c := find(ctx, path); c != nil {
			return c
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil
}

func newClient(a Address) *Client {
	return &Client{Address: a, http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", a.Socket)
		},
		MaxIdleConnsPerHost: 8,
	}}}
}

// alive reports whether somebody answers on the socket.
func (c *Client) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return c.Get(ctx, "/healthz", nil, nil) == nil
}

// Close ends a node that Attach started, after all it accepted is written.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	if c.stop == nil {
		return nil
	}
	return c.stop()
}

// Get asks path with parameters v and reads the JSON answer into out, which
// may be nil.
func (c *Client) Get(ctx context.Context, path string, v url.Values, out any) error {
	return c.do(ctx, http.MethodGet, path, v, nil, out)
}

// Post sends body and reads the JSON answer into out.
func (c *Client) Post(ctx context.Context, path string, v url.Values, body io.Reader, out any) error {
	return c.do(ctx, http.MethodPost, path, v, body, out)
}

// Stream asks path and copies the answer to w, whole: exports.
func (c *Client) Stream(ctx context.Context, path string, v url.Values, w io.Writer) error {
	res, err := c.send(ctx, http.MethodGet, path, v, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(w, res.Body)
	return err
}

func (c *Client) do(ctx context.Context, method, path string, v url.Values, body io.Reader, out any) error {
	res, err := c.send(ctx, method, path, v, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	return json.NewDecoder(res.Body).Decode(out)
}

// send asks and makes a refusal an *AnswerError.
func (c *Client) send(ctx context.Context, method, path string, v url.Values, body io.Reader) (*http.Response, error) {
	res, err := c.request(ctx, method, path, v, body)
	if err != nil || res.StatusCode/100 == 2 {
		return res, err
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	problem := problemIn(b)
	return nil, &AnswerError{Status: res.StatusCode, Message: problem.Error(), Problem: problem}
}

// request asks, whatever the status of the answer.
func (c *Client) request(ctx context.Context, method, path string, v url.Values, body io.Reader) (*http.Response, error) {
	u := url.URL{Scheme: "http", Host: "local", Path: path, RawQuery: v.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the server on the data folder: %w", err)
	}
	return res, nil
}

// AnswerError is a refusal of the server, in its own words.
type AnswerError struct {
	Status  int
	Message string
	Problem item.Problem // Message in its parts
}

// Error is the server's message.
func (e *AnswerError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("服务回答 %d %s", e.Status, http.StatusText(e.Status))
	}
	return e.Message
}

// problemIn takes the words out of a JSON error, or the text itself.
func problemIn(b []byte) item.Problem {
	var e struct {
		Error item.Problem `json:"error"`
	}
	if json.Unmarshal(b, &e) == nil && e.Error.Reason != "" {
		return e.Error
	}
	return item.Problem{Reason: string(bytes.TrimSpace(b))}
}
