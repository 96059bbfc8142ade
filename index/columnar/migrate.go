package columnar

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

//go:embed migrations/*.sql
var shipped embed.FS

// migration is one file NNNN_name.sql.
type migration struct {
	number     uint32
	name       string // the file's
	checksum   string // of the file as shipped, so that it does not depend on names of databases
	statements []string
}

// applied is a row of the table migrations.
type applied struct {
	Number   uint32 `ch:"number"`
	Name     string `ch:"name"`
	Checksum string `ch:"checksum"`
}

// setUp makes both databases and brings the tables up to date.
func (s *Store) setUp(ctx context.Context, files fs.FS) error {
	admin, err := Connect(s.cfg, s.deps, "")
	if err != nil {
		return err
	}
	defer admin.Close()
	for _, db := range []string{s.cfg.Database, s.cfg.Analyst} {
		if err := admin.Exec(ctx, statement("create_database"), clickhouse.Named("name", db)); err != nil {
			return fmt.Errorf("cannot make database %q: %w", db, err)
		}
	}
	want, err := readMigrations(files, s.cfg)
	if err != nil {
		return err
	}
	return migrate(ctx, s.conn, want, s.deps.Log.Info)
}

// migrate applies what is missing, in order. A migration that was cut off is
// not yet in the table and runs again: its statements must bear that.
func migrate(ctx context.Context, conn driver.Conn, want []migration, log func(string, ...any)) error {
	if err := conn.Exec(ctx, statement("create_migrations")); err != nil {
		return fmt.Errorf("cannot make table of migrations: %w", err)
	}
	var have []applied
	if err := conn.Select(ctx, &have, statement("select_migrations")); err != nil {
		return fmt.Errorf("cannot read table of migrations: %w", err)
	}
	for i, a := range have {
		switch {
		case i >= len(want):
			return fmt.Errorf("cannot open tables: migration %s is unknown, a newer program made them", a.Name)
		case a.Number != want[i].number || a.Name != want[i].name || a.Checksum != want[i].checksum:
			return fmt.Errorf("cannot open tables: migration %s was applied, this program has %s in another form", a.Name, want[i].name)
		}
	}
	for _, m := range want[len(have):] {
		for _, sql := range m.statements {
			if err := conn.Exec(ctx, sql); err != nil {
				return fmt.Errorf("cannot apply migration %s: %w", m.name, err)
			}
		}
		b, err := conn.PrepareBatch(ctx, statement("insert_migrations"))
		if err != nil {
			return fmt.Errorf("cannot note migration %s: %w", m.name, err)
		}
		if err := sendRow(b, m.number, m.name, m.checksum, time.Now()); err != nil {
			return fmt.Errorf("cannot note migration %s: %w", m.name, err)
		}
		log("migration applied", "stage", "index", "name", m.name)
	}
	return nil
}

// sendRow sends a batch of one row.
func sendRow(b driver.Batch, row ...any) error {
	defer b.Close()
	if err := b.Append(row...); err != nil {
		return err
	}
	return b.Send()
}

// readMigrations reads files in order and writes in the names of cfg. Numbers
// must run 1, 2, 3 without a gap.
func readMigrations(files fs.FS, cfg Config) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var out []migration
	for i, name := range names {
		src, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		m := migration{name: path.Base(name)}
		digits, _, _ := strings.Cut(m.name, "_")
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || n != uint64(i+1) {
			return nil, fmt.Errorf("cannot use migration %s: its number is not %04d", m.name, i+1)
		}
		m.number = uint32(n)
		sum := sha256.Sum256(src)
		m.checksum = hex.EncodeToString(sum[:])
		t, err := template.New(m.name).Option("missingkey=error").Parse(string(src))
		if err != nil {
			return nil, err
		}
		var text strings.Builder
		if err := t.Execute(&text, map[string]string{"Database": cfg.Database, "Analyst": cfg.Analyst, "Definer": cfg.User}); err != nil {
			return nil, fmt.Errorf("cannot use migration %s: %w", m.name, err)
		}
		m.statements = split(text.String())
		out = append(out, m)
	}
	return out, nil
}

// split cuts a migration after every line that ends with a semicolon, which is
// how our files are written: none stands at the end of a line within a
// statement.
func split(text string) []string {
	var out []string
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimSuffix(strings.TrimRight(line, " \r\n"), ";") + "\n")
		if strings.HasSuffix(strings.TrimRight(line, " \r\n"), ";") {
			out = append(out, strings.TrimSpace(b.String()))
			b.Reset()
		}
	}
	if rest := strings.TrimSpace(b.String()); rest != "" {
		out = append(out, rest)
	}
	return out
}
