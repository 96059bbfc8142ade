package clickhouse

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Reader answers requests as an analyst: it reads Config.ReaderDatabases and
// can do nothing else. It is meant for SQL that a person typed, and refuses in
// Chinese what it does not allow. Five walls stand one behind the other, as
// each alone has a hole in this engine (each hole has a test):
//
//   - the engine's parser must call the text one statement that only reads
//     (INTO OUTFILE passes readonly=1);
//   - the syntax tree may hold known kinds of nodes, harmless functions and
//     listed table functions only (the function file() reads any file under
//     any rights; SETTINGS inside a SELECT lifts limits and readonly itself);
//   - the session has the role analyst, with SELECT on the databases
//     (readonly=1 alone reads any file as a table of the database default);
//   - of the caller's settings only a list is taken, the rest is an error
//     (format_schema and others open files);
//   - readonly=1.
//
// The caller sets limits as settings: max_execution_time, max_result_rows,
// result_overflow_mode, max_memory_usage. Without them a statement may run
// one minute and use half of Config.MaxMemory. The statement cannot change them.
func (e *Engine) Reader() http.RoundTripper { return reader{e} }

type reader struct{ e *Engine }

func (r reader) RoundTrip(req *http.Request) (*http.Response, error) { return r.e.serve(req, true) }

// readerSettings are what a reader's caller may set: limits, the client's own
// wire settings, and how values are written.
var readerSettings = map[string]bool{
	"max_execution_time": true, "max_result_rows": true, "result_overflow_mode": true, "max_result_bytes": true,
	"max_memory_usage": true, "max_rows_to_read": true, "max_bytes_to_read": true, "max_threads": true,
	"max_block_size": true, "session_timezone": true, "join_use_nulls": true,
	"network_compression_method": true, "network_zstd_compression_level": true,
	"http_write_exception_in_output_format": true, "date_time_output_format": true,
}

// confineRequest checks what came beside the statement, and adds limits.
func (l *lease) confineRequest(req *request) error {
	for _, s := range req.settings {
		if !readerSettings[s.name] {
			return exception(164, "READONLY", "查询账户不能设置 %s", s.name)
		}
	}
	if !req.has("max_execution_time") {
		req.settings = append(req.settings, setting{"max_execution_time", "60"})
	}
	if !req.has("max_memory_usage") {
		req.settings = append(req.settings, setting{"max_memory_usage", strconv.FormatUint(l.e.cfg.MaxMemory/2, 10)})
	}
	if req.database == "" && len(l.e.cfg.ReaderDatabases) > 0 {
		req.database = l.e.cfg.ReaderDatabases[0]
	}
	if !l.e.guard.database(req.database) {
		return exception(497, "ACCESS_DENIED", "查询账户不能使用数据库 %q", req.database)
	}
	return nil
}

// confineStatement checks the statement itself.
func (l *lease) confineStatement(req *request, kind class, count uint32) error {
	switch {
	case kind == unknown || count == 0: // not SQL: let the parser say where
		// It must not be run to learn that: an engine given three statements
		// may have done two before it stumbles over the third.
		_, _, err := l.run("SELECT formatQuery("+quoteString(req.sql)+")", "Null", nil)
		if e, ok := errors.AsType[*Error](err); ok {
			e.Text, _, _ = strings.Cut(e.Text, ": In scope SELECT formatQuery(")
			return e
		} else if err != nil {
			return err
		}
		fallthrough
	case kind != readOnly:
		return exception(164, "READONLY", "查询账户只能读取数据：请使用 SELECT、SHOW、DESCRIBE 或 EXPLAIN，且不能写 INTO OUTFILE")
	case count != 1:
		return exception(164, "READONLY", "一次只能执行一条语句，请去掉多余的分号")
	}
	if harmlessShow.MatchString(req.sql) {
		return nil
	}
	// The brackets keep FORMAT out, which would choose how the tree itself is
	// printed and so hide it, and INTO OUTFILE, which the parser calls
	// read-only behind EXPLAIN AST; they turn EXPLAIN into a readable tree.
	explain := "EXPLAIN AST SELECT * FROM (\n" + trimEnd(req.sql) + "\n)"
	if kind, count := l.classify(explain); kind != readOnly || count != 1 {
		if word := firstWord(req.sql); word == "SHOW" || word == "DESC" || word == "DESCRIBE" || word == "EXISTS" {
			return exception(497, "ACCESS_DENIED", "查询账户只能使用 SHOW TABLES、SHOW CREATE TABLE、DESCRIBE 表名、EXISTS 表名")
		}
		if word := outputFormat(req.sql, ""); word != "" {
			return exception(497, "ACCESS_DENIED", "请去掉语句末尾的 FORMAT %s：导出格式在页面或命令中选择", word)
		}
		return exception(497, "ACCESS_DENIED", "查询账户不能使用这种语句：请使用 SELECT，并去掉末尾的分号和注释")
	}
	tree, _, err := l.run(explain, "TSVRaw", req.params)
	if err != nil {
		return err
	}
	return l.e.guard.check(string(tree))
}

// confineSession takes the session's rights away. Nothing gives them back but
// another statement, and the request holds one.
func (l *lease) confineSession() error {
	if err := l.do("SET ROLE analyst"); err != nil {
		return err
	}
	return l.do("SET readonly = 1")
}

// harmlessShow are the statements without a syntax tree to look at. Names and
// a pattern are all they may hold: DESCRIBE takes table functions too.
var harmlessShow = regexp.MustCompile(strings.ReplaceAll("(?is)^\\s*("+
	`SHOW\s+(TABLES|DATABASES)(\s+(FROM|IN)\s+NAME)?(\s+(NOT\s+)?I?LIKE\s+'[^'\\]*')?|`+
	`SHOW\s+(FULL\s+)?COLUMNS\s+(FROM|IN)\s+NAME(\.NAME)?|`+
	`(SHOW\s+CREATE(\s+(TABLE|VIEW))?|DESC(RIBE)?(\s+TABLE)?|EXISTS(\s+(TABLE|VIEW))?)\s+NAME(\.NAME)?`+
	")[\\s;]*$", "NAME", "([a-z_][a-z0-9_]*|`[^`\\\\]*`)"))

// database reports whether a reader may use it.
func (g guard) database(name string) bool {
	return slices.ContainsFunc(g.databases, func(d string) bool {
		prefix, wild := strings.CutSuffix(d, "*")
		return name == d || wild && strings.HasPrefix(name, prefix)
	})
}
