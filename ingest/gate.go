package ingest

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"qianliyan/ingest/item"
)

//go:embed data/secrecy.toml
var shippedSecrecy []byte

// Gate refuses texts that bear a secrecy mark (密级标志): this system runs on a
// network for matter that is no state secret, so such a text must not be kept,
// logged or quoted.
//
// 秘密, 机密 and 绝密 are also plain words (保守秘密, 机密文件遗失), so a level
// counts as a mark by where it stands, as GB/T 9704 and usage put it:
//
//	anywhere   alone on its line, with or without 级, star, term, brackets, urgency, number: 机密★1年
//	anywhere   behind the word 密级 and a colon: 密级：机密; but not in a list of levels
//	a column   named 密级 or the like, whose value names a level
//	at the head (title, unit, places, number, name, names of attachments, first lines of the text)
//	           with a star and a term, or with a star and not as the end of a word;
//	           in brackets at a line's border: 【秘密】; parted from the rest of the
//	           line by two blanks or more; before 关于; alone on its line as 机密级文件
//
// Several stars are praise (揭开秘密★★★★★好评), not a mark. 机密级文件 or 机密文件
// is a mark only as a whole line of the head, as it is stamped there: that a
// letter with this and nothing else as its title is asked back does less harm
// than keeping a document that is one.
//
// A Gate holds no state and is safe for concurrent use.
type Gate struct {
	fields            map[string]bool
	stars             string
	headLines, runes  int
	level, whole      *regexp.Regexp
	label, listed     *regexp.Regexp
	starred, bordered *regexp.Regexp
	stamped           *regexp.Regexp
}

// secrecy is the data file.
type secrecy struct {
	Levels    []string `toml:"levels"`
	Stars     string   `toml:"stars"`
	Terms     []string `toml:"terms"`
	Beside    []string `toml:"beside"`
	Stamped   []string `toml:"stamped"`
	Fields    []string `toml:"fields"`
	HeadLines int      `toml:"head_lines"`
	LineRunes int      `toml:"line_runes"`
}

// loadSecrecy reads the file at path, or the shipped one when path is empty.
func loadSecrecy(path string) (secrecy, error) {
	b := shippedSecrecy
	if path != "" {
		var err error
		if b, err = os.ReadFile(path); err != nil {
			return secrecy{}, fmt.Errorf("secrecy = %q 读不到：%w", path, err)
		}
	}
	var s secrecy
	if err := toml.NewDecoder(strings.NewReader(string(b))).DisallowUnknownFields().Decode(&s); err != nil {
		return s, fmt.Errorf("secrecy = %q 写法有误：%w", path, err)
	}
	if len(s.Levels) == 0 || s.Stars == "" || len(s.Fields) == 0 || s.HeadLines < 1 || s.LineRunes < 1 {
		return s, fmt.Errorf("secrecy = %q 不全：levels、stars、fields 不能为空，head_lines 和 line_runes 应大于 0", path)
	}
	for _, w := range s.Levels {
		if !strings.Contains(w, "密") {
			return s, fmt.Errorf("secrecy 的 levels 中 %q 不含“密”字：不会被查到", w)
		}
	}
	return s, nil
}

// NewGate reads the list of marks at path, or the shipped one when path is
// empty. Ingestor has a Gate of its own; others need one for texts that never
// reach Accept, such as rows of a file that cannot be read.
func NewGate(path string) (*Gate, error) {
	s, err := loadSecrecy(path)
	if err != nil {
		return nil, fmt.Errorf("cannot set up the secrecy gate: %w", err)
	}
	g := &Gate{fields: map[string]bool{}, stars: s.Stars, headLines: s.HeadLines, runes: s.LineRunes}
	for _, f := range s.Fields {
		g.fields[item.Normalize(f)] = true
	}
	if err := g.compile(s); err != nil {
		return nil, fmt.Errorf("cannot set up the secrecy gate: %w", err)
	}
	return g, nil
}

// compile builds the expressions. Lines are folded before (see foldLine):
// narrow forms, single runes, blanks kept.
func (g *Gate) compile(s secrecy) error {
	const (
		open  = `[(\[{<〈【〔〖「『“"']`
		close = `[)\]}>〉】〕〗」』”"']`
		// Quotation marks mention a word as often as they mark; at the border
		// of a line with other words only brackets count.
		hardOpen  = `[(\[{【〔〖]`
		hardClose = `[)\]}】〕〗]`
	)
	// NUL never stands in a folded line: it keeps an empty list of words from
	// matching everything.
	level := `(?:` + spaced(s.Levels) + `)`
	star := `[` + regexp.QuoteMeta(s.Stars) + `]`
	term := `(?:[0-9一二三四五六七八九十百]+\s*(?:年|个\s*月|月|天|日)|` + spaced(append([]string{"\x00"}, s.Terms...)) + `)`
	mark := level + `\s*(?:级|件|級)?\s*(?:` + star + `\s*)?` + term + `?`
	label := `(?:` + spaced(s.Fields) + `)\s*[:=]\s*` + open + `*\s*` + level
	beside := `(?:[\s,;·、/|]|[0-9]{1,8}|` + spaced(append([]string{"\x00"}, s.Beside...)) + `)*`

	var errs []error
	re := func(expr string) *regexp.Regexp {
		r, err := regexp.Compile(expr)
		errs = append(errs, err)
		return r
	}
	g.level = re(level)
	g.whole = re(`^` + beside + open + `*\s*` + mark + `\s*` + close + `*` + beside + `$`)
	g.label = re(label)
	g.listed = re(`^` + close + `*\s*[、,/和与或及]\s*` + open + `*\s*` + level)
	withStar := level + `\s*[级件級]?\s*` + star
	g.starred = re(withStar + `\s*` + term + `|(?:^|[^\p{L}\p{N}])` + withStar + `(?:[^` + regexp.QuoteMeta(s.Stars) + `]|$)`)
	g.stamped = re(`^` + beside + hardOpen + `?\s*` + level + `\s*[级級]?\s*(?:` + spaced(append([]string{"\x00"}, s.Stamped...)) + `)\s*` + hardClose + `?` + beside + `$`)
	g.bordered = re(`^\s*` + hardOpen + `\s*` + mark + `\s*` + hardClose +
		`|` + hardOpen + `\s*` + mark + `\s*` + hardClose + `\s*$` +
		`|(?:\s{2,}|\t)` + mark + `\s*$` +
		`|^\s*` + mark + `(?:\s{2,}|\t)` +
		`|^\s*` + mark + `\s*[:|丨]?\s*关于`)
	return errors.Join(errs...)
}

// spaced is an alternative of words, each with blanks allowed between its
// characters.
func spaced(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		var b strings.Builder
		for j, r := range []rune(w) {
			if j > 0 {
				b.WriteString(`\s*`)
			}
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
		out[i] = b.String()
	}
	return strings.Join(out, "|")
}

// Check is nil for a text without a mark, else the Problem to answer with. The
// Problem names the place and never the words.
func (g *Gate) Check(it item.Item) *item.Problem {
	place := ""
	for _, f := range []struct {
		name, value string
		head        bool
	}{
		{"标题", it.Title, true}, {"正文", it.Text, false}, {"单位", it.Unit, true}, {"编号", it.NativeID, true}, {"来信人", it.Citizen, true},
	} {
		if place == "" && g.marked(f.value, f.head) {
			place = f.name
		}
	}
	for _, w := range it.Places {
		if place == "" && g.marked(w, true) {
			place = "地点"
		}
	}
	for _, a := range it.Attachments {
		// 【秘密】表.xlsx: the ending would hide a mark at the border.
		if i := strings.LastIndexByte(a, '.'); i > 0 {
			a = a[:i]
		}
		if place == "" && g.marked(a, true) {
			place = "附件"
		}
	}
	for _, f := range it.Extra {
		if place == "" && g.field(f) {
			place = f.Name
		}
	}
	if place == "" {
		return nil
	}
	return &item.Problem{
		Column: place, Secret: true,
		Reason: "带有国家秘密标志，本系统不接收涉密内容，没有留存",
		Hint:   "请按保密规定办理原件，不要在本系统重发；确非涉密的，请核对并去掉误标的密级后再报",
	}
}

// Secret reports whether the text bears a mark.
func (g *Gate) Secret(it item.Item) bool { return g.Check(it) != nil }

// field judges an extra field: by its value when it is a column of levels,
// else as running text, where only marks that cannot be words count.
func (g *Gate) field(f item.Field) bool {
	if !strings.Contains(f.Value, "密") {
		return false
	}
	if g.fields[item.Normalize(f.Name)] {
		v := item.Normalize(f.Value)
		// 非密, 不涉及国家秘密, 无
		return g.level.MatchString(v) && !strings.HasPrefix(v, "非") && !strings.HasPrefix(v, "不") && !strings.HasPrefix(v, "无")
	}
	for line := range lines(f.Value) {
		if strings.Contains(line, "密") && (g.labelled(line) || g.star(line) >= 0 && g.whole.MatchString(line)) {
			return true
		}
	}
	return false
}

// marked judges a text, or a title or another short field, all lines of which
// are its head.
func (g *Gate) marked(s string, all bool) bool {
	if !strings.Contains(s, "密") { // nearly all of them
		return false
	}
	head := 0
	for line := range lines(s) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		head++
		if !strings.Contains(line, "密") {
			continue
		}
		runes := utf8.RuneCountInString(line)
		if runes <= 4*g.runes && g.whole.MatchString(line) || g.labelled(line) {
			return true
		}
		if all || head <= g.headLines {
			// A text in one line begins with its head, however long it is.
			if at := g.star(line); at >= 0 && utf8.RuneCountInString(line[:at]) <= g.runes/2 {
				return true
			}
			if runes <= g.runes && (g.bordered.MatchString(line) || g.stamped.MatchString(line)) {
				return true
			}
		}
	}
	return false
}

// star is where a level with a star begins, -1 for nowhere.
func (g *Gate) star(line string) int {
	if !strings.ContainsAny(line, g.stars) {
		return -1
	}
	if at := g.starred.FindStringIndex(line); at != nil {
		return at[0]
	}
	return -1
}

// labelled finds 密级：机密 that is not the beginning of a list of levels.
func (g *Gate) labelled(line string) bool {
	if !strings.ContainsAny(line, ":=") {
		return false
	}
	for _, at := range g.label.FindAllStringIndex(line, -1) {
		if !g.listed.MatchString(line[at[1]:]) {
			return true
		}
	}
	return false
}

var (
	blockTag  = regexp.MustCompile(`(?i)<(?:br|/?(?:p|div|tr|td|th|li|h[1-6]|table|center))\b[^<>]{0,200}>`)
	inlineTag = regexp.MustCompile(`</?[a-zA-Z][^<>]{0,200}>`)
)

// lines yields the folded lines of a text: HTML as its lines would show,
// full-width forms narrow, invisible characters gone.
func lines(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if strings.Contains(s, "<") {
			s = inlineTag.ReplaceAllString(blockTag.ReplaceAllString(s, "\n"), "")
		}
		for len(s) > 0 {
			i := strings.IndexAny(s, "\n\r\v\f\u2028\u2029\u0085")
			line, size := s, 0
			if i >= 0 {
				line = s[:i]
				_, size = utf8.DecodeRuneInString(s[i:])
			}
			if !yield(foldLine(line)) || i < 0 {
				return
			}
			s = s[i+size:]
		}
	}
}

func foldLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch r = item.Narrow(r); {
		case r == '\t':
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
			return -1
		}
		return r
	}, s)
}
