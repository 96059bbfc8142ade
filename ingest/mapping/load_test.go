package mapping

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qianliyan/ingest/item"
)

func TestShippedKinds(t *testing.T) {
	s := shippedSet(t)
	want := []string{"hotline", "letters", "petition", "submission", "generic"}
	if got := s.Kinds(); !slices.Equal(got, want) {
		t.Errorf("kinds %v, want %v", got, want)
	}
	for _, k := range want {
		m := kind(t, k)
		if !m.Channel().Valid() || m.Label() == "" || len(m.Names(Text)) == 0 {
			t.Errorf("%s is not complete", k)
		}
	}
	if _, problem := s.Get("letter"); problem == nil || !strings.Contains(problem.Hint, "letters") {
		t.Errorf("an unknown kind gives %v, want the list of those there are", problem)
	}
}

func TestDetect(t *testing.T) {
	tests := []struct {
		header string
		kind   string
		usable bool
	}{
		{"留言编号 留言用户 留言主题 留言时间 留言详情 反对数 点赞数 答复意见 答复时间", "letters", true},
		{"留言标题 留言类型 留言状态 留言日期 留言内容", "letters", true},
		{"id user title time text likes dislikes", "letters", true},
		{"工单编号 工单标题 诉求内容 诉求类型 紧急程度 求助人员 求助号码", "hotline", true},
		{"工单编号 工单类型 问题分类 标题 主要内容 来电人 被反映区", "hotline", true},
		{"orderNum callTime callerPhone title majorContent pilotLight", "hotline", true},
		{"报送单位 标题 正文 报送时间 事发时间 紧急程度 签发人", "submission", true},
		{"infoid visittime way questiontype content limittime", "petition", true},
		{"信访件编号 信访人 信访内容 信访日期", "petition", true},
		{"id title text", "generic", true},
		{"标题 内容", "generic", true},
		{"ＴＩＴＬＥ 内　容", "generic", true}, // compared after folding
		{"编号 备注", "generic", false},
		{"", "generic", false},
	}
	s := shippedSet(t)
	for _, c := range tests {
		m, match := s.Detect(strings.Split(c.header, " "))
		if match.Usable != c.usable || c.usable && m.Name() != c.kind {
			t.Errorf("%q detected as %+v, want %s, usable %v", c.header, match, c.kind, c.usable)
		}
	}
	if m := kind(t, "letters").Match([]string{"标题", "标题", "", "楼栋"}); m.Known != 1 || !slices.Equal(m.Unknown, []string{"楼栋"}) {
		t.Errorf("match %+v: want one known, one unknown", m)
	}
}

func TestFolderReplacesAndAdds(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "generic.toml", "name='generic'\nlabel='通用'\nchannel='web'\n[[column]]\nfield='title'\nnames=['话题']\n")
	write(t, dir, "radio.toml", "name='radio'\nlabel='电台'\nchannel='media'\n[[column]]\nfield='text'\nnames=['节目内容']\n[[column]]\nfield='extra'\nnames=['频率']\n")
	write(t, dir, "readme.txt", "no mapping")
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m, match := s.Detect([]string{"节目内容", "频率"}); m.Name() != "radio" || !match.Usable || m.Channel() != item.Media {
		t.Errorf("the added kind is not found: %+v", match)
	}
	if _, match := s.Detect([]string{"话题"}); match.Kind != Generic || !match.Usable {
		t.Errorf("the replaced kind is not used: %+v", match)
	}
	if _, err := Load(filepath.Join(dir, "missing")); err == nil {
		t.Error("a folder that is missing is not reported")
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every mistake is told with its file, all at once.
func TestLoadReportsMistakes(t *testing.T) {
	const head = "name='x'\nlabel='x'\nchannel='web'\n"
	tests := map[string]string{
		"wat = 1\n":  "不认识的配置项",
		"name = [\n": "写法有误",
		"name='y'\nlabel='x'\nchannel='web'\n[[column]]\nfield='title'\nnames=['甲']\n":          "与文件名",
		"name='x'\nlabel='x'\nchannel='tv'\n[[column]]\nfield='title'\nnames=['甲']\n":           "不是已有的渠道",
		head + "[[column]]\nfield='titel'\nnames=['甲']\n":                                       "不是已有的字段",
		head + "[[column]]\nfield='title'\nnames=['甲']\nprotect='rot13'\n":                      "不是已有的方式",
		head + "[[column]]\nfield='title'\n":                                                    "没有列名",
		head + "[[column]]\nfield='title'\nnames=['甲', '甲 ']\n":                                 "写过一次",
		head + "[[column]]\nfield='unit'\nnames=['甲']\n":                                        "没有标题列也没有正文列",
		head + "[[column]]\nfield='title'\nnames=['甲']\n[[column]]\nfield='phone'\nnames=['乙']": "必须写 protect",
	}
	for text, want := range tests {
		dir := t.TempDir()
		write(t, dir, "x.toml", text)
		write(t, dir, "common.toml", "[[guard]]\ncontains=['密']\nprotect='no'\n")
		_, err := Load(dir)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "x.toml") || !strings.Contains(err.Error(), "common.toml") {
			t.Errorf("Load of %q: %v; want %q of x.toml and the mistake in common.toml", text, err, want)
		}
	}
}
