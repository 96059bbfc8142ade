package docgen

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"qianliyan/cmd/internal/observe"
	"qianliyan/ingest/setting"
)

func TestSettings(t *testing.T) {
	list, err := Settings(filepath.Join("..", "..", ".."), "qianliyan", observe.Config{Level: "info", Format: "text"})
	if err != nil {
		t.Fatal(err)
	}
	got := DefaultFile(list)
	for _, want := range []string{`# level = "info"`, "# least level that is logged"} {
		if !strings.Contains(got, want) {
			t.Errorf("the default file lacks %q:\n%s", want, got)
		}
	}
	if page := ConfigPage(list); !strings.Contains(page, "| `format` | `\"text\"` | text for people") {
		t.Errorf("the page lacks a row:\n%s", page)
	}
}

func TestTomlValue(t *testing.T) {
	for _, c := range []struct {
		in   any
		want string
	}{
		{"a\"b", `"a\"b"`},
		{3, "3"},
		{true, "true"},
		{0.5, "0.5"},
		{2.0, "2.0"},
		{[]string{"x", "y"}, `["x", "y"]`},
		{setting.Duration(5 * time.Minute), `"5m"`},
		{setting.Size(1 << 20), `"1MiB"`},
	} {
		if got, err := tomlValue(reflect.ValueOf(c.in)); err != nil || got != c.want {
			t.Errorf("%v is written %s, want %s (%v)", c.in, got, c.want, err)
		}
	}
	if s, err := tomlValue(reflect.ValueOf(time.Second)); err == nil {
		t.Errorf("a plain duration was written as %s; TOML cannot read it back", s)
	}
}

// TestUndocumented keeps the file a manual: a key without a comment is refused.
func TestUndocumented(t *testing.T) {
	type silent struct {
		Key string `toml:"key"`
	}
	if list, err := Settings(filepath.Join("..", "..", ".."), "qianliyan", silent{}); err == nil {
		t.Errorf("got %v", list)
	}
}

func TestCommandsPage(t *testing.T) {
	var cli struct {
		JSON bool `help:"as JSON" name:"json"`
		Run  struct {
			What string `arg:"" help:"what to run"`
			Fast int    `help:"how fast" default:"3"`
		} `cmd:"" help:"runs it"`
	}
	p, err := kong.New(&cli, kong.Name("x"), kong.Writers(os.Stderr, os.Stderr))
	if err != nil {
		t.Fatal(err)
	}
	page := CommandsPage(p.Model)
	for _, want := range []string{"| `--json` |  | as JSON |", "runs it", "what to run", "| `--fast` | `3` | how fast |"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}
