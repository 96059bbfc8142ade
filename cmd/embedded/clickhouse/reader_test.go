package clickhouse

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// secret stands in a file and in a table that no reader may see.
const secret = "此行不得外泄"

// readers sets up a database an analyst may read, one it may not, and a file.
func readers(t *testing.T) (reader, admin driver.Conn, file string) {
	t.Helper()
	e := OpenTest(t)
	db := TestDatabase(t, e)
	admin = open(t, Options(e, db))
	do(t, admin,
		"CREATE TABLE items (id UInt64, title String) ENGINE = MergeTree ORDER BY id",
		"INSERT INTO items VALUES (1, '路灯不亮'), (2, '夜间施工')",
		"CREATE DATABASE IF NOT EXISTS hidden",
		"CREATE OR REPLACE TABLE hidden.t (line String) ENGINE = MergeTree ORDER BY line",
		"INSERT INTO hidden.t VALUES ('"+secret+"')",
		"CREATE VIEW titles DEFINER = default SQL SECURITY DEFINER AS SELECT title, (SELECT count() FROM hidden.t) AS n FROM items",
	)
	file = filepath.Join(t.TempDir(), "secret.txt")
	must(t, os.WriteFile(file, []byte(secret+"\n"), 0o644))
	return open(t, Options(e.Reader(), db)), admin, file
}

func TestReaderReads(t *testing.T) {
	c, _, _ := readers(t)
	for _, q := range []string{
		"SELECT * FROM items", "select title from items where id = 1;", "WITH 1 AS x SELECT x", "FROM items SELECT id",
		"(SELECT 1) UNION ALL (SELECT 2)", "SELECT 1 INTERSECT SELECT 1", "SELECT * FROM titles",
		"SELECT title, count() AS n, row_number() OVER (PARTITION BY title ORDER BY n) FROM items GROUP BY title ORDER BY n DESC LIMIT 1 BY title LIMIT 3",
		"SELECT i.id FROM items AS i INNER JOIN items AS j USING (id)", "SELECT x FROM (SELECT [1, 2] AS a) ARRAY JOIN a AS x",
		"WITH t AS (SELECT 1 AS y, 2 AS z) SELECT * EXCEPT (y), t.* FROM t", "SELECT COLUMNS('^t') REPLACE (upper(title) AS title) FROM items",
		"SELECT id IN (SELECT number FROM numbers(3)) FROM items", "SELECT format('{}-{}', 'a', 'b')", "SELECT arrayMap(x -> x + 1, [1])",
		"SELECT id FROM items ORDER BY id WITH FILL FROM 1 TO 5 INTERPOLATE", "SELECT sum(id) OVER w FROM items WINDOW w AS (ORDER BY id)",
		"SELECT id, title FROM items ORDER BY id WITH FILL TO 5 INTERPOLATE (title AS upper(title))",
		"SELECT 1 -- a comment", "/* a comment */ SELECT 1", "SELECT CASE WHEN id = 1 THEN 'a' ELSE 'b' END, CAST(id AS String), id::UInt8 FROM items",
		"SHOW TABLES", "SHOW TABLES LIKE '%t%'", "SHOW CREATE TABLE items", "DESCRIBE TABLE items", "desc `items`;", "EXISTS TABLE items", "SHOW DATABASES",
		"SHOW COLUMNS FROM items", "EXPLAIN SELECT * FROM items", "EXPLAIN PIPELINE SELECT count() FROM items", "EXPLAIN SYNTAX SELECT 1",
		"SELECT name FROM system.tables", "SELECT * FROM system.one", "SELECT table_name FROM information_schema.tables",
		"SELECT toStartOfInterval(now(), INTERVAL 1 DAY), quantile(0.5)(id) FROM items", "SELECT avg(id) FILTER (WHERE id > 1) FROM items",
		"SELECT title FROM items WHERE title LIKE '%file(%' AND title != 'SETTINGS x = 1 FORMAT JSON; DROP TABLE items'",
		"SELECT id FROM items QUALIFY row_number() OVER (ORDER BY id) = 1", "SELECT id, count() FROM items GROUP BY GROUPING SETS ((id), ())",
		"SELECT title, count() FROM items PREWHERE id > 0 WHERE title != '' GROUP BY ALL HAVING count() > 0",
		"WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r", "SELECT DISTINCT ON (id) * FROM items",
	} {
		rows, err := c.Query(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		for rows.Next() {
			continue
		}
		if err := rows.Err(); err != nil {
			t.Errorf("%s: %v", q, err)
		}
		rows.Close()
	}
	if n := count(t, c, "SELECT count() FROM items WHERE title = {t:String}", ch.Named("t", "路灯不亮")); n != 1 {
		t.Errorf("a parameter found %d items, want 1", n)
	}
}

// expressions are the clauses that take one; ƒ stands for it. A function must
// not be able to hide in any.
var expressions = []string{
	"SELECT ƒ", "SELECT 1 FROM items WHERE ƒ = title", "SELECT 1 FROM items PREWHERE ƒ = title",
	"SELECT count() FROM items GROUP BY ƒ", "SELECT count() FROM items HAVING ƒ = ''", "SELECT id FROM items QUALIFY ƒ = ''",
	"SELECT id FROM items ORDER BY ƒ", "SELECT id FROM items LIMIT 1 BY ƒ", "SELECT id FROM items LIMIT length(ƒ)",
	"SELECT id FROM items LIMIT 1 OFFSET length(ƒ)", "SELECT id FROM items ORDER BY id OFFSET 1 ROW FETCH FIRST length(ƒ) ROWS ONLY",
	"WITH ƒ AS x SELECT x", "WITH x AS (SELECT ƒ) SELECT * FROM x", "WITH RECURSIVE x AS (SELECT ƒ) SELECT * FROM x",
	"SELECT (SELECT ƒ)", "SELECT EXISTS (SELECT ƒ)", "SELECT 1 IN (ƒ)", "SELECT (1, ƒ) IN ((1, ''))",
	"SELECT 1 FROM items AS a JOIN items AS b ON a.title = ƒ", "SELECT x FROM items ARRAY JOIN [ƒ] AS x", "SELECT arrayMap(x -> ƒ, [1])",
	"SELECT count() OVER (PARTITION BY ƒ) FROM items", "SELECT count() OVER w FROM items WINDOW w AS (ORDER BY ƒ)",
	"SELECT count() OVER (ORDER BY id ROWS BETWEEN length(ƒ) PRECEDING AND CURRENT ROW) FROM items",
	"SELECT * REPLACE (ƒ AS title) FROM items", "SELECT COLUMNS('t') REPLACE (ƒ AS title) FROM items", "SELECT items.* REPLACE (ƒ AS title) FROM items",
	"SELECT id FROM items ORDER BY id WITH FILL FROM length(ƒ)", "SELECT id FROM items ORDER BY id WITH FILL TO length(ƒ)",
	"SELECT id FROM items ORDER BY id WITH FILL FROM 1 TO 2 STEP length(ƒ)", "SELECT id FROM items ORDER BY id WITH FILL STALENESS length(ƒ)",
	"SELECT id, title FROM items ORDER BY id WITH FILL INTERPOLATE (title AS ƒ)",
	"SELECT * FROM values('x String', (ƒ))", "SELECT * FROM numbers(length(ƒ))", "SELECT quantile(length(ƒ))(id) FROM items",
	"SELECT count() FILTER (WHERE ƒ = '') FROM items", "SELECT '' UNION ALL SELECT ƒ", "SELECT '' INTERSECT SELECT ƒ", "SELECT '' EXCEPT SELECT ƒ",
	"SELECT CASE ƒ WHEN '' THEN 1 ELSE 2 END", "SELECT CAST(ƒ AS String)", "SELECT ƒ::String", "SELECT [ƒ], (ƒ, 1), map('a', ƒ)", "SELECT ƒ.1",
	"SELECT count() FROM items GROUP BY GROUPING SETS ((ƒ))", "SELECT count() FROM items GROUP BY ROLLUP (ƒ)",
	"SELECT DISTINCT ON (ƒ) * FROM items", "SELECT if(0, ƒ, '')", "SELECT 1 AND ƒ", "SELECT INTERVAL length(ƒ) DAY", "SELECT EXTRACT(DAY FROM ƒ)",
	"SELECT * FROM (SELECT ƒ) AS t (a)", "SELECT * FROM items FINAL WHERE ƒ != ''", "SELECT ignore(DISTINCT ƒ)",
	"EXPLAIN SELECT ƒ", "EXPLAIN QUERY TREE SELECT ƒ", "EXPLAIN SYNTAX SELECT ƒ", "EXPLAIN AST SELECT ƒ", "EXPLAIN ESTIMATE SELECT ƒ FROM items", "SELECT * FROM (EXPLAIN SELECT ƒ)",
	"SELECT ƒ FORMAT JSON", "SELECT ƒ FORMAT Null", "DESCRIBE (SELECT ƒ)", "FROM items SELECT ƒ", "(SELECT ƒ)",
}

// holes are ways out that were found, and those one would try. FILE is a file
// of the machine, OUT a place to write.
var holes = []string{
	// Functions under other names, or where the tree does not show them.
	"SELECT FILE('FILE')", "SELECT `file`('FILE')", "SELECT \"file\"('FILE')", "SELECT file  /* x */ ('FILE')",
	"SELECT * APPLY(file) FROM (SELECT 'FILE')", "SELECT * APPLY file FROM (SELECT 'FILE')", "SELECT * APPLY(x -> file(x)) FROM (SELECT 'FILE')",
	"SELECT COLUMNS('.') APPLY(file) FROM (SELECT 'FILE' AS x)", "SELECT sleep(3)", "SELECT sLeEpEachRow(1) FROM numbers(10)",
	"SELECT getServerSetting('max_connections')", "SELECT __actionName('a', 'b')", "SELECT AIGenerate('x')", "SELECT filesystemAvailable()",
	"SELECT joinGet('hidden.j', 'a', 1)", "SELECT hasColumnInTable('hidden', 't', 'line')", "SELECT catboostEvaluate('FILE', 1)",

	// Tables that are files, other machines, or other tables.
	"SELECT * FROM default.`FILE`", "SELECT * FROM 'FILE'", "SELECT * FROM `FILE`", "DESCRIBE TABLE default.`FILE`", "DESCRIBE TABLE `FILE`",
	"DESCRIBE TABLE file('FILE', 'LineAsString')", "EXISTS TABLE default.`FILE` SETTINGS readonly = 0",
	"SELECT * FROM file('FILE', 'LineAsString')", "SELECT 'x' IN file('FILE', 'LineAsString')", "SELECT 'x' GLOBAL IN file('FILE', 'LineAsString')",
	"SELECT * FROM fileCluster('default', 'FILE', 'LineAsString')", "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
	"SELECT * FROM s3('http://127.0.0.1:1/b/k', 'LineAsString')", "SELECT * FROM remote('127.0.0.1', hidden, t)", "SELECT * FROM cluster('default', hidden, t)",
	"SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')", "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
	"SELECT * FROM executable('id', 'LineAsString', 'x String')", "SELECT * FROM eval('SELECT * FROM hidden.t')",
	"SELECT * FROM merge('hidden', '^t$')", "SELECT * FROM merge(REGEXP('.*'), '.*')", "SELECT * FROM mergeTreeIndex('hidden', 't')",
	"SELECT * FROM mergeTreeProjection('hidden', 't', 'p')", "SELECT * FROM loop(hidden, t) LIMIT 1", "SELECT * FROM dictionary('hidden.d')",
	"SELECT * FROM sqlite('FILE', 't')", "SELECT * FROM deltaLakeLocal('FILE')", "SELECT * FROM icebergLocal('FILE')", "SELECT * FROM filesystem('FILE')",
	"SELECT * FROM view(SELECT * FROM hidden.t)", "SELECT * FROM viewIfPermitted(SELECT * FROM hidden.t ELSE null('x String'))", "SELECT * FROM hidden.t",
	"SELECT (SELECT any(line) FROM hidden.t)", "SELECT 'x' IN hidden.t", "DESCRIBE TABLE hidden.t", "SHOW CREATE TABLE hidden.t", "EXPLAIN SELECT * FROM hidden.t",

	// The machine, and other people's statements.
	"SELECT query FROM system.processes", "SELECT query FROM `system`.`processes`", "SELECT 'x' IN system.processes", "SHOW PROCESSLIST",
	"SHOW SETTINGS LIKE '%'", "SHOW GRANTS", "SHOW USERS", "SHOW ACCESS", "SELECT * FROM system.errors", "SELECT path FROM system.disks",
	"SELECT * FROM system.server_settings", "SELECT * FROM system.stack_trace", "SELECT path FROM system.parts", "SELECT * FROM SYSTEM.errors",

	// Leaving the cage.
	"SELECT 1 INTO OUTFILE 'OUT'", "SHOW TABLES INTO OUTFILE 'OUT'", "DESCRIBE TABLE items INTO OUTFILE 'OUT'", "EXPLAIN SELECT 1 INTO OUTFILE 'OUT'",
	"EXPLAIN AST SELECT 1 INTO OUTFILE 'OUT'", "SELECT 1 INTO OUTFILE 'OUT' TRUNCATE FORMAT CSV", "SELECT 1 SETTINGS max_execution_time = 0",
	"SELECT * FROM (SELECT 1 SETTINGS readonly = 0)", "SELECT 1 UNION ALL SELECT 2 SETTINGS readonly = 0", "SHOW TABLES SETTINGS readonly = 0",
	"WITH x AS (SELECT 1 SETTINGS readonly = 0) SELECT * FROM x", "EXPLAIN SELECT 1 SETTINGS readonly = 0",
	"SET readonly = 0", "SET ROLE app", "SET DEFAULT ROLE app TO default", "USE hidden", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE items",
	"SELECT 1; DROP TABLE items; SELEC 1", "SELEC 1; DROP TABLE items", "SELECT 1) FORMAT Null; DROP TABLE items; SELECT (1", "SELECT 1\x00; DROP TABLE items",
	"SELECT $x$1$x$; DROP TABLE items", "SELECT 1 FORMAT Values; DROP TABLE items", "INSERT INTO items VALUES (9, 'x')", "INSERT INTO items SELECT 9, 'x'",
	"INSERT INTO FUNCTION file('OUT', 'CSV', 'x UInt8') SELECT 1", "WITH 1 AS x INSERT INTO items SELECT x, 'x'", "INSERT INTO items FORMAT CSV 9,x",
	"CREATE TABLE t2 (x UInt8) ENGINE = Memory", "CREATE TEMPORARY TABLE t2 (x UInt8)", "CREATE FUNCTION f AS x -> file(x)", "DROP TABLE items",
	"TRUNCATE TABLE items", "ALTER TABLE items DELETE WHERE 1", "DELETE FROM items WHERE 1", "UPDATE items SET title = '' WHERE 1", "OPTIMIZE TABLE items FINAL",
	"KILL QUERY WHERE 1 ASYNC", "SYSTEM SHUTDOWN", "SYSTEM FLUSH LOGS", "BACKUP TABLE items TO File('OUT')", "DETACH TABLE items",
	"ATTACH TABLE x UUID '00000000-0000-0000-0000-000000000001' (x UInt8) ENGINE = Memory", "EXECUTE AS default SELECT 1", "BEGIN TRANSACTION",
	"CHECK TABLE items", "SELECT 1 PARALLEL WITH DROP TABLE items", "DROP TABLE items PARALLEL WITH DROP TABLE items", ";", "-- a comment", "1 + 1",
}

// TestReaderHoles tries every way out.
func TestReaderHoles(t *testing.T) {
	c, admin, file := readers(t)
	out := filepath.Join(t.TempDir(), "out")
	statements := slices.Clone(holes)
	for _, s := range expressions {
		statements = append(statements, strings.ReplaceAll(s, "ƒ", "file('FILE')"))
	}
	for i, q := range statements {
		q = strings.NewReplacer("FILE'", file+"'", "FILE`", file+"`", "OUT'", out+"'").Replace(q)
		rows, err := c.Query(t.Context(), q)
		n := 0
		if err == nil {
			for rows.Next() {
				n++
			}
			err = rows.Err()
			rows.Close()
		}
		var e *ch.Exception
		switch {
		case !errors.As(err, &e):
			t.Errorf("%s: not refused: %d rows, %v", q, n, err)
		case e.Code != 164 && e.Code != 497 && e.Code != 62 && e.Code != 60:
			t.Errorf("%s: refused by chance: %v", q, err)
		case i >= len(holes) && e.Code != 497:
			t.Errorf("%s: want a refusal, not a mistake in the test: %v", q, err)
		case strings.Contains(err.Error(), secret):
			t.Errorf("%s: the error tells the secret: %v", q, err)
		}
		if os.Remove(out) == nil {
			t.Errorf("%s: wrote a file", q)
		}
	}
	if n := count(t, admin, "SELECT count() FROM items"); n != 2 {
		t.Errorf("items has %d rows after all this, want 2", n)
	}
}

// TestReaderSettings: some settings open files, others lift limits.
func TestReaderSettings(t *testing.T) {
	c, _, file := readers(t)
	for name, value := range map[string]string{
		"format_schema": file, "output_format_schema": file, "format_template_resultset": file, "format_template_row": file,
		"readonly": "0", "additional_table_filters": "{}", "allow_experimental_eval_table_function": "1", "allow_ddl": "1",
		"log_queries": "1", "max_execution_tim": "1", "allow_introspection_functions": "1",
	} {
		ctx := ch.Context(t.Context(), ch.WithSettings(ch.Settings{name: value}))
		if err := c.Exec(ctx, "SELECT 1"); code(err) != 164 {
			t.Errorf("%s: %v, want code 164", name, err)
		}
	}
	for _, x := range []struct {
		settings ch.Settings
		sql      string
		code     int32
	}{
		{ch.Settings{"max_execution_time": 1}, "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))", 159},
		{ch.Settings{"max_memory_usage": 10_000_000}, "SELECT uniqExact(number) FROM numbers(10000000)", 241},
		{ch.Settings{"max_result_rows": 10}, "SELECT number FROM numbers(100)", 396},
		{ch.Settings{"max_rows_to_read": 10}, "SELECT count() FROM numbers(100) WHERE number > 3", 158},
	} {
		err := c.Exec(ch.Context(t.Context(), ch.WithSettings(x.settings)), x.sql)
		if code(err) != x.code {
			t.Errorf("%v: %v, want code %d", x.settings, err, x.code)
		}
	}
	ctx := ch.Context(t.Context(), ch.WithSettings(ch.Settings{"max_result_rows": 10, "result_overflow_mode": "break", "max_block_size": 10}))
	rows, err := c.Query(ctx, "SELECT number FROM numbers(100)")
	must(t, err)
	n := 0
	for rows.Next() {
		n++
	}
	must(t, rows.Err())
	if n < 10 || n > 20 {
		t.Errorf("result_overflow_mode=break gave %d rows, want about 10", n)
	}
	var limits string
	must(t, c.QueryRow(t.Context(), "SELECT arrayStringConcat([toString(getSetting('max_execution_time')), toString(getSetting('max_memory_usage')), toString(getSetting('readonly'))], ' ')").Scan(&limits))
	if want := fmt.Sprint("60 ", 1<<29, " 1"); limits != want {
		t.Errorf("limits without settings: %s, want %s", limits, want)
	}
}

// TestReaderDatabase: the current database of a request is a way in as well.
func TestReaderDatabase(t *testing.T) {
	e := OpenTest(t)
	for _, db := range []string{"default", "system", "hidden", "information_schema", "test", "tes*"} {
		c := open(t, Options(e.Reader(), db))
		if err := c.Ping(t.Context()); code(err) != 497 {
			t.Errorf("database %s: %v, want code 497", db, err)
		}
	}
}

// TestReaderParameters: a name may come as a parameter.
func TestReaderParameters(t *testing.T) {
	c, _, file := readers(t)
	for _, p := range []ch.Parameters{{"d": "default", "t": file}, {"d": "hidden", "t": "t"}, {"d": "system", "t": "processes"}} {
		for _, q := range []string{"SELECT * FROM {d:Identifier}.{t:Identifier}", "SELECT 'x' IN {d:Identifier}.{t:Identifier}"} {
			err := c.Exec(ch.Context(t.Context(), ch.WithParameters(p)), q)
			if code(err) == 0 {
				t.Errorf("%v: %v", p, err)
			}
		}
	}
}

// TestReaderMessages: what a person reads is Chinese and names the remedy.
func TestReaderMessages(t *testing.T) {
	c, _, _ := readers(t)
	for q, want := range map[string]string{
		"DROP TABLE items":               "只能读取数据",
		"SELECT 1; SELECT 2":             "一次只能执行一条语句",
		"SELECT 1 FORMAT CSV":            "去掉语句末尾的 FORMAT CSV",
		"SELECT 1 SETTINGS readonly = 0": "不能在语句中写 SETTINGS",
		"SHOW PROCESSLIST":               "SHOW TABLES",
		"SELECT * APPLY(upper) FROM t":   "APPLY",
		"SELECT file('x')":               "不能使用函数 file",
		"SELECT * FROM url('x')":         "不能使用函数 url",
		"SELECT * FROM system.errors":    "不能读取系统表 system.errors",
		"SELEC 1":                        "Syntax error",
	} {
		if err := c.Exec(t.Context(), q); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", q, err, want)
		}
	}
}
