package urgency

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

func classify(t testing.TB, it item.Item) label.Label {
	t.Helper()
	c, err := New("")
	if err != nil {
		t.Fatal(err)
	}
	labels, err := c.Classify(t.Context(), doc.Doc{Item: it})
	if err != nil || len(labels) != 1 {
		t.Fatalf("%d labels, %v", len(labels), err)
	}
	l := labels[0]
	if l.Score < 0 || l.Score > 1 {
		t.Errorf("score %v", l.Score)
	}
	if l.Value != label.Routine && c.Why(l.Reason) == "" {
		t.Errorf("reason %q is not explained", l.Reason)
	}
	return l
}

// lines are texts of our own with the level a duty officer would give.
var lines = []struct {
	want, title, text string
}{
	{label.Critical, "化工厂爆炸", "今天凌晨城北化工厂发生爆炸，现场浓烟滚滚，有工人被困。"},
	{label.Critical, "", "昨晚和平路一栋居民楼起火，两名老人被困，消防员正在扑救。"},
	{label.Critical, "学生集体腹泻", "昨天中午以后实验小学三十多名学生呕吐，疑似食物中毒，已送医院。"},
	{label.Critical, "", "上百名村民正在县政府门口聚集，多人拉横幅堵路，现场有数百人。"},
	{label.Critical, "", "我儿子昨天下午失踪，至今未找到，求助。"},
	{label.Critical, "", "河东大桥正在施工的支架刚刚坍塌，多人被埋。"},
	{label.Critical, "", "小区里两拨人持械斗殴，已经有人受伤。"},
	{label.Pressing, "锦绣花园停水三天", "小区连续停水三天，老人孩子没水喝，没有人来修。"},
	{label.Pressing, "", "五十多名农民工的工资被拖欠半年，包工头已经跑路。"},
	{label.Pressing, "", "电梯昨天从十楼掉到三楼，之前也多次困人，老人孩子不敢坐。"},
	{label.Pressing, "", "学校旁边的窨井没有井盖，晚上没有路灯，已有学生掉进去摔伤。"},
	{label.Pressing, "", "我家被鉴定为危房，墙体开裂，随时会倒塌，两位老人还住着。"},
	{label.Pressing, "", "一伙人上门殴打业主代表，报警后行凶者逍遥法外。"},
	{label.Routine, "咨询落户政策", "请问外地户口如何办理落户？"},
	{label.Routine, "", "工地噪音大，真是急死人了，晚上睡不着。"},
	{label.Routine, "", "建议社区组织一次消防演练，模拟起火后有人被困的情况。"},
	{label.Routine, "", "如果发生火灾，消防车根本进不来，建议划消防通道。"},
	{label.Routine, "", "新开的饭店生意火爆，门口乱停车。"},
	{label.Routine, "火灾保险理赔", "请问购买火灾保险后如何理赔？"},
	{label.Routine, "", "我父亲2009年在矿难中死亡，抚恤金标准想咨询一下。（2019年）"},
	{label.Routine, "", "本次事故无人员伤亡。"},
	{label.Routine, "", ""},
}

func TestLines(t *testing.T) {
	for _, x := range lines {
		got := classify(t, item.Item{Channel: item.Letter, Title: x.title, Text: x.text})
		if got.Value != x.want {
			t.Errorf("%s%s: %s (%s), want %s", x.title, x.text, got.Value, got.Reason, x.want)
		}
	}
}

func TestEvidenceIsInTheWords(t *testing.T) {
	it := item.Item{Channel: item.Letter, Title: "停水", Text: "您好！小区连续停水三天，没有水喝。"}
	got := classify(t, it)
	if len(got.Evidence) == 0 {
		t.Fatal("no evidence")
	}
	words := ""
	for _, s := range got.Evidence {
		words += s.Of(it) + " "
	}
	if !strings.Contains(words, "停水") {
		t.Errorf("evidence %q", words)
	}
}

func TestStatedIsAFloor(t *testing.T) {
	calm := item.Item{Channel: item.Submission, Title: "工作简报", Text: "各项工作平稳。"}
	if got := classify(t, calm); got.Value != label.Routine {
		t.Errorf("calm text is %+v", got)
	}
	calm.Urgent = true
	if got := classify(t, calm); got.Value != label.Pressing || got.Reason != "button" {
		t.Errorf("with the button: %+v", got)
	}
	calm.Extra = []item.Field{{Name: "紧急程度", Value: "特急"}}
	if got := classify(t, calm); got.Value != label.Critical || got.Reason != "column" {
		t.Errorf("with the column: %+v", got)
	}
	fire := item.Item{Channel: item.Submission, Urgent: true, Text: "今天凌晨城北仓库起火，一名工人被困。"}
	if got := classify(t, fire); got.Value != label.Critical || got.Reason == "button" {
		t.Errorf("the button hides a rule: %+v", got)
	}
}

// A number of dead counts when the news is fresh, and not in an old story.
func TestCasualtiesMustBeRecent(t *testing.T) {
	text := "一辆货车与客车相撞，造成3人死亡、5人受伤。"
	if got := classify(t, item.Item{Channel: item.Media, Text: text}); got.Value != label.Critical {
		t.Errorf("in the news: %+v", got)
	}
	if got := classify(t, item.Item{Channel: item.Letter, Text: "2015年" + text, Title: "2019年求助"}); got.Value == label.Critical {
		t.Errorf("four years ago: %+v", got)
	}
}

func TestPastByDate(t *testing.T) {
	now := 2019*12 + 9 // October 2019
	for s, want := range map[string]bool{
		"2015年停水": true, "2019年3月停水": true, "2019年9月停水": false, "2019.10.2停水": false, "2019年停水": false,
		"停水": false, "从2015年到2019年10月": false, "12015年": false, "1234年": false,
	} {
		if got := olds(s, now); got != want {
			t.Errorf("old(%q) = %v", s, got)
		}
	}
	if olds("2015年", 0) {
		t.Error("past without knowing the present")
	}
}

func TestBadRules(t *testing.T) {
	dir := t.TempDir()
	bad := `near=0
title=1
slope=1
[stated]
"急"="很急"
[[rules]]
id="a"
level="紧急"
points=1
all=[["@nothing"],[""]]
why="x"
where="body"
[[rules]]
id="a"
level="急"
points=0
[[casualties]]
id="a"
level="特急"
points=1
least=0
`
	if err := os.WriteFile(filepath.Join(dir, "urgency.toml"), []byte(bad), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := New(dir)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"near、title", `"很急"`, `"@nothing" 不在`, "有空的词", `"body"`, "没有自己的 id", `"急" 应为`, "要有 why", "第 1 条伤亡规则"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s:\n%v", want, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "urgency.toml"), []byte("naer=1"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir); err == nil || !strings.Contains(err.Error(), "naer") {
		t.Errorf("unknown key: %v", err)
	}
}

func FuzzClassify(f *testing.F) {
	for _, x := range lines {
		f.Add(x.title, x.text)
	}
	f.Add("\xff", "2019年\x00停水。3人死亡\xe5")
	f.Fuzz(func(t *testing.T, title, text string) {
		it := item.Item{Channel: item.Media, Title: title, Text: text}
		got := classify(t, it)
		for _, s := range got.Evidence {
			if s.Of(it) == "" {
				t.Fatalf("evidence %+v is nowhere", s)
			}
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	c, err := New("")
	if err != nil {
		b.Fatal(err)
	}
	d := doc.Doc{Item: item.Item{
		Channel: item.Letter, Title: "锦绣花园停水三天",
		Text: strings.Repeat("我们小区昨天又停水了，物业说水管坏了正在修，居民没水做饭，请有关部门督促。去年也受过伤。", 10),
	}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Classify(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}

func olds(s string, now int) bool { old, _ := dated(s, now); return old }
