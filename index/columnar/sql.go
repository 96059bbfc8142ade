package columnar

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed sql/*.sql
var statements embed.FS

// statement is the text of sql/name.sql. The files are part of the program: one
// that is missing is a mistake every test finds.
func statement(name string) string {
	b, err := statements.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic(fmt.Sprintf("columnar: no statement %q", name))
	}
	return strings.TrimSpace(string(b))
}
