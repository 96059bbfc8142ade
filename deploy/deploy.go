// Package deploy carries what an operator needs into the binary: the commented
// default configuration and the manual, so that both are there when the
// network is not.
package deploy

import (
	"embed"
	"path"
	"strings"
)

// Default is the commented default configuration file, generated.
//
//go:embed qianliyan.toml
var Default string

//go:embed docs/*.md reference/*.md
var pages embed.FS

// Docs is the manual: name of the page → its Markdown.
func Docs() map[string]string {
	out := map[string]string{}
	for _, dir := range []string{"docs", "reference"} {
		entries, err := pages.ReadDir(dir)
		if err != nil {
			continue // the folder is embedded; it cannot be missing
		}
		for _, e := range entries {
			if b, err := pages.ReadFile(path.Join(dir, e.Name())); err == nil {
				out[strings.TrimSuffix(e.Name(), ".md")] = string(b)
			}
		}
	}
	return out
}
