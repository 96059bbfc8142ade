package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary builds the program once for all tests that run it as a process.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "qianliyan-test")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "qianliyan")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("cannot build: %w\n%s", err, out)
	}
	return path, nil
})

// server is one running process on a data folder.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	http string // address of its pages
	log  *bytes.Buffer
	done chan error
}

// startServer runs "serve" with the configuration and waits until it is ready.
// While a command works on the folder itself, it waits for it.
func startServer(t *testing.T, config string) *server {
	t.Helper()
	for range 300 {
		if s := tryServer(t, config); s != nil {
			return s
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("the data folder stayed in use for a minute")
	return nil
}

// tryServer is nil when the data folder is in use.
func tryServer(t *testing.T, config string) *server {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, cmd: exec.Command(path, "serve", "--config", config, "--json"), log: &bytes.Buffer{}, done: make(chan error, 1)}
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	go func() { io.Copy(io.Discard, out); s.done <- s.cmd.Wait() }()
	if err != nil {
		<-s.done
		if strings.Contains(s.log.String(), "正被另一个") {
			return nil
		}
		t.Fatalf("the server did not start:\n%s", s.log)
	}
	var address struct{ HTTP string }
	if err := json.Unmarshal(line, &address); err != nil {
		t.Fatalf("the server said %q", line)
	}
	s.http = address.HTTP
	t.Cleanup(s.kill)
	return s
}

// kill ends the process at once, as a power cut of the process would.
func (s *server) kill() {
	if s.done == nil {
		return
	}
	s.cmd.Process.Kill()
	<-s.done
	s.done = nil
}

// post sends a body with a token and decodes the answer; an error when nobody
// answered with success.
func post(ctx context.Context, url, token string, body io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/x-ndjson")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s", res.Status, b)
	}
	return json.Unmarshal(b, out)
}

// command runs one command line in its own process and decodes the last line
// of its output into out.
func command(t *testing.T, out any, args ...string) error {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	b, err := cmd.Output()
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if jerr := json.Unmarshal([]byte(lines[len(lines)-1]), out); err == nil && jerr != nil {
		return fmt.Errorf("qianliyan %s printed %q", strings.Join(args, " "), b)
	}
	if err != nil {
		return fmt.Errorf("qianliyan %s: %w\n%s%s", strings.Join(args, " "), err, b, errOut.Bytes())
	}
	return nil
}
