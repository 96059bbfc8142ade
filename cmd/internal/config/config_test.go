package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
)

func TestDefaultIsValid(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Fatal(err)
	}
}

// TestFixtures reads good files without a word, and for bad ones wants every
// line of the leading comment in the message.
func TestFixtures(t *testing.T) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(b)
			if strings.HasSuffix(path, ".good.toml") {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if _, ok := errors.AsType[Problems](err); !ok {
				t.Fatalf("got %v", err)
			}
			for line := range strings.Lines(string(b)) {
				want, ok := strings.CutPrefix(strings.TrimSpace(line), "# ")
				if !ok {
					break
				}
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the message lacks %q:\n%v", want, err)
				}
			}
		})
	}
}

// TestUnknownKeyShowsLine wants the line of the file and a mark under the key.
func TestUnknownKeyShowsLine(t *testing.T) {
	_, err := Parse([]byte("[bus]\npartitons = 4\n"))
	if err == nil || !strings.Contains(err.Error(), "2| partitons = 4") || !strings.Contains(err.Error(), "~~~") {
		t.Errorf("got %v", err)
	}
}

func TestMissingFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "no.toml"))
	if err == nil || !strings.Contains(err.Error(), "config default") {
		t.Errorf("the message lacks the remedy: %v", err)
	}
}

// TestMasked prints what holds, without the token, and what is printed can be
// read again.
func TestMasked(t *testing.T) {
	b, err := os.ReadFile("testdata/small.good.toml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := c.Masked()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(shown), "5e884898") {
		t.Errorf("the token is shown:\n%s", shown)
	}
	if c.Push.Sources[0].Token == mask {
		t.Error("masking changed the configuration itself")
	}
	var again Config
	if err := toml.Unmarshal(shown, &again); err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	if again.Classify.Home != "511600" || again.Bus.Partitions != c.Bus.Partitions || again.HTTP.StopTime.D() != 8*time.Second {
		t.Errorf("read again as %+v", again)
	}
}
