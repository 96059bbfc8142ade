// Package docgen writes the reference pages from the code that obeys them, so
// that they cannot disagree: the commented default configuration and its page
// from the Config structs and their comments, the command page from the
// command table, the page of questions from the .sql files.
//
// The pages are written by
//
//	go test ./cmd/qianliyan -run TestReference -update
//
// and the same test fails when one is stale.
package docgen

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
)

// comments finds the doc comments of struct fields in the module's source.
type comments struct {
	root   string // folder of go.mod
	module string
	fields map[string]map[string]string // package path + "." + type → field → comment
	loaded map[string]bool
}

func newComments(root, module string) *comments {
	return &comments{root, module, map[string]map[string]string{}, map[string]bool{}}
}

// field is the comment of one field of t, without comment marks; empty when
// there is none or t is not of this module.
func (c *comments) field(t reflect.Type, name string) (string, error) {
	rel, ours := strings.CutPrefix(t.PkgPath(), c.module+"/")
	if !ours {
		return "", nil
	}
	if !c.loaded[t.PkgPath()] {
		c.loaded[t.PkgPath()] = true
		if err := c.load(t.PkgPath(), filepath.Join(c.root, filepath.FromSlash(rel))); err != nil {
			return "", err
		}
	}
	return c.fields[t.PkgPath()+"."+t.Name()][name], nil
}

func (c *comments) load(pkg, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("cannot find the source of %s in %s: %w", pkg, dir, fs.ErrNotExist)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.ParseComments)
		if err != nil {
			return fmt.Errorf("cannot read comments: %w", err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			ts, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if st, ok := ts.Type.(*ast.StructType); ok {
				c.fields[pkg+"."+ts.Name.Name] = structComments(st)
			}
			return true
		})
	}
	return nil
}

func structComments(st *ast.StructType) map[string]string {
	out := map[string]string{}
	for _, f := range st.Fields.List {
		text := strings.TrimSpace(f.Doc.Text())
		if text == "" {
			text = strings.TrimSpace(f.Comment.Text())
		}
		for _, n := range f.Names {
			out[n.Name] = text
		}
	}
	return out
}
