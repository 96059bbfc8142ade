package columnar

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"qianliyan/cmd/embedded/clickhouse"
)

// files makes migrations from name to text.
func files(m map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, text := range m {
		out["migrations/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

const (
	one = "CREATE TABLE IF NOT EXISTS {{.Database}}.a (x Int8) ENGINE = MergeTree ORDER BY x;\nINSERT INTO {{.Database}}.a VALUES (1);\n"
	two = "ALTER TABLE {{.Database}}.a ADD COLUMN IF NOT EXISTS y Int8;\n"
)

func TestMigrationsRunOnceInOrder(t *testing.T) {
	s := open(t)
	s.cfg.Database = clickhouse.TestDatabase(t, clickhouse.OpenTest(t))
	s.conn.Close()
	var err error
	if s.conn, err = Connect(s.cfg, s.deps, s.cfg.Database); err != nil {
		t.Fatal(err)
	}
	rows := func() (n uint64) {
		t.Helper()
		if err := s.conn.QueryRow(t.Context(), "SELECT count() FROM a").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, step := range []struct {
		name  string
		files map[string]string
		want  string // part of the error
	}{
		{"first", map[string]string{"0001_a.sql": one}, ""},
		{"again", map[string]string{"0001_a.sql": one}, ""},
		{"one more", map[string]string{"0001_a.sql": one, "0002_b.sql": two}, ""},
		{"changed", map[string]string{"0001_a.sql": one + "-- a word more\n", "0002_b.sql": two}, "0001_a.sql in another form"},
		{"renamed", map[string]string{"0001_c.sql": one, "0002_b.sql": two}, "0001_a.sql was applied"},
		{"older program", map[string]string{"0001_a.sql": one}, "0002_b.sql is unknown, a newer program made them"},
		{"gap", map[string]string{"0001_a.sql": one, "0003_b.sql": two}, "its number is not 0002"},
		{"no number", map[string]string{"a.sql": one}, "its number is not 0001"},
		{"bad name inside", map[string]string{"0001_a.sql": "{{.Nobody}}"}, "Nobody"},
		{"bad SQL", map[string]string{"0001_a.sql": one, "0002_b.sql": two, "0003_c.sql": "CREATE TALBE x;\n"}, "cannot apply migration 0003_c.sql"},
		{"mended", map[string]string{"0001_a.sql": one, "0002_b.sql": two, "0003_c.sql": "SELECT 1;\n"}, ""},
	} {
		err := s.setUp(t.Context(), files(step.files))
		switch {
		case step.want == "" && err != nil:
			t.Errorf("%s: %v", step.name, err)
		case step.want != "" && (err == nil || !strings.Contains(err.Error(), step.want)):
			t.Errorf("%s: %v, want %q", step.name, err, step.want)
		}
		if n := rows(); n != 1 {
			t.Errorf("%s: the first file ran %d times", step.name, n)
		}
	}
}

// A crash may come after any statement of a file.
func TestShippedMigrationsBearBeingCutOff(t *testing.T) {
	s := open(t)
	write(t, s, letters(0, 3), nil)
	if err := s.conn.Exec(t.Context(), "TRUNCATE TABLE migrations"); err != nil {
		t.Fatal(err)
	}
	again := openOn(t, s.cfg, clickhouse.OpenTest(t))
	if _, err := again.Item(t.Context(), letter(2).Item.ID); err != nil {
		t.Error(err)
	}
}

func TestSplit(t *testing.T) {
	for text, want := range map[string][]string{
		"":                              nil,
		"\n\n":                          nil,
		"SELECT 1":                      {"SELECT 1"},
		"SELECT 1;":                     {"SELECT 1"},
		"SELECT 1;\nSELECT 2;\n":        {"SELECT 1", "SELECT 2"},
		"SELECT ';' AS a\nFROM t; \r\n": {"SELECT ';' AS a\nFROM t"},
		"-- 说明；\nSELECT 1;":             {"-- 说明；\nSELECT 1"},
	} {
		if d := cmp.Diff(want, split(text)); d != "" {
			t.Errorf("split(%q): %s", text, d)
		}
	}
}

// Analysts see what each column means, in both views.
func TestViewsExplainThemselves(t *testing.T) {
	s := open(t)
	var rows []struct {
		Table   string `ch:"table"`
		Name    string `ch:"name"`
		Comment string `ch:"comment"`
	}
	if err := s.conn.Select(t.Context(), &rows, "SELECT table, name, comment FROM system.columns WHERE database = {db:String}", named("db", s.cfg.Analyst)); err != nil {
		t.Fatal(err)
	}
	if len(rows) < 35 {
		t.Errorf("only %d columns", len(rows))
	}
	for _, r := range rows {
		if !strings.ContainsFunc(r.Comment, func(c rune) bool { return unicode.Is(unicode.Han, c) }) {
			t.Errorf("%s.%s has the comment %q", r.Table, r.Name, r.Comment)
		}
	}
}

// The views show each item once, in its latest version, to one who may not
// read the tables.
func TestViewsShowTheLatestVersionToReaders(t *testing.T) {
	e := clickhouse.OpenTest(t)
	cfg := testConfig(t, e)
	cfg.Database = "hidden_" + cfg.Database
	s := openOn(t, cfg, e)
	newer := letters(0, 5)
	for i := range newer {
		newer[i].Item.Revision, newer[i].Item.Title = 2, "改过的标题"
	}
	write(t, s, letters(0, 10), nil)
	write(t, s, newer, nil)
	write(t, s, letters(3, 12), nil)
	reader, err := Connect(cfg, over(e.Reader()), cfg.Analyst)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	var n, changed, labels uint64
	if err := reader.QueryRow(t.Context(), "SELECT count(), countIf(title = '改过的标题') FROM items").Scan(&n, &changed); err != nil {
		t.Fatal(err)
	}
	if err := reader.QueryRow(t.Context(), "SELECT count() FROM labels").Scan(&labels); err != nil {
		t.Fatal(err)
	}
	if n != 12 || changed != 5 || labels != 12*5 {
		t.Errorf("%d items, %d changed, %d labels; want 12, 5, 60", n, changed, labels)
	}
	if err := reader.QueryRow(t.Context(), "SELECT count() FROM "+cfg.Database+".items").Scan(&n); err == nil {
		t.Error("a reader read the table itself")
	}
}
