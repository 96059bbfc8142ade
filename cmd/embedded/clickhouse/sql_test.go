package clickhouse

import (
	"strings"
	"testing"
)

func TestInsertText(t *testing.T) {
	for _, x := range []struct {
		sql, stmt, format, rows string
	}{
		{"INSERT INTO t FORMAT Native", "INSERT INTO t", "Native", ""},
		{"insert into d.t (a, b) format JSONEachRow {\"a\":1}", "insert into d.t (a, b)", "JSONEachRow", " {\"a\":1}"},
		{"INSERT INTO t VALUES", "INSERT INTO t", "Values", ""},
		{"INSERT INTO t SETTINGS async_insert=0 FORMAT CSV\n1,2", "INSERT INTO t SETTINGS async_insert=0", "CSV", "\n1,2"},
		{"INSERT INTO `format` FORMAT TSV", "INSERT INTO `format`", "TSV", ""},
		{"INSERT INTO t (`values`, \"format\") /* FORMAT X */ -- VALUES\n FORMAT RowBinary", "INSERT INTO t (`values`, \"format\") /* FORMAT X */ -- VALUES", "RowBinary", ""},
		{"-- INSERT\nINSERT INTO t FORMAT CSV", "-- INSERT\nINSERT INTO t", "CSV", ""},
	} {
		stmt, format, end := insertText(x.sql)
		if stmt != x.stmt || format != x.format || end < 0 || x.sql[end:] != x.rows {
			t.Errorf("%q: %q, %q, %d", x.sql, stmt, format, end)
		}
	}
	for _, complete := range []string{
		"INSERT INTO t VALUES (1), (2)", "INSERT INTO t SELECT 1 FORMAT Native", "INSERT INTO t WITH 1 AS x SELECT x",
		"INSERT INTO t (a) VALUES ('FORMAT CSV')", "INSERT INTO FUNCTION null('format CSV') SELECT 1", "", "SELECT 1",
		"INSERT INTO t SELECT $q$ FORMAT CSV $q$", "INSERT INTO t VALUES ({x:String})",
	} {
		if stmt, format, end := insertText(complete); end >= 0 {
			t.Errorf("%q: %q, %q, %d, want none", complete, stmt, format, end)
		}
	}
}

func TestFirstWord(t *testing.T) {
	for sql, want := range map[string]string{
		" select 1": "SELECT", "/* insert */ -- x\n insert into t": "INSERT", "": "", "(SELECT 1)": "",
		"# a\nSHOW TABLES": "SHOW", "#!x\nUSE d": "USE", "'INSERT'": "", "/* open": "",
	} {
		if got := firstWord(sql); got != want {
			t.Errorf("%q: %q, want %q", sql, got, want)
		}
	}
}

func TestOutputFormat(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1": "Native", "SELECT 1 FORMAT CSV": "CSV", "SELECT ' FORMAT CSV'": "Native", "SELECT format(1) FROM t format JSON ;": "JSON",
	} {
		if got := outputFormat(sql, "Native"); got != want {
			t.Errorf("%q: %q, want %q", sql, got, want)
		}
	}
}

// TestQuotes: the engine reads back what was quoted.
func TestQuotes(t *testing.T) {
	c, _ := connect(t)
	for _, s := range []string{"", "a'b", `a\b`, "a`b", "换\n行", `\'; DROP TABLE x; --`} {
		var got string
		must(t, c.QueryRow(t.Context(), "SELECT "+quoteString(s)).Scan(&got))
		if got != s {
			t.Errorf("quoteString(%q) is %q", s, got)
		}
		rows, err := c.Query(t.Context(), "SELECT 1 AS "+quoteName("x"+s))
		must(t, err)
		if got := rows.Columns()[0]; got != "x"+s {
			t.Errorf("quoteName(%q) is %q", s, got)
		}
		rows.Close()
	}
}

// FuzzWords: words are inside the text, in order, and bare.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"INSERT INTO t FORMAT CSV 1", "'a\\'b' \"c\" `d`", "/* x", "-- x", "$a$ b $a$ c", "((a) b] c", "'", "$", "\\", "a$$b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		last := 0
		words(sql, func(w string, start, end int) bool {
			if start < last || end > len(sql) || sql[start:end] != w || strings.ContainsAny(w, " '\"`()") {
				t.Errorf("%q at %d:%d after %d in %q", w, start, end, last, sql)
			}
			last = end
			return true
		})
		if _, _, end := insertText(sql); end > len(sql) {
			t.Errorf("insertText(%q) ends at %d", sql, end)
		}
		if n := heredoc("$" + sql); n > len(sql)+1 {
			t.Errorf("heredoc of %q is %d long", sql, n)
		}
	})
}
