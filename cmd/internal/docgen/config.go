package docgen

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Setting is one key of the configuration file.
type Setting struct {
	Section string // dotted path of the table, empty at the top
	Key     string
	Value   string // the default, as TOML
	Doc     string // may have several lines
	Table   bool   // a list of tables, empty by default
}

// Settings lists every key of config, which must be a struct with toml tags,
// in the order of its fields: first the plain keys of a table, then its
// tables. A key without a comment is an error: the file is the manual.
func Settings(root, module string, config any) ([]Setting, error) {
	return settings(newComments(root, module), "", reflect.ValueOf(config))
}

func settings(c *comments, section string, v reflect.Value) (out []Setting, err error) {
	t := v.Type()
	var tables []int
	for i := range t.NumField() {
		key, ok := tomlKey(t.Field(i))
		if !ok {
			continue
		}
		f := v.Field(i)
		if isTable(f) {
			tables = append(tables, i)
			continue
		}
		doc, err := c.field(t, t.Field(i).Name)
		if err != nil {
			return nil, err
		}
		if doc == "" {
			return nil, fmt.Errorf("%s.%s has no comment; it is the manual of [%s] %s", t, t.Field(i).Name, section, key)
		}
		s := Setting{Section: section, Key: key, Doc: doc}
		if f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct {
			s.Table = true
			if s.Doc, err = tableDoc(c, doc, f.Type().Elem()); err != nil {
				return nil, err
			}
		} else if s.Value, err = tomlValue(f); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, t.Field(i).Name, err)
		}
		out = append(out, s)
	}
	for _, i := range tables {
		key, _ := tomlKey(t.Field(i))
		sub, err := settings(c, strings.TrimPrefix(section+"."+key, "."), v.Field(i))
		if err != nil {
			return nil, err
		}
		out = append(out, sub...)
	}
	return out, nil
}

func tomlKey(f reflect.StructField) (string, bool) {
	key, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
	return key, f.IsExported() && key != "" && key != "-"
}

func isTable(f reflect.Value) bool {
	_, text := reflect.TypeAssert[encoding.TextMarshaler](f)
	return f.Kind() == reflect.Struct && !text
}

// tableDoc adds the keys of a list's tables to its comment.
func tableDoc(c *comments, doc string, elem reflect.Type) (string, error) {
	var docSb81 strings.Builder
	for field := range elem.Fields() {
		key, ok := tomlKey(field)
		if !ok {
			continue
		}
		d, err := c.field(elem, field.Name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&docSb81, "\n  %s: %s", key, strings.ReplaceAll(d, "\n", " "))
	}
	doc += docSb81.String()
	return doc, nil
}

func tomlValue(f reflect.Value) (string, error) {
	if d, ok := reflect.TypeAssert[time.Duration](f); ok {
		return "", fmt.Errorf("is a time.Duration (%s); use setting.Duration, which TOML can read", d)
	}
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](f); ok {
		b, err := m.MarshalText()
		return fmt.Sprintf("%q", b), err
	}
	switch f.Kind() {
	case reflect.String:
		return fmt.Sprintf("%q", f.String()), nil
	case reflect.Bool, reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprint(f.Interface()), nil
	case reflect.Float64:
		s := fmt.Sprint(f.Float())
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s, nil
	case reflect.Slice:
		parts := make([]string, f.Len())
		for i := range parts {
			p, err := tomlValue(f.Index(i))
			if err != nil {
				return "", err
			}
			parts[i] = p
		}
		return "[" + strings.Join(parts, ", ") + "]", nil
	case reflect.Map:
		if f.Len() == 0 {
			return "{}", nil
		}
	}
	return "", fmt.Errorf("cannot write a %s as TOML", f.Type())
}

// DefaultFile is the commented default configuration: every key with its
// default, commented out, so that a file says only what differs.
func DefaultFile(list []Setting) string {
	var b strings.Builder
	b.WriteString("# 千里眼 configuration. Generated: every setting with its default. Uncomment what differs.\n# Check a file with: qianliyan config check --config FILE\n")
	section := ""
	for _, s := range list {
		if s.Section != section {
			section = s.Section
			fmt.Fprintf(&b, "\n[%s]\n", section)
		}
		for line := range strings.SplitSeq(s.Doc, "\n") {
			b.WriteString(strings.TrimRight("# "+line, " ") + "\n")
		}
		if s.Table {
			fmt.Fprintf(&b, "# [[%s]]\n", strings.TrimPrefix(s.Section+"."+s.Key, "."))
			continue
		}
		fmt.Fprintf(&b, "# %s = %s\n", s.Key, s.Value)
	}
	return b.String()
}

// ConfigPage is the same as a reference page.
func ConfigPage(list []Setting) string {
	var b strings.Builder
	b.WriteString("# Configuration\n\nGenerated from the Config structs. One TOML file; unknown keys are errors; nothing in the environment overrides it.\n")
	section := "-"
	for _, s := range list {
		if s.Section != section {
			section = s.Section
			title := "[" + section + "]"
			if section == "" {
				title = "Top level"
			}
			fmt.Fprintf(&b, "\n## %s\n\n| key | default | what it does |\n|---|---|---|\n", title)
		}
		value := "`" + s.Value + "`"
		if s.Table {
			value = "none"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Key, value, strings.ReplaceAll(strings.ReplaceAll(s.Doc, "|", "\\|"), "\n", " "))
	}
	return b.String()
}
