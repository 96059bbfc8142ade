package clickhouse

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakePackage is a package as npm publishes them, with a small library, and
// the pins that fit it.
func fakePackage(t *testing.T) (tgz, so []byte, pkg npmPackage) {
	t.Helper()
	so = make([]byte, 300_000) // not compressible: a cut lands inside the data
	rand.New(rand.NewSource(1)).Read(so)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, f := range []struct {
		name string
		data []byte
	}{{"package/package.json", []byte("{}")}, {"package/" + libraryFile, so}, {"package/index.js", []byte("//")}} {
		must(t, w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o755, Size: int64(len(f.data))}))
		_, err := w.Write(f.data)
		must(t, err)
	}
	must(t, w.Close())
	must(t, z.Close())
	whole, lib := sha512.Sum512(b.Bytes()), sha256.Sum256(so)
	return b.Bytes(), so, npmPackage{
		name: "@fake/lib", download: int64(b.Len()), size: int64(len(so)),
		sha512: base64.StdEncoding.EncodeToString(whole[:]), sha256: hex.EncodeToString(lib[:]),
	}
}

// fakeNPM puts an npm on the PATH that packs data, or runs another script.
// It counts its calls in the file it returns.
func fakeNPM(t *testing.T, data []byte, script string) (calls string) {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "source.tgz")
	calls = filepath.Join(dir, "calls")
	must(t, os.WriteFile(source, data, 0o644))
	if script == "" {
		script = `cp "` + source + `" "$4/fake-lib.tgz"`
	}
	script = "#!/bin/sh\necho \"$@\" >> '" + calls + "'\n" + script + "\n"
	must(t, os.WriteFile(filepath.Join(dir, "npm"), []byte(script), 0o755))
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	return calls
}

// left are the files of a cache folder other than the lock.
func left(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		if e.Name() != ".lock" {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestGetByNPM(t *testing.T) {
	tgz, so, pkg := fakePackage(t)
	calls := fakeNPM(t, tgz, "")
	var said bytes.Buffer
	g := getter{pkg: pkg, dir: filepath.Join(t.TempDir(), "a", "b"), bar: progress{w: &said}}
	stale := filepath.Join(g.dir, "get-stale", "x")
	must(t, os.MkdirAll(stale, 0o755)) // of a process that was killed
	for range 2 {
		path, err := g.get(t.Context())
		must(t, err)
		if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, so) {
			t.Fatalf("library differs: %v", err)
		}
	}
	if n := left(t, g.dir); len(n) != 1 {
		t.Errorf("the cache holds %v", n)
	}
	b, err := os.ReadFile(calls)
	must(t, err)
	if lines := strings.Split(strings.TrimSpace(string(b)), "\n"); len(lines) != 1 || !strings.HasSuffix(lines[0], " @fake/lib@"+Version) {
		t.Errorf("npm was called with %q, want once with the pinned version", lines)
	}
	for _, want := range []string{"正在用 npm 下载", "正在解压并校验"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("progress %q lacks %q", said.String(), want)
		}
	}
}

func TestGetFromFile(t *testing.T) {
	tgz, so, pkg := fakePackage(t)
	t.Setenv("PATH", t.TempDir()) // no npm
	for name, data := range map[string][]byte{"p.tgz": tgz, libraryFile: so} {
		from := filepath.Join(t.TempDir(), name)
		must(t, os.WriteFile(from, data, 0o644))
		path, err := getter{pkg: pkg, dir: t.TempDir(), from: from}.get(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, so) {
			t.Errorf("%s: library differs: %v", name, err)
		}
	}
}

// TestGetBad: nothing that is not whole and right gets the library's name, and
// the message says what to do.
func TestGetBad(t *testing.T) {
	tgz, so, pkg := fakePackage(t)
	changed := bytes.Clone(so)
	changed[1000] ^= 1
	otherPins := pkg
	otherPins.sha512 = "AAAA"
	otherLibrary := pkg
	otherLibrary.sha256 = "00"
	smaller := pkg
	smaller.size -= 2
	for name, x := range map[string]struct {
		data []byte
		pkg  npmPackage
		want string
	}{
		"package checksum":  {tgz, otherPins, "校验和不对"},
		"library checksum":  {tgz, otherLibrary, "校验和不对"},
		"library longer":    {tgz, smaller, "校验和不对"},
		"truncated in data": {tgz[:len(tgz)/2], pkg, "已损坏或不完整"},
		"truncated at end":  {tgz[:len(tgz)-4], pkg, ""},
		"empty":             {nil, pkg, "已损坏或不完整"},
		"one byte":          {[]byte{0x1f}, pkg, "已损坏或不完整"},
		"not a package":     {[]byte("<html>login</html>"), pkg, "校验和不对"},
		"trailing bytes":    {append(bytes.Clone(tgz), 0), pkg, "校验和不对"},
		"changed library":   {changed, pkg, "校验和不对"},
		"truncated library": {so[:1000], pkg, "校验和不对"},
	} {
		t.Run(name, func(t *testing.T) {
			fakeNPM(t, x.data, "")
			dir := t.TempDir()
			path, err := getter{pkg: x.pkg, dir: dir}.get(t.Context())
			if err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), "--clickhouse-library") {
				t.Errorf("got %q, %v, want %q and the remedy", path, err, x.want)
			}
			if n := left(t, dir); len(n) != 0 {
				t.Errorf("the cache holds %v", n)
			}
		})
	}
}

func TestGetNPMFails(t *testing.T) {
	_, _, pkg := fakePackage(t)
	for name, x := range map[string]struct{ script, want string }{
		"says why": {"echo 'npm error code ENOTFOUND' >&2; exit 1", "ENOTFOUND"},
		"silent":   {"exit 7", "npm 没有说明原因"},
		"no file":  {"exit 0", "没有留下 .tgz"},
	} {
		t.Run(name, func(t *testing.T) {
			fakeNPM(t, nil, x.script)
			_, err := getter{pkg: pkg, dir: t.TempDir()}.get(t.Context())
			if err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), remedy) {
				t.Errorf("got %v, want %q and the remedy", err, x.want)
			}
		})
	}
	t.Run("no npm", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := getter{pkg: pkg, dir: t.TempDir()}.get(t.Context())
		if err == nil || !strings.Contains(err.Error(), "请安装 Node.js") || !strings.Contains(err.Error(), remedy) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no such file", func(t *testing.T) {
		_, err := getter{pkg: pkg, dir: t.TempDir(), from: "nothing.tgz"}.get(t.Context())
		if err == nil || !strings.Contains(err.Error(), "--clickhouse-library") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		calls := fakeNPM(t, nil, "exec sleep 60")
		ctx, cancel := context.WithCancel(t.Context())
		go func() { // as soon as npm runs
			for {
				if _, err := os.Stat(calls); err == nil {
					cancel()
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		}()
		dir := t.TempDir()
		if _, err := (getter{pkg: pkg, dir: dir}).get(ctx); err == nil || !strings.Contains(err.Error(), "已取消") {
			t.Errorf("got %v", err)
		}
		if n := left(t, dir); len(n) != 0 {
			t.Errorf("the cache holds %v", n)
		}
	})
}

// TestGetAtOnce: one gets it, the others wait, whether or not it works.
func TestGetAtOnce(t *testing.T) {
	tgz, _, pkg := fakePackage(t)
	calls := fakeNPM(t, tgz, `sleep 0.3; cp "$(dirname "$0")/source.tgz" "$4/x.tgz"`)
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 5 { // each opens the lock file itself, as processes do
		wg.Go(func() {
			if _, err := (getter{pkg: pkg, dir: dir}).get(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b, err := os.ReadFile(calls)
	must(t, err)
	if n := strings.Count(string(b), "\n"); n != 1 {
		t.Errorf("npm ran %d times, want once", n)
	}
	// Who waits can be told to stop.
	must(t, os.Remove(filepath.Join(dir, libraryFile)))
	unlock, err := getter{pkg: pkg, dir: dir}.lock(t.Context())
	must(t, err)
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (getter{pkg: pkg, dir: dir}).get(ctx); err == nil || !strings.Contains(err.Error(), "已取消") {
		t.Errorf("got %v", err)
	}
}

func TestLibraryByEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.so")
	must(t, os.WriteFile(file, nil, 0o644))
	t.Setenv(EnvLibrary, file)
	if path, err := Library(t.Context(), LibraryOptions{}); err != nil || path != file {
		t.Errorf("got %q, %v", path, err)
	}
	t.Setenv(EnvLibrary, file+"x")
	if _, err := Library(t.Context(), LibraryOptions{}); err == nil || !strings.Contains(err.Error(), EnvLibrary) {
		t.Errorf("got %v", err)
	}
	t.Setenv(EnvLibrary, "")
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	if _, err := Library(t.Context(), LibraryOptions{}); err == nil || !strings.Contains(err.Error(), "XDG_CACHE_HOME") {
		t.Errorf("got %v", err)
	}
}

// lines is a writer that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestProgressLines: without a terminal, a line now and then with how far it is.
func TestProgressLines(t *testing.T) {
	var said lines
	task := progress{w: &said, every: time.Millisecond}.start("解压", 200)
	fmt.Fprint(task, strings.Repeat("x", 50))
	for !strings.Contains(said.String(), "解压：25%") { // the test's own limit ends this
		time.Sleep(time.Millisecond)
	}
	task.done()
	if !strings.HasPrefix(said.String(), "解压……\n") {
		t.Errorf("said %q", said.String())
	}
	progress{}.spin("无声")() // no writer: nothing happens
}
