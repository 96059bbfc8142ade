package clickhouse

import (
	"fmt"
	"hash/fnv"
	"strings"
	"testing"
)

// reviewed is the hash of the function names guard was written for. When it
// differs, look at what is new, list what does harm, and only then change it.
const reviewed uint64 = 0xbde021dfe59d2a8b

func TestFunctionsReviewed(t *testing.T) {
	c, _ := connect(t)
	rows, err := c.Query(t.Context(), `SELECT name FROM
		(SELECT name FROM system.functions UNION ALL SELECT name FROM system.table_functions) ORDER BY name`)
	must(t, err)
	h := fnv.New64a()
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		fmt.Fprintln(h, name)
	}
	must(t, rows.Err())
	if h.Sum64() != reviewed {
		t.Errorf("the engine's functions changed: hash %#x, reviewed %#x", h.Sum64(), reviewed)
	}
}

// TestHarmfulFunctionsExist: a name the engine does not know guards nothing.
func TestHarmfulFunctionsExist(t *testing.T) {
	c, _ := connect(t)
	for _, f := range harmfulFunctions {
		if count(t, c, "SELECT count() FROM system.functions WHERE lower(name) = '"+f+"'") == 0 {
			t.Errorf("the engine has no function %s", f)
		}
	}
	for f := range tableFunctions {
		if count(t, c, "SELECT count() FROM system.table_functions WHERE lower(name) = '"+f+"'") == 0 {
			t.Errorf("the engine has no table function %s", f)
		}
	}
}

func TestGuardCheck(t *testing.T) {
	g := guard{functions: map[string]bool{"file": true, "url": true}}
	const select1 = "SelectWithUnionQuery (children 1)\n ExpressionList (children 1)\n  SelectQuery (children 1)\n"
	for _, x := range []struct{ name, tree, want string }{
		{"plain", select1 + "   ExpressionList (children 1)\n    Literal UInt64_1\n", ""},
		{"harmless function", select1 + "   Function count (alias n) (children 1)\n", ""},
		{"harmful function", select1 + "   Function FILE (alias n) (children 1)\n", "file"},
		{"internal function", select1 + "   Function __actionName (children 1)\n", "__actionname"},
		{"table function", select1 + "   TableExpression (children 1)\n    Function numbers (children 1)\n", ""},
		{"unknown table function", select1 + "   TableExpression (children 1)\n    Function app.view (children 1)\n", "app.view"},
		{"system table", select1 + "   TableIdentifier system.one\n", ""},
		{"harmful system table", select1 + "   TableIdentifier System.Processes (alias p)\n", "system.processes"},
		{"unknown node", select1 + "   SomethingNew\n", "SomethingNew"},
		{"settings", select1 + "   Set\n", "SETTINGS"},
		{"apply", select1 + "   ColumnsApplyTransformer\n", "APPLY"},
		{"other statement", "DropQuery\n", "DropQuery"},
		{"empty", "", "空语句"},
		{"only a newline", "\n", "（）"},
		{"a leap in depth", select1 + "      Literal 1\n", "Literal"},
		{"line break in a name", select1 + "   Identifier a\n Function file\n", "file"},
		{"printed as JSON", `{"explain": "Function file"}` + "\n", `{"explain":`},
	} {
		t.Run(x.name, func(t *testing.T) {
			err := g.check(x.tree)
			if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
				t.Errorf("got %v, want %q", err, x.want)
			}
		})
	}
}

// FuzzGuard: whatever the tree, a line that names a harmful function is seen.
func FuzzGuard(f *testing.F) {
	f.Add("SelectWithUnionQuery\n Literal 1\n", "", 1)
	f.Add("SelectWithUnionQuery\n TableExpression\n", "  Literal 2\n", 2)
	f.Fuzz(func(t *testing.T, before, after string, depth int) {
		g := guard{functions: map[string]bool{"file": true}}
		if before != "" && !strings.HasSuffix(before, "\n") {
			before += "\n"
		}
		line := strings.Repeat(" ", max(0, depth%100)) + "Function file (children 1)\n"
		if g.check(before+line+after) == nil {
			t.Errorf("passed: %q", before+line+after)
		}
	})
}
