package search

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"qianliyan/index/fulltext"
	"qianliyan/ingest/item"
	"qianliyan/query/filter"
)

// Bounds of a query. They keep one question from holding the machine; nobody
// types that much by hand.
const (
	maxQuery  = 2000 // characters
	maxLeaves = 60   // words and phrases
	maxDepth  = 20   // brackets inside brackets
)

// Parsed is a query as it was read.
type Parsed struct {
	Where      *fulltext.Where // nil: no words, every item
	Words      []Word          // the words that may stand in a hit, in order: those not excluded
	Understood string          // in Chinese, for the page
}

// Word is one word or phrase of a query.
type Word struct {
	Text  string // as typed
	Field string // "title", "text" or empty for either
}

// Parse reads a query. See the package comment for the language. A mistake is
// an *item.Problem that names the place.
func Parse(query string) (Parsed, error) {
	if n := utf8.RuneCountInString(query); n > maxQuery {
		return Parsed{}, problem("", "检索式有 "+strconv.Itoa(n)+" 个字，太长", "请缩短到 "+strconv.Itoa(maxQuery)+" 个字以内")
	}
	toks, err := lex(query)
	if err != nil {
		return Parsed{}, err
	}
	if len(toks) == 1 {
		if s := strings.TrimSpace(query); s != "" {
			return Parsed{}, problem(s, "没有可以查的字", "请写上汉字、字母或数字；减号后面要紧跟不要的词")
		}
		return Parsed{}, nil
	}
	p := parser{toks: toks}
	w, err := p.or(0)
	if err != nil {
		return Parsed{}, err
	}
	if t := p.peek(); t.kind != tokEnd {
		return Parsed{}, at(t, "右括号没有对应的左括号", "请删去它，或补上左括号")
	}
	return Parsed{Where: &w, Words: positives(&w, nil), Understood: understood(&w, false) + asTyped(toks)}, nil
}

// kind of a token.
type kind int

const (
	tokEnd kind = iota
	tokWord
	tokOr
	tokAnd
	tokNot
	tokField
	tokOpen
	tokClose
)

// token is one piece of a query; at counts characters from 1.
type token struct {
	kind kind
	text string
	at   int
}

// closing gives the mark that ends a phrase, for every mark that opens one.
var closing = map[rune]rune{'"': '"', '“': '”', '”': '”', '「': '」', '『': '』'}

// parts are marks that end a word outside quotes, as white space does.
const parts = "，,。；;！!？?、…"

// fields are the names before a colon.
var fields = map[string]string{"标题": "title", "题": "title", "title": "title", "正文": "text", "内容": "text", "text": "text"}

// lex splits a query. Full-width forms of operators count as half-width.
func lex(query string) ([]token, error) {
	rs := []rune(query)
	var out []token
	for i := 0; i < len(rs); {
		r := item.Narrow(rs[i])
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), strings.ContainsRune(parts, r):
			i++
		case r == '(' || r == ')' || r == '|':
			out = append(out, token{map[rune]kind{'(': tokOpen, ')': tokClose, '|': tokOr}[r], string(r), i + 1})
			i++
		case r == '-':
			// A dash that stands alone is a dash: "3 - 5".
			if i+1 < len(rs) && !gap(rs[i+1]) {
				out = append(out, token{tokNot, "-", i + 1})
			}
			i++
		case closing[r] != 0:
			end := i + 1
			for end < len(rs) && item.Narrow(rs[end]) != closing[r] {
				end++
			}
			if end == len(rs) {
				return nil, at(token{tokWord, string(rs[i:min(end, i+12)]), i + 1}, "引号没有成对", "请补上后引号，或删去这个引号")
			}
			out = append(out, token{tokWord, string(rs[i+1 : end]), i + 1})
			i = end + 1
		default:
			t, end := bare(rs, i)
			out = append(out, t)
			i = end
		}
	}
	if err := checkWords(out); err != nil {
		return nil, err
	}
	return append(out, token{tokEnd, "", len(rs) + 1}), nil
}

// bare reads a word without quotes: an operator, a field name or words.
func bare(rs []rune, i int) (token, int) {
	end := i
	for end < len(rs) {
		r := item.Narrow(rs[end])
		if gap(rs[end]) || closing[r] != 0 || r == '(' || r == ')' || r == '|' {
			break
		}
		if r == ':' {
			if f, ok := fields[strings.ToLower(string(rs[i:end]))]; ok {
				return token{tokField, f, i + 1}, end + 1
			}
		}
		end++
	}
	text := string(rs[i:end])
	switch strings.ToUpper(text) {
	case "或", "或者", "OR":
		return token{tokOr, text, i + 1}, end
	case "且", "并且", "AND":
		return token{tokAnd, text, i + 1}, end
	case "NOT":
		return token{tokNot, text, i + 1}, end
	}
	return token{tokWord, text, i + 1}, end
}

// asTyped says which words look like a condition and are none: who types
// 单位:教育局 means the unit, and gets what holds these very characters.
func asTyped(toks []token) string {
	var f filter.Filter
	for _, t := range toks {
		name, _, ok := strings.Cut(strings.Map(item.Narrow, t.text), ":")
		if !ok || t.kind != tokWord {
			continue
		}
		for _, l := range f.Lists() {
			if name == l.Label || strings.EqualFold(name, l.Name) {
				return "（“" + name + ":”不是检索词的写法，按原文查；" + l.Label + "请在条件里选）"
			}
		}
	}
	return ""
}

func gap(r rune) bool {
	r = item.Narrow(r)
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(parts, r)
}

func checkWords(toks []token) error {
	n := 0
	for _, t := range toks {
		if t.kind != tokWord {
			continue
		}
		if !fulltext.Searchable(t.text) {
			return at(t, "没有可以查的字", "请写上汉字、字母或数字")
		}
		if n++; n > maxLeaves {
			return at(t, "词太多", "请减到 "+strconv.Itoa(maxLeaves)+" 个以内")
		}
	}
	return nil
}

// parser reads: or = and {"或" and}; and = not {["且"] not}; not = ["-"] atom;
// atom = word | field atom | "(" or ")".
type parser struct {
	toks  []token
	field string // of the field name that is open
}

func (p *parser) peek() token { return p.toks[0] }

func (p *parser) next() token {
	t := p.toks[0]
	if t.kind != tokEnd {
		p.toks = p.toks[1:]
	}
	return t
}

func (p *parser) or(depth int) (fulltext.Where, error) {
	if depth > maxDepth {
		return fulltext.Where{}, at(p.peek(), "括号套得太深", "请减少括号")
	}
	var kids []fulltext.Where
	for {
		w, err := p.and(depth)
		if err != nil {
			return w, err
		}
		kids = append(kids, w)
		if p.peek().kind != tokOr {
			return join(fulltext.Or, kids), nil
		}
		p.next()
	}
}

func (p *parser) and(depth int) (fulltext.Where, error) {
	var kids []fulltext.Where
	for {
		switch t := p.peek(); t.kind {
		case tokAnd:
			if len(kids) == 0 {
				return fulltext.Where{}, at(t, "前面缺少词", "请在两边都写上词，如：路灯 且 井盖")
			}
			p.next()
			if after := p.peek(); after.kind == tokEnd || after.kind == tokClose || after.kind == tokOr {
				return fulltext.Where{}, at(t, "后面缺少词", "请在两边都写上词，如：路灯 且 井盖")
			}
		case tokEnd, tokClose, tokOr:
			if len(kids) > 0 {
				return join(fulltext.And, kids), nil
			}
			switch t.kind {
			case tokOr:
				return fulltext.Where{}, at(t, "前面缺少词", "请在两边都写上词，如：路灯 或 井盖")
			case tokEnd:
				return fulltext.Where{}, at(t, "后面缺少词", "请补上词，或删去最后的符号")
			}
			return fulltext.Where{}, at(t, "括号里没有词", "请写上词，或删去括号")
		}
		w, err := p.not(depth)
		if err != nil {
			return w, err
		}
		kids = append(kids, w)
	}
}

func (p *parser) not(depth int) (fulltext.Where, error) {
	if p.peek().kind != tokNot {
		return p.atom(depth)
	}
	t := p.next()
	if depth > maxDepth {
		return fulltext.Where{}, at(t, "减号太多", "请只留一个减号")
	}
	w, err := p.not(depth + 1)
	return fulltext.Where{Op: fulltext.Not, Kids: []fulltext.Where{w}}, err
}

func (p *parser) atom(depth int) (fulltext.Where, error) {
	switch t := p.next(); t.kind {
	case tokWord:
		return fulltext.Where{Op: fulltext.Has, Text: t.text, Field: p.field}, nil
	case tokField:
		if depth > maxDepth {
			return fulltext.Where{}, at(t, "套得太深", "请简化检索式")
		}
		outer := p.field
		p.field = t.text
		w, err := p.atom(depth + 1)
		p.field = outer
		return w, err
	case tokOpen:
		w, err := p.or(depth + 1)
		if err != nil {
			return w, err
		}
		if p.next().kind != tokClose {
			return w, at(t, "左括号没有对应的右括号", "请补上右括号，或删去它")
		}
		return w, nil
	default:
		return fulltext.Where{}, at(t, "这里缺少词", "请补上词")
	}
}

// join makes one node, without a node round a single kid.
func join(op fulltext.Op, kids []fulltext.Where) fulltext.Where {
	if len(kids) == 1 {
		return kids[0]
	}
	return fulltext.Where{Op: op, Kids: kids}
}

// positives are the leaves below an even number of Nots.
func positives(w *fulltext.Where, out []Word) []Word {
	switch w.Op {
	case fulltext.Has:
		return append(out, Word{w.Text, w.Field})
	case fulltext.Not:
		if k := &w.Kids[0]; k.Op == fulltext.Not {
			return positives(&k.Kids[0], out)
		}
		return out
	}
	for i := range w.Kids {
		out = positives(&w.Kids[i], out)
	}
	return out
}

// understood puts w into a Chinese sentence; inner says that it stands inside
// another and needs brackets round "或" and "且".
func understood(w *fulltext.Where, inner bool) string {
	var s, sep string
	switch w.Op {
	case fulltext.Has:
		return map[string]string{"": "含", "title": "标题含", "text": "正文含"}[w.Field] + "“" + strings.TrimSpace(w.Text) + "”"
	case fulltext.Not:
		k := &w.Kids[0]
		if k.Op == fulltext.Has {
			return strings.Replace(understood(k, false), "含", "不含", 1)
		}
		return "不是（" + understood(k, false) + "）"
	case fulltext.And:
		sep = "，且"
	default:
		sep = "，或"
	}
	var sSb347 strings.Builder
	for i := range w.Kids {
		if i > 0 {
			sSb347.WriteString(sep)
		}
		sSb347.WriteString(understood(&w.Kids[i], true))
	}
	s += sSb347.String()
	if inner {
		return "（" + s + "）"
	}
	return s
}

// at is the problem with one token of a query.
func at(t token, reason, hint string) error {
	return problem(t.text, "第 "+strconv.Itoa(t.at)+" 个字处"+reason, hint)
}

func problem(value, reason, hint string) *item.Problem {
	if r := []rune(value); len(r) > 80 {
		value = string(r[:80]) + "…"
	}
	return &item.Problem{Column: "检索词", Value: value, Reason: reason, Hint: hint}
}
