package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qianliyan/cmd/internal/config"
	"qianliyan/cmd/internal/docgen"
	"qianliyan/query/trend"
)

var update = flag.Bool("update", false, "write generated files and goldens anew")

// TestReference fails when a generated page is stale. With -update it writes
// them.
func TestReference(t *testing.T) {
	root := filepath.Join("..", "..")
	settings, err := docgen.Settings(root, module, config.Default())
	if err != nil {
		t.Fatal(err)
	}
	questions, err := trend.Questions()
	if err != nil {
		t.Fatal(err)
	}
	parser, err := newParser(&commands{Common: Common{out: os.Stderr, err: os.Stderr}}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"deploy/qianliyan.toml":        docgen.DefaultFile(settings),
		"deploy/reference/config.md":   docgen.ConfigPage(settings),
		"deploy/reference/commands.md": docgen.CommandsPage(parser.Model),
		"deploy/reference/trends.md":   docgen.TrendsPage(questions),
	} {
		file := filepath.Join(root, filepath.FromSlash(path))
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(got), want); d != "" {
			t.Errorf("%s is stale; run go test ./cmd/qianliyan -run TestReference -update\n%s", path, d)
		}
	}
}
