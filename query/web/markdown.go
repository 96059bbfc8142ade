package web

import (
	"html"
	"html/template"
	"path"
	"regexp"
	"strings"
)

// markdown renders the simple Markdown the manual is written in: headings,
// paragraphs, lists, code, tables, emphasis and links within this server or to
// other pages of the manual. Everything else shows as it is written; HTML in
// the source never passes through.
func markdown(src string) template.HTML {
	m := &marker{lines: strings.Split(strings.ReplaceAll(src, "\r\n", "\n"), "\n")}
	for m.at < len(m.lines) {
		m.block()
	}
	return template.HTML(m.out.String())
}

type marker struct {
	lines []string
	at    int
	out   strings.Builder
}

var (
	bullet   = regexp.MustCompile(`^\s*[-*] +(.*)$`)
	numbered = regexp.MustCompile(`^\s*[0-9]+[.)] +(.*)$`)
	tableRow = regexp.MustCompile(`^\s*\|(.*)\|\s*$`)
	tableCut = regexp.MustCompile(`^\s*\|[\s:|-]+\|\s*$`)
)

// block writes the block that starts at the current line and goes behind it.
func (m *marker) block() {
	line := m.lines[m.at]
	trimmed := strings.TrimSpace(line)
	switch {
	case trimmed == "":
		m.at++
	case strings.HasPrefix(trimmed, "```"):
		m.code()
	case strings.HasPrefix(line, "#"):
		m.heading(line)
	case strings.HasPrefix(line, "    "):
		m.indented()
	case bullet.MatchString(line):
		m.list("ul", bullet)
	case numbered.MatchString(line):
		m.list("ol", numbered)
	case tableRow.MatchString(line):
		m.table()
	default:
		m.paragraph()
	}
}

func (m *marker) heading(line string) {
	n := min(len(line)-len(strings.TrimLeft(line, "#")), 4)
	tag := "h" + string(rune('0'+n))
	m.out.WriteString("<" + tag + ">" + inline(strings.TrimSpace(strings.TrimLeft(line, "#"))) + "</" + tag + ">\n")
	m.at++
}

func (m *marker) code() {
	m.at++
	m.out.WriteString("<pre tabindex=\"0\"><code>")
	for m.at < len(m.lines) && !strings.HasPrefix(strings.TrimSpace(m.lines[m.at]), "```") {
		m.out.WriteString(html.EscapeString(m.lines[m.at]) + "\n")
		m.at++
	}
	m.at++ // the closing fence, or the end of the page
	m.out.WriteString("</code></pre>\n")
}

func (m *marker) indented() {
	m.out.WriteString("<pre tabindex=\"0\"><code>")
	for m.at < len(m.lines) && strings.HasPrefix(m.lines[m.at], "    ") {
		m.out.WriteString(html.EscapeString(m.lines[m.at][4:]) + "\n")
		m.at++
	}
	m.out.WriteString("</code></pre>\n")
}

// list takes lines of the same kind; an indented line goes on with the item
// before it.
func (m *marker) list(tag string, kind *regexp.Regexp) {
	m.out.WriteString("<" + tag + ">\n")
	for m.at < len(m.lines) {
		x := kind.FindStringSubmatch(m.lines[m.at])
		if x == nil {
			break
		}
		m.at++
		text := x[1]
		var textSb98 strings.Builder
		for m.at < len(m.lines) && strings.HasPrefix(m.lines[m.at], "  ") && strings.TrimSpace(m.lines[m.at]) != "" && !kind.MatchString(m.lines[m.at]) {
			textSb98.WriteString(" " + strings.TrimSpace(m.lines[m.at]))
			m.at++
		}
		text += textSb98.String()
		m.out.WriteString("<li>" + inline(text) + "</li>\n")
	}
	m.out.WriteString("</" + tag + ">\n")
}

func (m *marker) table() {
	m.out.WriteString("<div class=\"scroll\"><table class=\"table\">\n")
	for first := true; m.at < len(m.lines); first = false {
		x := tableRow.FindStringSubmatch(m.lines[m.at])
		if x == nil {
			break
		}
		m.at++
		tag := "td"
		if first && m.at < len(m.lines) && tableCut.MatchString(m.lines[m.at]) {
			tag = "th"
			m.at++
		}
		m.out.WriteString("<tr>")
		for cell := range strings.SplitSeq(x[1], "|") {
			m.out.WriteString("<" + tag + ">" + inline(strings.TrimSpace(cell)) + "</" + tag + ">")
		}
		m.out.WriteString("</tr>\n")
	}
	m.out.WriteString("</table></div>\n")
}

func (m *marker) paragraph() {
	var text []string
	for m.at < len(m.lines) {
		line := m.lines[m.at]
		if len(text) > 0 && (strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(strings.TrimSpace(line), "```") ||
			bullet.MatchString(line) || numbered.MatchString(line) || tableRow.MatchString(line)) {
			break
		}
		text = append(text, strings.TrimSpace(line))
		m.at++
	}
	m.out.WriteString("<p>" + inline(strings.Join(text, " ")) + "</p>\n")
}

var (
	inlineCode = regexp.MustCompile("`([^`]+)`")
	strong     = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	link       = regexp.MustCompile(`\[([^\]\[]+)\]\(([^()\s]+)\)`)
	localLink  = regexp.MustCompile(`^(/[A-Za-z0-9][A-Za-z0-9/_.?=&%;-]*|(\.{1,2}/)?([a-z0-9-]+/)*[a-z0-9-]+\.md)$`)
)

// inline renders code, emphasis and links of one line. Code is taken first:
// nothing inside it has a meaning.
func inline(s string) string {
	var out strings.Builder
	for {
		at := inlineCode.FindStringSubmatchIndex(s)
		if at == nil {
			break
		}
		out.WriteString(spans(s[:at[0]]))
		out.WriteString("<code>" + html.EscapeString(s[at[2]:at[3]]) + "</code>")
		s = s[at[1]:]
	}
	out.WriteString(spans(s))
	return out.String()
}

func spans(s string) string {
	s = html.EscapeString(s)
	s = strong.ReplaceAllString(s, "<strong>$1</strong>")
	return link.ReplaceAllStringFunc(s, func(m string) string {
		x := link.FindStringSubmatch(m)
		to := x[2]
		if !localLink.MatchString(to) {
			return x[1] // another host's address: the words stay
		}
		if page, ok := strings.CutSuffix(to, ".md"); ok {
			to = "/help/" + path.Base(page)
		}
		return `<a href="` + to + `">` + x[1] + `</a>`
	})
}
