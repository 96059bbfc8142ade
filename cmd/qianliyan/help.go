package main

import (
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"

	"github.com/alecthomas/kong"

	"qianliyan/deploy"
)

type helpCommand struct {
	Topic []string `arg:"" optional:"" help:"命令名，或一个主题。"`
}

// Run prints the help of a command, or a page of the manual.
func (h helpCommand) Run(c *Common, parser *kong.Kong) error {
	pages := deploy.Docs()
	if len(h.Topic) == 1 {
		if page, ok := pages[h.Topic[0]]; ok {
			_, err := io.WriteString(c.out, page)
			return err
		}
	}
	trace, err := kong.Trace(parser, h.Topic)
	if err != nil {
		return err
	}
	if trace.Error != nil {
		return misuse(fmt.Sprintf("没有叫 %v 的命令或主题；主题有 %v", h.Topic, slices.Sorted(maps.Keys(pages))))
	}
	if err := trace.PrintUsage(false); err != nil {
		return err
	}
	if len(h.Topic) == 0 {
		fmt.Fprintln(c.out, "\n主题（qianliyan help 主题）：")
		for _, name := range slices.Sorted(maps.Keys(pages)) {
			fmt.Fprintf(c.out, "  %s\n", name)
		}
	}
	return nil
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
