package eval_test

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qianliyan/classify"
	"qianliyan/classify/eval"
	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/classify/taxonomy"
	"qianliyan/classify/topic"
	"qianliyan/classify/urgency"
)

var update = flag.Bool("update", false, "write testdata/scoreboard.txt")

// A change of a rule, a word or the model shows here as changed figures.
func TestScoreboard(t *testing.T) {
	p, err := classify.New(classify.Config{}, classify.Deps{Segmenter: segmenttest.Open(t)})
	if err != nil {
		t.Fatal(err)
	}
	examples := map[label.Kind][]eval.Example{}
	for _, kind := range []label.Kind{label.Topic, label.Urgency, label.Form, label.Region} {
		f, err := os.Open(filepath.Join("testdata", "corpus", string(kind)+".tsv"))
		if err != nil {
			t.Fatal(err)
		}
		examples[kind], err = eval.ReadExamples(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := eval.Scoreboard(t.Context(), p, examples)
	if err != nil {
		t.Fatal(err)
	}
	const path = "testdata/scoreboard.txt"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("figures changed; when that is meant, run with -update and show the difference\n got\n%s", got)
	}
}

func TestClasses(t *testing.T) {
	want := []string{"a", "a", "a", "b", "b", "c"}
	got := []string{"a", "a", "b", "b", "", "d"}
	c := eval.Classes(want, got)
	for name, w := range map[string]eval.Class{
		"a": {Precision: 1, Recall: 2.0 / 3, F1: 0.8, N: 3},
		"b": {Precision: 0.5, Recall: 0.5, F1: 0.5, N: 2},
		"c": {N: 1},
		"d": {},
	} {
		if g := c[name]; math.Abs(g.Precision-w.Precision)+math.Abs(g.Recall-w.Recall)+math.Abs(g.F1-w.F1) > 1e-12 || g.N != w.N {
			t.Errorf("%s: %+v, want %+v", name, g, w)
		}
	}
	if got := eval.MacroF1(c); math.Abs(got-1.3/3) > 1e-12 {
		t.Errorf("macro F1 %v: only graded classes count", got)
	}
	if eval.MacroF1(nil) != 0 {
		t.Error("macro F1 of nothing")
	}
}

func TestReadExamples(t *testing.T) {
	got, err := eval.ReadExamples(strings.NewReader("# x\n\na\tt\tb\n-\t\t\n"))
	if err != nil || len(got) != 2 || got[0] != (eval.Example{Want: "a", Title: "t", Text: "b"}) || got[1].Want != "" {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := eval.ReadExamples(strings.NewReader("a\tb")); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("error %v", err)
	}
	if _, err := eval.ReadUrgency(strings.NewReader("{}\n{")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error %v", err)
	}
}

func shipped(t *testing.T) *topic.Classifier {
	t.Helper()
	c, err := topic.New(topic.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTopicReport(t *testing.T) {
	tax, err := taxonomy.Open("")
	if err != nil {
		t.Fatal(err)
	}
	letters := []topic.Letter{
		{ID: "1", Title: "拖欠工资", Text: "老板拖欠工资，劳动监察不管，社保也没有缴。", Label: "劳动和社会保障"},
		{ID: "2", Title: "养猪场污染", Text: "养猪场 污水 直排 河道 发臭 环保局", Form: "tokens", Label: "环保"},
		{ID: "3", Title: "抢红包", Text: "扫码领红包，全场五折。"},
		{ID: "4", Title: "医院态度差", Text: "医院的医生护士态度差，住院检查费用高。", Label: "environment"},
	}
	rep, err := eval.Topic(t.Context(), letters, shipped(t), segmenttest.Open(t), tax.TopicCode)
	if err != nil {
		t.Fatal(err)
	}
	if rep.N != 3 || math.Abs(rep.Accuracy-2.0/3) > 1e-12 || rep.Refused == nil || *rep.Refused != 1 {
		t.Errorf("report %+v", rep)
	}
	if rep.Confusion["environment"]["health"] != 1 || rep.Confusion[""][""] != 1 {
		t.Errorf("confusion %v", rep.Confusion)
	}
	b, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"accuracy", "macro_f1", "per_class", "top2_accuracy", "calibration", "coverage_at_98", "confusion", "items_per_second"} {
		if !strings.Contains(string(b), `"`+key+`":`) {
			t.Errorf("JSON lacks %s", key)
		}
	}
	letters[0].Label = "天文"
	if _, err := eval.Topic(t.Context(), letters, shipped(t), segmenttest.Open(t), tax.TopicCode); err == nil || !strings.Contains(err.Error(), "天文") {
		t.Errorf("unknown topic: %v", err)
	}
}

func TestUrgencyReport(t *testing.T) {
	c, err := urgency.New("")
	if err != nil {
		t.Fatal(err)
	}
	rep, err := eval.Urgency(t.Context(), []eval.UrgencyLetter{
		{ID: "1", Text: "请问如何落户？", Level: label.Routine},
		{ID: "2", Text: "小区连续停水三天，老人没水喝。", Level: label.Pressing},
		{ID: "3", Text: "今天凌晨化工厂爆炸，工人被困。", Level: label.Critical},
		{ID: "4", Text: "天桥有人摆摊。", Level: label.Pressing},
		{ID: "5", Text: "路灯不亮。", Level: label.Routine},
	}, c)
	if err != nil {
		t.Fatal(err)
	}
	if rep.N != 5 || rep.Precision != 1 || math.Abs(rep.Recall-2.0/3) > 1e-12 || math.Abs(rep.RecallAtTop20-1.0/3) > 1e-12 || rep.RecallAtTop10 != 0 {
		t.Errorf("report %+v", rep)
	}
	// Ranked: two urgent ones, then the rest as they came, the third urgent one fourth.
	if want := (1 + 1 + 3.0/4) / 3; math.Abs(rep.AveragePrecision-want) > 1e-12 {
		t.Errorf("average precision %v, want %v", rep.AveragePrecision, want)
	}
}

// data is the folder of real letters; the test is skipped without it.
func data(t *testing.T, name string) *os.File {
	t.Helper()
	dir := os.Getenv("QIANLIYAN_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("no real letters: set QIANLIYAN_DATA (%v)", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// The shipped model must be as good on letters it was not trained on as the
// README says.
func TestShippedModelOnDev(t *testing.T) {
	f := data(t, "letters-topic/dev.jsonl")
	letters, err := topic.ReadLetters(f)
	if err != nil {
		t.Fatal(err)
	}
	tax, err := taxonomy.Open("")
	if err != nil {
		t.Fatal(err)
	}
	rep, err := eval.Topic(t.Context(), letters, shipped(t), segmenttest.Open(t), tax.TopicCode)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("accuracy %.4f, macro F1 %.4f, top 2 %.4f, labeled %.4f, coverage at 98 %% %.3f, %.0f letters a second",
		rep.Accuracy, rep.MacroF1, rep.Top2Accuracy, rep.Labeled, rep.CoverageAt98, rep.ItemsPerSecond)
	if rep.MacroF1 < 0.92 || rep.Top2Accuracy < 0.98 || rep.Labeled < 0.97 {
		t.Errorf("macro F1 %.4f, top 2 %.4f, labeled %.4f", rep.MacroF1, rep.Top2Accuracy, rep.Labeled)
	}
}

func TestUrgencyOnDev(t *testing.T) {
	f := data(t, "letters-urgency/dev.jsonl")
	letters, err := eval.ReadUrgency(f)
	if err != nil {
		t.Fatal(err)
	}
	c, err := urgency.New("")
	if err != nil {
		t.Fatal(err)
	}
	rep, err := eval.Urgency(t.Context(), letters, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", rep)
	if rep.AveragePrecision < 0.67 || rep.F1 < 0.65 {
		t.Errorf("average precision %.3f, F1 %.3f", rep.AveragePrecision, rep.F1)
	}
}
