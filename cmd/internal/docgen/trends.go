package docgen

import (
	"fmt"
	"strings"

	"qianliyan/query/trend"
)

// TrendsPage is the page of all questions, from their .sql files.
func TrendsPage(list []trend.Question) string {
	var b strings.Builder
	b.WriteString("# Questions\n\nGenerated from query/trend/sql. The trend page, `qianliyan trend NAME` and analysts run the same statements. Every question takes the filter (from, to, channel, source, unit, topic, region, urgency, form, q).\n")
	for _, q := range list {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n%s\n", q.Name, q.Title, q.Doc)
		if len(q.Params) == 0 {
			continue
		}
		b.WriteString("\n| parameter | type | default | what it does |\n|---|---|---|---|\n")
		for _, p := range q.Params {
			fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s |\n", p.Name, p.Type, p.Default, strings.ReplaceAll(p.Doc, "|", "\\|"))
		}
	}
	return b.String()
}
