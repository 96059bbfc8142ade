package docgen

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// CommandsPage is the page of all commands, from the parser that obeys it.
func CommandsPage(app *kong.Application) string {
	var b strings.Builder
	b.WriteString("# Commands\n\nGenerated from the command table. Every command takes the flags of the first table. Exit status: 0 done, 1 failed, 2 misused.\n\n")
	flags(&b, app.Node)
	for _, n := range app.Leaves(true) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", strings.TrimSpace(n.FullPath()), n.Help)
		if n.Detail != "" {
			b.WriteString(n.Detail + "\n\n")
		}
		for _, p := range n.Positional {
			fmt.Fprintf(&b, "- `%s`: %s\n", p.Summary(), p.Help)
		}
		if len(n.Positional) > 0 {
			b.WriteByte('\n')
		}
		flags(&b, n)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func flags(b *strings.Builder, n *kong.Node) {
	if len(n.Flags) == 0 {
		return
	}
	b.WriteString("| flag | default | what it does |\n|---|---|---|\n")
	for _, f := range n.Flags {
		def := ""
		if f.HasDefault && f.Default != "" {
			def = "`" + f.Default + "`"
		}
		fmt.Fprintf(b, "| `--%s` | %s | %s |\n", f.Name, def, strings.ReplaceAll(f.Help, "|", "\\|"))
	}
}
