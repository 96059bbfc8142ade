package adhoc

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qianliyan/ingest/item"
)

// attacks are statements that must be refused. HIDDEN is the database behind
// the views, FILE a file outside everything.
var attacks = []string{
	// Writing.
	"INSERT INTO items (id) VALUES ('x')", "INSERT INTO HIDDEN.items (id) VALUES ('x')", "INSERT INTO HIDDEN.items SELECT * FROM HIDDEN.items",
	"INSERT INTO FUNCTION file('FILE', 'CSV', 'a String') SELECT 'x'", "INSERT INTO TABLE FUNCTION url('http://127.0.0.1:1/', 'CSV') SELECT 1",
	"ALTER TABLE HIDDEN.items DELETE WHERE 1", "DELETE FROM HIDDEN.items WHERE 1", "UPDATE HIDDEN.items SET title = '' WHERE 1",
	"TRUNCATE TABLE HIDDEN.items", "OPTIMIZE TABLE HIDDEN.items FINAL",
	"SELECT 1 INTO OUTFILE 'FILE'", "SELECT * FROM items INTO OUTFILE 'FILE' FORMAT CSV",
	// Changing what is there.
	"CREATE TABLE x (a Int8) ENGINE = Memory", "CREATE TEMPORARY TABLE x (a Int8)", "CREATE DATABASE x", "CREATE VIEW v AS SELECT 1",
	"CREATE FUNCTION f AS (x) -> x", "CREATE USER u", "GRANT ALL ON *.* TO default", "CREATE NAMED COLLECTION c AS a = 1",
	"CREATE TABLE x ENGINE = File(CSV, 'FILE') AS SELECT 1", "ATTACH TABLE x", "DETACH TABLE items", "DROP TABLE items", "DROP VIEW items",
	"DROP DATABASE HIDDEN", "RENAME TABLE items TO other", "EXCHANGE TABLES items AND labels", "UNDROP TABLE items",
	// Ruling the engine.
	"SET readonly = 0", "SET ROLE app", "SET ROLE ALL", "USE HIDDEN", "SYSTEM SHUTDOWN", "SYSTEM FLUSH LOGS", "SYSTEM STOP MERGES", "KILL QUERY WHERE 1",
	"BACKUP DATABASE HIDDEN TO File('FILE')", "RESTORE DATABASE HIDDEN FROM File('FILE')", "EXECUTE AS default SELECT 1",
	// Lifting limits and rights within the statement.
	"SELECT 1 SETTINGS readonly = 0", "SELECT 1 SETTINGS max_execution_time = 0", "SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)",
	"SELECT 1 SETTINGS max_result_rows = 0, result_overflow_mode = 'break'", "EXPLAIN SELECT 1 SETTINGS readonly = 0",
	// Files and the network.
	"SELECT file('FILE')", "SELECT * FROM file('FILE', 'LineAsString')", "SELECT * FROM file('/etc/passwd', 'LineAsString', 's String')",
	"SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')", "SELECT * FROM s3('http://127.0.0.1:1/b/k', 'CSV', 'a String')",
	"SELECT * FROM remote('127.0.0.1:1', system.one)", "SELECT * FROM cluster('default', system.one)", "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
	"SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')", "SELECT * FROM sqlite('FILE', 't')", "SELECT * FROM executable('id', 'TSV', 's String')",
	"SELECT * FROM hdfs('hdfs://127.0.0.1:1/x', 'CSV', 'a String')", "SELECT * FROM input('a String')",
	"SELECT * FROM `FILE`", "SELECT * FROM 'FILE'", "SELECT * FROM default.`/etc/passwd`", "DESCRIBE file('FILE')", "DESCRIBE TABLE url('http://127.0.0.1:1/', 'CSV')",
	"SELECT 1 WHERE 1 IN file('FILE')", "SELECT * FROM items WHERE id IN (SELECT * FROM file('FILE', 'LineAsString'))",
	"WITH (SELECT file('FILE')) AS x SELECT x", "SELECT arrayMap(x -> file(x), ['FILE'])", "SELECT * APPLY(file) FROM (SELECT 'FILE')",
	"SELECT dictGet('HIDDEN.d', 'a', 1)", "SELECT joinGet('HIDDEN.j', 'a', 1)", "SELECT catboostEvaluate('FILE', 1)",
	// Other databases, and round the views.
	"SELECT * FROM HIDDEN.items", "SELECT count() FROM HIDDEN.commits", "SELECT * FROM HIDDEN.migrations", "SELECT * FROM merge('HIDDEN', '.*')",
	"SELECT * FROM merge(REGEXP('hidden.*'), 'items')", "SELECT * FROM mergeTreeIndex('HIDDEN', 'items')", "SELECT * FROM view(SELECT * FROM HIDDEN.items)",
	"SELECT * FROM items, HIDDEN.items AS h", "SELECT (SELECT count() FROM HIDDEN.items)", "SELECT * FROM items UNION ALL SELECT * FROM HIDDEN.items",
	"SELECT 1 IN HIDDEN.commits", "DESCRIBE HIDDEN.items", "SHOW CREATE TABLE HIDDEN.items", "EXISTS TABLE HIDDEN.items", "SHOW TABLES FROM HIDDEN", "CHECK TABLE HIDDEN.items",
	"SELECT * FROM system.processes", "SELECT * FROM system.parts", "SELECT * FROM system.settings", "SELECT * FROM system.users", "SELECT * FROM system.disks",
	"SELECT * FROM system.query_log", "SELECT * FROM system.server_settings", "SELECT * FROM system.environment", "SHOW PROCESSLIST", "SHOW GRANTS", "SHOW USERS",
	"SHOW SETTINGS LIKE '%'", "SHOW ACCESS",
	// More than one statement, and tricks with text.
	"SELECT 1; SELECT 2", "SELECT 1; DROP TABLE items", "SELECT 1;\n--\nSET readonly = 0", "SELECT 1 /* */; INSERT INTO items (id) VALUES ('x')",
	"SELECT 1) UNION ALL (SELECT file('FILE')", ") SELECT 1 --", "EXPLAIN AST SELECT 1; SET ROLE app", "SELECT 1 FORMAT CSV",
	// Other people's time.
	"SELECT sleep(3)", "SELECT sleepEachRow(1) FROM numbers(100)",
}

func TestAttacksAreRefused(t *testing.T) {
	d := newDesk(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "secret.txt")
	if err := os.WriteFile(file, []byte("secret words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if len(attacks) < 100 {
		t.Errorf("only %d attacks", len(attacks))
	}
	for _, sql := range attacks {
		sql = strings.NewReplacer("HIDDEN", d.internal, "FILE", file).Replace(sql)
		got, _, err := d.Run(t.Context(), sql)
		var e *Error
		if errors.As(err, &e) && chinese(e.Error()) {
			continue
		}
		if err == nil && harmless(sql, len(got.Rows)) {
			continue
		}
		t.Errorf("%s: %v, %v", sql, got.Rows, err)
	}
	// Nothing happened: the letters are there, the folder holds what it held.
	counts, err := d.store.CountByDay(t.Context())
	if err != nil || len(counts) != 10 {
		t.Errorf("after the attacks: %v, %v", counts, err)
	}
	if _, err := d.store.Item(t.Context(), item.NewID("mailbox", "3")); err != nil {
		t.Error(err)
	}
	if tree, err := d.Schema(t.Context()); err != nil || len(tree) != 2 {
		t.Errorf("after the attacks: %v, %v", tree, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("files: %v, %v", left, err)
	}
}

// harmless lists what the engine answers with nothing to see.
func harmless(sql string, rows int) bool {
	return rows == 0 && (strings.HasPrefix(sql, "SHOW TABLES FROM ") || strings.HasPrefix(sql, "EXISTS ")) ||
		rows == 1 && strings.HasPrefix(sql, "EXISTS ")
}
