package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "qianliyan"

// stages from left to right: each may import itself and what stands before it.
var stages = []string{"ingest", "classify", "index", "query", "cmd"}

// banned imports, each with the reason and the places where it is right.
var banned = []struct {
	path, reason string
	except       []string
}{
	{"github.com/yanyiwu/gojieba", "one segmenter, one version: use classify/segment", []string{"classify/segment"}},
	{"github.com/blevesearch/bleve/v2", "one owner of the shards: use index/fulltext", []string{"index/fulltext", "query/search"}},
	{"github.com/segmentio/kafka-go", "one client set-up: use ingest/bus", []string{"ingest/bus", "cmd/embedded/kafka"}},
	{"github.com/twmb/franz-go", "stages speak through kafka-go only", []string{"cmd/embedded/kafka"}},
	{"github.com/ebitengine/purego", "the engine in process belongs to cmd/embedded", []string{"cmd/embedded/clickhouse"}},
	{"log", "log/slog, passed in", nil},
	{"math/rand", "math/rand/v2 or crypto/rand", nil},
}

// sourceFile is one parsed Go file of the module.
type sourceFile struct {
	path string // slash-separated, from the root
	test bool
	ast  *ast.File
	fset *token.FileSet
	line int // number of lines
}

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	root := filepath.Join("..", "..")
	var out []sourceFile
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(p) != ".go" {
			return nil
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, src, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, sourceFile{filepath.ToSlash(rel), strings.HasSuffix(p, "_test.go"), f, fset, strings.Count(string(src), "\n")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("found only %d files: is the root wrong?", len(out))
	}
	return out
}

func (f sourceFile) imports() []string {
	var out []string
	for _, i := range f.ast.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		out = append(out, p)
	}
	return out
}

// TestLeftToRight keeps the import graph equal to the flow: a stage imports
// only what stands to its left. Tests may also open the engines in process.
func TestLeftToRight(t *testing.T) {
	for _, f := range sourceFiles(t) {
		from := slices.Index(stages, first(f.path))
		for _, p := range f.imports() {
			rest, ours := strings.CutPrefix(p, module+"/")
			if !ours || rest == "deploy" && from == len(stages)-1 || rest == "deploy" && first(f.path) == "query" {
				continue
			}
			to := slices.Index(stages, first(rest))
			engine := strings.HasPrefix(rest, "cmd/embedded/")
			switch {
			case to < 0:
				t.Errorf("%s imports %s, which is no stage", f.path, p)
			case engine && f.test:
			case engine && first(f.path) != "cmd":
				t.Errorf("%s imports %s: only tests and cmd open the engines in process; a stage sees their wire protocol", f.path, p)
			case to > from:
				t.Errorf("%s imports %s: %s stands to the right of %s", f.path, p, stages[to], first(f.path))
			}
		}
	}
}

func first(path string) string { s, _, _ := strings.Cut(path, "/"); return s }

// TestNounsStandAlone keeps the noun and its connectors small: item imports
// the standard library only, a connector only item, mapping and settings. The
// suite of connectors opens the whole stage, as a test would.
func TestNounsStandAlone(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if f.test || strings.HasPrefix(f.path, "ingest/source/sourcetest/") {
			continue
		}
		for _, p := range f.imports() {
			if strings.HasPrefix(f.path, "ingest/item/") && strings.Contains(p, ".") {
				t.Errorf("%s imports %s: the noun imports only the standard library", f.path, p)
			}
			if strings.HasPrefix(f.path, "ingest/source/") && strings.HasPrefix(p, module+"/") &&
				!slices.Contains([]string{"ingest/item", "ingest/mapping", "ingest/setting"}, strings.TrimPrefix(p, module+"/")) &&
				!strings.HasPrefix(p, module+"/ingest/source/") {
				t.Errorf("%s imports %s: a connector knows items, mappings and settings", f.path, p)
			}
		}
	}
}

// TestBannedImports holds each ban with its reason.
func TestBannedImports(t *testing.T) {
	for _, f := range sourceFiles(t) {
		for _, p := range f.imports() {
			for _, b := range banned {
				whole := strings.Contains(b.path, ".") && strings.HasPrefix(p, b.path+"/") // a module, with its packages
				if (p == b.path || whole) && !allowed(f.path, b.except) && !f.test {
					t.Errorf("%s imports %s: %s", f.path, p, b.reason)
				}
			}
		}
	}
}

func allowed(path string, except []string) bool {
	return slices.ContainsFunc(except, func(e string) bool { return strings.HasPrefix(path, e+"/") })
}

// TestSizes holds the bars of the house: a file reads in one sitting, a
// function on one screen.
func TestSizes(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if !f.test && f.line > 400 {
			t.Errorf("%s has %d lines; split it by thought at 400", f.path, f.line)
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || f.test {
				continue
			}
			if n := f.fset.Position(fn.End()).Line - f.fset.Position(fn.Pos()).Line; n > 100 {
				t.Errorf("%s: %s has %d lines; a function ends by 100", f.path, fn.Name.Name, n)
			}
		}
	}
}

// TestDocumented wants a package comment everywhere and a comment on every
// exported name outside cmd.
func TestDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range sourceFiles(t) {
		if f.test {
			continue
		}
		dir := filepath.ToSlash(filepath.Dir(f.path))
		documented[dir] = documented[dir] || f.ast.Doc != nil
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.IsExported() && fn.Doc == nil && exportedReceiver(fn) {
				t.Errorf("%s: %s has no comment", f.path, fn.Name.Name)
			}
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE {
				for _, s := range g.Specs {
					if ts := s.(*ast.TypeSpec); ts.Name.IsExported() && ts.Doc == nil && g.Doc == nil {
						t.Errorf("%s: type %s has no comment", f.path, ts.Name.Name)
					}
				}
			}
		}
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

// exportedReceiver tells methods of exported types and plain functions from
// methods of hidden types, which meet an interface documented elsewhere.
func exportedReceiver(fn *ast.FuncDecl) bool {
	if fn.Recv == nil {
		return true
	}
	t := fn.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		t = s.X
	}
	if i, ok := t.(*ast.IndexExpr); ok {
		t = i.X
	}
	id, ok := t.(*ast.Ident)
	return ok && id.IsExported()
}

// TestTopLevel keeps the root as the client fixed it.
func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	right := []string{"ingest", "classify", "index", "query", "cmd", "deploy", "go.mod", "go.sum", "README.md", "LICENSE"}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(right, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}
