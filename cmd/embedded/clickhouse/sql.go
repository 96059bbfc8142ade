package clickhouse

import "strings"

// words calls f for every word of sql outside strings, quoted names, comments
// and brackets, with its place, until f returns false. It serves to find where
// the text of an INSERT ends; what a statement may do is asked of the engine's
// own parser, never of this.
func words(sql string, f func(word string, start, end int) bool) {
	depth := 0
	for i := 0; i < len(sql); {
		if n := skip(sql[i:]); n > 0 {
			i += n
			continue
		}
		switch c := sql[i]; {
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case wordByte(c):
			start := i
			for i < len(sql) && wordByte(sql[i]) {
				i++
			}
			if depth == 0 && !f(sql[start:i], start, i) {
				return
			}
			continue
		}
		i++
	}
}

// skip is the length of the string, quoted name, comment or heredoc that s
// starts with; 0 when it starts with none.
func skip(s string) int {
	switch c := s[0]; {
	case c == '\'' || c == '"' || c == '`':
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case c: // a doubled quote starts the next string right here
				return i + 1
			}
		}
		return len(s)
	case strings.HasPrefix(s, "--"), strings.HasPrefix(s, "# "), strings.HasPrefix(s, "#!"):
		if n := strings.IndexByte(s, '\n'); n >= 0 {
			return n + 1
		}
		return len(s)
	case strings.HasPrefix(s, "/*"):
		if n := strings.Index(s[2:], "*/"); n >= 0 {
			return n + 4
		}
		return len(s)
	case c == '$':
		return heredoc(s)
	}
	return 0
}

// heredoc is the length of $tag$ … $tag$ at the start of s, 0 when it is none.
func heredoc(s string) int {
	n := strings.IndexByte(s[1:], '$')
	if n < 0 || strings.ContainsFunc(s[1:n+1], func(r rune) bool { return r >= 0x80 || !wordByte(byte(r)) }) {
		return 0
	}
	tag := s[:n+2]
	m := strings.Index(s[len(tag):], tag)
	if m < 0 {
		return 0
	}
	return m + 2*len(tag)
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// firstWord is the verb of sql in upper case.
func firstWord(sql string) (word string) {
	words(sql, func(w string, _, _ int) bool {
		word = strings.ToUpper(w)
		return false
	})
	return word
}

// insertText takes an INSERT apart. Where rows follow in a format, stmt is the
// text before FORMAT (or VALUES), format its name, and end the place behind
// it; rows are what comes after, or a body of their own. end < 0 means the
// statement is complete: INSERT … SELECT, or VALUES with its rows.
func insertText(sql string) (stmt, format string, end int) {
	end = -1
	from, n, named := 0, 0, false
	words(sql, func(w string, s, e int) bool {
		n++
		switch upper := strings.ToUpper(w); {
		case named:
			stmt, format, end = strings.TrimSpace(sql[:from]), w, e
			return false
		case n <= 2: // INSERT INTO
		case upper == "FORMAT":
			named, from = true, s
		case upper == "VALUES":
			stmt, format, end = strings.TrimSpace(sql[:s]), "Values", e
			return false
		case upper == "SELECT" || upper == "WITH":
			return false
		}
		return true
	})
	if format == "Values" && strings.TrimSpace(sql[end:]) != "" {
		return "", "", -1
	}
	return stmt, format, end
}

// outputFormat is what the FORMAT clause of sql says, or def.
func outputFormat(sql, def string) string {
	named := false
	words(sql, func(w string, _, _ int) bool {
		if named {
			def = w
		}
		named = !named && strings.EqualFold(w, "FORMAT")
		return true
	})
	return def
}

// quoteName and quoteString write a name and a string into SQL.
func quoteName(s string) string   { return "`" + nameEscapes.Replace(s) + "`" }
func quoteString(s string) string { return "'" + stringEscapes.Replace(s) + "'" }

var (
	nameEscapes   = strings.NewReplacer(`\`, `\\`, "`", "\\`")
	stringEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)
)
