package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed static templates
var files embed.FS

// asset is a file of static/, ready to be sent.
type asset struct {
	url   string // /static/SUM/NAME
	kind  string // content type
	plain []byte
	small []byte // gzip; nil when that saves nothing
}

// assets are the files of static/ by name. The checksum stands in the address,
// so a browser may keep a file for ever and still gets every new one.
type assets struct {
	byName map[string]*asset
	byURL  map[string]*asset
}

func loadAssets(from fs.FS) (*assets, error) {
	a := &assets{map[string]*asset{}, map[string]*asset{}}
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		x := &asset{url: "/static/" + hex.EncodeToString(sum[:6]) + "/" + name, kind: contentType(name), plain: b}
		if x.small, err = squeeze(b); err != nil {
			return err
		}
		a.byName[name], a.byURL[x.url] = x, x
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot load static files: %w", err)
	}
	return a, nil
}

// contentType does not ask the machine's own table alone: on a bare system
// that knows neither fonts nor licences.
func contentType(name string) string {
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "text/plain; charset=utf-8"
}

func squeeze(b []byte) ([]byte, error) {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(b); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if buf.Len() >= len(b) {
		return nil, nil
	}
	return buf.Bytes(), nil
}

// url is the address of a file by its name; templates fail on an unknown one.
func (a *assets) url(name string) (string, error) {
	x := a.byName[name]
	if x == nil {
		return "", fmt.Errorf("no static file %q", name)
	}
	return x.url, nil
}

// ServeHTTP sends a file. An address with an old checksum is not found rather
// than answered with another version's file.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := a.byURL[r.URL.Path]
	if x == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", x.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Add("Vary", "Accept-Encoding")
	body := x.plain
	if x.small != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = x.small
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		// A reader who went away is no fault of ours.
		_, _ = w.Write(body)
	}
}
