package adhoc

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"qianliyan/ingest/setting"
	"qianliyan/query/export"
)

func TestRun(t *testing.T) {
	d := newDesk(t)
	for sql, want := range map[string]export.Table{
		"SELECT count() AS n, max(day) AS last, any(unit) AS unit FROM items": {
			Columns: []export.Column{{Name: "n", Kind: export.Number}, {Name: "last", Kind: export.Day}, {Name: "unit", Kind: export.Text}},
			Rows:    [][]any{{uint64(10), time.Date(2026, 5, 10, 0, 0, 0, 0, time.UTC), "城管局"}},
		},
		"  SELECT title FROM items WHERE title LIKE '%（3）' ;\n; ": {
			Columns: []export.Column{{Name: "title", Kind: export.Text}}, Rows: [][]any{{"路灯不亮（3）"}},
		},
		"SELECT id FROM items WHERE 0": {Columns: []export.Column{{Name: "id", Kind: export.Text}}, Rows: [][]any{}},
		"SELECT kind, value, count() AS n FROM labels GROUP BY kind, value -- 标签": {
			Columns: []export.Column{{Name: "kind", Kind: export.Text}, {Name: "value", Kind: export.Text}, {Name: "n", Kind: export.Number}},
			Rows:    [][]any{{"urgency", "一般", uint64(10)}},
		},
		"SELECT toInt8(-1) AS a, toFloat32(0.5) AS b, NULL AS c, [1, NULL] AS d, ['x'] AS e, true AS f, toDecimal64(1.25, 2) AS g, map('k', 1) AS h, toUInt256(7) AS i, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS j": {
			Columns: []export.Column{
				{Name: "a", Kind: export.Number},
				{Name: "b", Kind: export.Number},
				{Name: "c", Kind: export.Text},
				{Name: "d", Kind: export.Text},
				{Name: "e", Kind: export.Text},
				{Name: "f", Kind: export.Text},
				{Name: "g", Kind: export.Number},
				{Name: "h", Kind: export.Text},
				{Name: "i", Kind: export.Number},
				{Name: "j", Kind: export.Text},
			},
			Rows: [][]any{{int64(-1), 0.5, nil, []any{uint64(1), nil}, []string{"x"}, true, "1.25", `{"k":1}`, "7", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"}},
		},
	} {
		got, stats, err := d.Run(t.Context(), sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", sql, diff)
		}
		if stats.Rows != len(want.Rows) || stats.Took <= 0 {
			t.Errorf("%s: stats %+v", sql, stats)
		}
	}
}

func TestOtherReadingStatements(t *testing.T) {
	d := newDesk(t)
	for _, sql := range []string{"SHOW TABLES", "DESCRIBE items", "EXPLAIN SELECT count() FROM items", "WITH 1 AS x SELECT x FROM items"} {
		if got, _, err := d.Run(t.Context(), sql); err != nil || len(got.Rows) == 0 {
			t.Errorf("%s: %d rows, %v", sql, len(got.Rows), err)
		}
	}
}

func TestRowsAreLimitedAndItIsTold(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.MaxRows = 5 })
	for sql, limited := range map[string]bool{
		"SELECT number FROM numbers(4)": false, "SELECT number FROM numbers(5)": false,
		"SELECT number FROM numbers(6)": true, "SELECT number FROM numbers(100000000000)": true,
	} {
		got, stats, err := d.Run(t.Context(), sql)
		if err != nil || got.Limited != limited || len(got.Rows) > 5 || stats.Rows != len(got.Rows) {
			t.Errorf("%s: limited %v, %d rows, stats %+v, %v", sql, got.Limited, len(got.Rows), stats, err)
		}
	}
}

func TestBytesAreLimitedAndItIsTold(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.MaxBytes = 1 << 20 })
	got, _, err := d.Run(t.Context(), "SELECT repeat('汉', 100000) FROM numbers(100)")
	if err != nil || !got.Limited || len(got.Rows) != 3 {
		t.Errorf("limited %v, %d rows, %v", got.Limited, len(got.Rows), err)
	}
}

func TestTimeAndMemoryAreLimitedAndItIsTold(t *testing.T) {
	d := newDesk(t, func(c *Config) {
		c.MaxTime, c.MaxMemory = setting.Duration(300*time.Millisecond), 64<<20
	})
	for sql, code := range map[string]int{
		"SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) = 7": codeTimeout,
		"SELECT groupArray(toString(number)) FROM numbers(100000000)":             241,
	} {
		_, _, err := d.Run(t.Context(), sql)
		var e *Error
		if !errors.As(err, &e) || e.Code != code && e.Code != codeTimeout {
			t.Errorf("%s: %v, want code %d", sql, err, code)
		}
	}
}

func TestStreamHasNoLimitOfRows(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.MaxRows = 5 })
	var heads int
	var last any
	stats, err := d.Stream(t.Context(), "SELECT number AS n FROM numbers(300000)",
		func(cols []export.Column) error { heads += len(cols); return nil },
		func(row []any) error { last = row[0]; return nil })
	if err != nil || heads != 1 || last != uint64(299_999) || stats.Rows != 300_000 {
		t.Errorf("heads %d, last %v, %+v, %v", heads, last, stats, err)
	}
}

func TestStreamStopsWhenTheCalleeDoes(t *testing.T) {
	d := newDesk(t)
	stop := errors.New("disk full")
	n := 0
	_, err := d.Stream(t.Context(), "SELECT number FROM numbers(100000000000)",
		func([]export.Column) error { return nil },
		func([]any) error {
			if n++; n == 100_000 {
				return stop
			}
			return nil
		})
	if !errors.Is(err, stop) || n != 100_000 {
		t.Errorf("after %d rows: %v, want %v", n, err, stop)
	}
	_, err = d.Stream(t.Context(), "SELECT 1", func([]export.Column) error { return stop }, func([]any) error { return nil })
	if !errors.Is(err, stop) {
		t.Errorf("error of the header: %v", err)
	}
}

func TestCancel(t *testing.T) {
	d := newDesk(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := d.Stream(ctx, "SELECT number FROM numbers(100000000000)",
		func([]export.Column) error { return nil }, func([]any) error { cancel(); return nil })
	var e *Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &e) {
		t.Errorf("%v, want context.Canceled, no mistake of the analyst", err)
	}
}

// The place is where an editor would put the cursor.
func TestMistakesAreExplained(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		sql, reason, message string
		line, column         int
	}{
		{"", "没有语句", "SELECT", 0, 0},
		{";;", "没有语句", "SELECT", 0, 0},
		{"SELECT *\nFORM items", "", "", 2, 6},
		{"SELECT unit,, count()\nFROM items", "语句写法有误", "failed at position", 1, 15},
		{"SELECT '汉字',, count()\nFROM items", "语句写法有误", "failed at position", 1, 15},
		{"SELECT day AS 日 FROM items", "反引号", "", 1, 15},
		{"SELECT count()，unit FROM items", "反引号", "", 1, 15},
		{"SELECT '汉字', unti FROM items", "没有这个列", "unti", 1, 14},
		{"SELECT count()\nFROM itmes", "没有这个表", "Maybe you meant", 2, 6},
		{"SELECT cuont() FROM items", "没有这个函数", "cuont", 1, 8},
		{"SELECT unit, count() FROM items", "GROUP BY", "", 1, 8},
		{"SELECT toDate('去年') FROM items", "日期", "", 0, 0},
		{"SELECT {x:String}", "参数", "", 0, 0},
		{"你好", "反引号", "", 1, 1},
	} {
		_, _, err := d.Run(t.Context(), c.sql)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %v, want an *Error", c.sql, err)
			continue
		}
		if !strings.Contains(e.Reason, c.reason) || !strings.Contains(e.Message, c.message) || e.Line != c.line || e.Column != c.column {
			t.Errorf("%q: %+v", c.sql, e)
		}
		if strings.Contains(e.Message, "DB::Exception") || strings.Contains(e.Message, "In scope") {
			t.Errorf("%q: message is not tidied: %s", c.sql, e.Message)
		}
	}
}

func TestSchemaExplainsEveryColumn(t *testing.T) {
	d := newDesk(t)
	tree, err := d.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range tree {
		names = append(names, r.Name)
		if !chinese(r.Comment) || len(r.Columns) < 5 {
			t.Errorf("%s: comment %q, %d columns", r.Name, r.Comment, len(r.Columns))
		}
		for _, c := range r.Columns {
			if !chinese(c.Comment) || c.Type == "" {
				t.Errorf("%s.%s %s: comment %q", r.Name, c.Name, c.Type, c.Comment)
			}
		}
	}
	if diff := cmp.Diff([]string{"items", "labels"}, names); diff != "" {
		t.Error(diff)
	}
}

func chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestExamplesRun(t *testing.T) {
	d := newDesk(t)
	if len(d.Examples()) < 5 {
		t.Errorf("only %d examples", len(d.Examples()))
	}
	for _, x := range d.Examples() {
		if _, _, err := d.Run(t.Context(), x.SQL); err != nil || !chinese(x.Title) {
			t.Errorf("%s: %v", x.Title, err)
		}
	}
}

func TestReadExamplesRefuses(t *testing.T) {
	for _, s := range []string{"[[examples]]\ntitle = \"a\"", "[[examples]]\nsql = \"a\"", "x x"} {
		if _, err := readExamples([]byte(s)); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add("Syntax error: failed at position 3 (x) (line 1, col 3)", "a汉x")
	f.Add("Unknown expression identifier `a.b`", "SELECT\na.b")
	f.Add("(line 99999999999999999999, col 0)", "")
	f.Fuzz(func(t *testing.T, message, sql string) {
		line, column := place(message, sql)
		if line < 0 || column < 0 || line > strings.Count(sql, "\n")+1 || column > len(sql)+1 || (line == 0) != (column == 0) {
			t.Errorf("place(%q, %q) = %d, %d", message, sql, line, column)
		}
		tidy(message)
	})
}
