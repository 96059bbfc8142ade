package form

import (
	_ "embed"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

//go:embed data/elements.toml
var shippedElements []byte

// elements is what a first report should say, and when it is asked for.
type elements struct {
	Event   []string  `toml:"event"`
	Element []element `toml:"element"`
}

type element struct {
	Name     string   `toml:"name"`
	Field    Field    `toml:"field"`
	Hint     string   `toml:"hint"`
	Patterns []string `toml:"patterns"`
	found    []*regexp.Regexp
}

// loadElements reads the file at path, or the shipped one when path is empty.
// Its errors are in the administrator's words.
func loadElements(path string) (elements, error) {
	b := shippedElements
	if path != "" {
		var err error
		if b, err = os.ReadFile(path); err != nil {
			return elements{}, fmt.Errorf("elements = %q 读不到：%w", path, err)
		}
	}
	var e elements
	if err := toml.NewDecoder(strings.NewReader(string(b))).DisallowUnknownFields().Decode(&e); err != nil {
		return e, fmt.Errorf("elements = %q 写法有误：%w", path, err)
	}
	for i := range e.Element {
		x := &e.Element[i]
		if x.Name == "" || x.Hint == "" || len(x.Patterns) == 0 {
			return e, fmt.Errorf("elements 的第 %d 项不全：name、hint、patterns 都要写", i+1)
		}
		for _, p := range x.Patterns {
			re, err := regexp.Compile(p)
			if err != nil {
				return e, fmt.Errorf("elements 的“%s”里 %q 不是正则表达式：%w", x.Name, p, err)
			}
			x.found = append(x.found, re)
		}
	}
	return e, nil
}

// Checked is what there is to say about a report before it is filed.
type Checked struct {
	Fields []Remark `json:"fields"` // must be mended
	Hints  []Remark `json:"hints"`  // would make it better
}

// Check judges r without keeping any of it. Secrecy marks are the gate's
// matter; they are refused when the report is submitted.
func (f *Form) Check(r Report) Checked {
	now := time.Now().In(item.Zone)
	var c Checked
	bad := func(field Field, reason, hint string) { c.Fields = append(c.Fields, Remark{field, reason, hint}) }
	if !keyForm.MatchString(r.Key) {
		bad(FieldKey, "页面已失效", "请复制所写内容，重新打开本页再提交")
	}
	if strings.TrimSpace(r.Unit) == "" {
		bad(FieldUnit, "没有写报送单位", "请写单位全称")
	} else if utf8.RuneCountInString(r.Unit) > 100 {
		bad(FieldUnit, "报送单位超过 100 字", "请写单位全称，不要写正文")
	}
	if strings.TrimSpace(r.Title) == "" {
		bad(FieldTitle, "没有写标题", "请用一句话写明何时何地何事")
	} else if n := utf8.RuneCountInString(r.Title); n > f.cfg.Title {
		bad(FieldTitle, fmt.Sprintf("标题有 %d 字，超过 %d 字", n, f.cfg.Title), "请把细节移到正文")
	}
	if strings.TrimSpace(r.Text) == "" {
		bad(FieldText, "没有写正文", "紧急情况可以先写已知的，随后续报")
	} else if n := utf8.RuneCountInString(r.Text); n > f.cfg.Text {
		bad(FieldText, fmt.Sprintf("正文有 %d 字，超过 %d 字", n, f.cfg.Text), "请分成几件，或把材料作为附件另报")
	}
	if _, p := f.parseEvent(r.Event, now); p != nil {
		bad(FieldEvent, "事发时间"+p.Reason, p.Hint)
	}
	c.Hints = f.hints(r)
	return c
}

// parseEvent reads the time as typed. An empty one is the zero time.
func (f *Form) parseEvent(s string, now time.Time) (time.Time, *item.Problem) {
	t, p := mapping.ParseTime(s, mapping.Reading{Unix: true, Now: now})
	if p == nil && t.After(now.Add(f.cfg.Ahead.D())) {
		return time.Time{}, &item.Problem{Reason: "在将来", Hint: "请改成已经发生的时间；计划中的事请写在正文里"}
	}
	return t, p
}

// hints asks for what a first report of an event should say.
func (f *Form) hints(r Report) []Remark {
	text := strings.Map(item.Narrow, r.Title+"\n"+r.Text)
	if !r.Urgent && !containsAny(text, f.elements.Event) {
		return nil
	}
	var out []Remark
	for _, e := range f.elements.Element {
		switch {
		case e.Field == FieldEvent && strings.TrimSpace(r.Event) != "",
			e.Field == FieldPlace && strings.TrimSpace(r.Place) != "":
			continue
		}
		there := false
		for _, re := range e.found {
			there = there || re.MatchString(text)
		}
		if !there {
			out = append(out, Remark{e.Field, "首报似乎没有写" + e.Name, e.Hint})
		}
	}
	return out
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
