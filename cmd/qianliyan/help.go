package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"qianliyan/deploy"
)

type helpCommand struct {
	Topic []string `arg:"" optional:"" help:"命令名，或一个主题。"`
}

// manual is help as --json gives it.
type manual struct {
	Text   string   `json:"text"`
	Topics []string `json:"topics,omitempty"` // of the manual: help TOPIC
}

// Run prints the help of a command, or a page of the manual.
func (h helpCommand) Run(c *Common, parser *kong.Kong) error {
	pages := deploy.Docs()
	topics := slices.Sorted(maps.Keys(pages))
	if len(h.Topic) == 1 {
		if page, ok := pages[h.Topic[0]]; ok {
			return c.done(manual{Text: page}, func(w io.Writer) { io.WriteString(w, page) })
		}
	}
	var usage bytes.Buffer
	parser.Stdout = &usage
	trace, err := kong.Trace(parser, h.Topic)
	if err != nil {
		return err
	}
	if trace.Error != nil {
		return misuse(fmt.Sprintf("没有叫“%s”的命令或主题；主题有 %s", strings.Join(h.Topic, " "), strings.Join(topics, "、")))
	}
	if err := trace.PrintUsage(false); err != nil {
		return err
	}
	m := manual{Text: usage.String()}
	if len(h.Topic) == 0 {
		m.Topics = topics
	}
	return c.done(m, func(w io.Writer) {
		io.WriteString(w, m.Text)
		if len(m.Topics) > 0 {
			fmt.Fprintln(w, "\n主题（qianliyan help 主题）：")
		}
		for _, name := range m.Topics {
			fmt.Fprintf(w, "  %s\n", name)
		}
	})
}

type versionCommand struct{}

// Run prints the version of the program and of what it was built with.
func (versionCommand) Run(c *Common) error {
	v := struct {
		Version string `json:"version"`
		Commit  string `json:"commit"`
		Go      string `json:"go"`
	}{Version: "(devel)"}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.Version, v.Go = info.Main.Version, info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v.Commit = s.Value
			}
		}
	}
	return c.done(v, func(w io.Writer) { fmt.Fprintf(w, "千里眼 %s %s %s\n", v.Version, v.Commit, v.Go) })
}
