package clickhouse

import (
	"fmt"
	"strings"
)

// guard judges the syntax tree of a reader's statement. It lists what is known
// to be harmless where the engine has many ways out (nodes, table functions,
// system tables), and what is known to do harm among its 1,800 functions.
// A test holds the list of functions this was written for, so that another
// version of the library cannot bring new ones in unseen.
type guard struct {
	databases []string        // Config.ReaderDatabases
	functions map[string]bool // refused, in lower case
}

// harmfulFunctions reach out of the data: files, network, the process, other
// people's time. Lower case.
var harmfulFunctions = []string{
	"file", "catboostevaluate", "showcertificate", "evalmlmethod",
	"filesystemavailable", "filesystemcapacity", "filesystemunreserved",
	"aiclassify", "aiembed", "aiextract", "aigenerate", "aitranslate",
	"naivebayesclassifier", "naivebayesclassifierwithallprobs", "naivebayesclassifierwithprob", "naivebayesngrams",
	"getserversetting", "getserverport", "getmacro", "getclienthttpheader", "globalvariable",
	"addresstoline", "addresstolinewithinlines", "addresstosymbol", "demangle", "logtrace",
	"sleep", "sleepeachrow", "generateserialid", "zookeepersessionuptime", "serveruuid",
	"fuzzquery", "joinget", "joingetornull", "hascolumnintable",
}

// tableFunctions may stand where a table stands. Lower case.
var tableFunctions = map[string]bool{
	"numbers": true, "numbers_mt": true, "zeros": true, "zeros_mt": true,
	"generateseries": true, "generate_series": true, "values": true,
	"viewexplain": true, // what EXPLAIN in brackets becomes
}

// systemTables show a reader its own databases, and help to count.
var systemTables = map[string]bool{
	"one": true, "numbers": true, "numbers_mt": true, "zeros": true,
	"tables": true, "columns": true, "databases": true, "functions": true,
}

// nodes are the kinds a tree may hold. Missing on purpose: Set (SETTINGS) and
// ColumnsApplyTransformer, which does not show the function it applies.
var nodes = map[string]bool{
	"SelectWithUnionQuery": true, "SelectIntersectExceptQuery": true, "SelectQuery": true, "Subquery": true,
	"ExpressionList": true, "Identifier": true, "Literal": true, "Function": true, "QueryParameter": true,
	"TablesInSelectQuery": true, "TablesInSelectQueryElement": true, "TableExpression": true,
	"TableIdentifier": true, "TableJoin": true, "ArrayJoin": true, "SampleRatio": true,
	"Asterisk": true, "QualifiedAsterisk": true, "ColumnsTransformerList": true,
	"ColumnsExceptTransformer": true, "ColumnsReplaceTransformer": true, "ColumnsReplaceTransformer::Replacement": true,
	"ColumnsListMatcher": true, "ColumnsRegexpMatcher": true,
	"QualifiedColumnsListMatcher": true, "QualifiedColumnsRegexpMatcher": true,
	"OrderByElement": true, "InterpolateElement": true, "WithElement": true,
	"WindowDefinition": true, "WindowListElement": true,
}

// newGuard asks the engine for other names of harmful functions and for its
// table functions, which may also stand behind IN.
func newGuard(s *session, databases []string) (guard, error) {
	g := guard{databases: databases, functions: map[string]bool{}}
	var list []string
	for _, f := range harmfulFunctions {
		g.functions[f] = true
		list = append(list, quoteString(f))
	}
	out, _, err := s.run("SELECT lower(name) FROM system.functions WHERE lower(alias_to) IN ("+strings.Join(list, ",")+
		") UNION ALL SELECT lower(arrayJoin([name, alias_to])) FROM (SELECT name, '' AS alias_to FROM system.table_functions)", "TSVRaw", nil)
	if err != nil {
		return g, fmt.Errorf("cannot list the engine's functions: %w", err)
	}
	for name := range strings.Lines(string(out)) {
		// format() the table function reads its argument only.
		if name = strings.TrimSpace(name); name != "" && name != "format" && !tableFunctions[name] {
			g.functions[name] = true
		}
	}
	return g, nil
}

// check judges the output of EXPLAIN AST: a node a line, children indented by
// one more space. Text of the statement cannot hide a node: a line break in a
// name only adds lines.
func (g guard) check(tree string) error {
	var parents []string
	for line := range strings.Lines(tree) {
		line = strings.TrimRight(line, "\n")
		rest := strings.TrimLeft(line, " ")
		depth := len(line) - len(rest)
		node, rest, _ := strings.Cut(rest, " ")
		if depth > len(parents) || !nodes[node] {
			return refuse(node)
		}
		parents = append(parents[:depth], node)
		name, _, _ := strings.Cut(strings.ToLower(rest), " ")
		switch {
		case node == "Function" && (g.functions[name] || strings.HasPrefix(name, "__")),
			node == "Function" && depth > 0 && parents[depth-1] == "TableExpression" && !tableFunctions[name]:
			return exception(497, "ACCESS_DENIED", "查询账户不能使用函数 %s", name)
		case node == "Identifier" || node == "TableIdentifier":
			if table, ok := strings.CutPrefix(name, "system."); ok && !systemTables[table] {
				return exception(497, "ACCESS_DENIED", "查询账户不能读取系统表 %s", name)
			}
		}
	}
	if len(parents) == 0 || parents[0] != "SelectWithUnionQuery" {
		return refuse("空语句")
	}
	return nil
}

// refuse names what the statement must do without.
func refuse(node string) error {
	switch node {
	case "Set":
		return exception(497, "ACCESS_DENIED", "查询账户不能在语句中写 SETTINGS")
	case "ColumnsApplyTransformer":
		return exception(497, "ACCESS_DENIED", "查询账户不能使用 APPLY，请逐列写出函数")
	}
	return exception(497, "ACCESS_DENIED", "查询账户不能使用这种写法（%s）", node)
}
