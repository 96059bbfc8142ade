package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeLinks follows every link of the README to a file of the project.
func TestReadmeLinks(t *testing.T) {
	root := filepath.Join("..", "..")
	b, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(b), -1)
	if len(links) < 5 {
		t.Fatalf("found %d links", len(links))
	}
	for _, l := range links {
		if strings.Contains(l[1], "://") {
			t.Errorf("%s leads out of the project", l[1])
			continue
		}
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(l[1]))); err != nil {
			t.Errorf("the README links to %s: %v", l[1], err)
		}
	}
}
