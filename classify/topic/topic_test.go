package topic

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/ingest/item"
)

func open(t testing.TB, cfg Config) *Classifier {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ask(t testing.TB, c *Classifier, title, text string) (doc.Doc, []label.Label) {
	t.Helper()
	d := doc.New(item.Item{Title: title, Text: text}, segmenttest.Open(t))
	labels, err := c.Classify(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return d, labels
}

func TestShippedModel(t *testing.T) {
	c := open(t, Config{})
	for _, x := range []struct{ title, text, want string }{
		{"锦绣花园物业乱收停车费", "小区物业没有征求业主意见就涨停车费，还把绿化改成车位，业委会成立不起来。", "urban"},
		{"老板拖欠工资不给", "我在工地干了三个月，包工头一直不发工资，也没有签劳动合同，请劳动监察部门处理。", "labor"},
		{"退休养老金计算有误", "本人今年退休，社保局核定的养老金少算了五年工龄，社保缴费年限对不上。", "labor"},
		{"小学强制收取补课费", "孩子读五年级，老师周末办班补课收费，不去就给脸色看，请教育局查处。", "education"},
		{"养猪场臭气熏天", "村边养猪场把粪水直接排到河里，河水发黑发臭，晚上不敢开窗，请环保局管管。", "environment"},
		{"县医院乱开检查", "去人民医院看病，医生开了一堆检查，住院费用高，护士态度恶劣，请卫健局调查。", "health"},
		{"出租车拒载乱收费", "火车站的出租车不打表，拒载，网约车司机证办理也慢，请运管处、交通局管理。", "transport"},
		{"超市卖过期食品", "在商场买到过期牛奶，商家拒绝赔偿，请工商部门保护消费者权益。", "commerce"},
	} {
		d, labels := ask(t, c, x.title, x.text)
		if len(labels) == 0 || labels[0].Value != x.want {
			t.Errorf("%s: labels %+v, want %s", x.title, labels, x.want)
			continue
		}
		l := labels[0]
		if l.Score <= 0 || l.Score > 1 || len(l.Evidence) == 0 || !strings.HasPrefix(l.Reason, "model:") {
			t.Errorf("%s: label %+v lacks score, evidence or reason", x.title, l)
		}
		for _, s := range l.Evidence {
			if len([]rune(s.Of(d.Item))) < 2 {
				t.Errorf("%s: evidence %q", x.title, s.Of(d.Item))
			}
		}
	}
}

func TestNothingIsSure(t *testing.T) {
	c := open(t, Config{})
	for _, text := range []string{
		"", " ", "。", "1", "\x00\xff", "哈哈",
		"The quick brown fox jumps over the lazy dog near the river bank every single morning.",
		"春节大促销，全场三折起，微信扫码抢红包，数量有限先到先得。",
		"昨晚的比赛中客队以三比一获胜，前锋上演帽子戏法，球迷欢呼不已。",
		"据外媒报道，当地时间周二该国首都举行阅兵式，总统发表讲话。",
	} {
		if _, labels := ask(t, c, "", text); len(labels) > 0 {
			t.Errorf("%q is surely %s (%.2f)", text, labels[0].Value, labels[0].Score)
		}
	}
}

func TestProbabilitiesAddUp(t *testing.T) {
	c := open(t, Config{})
	d, _ := ask(t, c, "路灯不亮", "新村路的路灯坏了半个月。")
	sum := 0.0
	guesses := c.Guess(d)
	for i, g := range guesses {
		sum += g.Score
		if i > 0 && g.Score > guesses[i-1].Score {
			t.Errorf("guess %d is surer than the one before", i)
		}
	}
	if math.Abs(sum-1) > 1e-9 || len(guesses) != len(c.Model().Classes()) {
		t.Errorf("%d guesses add up to %v", len(guesses), sum)
	}
}

func TestRulesFile(t *testing.T) {
	dir := t.TempDir()
	write := func(s string) {
		if err := os.WriteFile(filepath.Join(dir, "topic.toml"), []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("first=1.0\nsecond=1.0\nmin_features=1\nevidence=1\n")
	if _, labels := ask(t, open(t, Config{Rules: dir}), "路灯不亮", "路灯坏了。"); len(labels) != 0 {
		t.Errorf("the threshold of the file is not used: %v", labels)
	}
	for _, bad := range []string{"first=2.0", "frist=0.5", "first=", "evidence=-1"} {
		write(bad)
		if _, err := New(Config{Rules: dir}); err == nil || !strings.Contains(err.Error(), "topic.toml") {
			t.Errorf("%q: error %v", bad, err)
		}
	}
	if _, err := New(Config{Model: filepath.Join(dir, "absent")}); err == nil {
		t.Error("an absent model is no error")
	}
}

// small is a corpus of two plain topics and some texts of none.
func small() []Letter {
	var out []Letter
	for i := range 30 {
		out = append(out,
			Letter{ID: fmt.Sprint("w", i), Title: "自来水停水", Text: fmt.Sprintf("第%d栋停水，水压低，水管漏水，供水公司不修。", i), Label: "供水"},
			Letter{ID: fmt.Sprint("r", i), Title: "道路破损", Text: fmt.Sprintf("第%d号路坑洼不平，路面塌陷，路灯也不亮，车辆难行。", i), Label: "道路"},
			Letter{ID: fmt.Sprint("n", i), Title: "广告", Text: fmt.Sprintf("优惠%d折，扫码领取红包。", i)})
	}
	out[0].Form, out[0].Text = "tokens", "栋 停水 水压 低 水管 漏水"
	return out
}

func TestTrainIsDeterministicAndLearns(t *testing.T) {
	seg := segmenttest.Open(t)
	var files [2]bytes.Buffer
	for i := range files {
		m, err := Train(t.Context(), small(), seg, TrainOptions{Seed: 7, Features: 500})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Write(&files[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Error("two trainings with one seed differ")
	}
	m, err := Read(&files[0])
	if err != nil {
		t.Fatal(err)
	}
	if m.Features() > 500 || !slices.Equal(m.Classes(), []string{"", "供水", "道路"}) {
		t.Errorf("%d features, classes %q", m.Features(), m.Classes())
	}
	c, err := With(m)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"我家停水了，水管没有水": "供水", "路面塌陷，车辆难行": "道路", "扫码领取优惠": ""} {
		d := doc.New(item.Item{Text: text}, seg)
		if got := c.Guess(d)[0].Code; got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestTrainRefuses(t *testing.T) {
	seg := segmenttest.Open(t)
	if _, err := Train(t.Context(), nil, seg, TrainOptions{}); err == nil {
		t.Error("trained on nothing")
	}
	if _, err := Train(t.Context(), slices.Repeat([]Letter{{ID: "1", Label: "x"}}, 9), seg, TrainOptions{}); err == nil {
		t.Error("trained on one class")
	}
	code := func(s string) (string, bool) { return s, s != "道路" }
	if _, err := Train(t.Context(), small(), seg, TrainOptions{Code: code}); err == nil || !strings.Contains(err.Error(), "道路") {
		t.Errorf("unknown topic: %v", err)
	}
}

func TestReadLetters(t *testing.T) {
	got, err := ReadLetters(strings.NewReader("{\"id\":\"1\",\"title\":\"甲\",\"label\":\"a\"}\n\n{\"id\":\"2\",\"form\":\"tokens\",\"text\":\"甲 乙\"}"))
	if err != nil || len(got) != 2 || got[1].body() != "甲乙" {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := ReadLetters(strings.NewReader("{}\n{")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error %v", err)
	}
	if n, err := None(); err != nil || len(n) < 50 || slices.ContainsFunc(n, func(l Letter) bool { return l.Label != "" }) {
		t.Errorf("%d texts of no topic, %v", len(n), err)
	}
}

func BenchmarkClassify(b *testing.B) {
	c := open(b, Config{})
	text := strings.Repeat("我是城东新区和顺家园的业主，小区交房两年至今没有通天然气，多次向物业和开发商反映，对方一直推诿。"+
		"另外小区门口的断头路何时打通，孩子上学很不方便，公交车也不到，请有关部门给一个答复。", 4)
	d := doc.New(item.Item{Title: "和顺家园何时通天然气", Text: text}, segmenttest.Open(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Classify(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}
