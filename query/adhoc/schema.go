package adhoc

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/pelletier/go-toml/v2"
)

// Relation is one table or view of the schema tree.
type Relation struct {
	Name    string   `json:"name"`
	Comment string   `json:"comment"`
	Columns []Column `json:"columns"`
}

// Column is one column of a Relation.
type Column struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Comment string `json:"comment"`
}

// Example is a statement to start from.
type Example struct {
	Title string `toml:"title" json:"title"`
	SQL   string `toml:"sql" json:"sql"`
}

//go:embed sql/schema.sql
var schemaSQL string

//go:embed examples.toml
var examplesTOML []byte

// Schema is the tree of what can be read, in the order of names and columns.
func (r *Reader) Schema(ctx context.Context) ([]Relation, error) {
	var rows []struct {
		Table        string `ch:"relation"`
		TableComment string `ch:"relation_comment"`
		Name         string `ch:"name"`
		Type         string `ch:"type"`
		Comment      string `ch:"comment"`
	}
	if err := r.deps.Conn.Select(ctx, &rows, schemaSQL, clickhouse.Named("database", r.cfg.Database)); err != nil {
		return nil, fmt.Errorf("cannot read schema of %q: %w", r.cfg.Database, err)
	}
	var out []Relation
	for _, x := range rows {
		if n := len(out); n == 0 || out[n-1].Name != x.Table {
			out = append(out, Relation{Name: x.Table, Comment: x.TableComment})
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, Column{x.Name, x.Type, x.Comment})
	}
	return out, nil
}

// Examples are statements to start from, in order.
func (r *Reader) Examples() []Example { return r.examples }

func readExamples(b []byte) ([]Example, error) {
	var file struct {
		Examples []Example `toml:"examples"`
	}
	if err := toml.Unmarshal(b, &file); err != nil {
		return nil, fmt.Errorf("cannot read examples: %w", err)
	}
	for _, x := range file.Examples {
		if x.Title == "" || x.SQL == "" {
			return nil, errors.New("cannot read examples: one has no title or no sql")
		}
	}
	return file.Examples, nil
}
