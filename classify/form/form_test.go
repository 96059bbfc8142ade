package form

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

func classify(t *testing.T, it item.Item) label.Label {
	t.Helper()
	c, err := New("")
	if err != nil {
		t.Fatal(err)
	}
	labels, err := c.Classify(t.Context(), doc.Doc{Item: it})
	if err != nil {
		t.Fatal(err)
	}
	if len(labels) == 0 {
		return label.Label{}
	}
	if l := labels[0]; c.Why(l.Reason) == "" || l.Score <= 0 || l.Score > 1 {
		t.Errorf("label %+v has no explained reason or no score", l)
	}
	return labels[0]
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ title, text, want string }{
		{"咨询落户需要什么材料", "请问外地户口如何办理？", "咨询"},
		{"投诉小区物业", "物业不作为，垃圾没人管，严重影响生活。", "投诉"},
		{"举报某加工点", "该处无证经营，夜里生产。", "举报"},
		{"关于增设公交站的建议", "建议在新村路口增设站台。", "建议"},
		{"求助", "母亲重病，家里生活困难，请帮忙。", "求助"},
		{"感谢信", "衷心感谢社区医生，特此表扬。", "表扬"},
		{"今天天气很好", "阳光明媚。", ""},
		{"", "", ""},
	} {
		if got := classify(t, item.Item{Channel: item.Letter, Title: c.title, Text: c.text}); got.Value != c.want {
			t.Errorf("%q is %q, want %q", c.title, got.Value, c.want)
		}
	}
}

func TestSourceIsBelieved(t *testing.T) {
	it := item.Item{Channel: item.Call, Title: "举报", Extra: []item.Field{{Name: "工单编号", Value: "1"}, {Name: "诉求类型", Value: " 意见建议 "}}}
	if got := classify(t, it); got.Value != "建议" || got.Reason != "column:诉求类型" || got.Score != 1 {
		t.Errorf("label %+v", got)
	}
	it.Extra[1].Value = "其他"
	if got := classify(t, it); got.Value != "举报" {
		t.Errorf("an unknown word in the column hides the rules: %+v", got)
	}
	if got := classify(t, item.Item{Channel: item.Submission, Title: "投诉处理情况"}); got.Value != "报告" {
		t.Errorf("a submission is %+v", got)
	}
}

func TestEvidenceIsInTheWords(t *testing.T) {
	it := item.Item{Channel: item.Letter, Title: "投诉噪音", Text: "施工扰民，请问谁管？"}
	got := classify(t, it)
	if len(got.Evidence) == 0 {
		t.Fatal("no evidence")
	}
	for _, s := range got.Evidence {
		if w := s.Of(it); w != "投诉" && w != "扰民" {
			t.Errorf("evidence %q does not speak for 投诉", w)
		}
	}
}

func TestBadRules(t *testing.T) {
	dir := t.TempDir()
	bad := "columns=['x']\n[[forms]]\nname='咨询'\n[channels]\nphone='咨询'\nletter='问'\n[[rules]]\nid='a'\nform='表白'\nwords=['']\nwhy='x'\n"
	if err := os.WriteFile(filepath.Join(dir, "form.toml"), []byte(bad), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := New(dir)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`没有渠道 "phone"`, `"问" 不在`, `"表白" 不在`, "第 1 条规则要有"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s:\n%v", want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(shipped))
	f.Add("least=1")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parse([]byte(s))
		if err != nil {
			return
		}
		c := prepare(r)
		if _, err := c.Classify(t.Context(), doc.Doc{Item: item.Item{Title: s, Text: s}}); err != nil {
			t.Fatal(err)
		}
	})
}
