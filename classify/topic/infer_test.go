package topic

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/ingest/item"
)

// handmade knows three words of the text and two classes.
func handmade() *Model {
	hashes := []uint32{fingerprint(hashWord(textWords, "停水")), fingerprint(hashWord(textWords, "补课")), fingerprint(hashWord(textWords, "天气"))}
	order := []int{0, 1, 2}
	slices.SortFunc(order, func(a, b int) int { return int(int64(hashes[a]) - int64(hashes[b])) })
	weights := [][]int8{{100, -100, -50}, {-100, 100, -50}, {0, 0, 0}} // by word: 供水, 学校, none
	m := &Model{
		classes: []string{"供水", "学校", ""}, bias: []float32{0, 0, 0.1}, slope: []float32{2, 2, 2}, shift: []float32{0, 0, 0},
		scale: []float32{0.01, 0.01, 0.01},
	}
	var sorted []uint32
	for _, i := range order {
		sorted = append(sorted, hashes[i])
		m.idf = append(m.idf, float32(i+1))
		m.view = append(m.view, textWords)
		m.weight = append(m.weight, weights[i]...)
	}
	m.table = newTable(sorted)
	for v := range m.factor {
		m.factor[v] = 1
	}
	return m
}

func infer(m *Model, words ...string) *scratch {
	s := newPool(m).get()
	text, cut := runs(words...)
	m.infer(s, "", text, nil, cut)
	return s
}

// The margins must be what the formula says, worked out by hand.
func TestMarginsByHand(t *testing.T) {
	m := handmade()
	// One known word: its vector has length one whatever its idf and number.
	for _, words := range [][]string{{"停水"}, {"停水", "停水", "停水"}} {
		s := infer(m, words...)
		if got := s.margins[:3]; math.Abs(float64(got[0]-1)) > 1e-5 || math.Abs(float64(got[1]+1)) > 1e-5 || math.Abs(float64(got[2]+0.4)) > 1e-5 {
			t.Errorf("%q: margins %v, want 1, -1, -0.4", words, got)
		}
		if s.known != 1 {
			t.Errorf("%q: %d known features", words, s.known)
		}
	}
	// Twice 停水 (idf 1) and once 补课 (idf 2): 1+ln 2 and 2, scaled to one.
	s := infer(m, "停水", "停水", "补课")
	a, b := 1+math.Log(2), 2.0
	want := (a - b) / math.Hypot(a, b)
	if math.Abs(float64(s.margins[0])-want) > 1e-5 || math.Abs(float64(s.margins[1])+want) > 1e-5 {
		t.Errorf("margins %v, want ±%v", s.margins[:2], want)
	}
	// Nothing known: the bias decides.
	if s := infer(m, "什么"); s.margins[0] != 0 || s.margins[2] != 0.1 || s.known != 0 {
		t.Errorf("margins %v of nothing", s.margins[:3])
	}
}

func TestProbabilitiesByHand(t *testing.T) {
	m := handmade()
	s := infer(m, "停水")
	var want [3]float64
	total := 0.0
	for k, margin := range []float64{1, -1, -0.4} {
		want[k] = math.Exp(2 * margin)
		total += want[k]
	}
	for k := range want {
		want[k] /= total
		if math.Abs(s.probs[k]-want[k]) > 1e-5 {
			t.Errorf("probabilities %v, want %v", s.probs[:3], want)
		}
	}
	// Great margins must not overflow.
	out := make([]float64, 3)
	m.slope = []float32{1e6, 1e6, 1e6}
	m.probabilities([]float32{1000, -1000, 0}, out)
	if out[0] != 1 || math.IsNaN(out[1]) {
		t.Errorf("probabilities %v of great margins", out)
	}
}

// Scratch space is used again and again, by many at a time: answers must not
// depend on what was asked before or beside.
func TestAnswersDoNotMix(t *testing.T) {
	c, seg := open(t, Config{}), segmenttest.Open(t)
	texts := []string{"小区停水三天没有人管", "学校周末补课收费", "包工头拖欠工资", "", "河水发黑发臭", strings.Repeat("路面坑洼不平，", 300)}
	var docs []doc.Doc
	var want [][]Guess
	for _, s := range texts {
		d := doc.New(item.Item{Title: "反映", Text: s}, seg)
		docs, want = append(docs, d), append(want, c.Guess(d))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 40 {
				at := i % len(docs)
				if got := c.Guess(docs[at]); !slices.Equal(got, want[at]) {
					t.Errorf("%q: %v, then %v", texts[at], want[at], got)
				}
			}
		})
	}
	wg.Wait()
}

func TestLogTF(t *testing.T) {
	if logTF[1] != 1 || math.Abs(float64(logTF[10])-(1+math.Log(10))) > 1e-6 {
		t.Errorf("weights %v and %v", logTF[1], logTF[10])
	}
	// More occurrences than the table has weights for count as its last.
	m := handmade()
	many := infer(m, slices.Repeat([]string{"停水"}, 500)...)
	if math.Abs(float64(many.margins[0]-1)) > 1e-5 {
		t.Errorf("margin %v of a word said 500 times", many.margins[0])
	}
}

// A second topic is only named beside the first when it is likely too, and
// never more than two.
func TestSecondTopic(t *testing.T) {
	c := open(t, Config{})
	seg := segmenttest.Open(t)
	d := doc.New(item.Item{Title: "小学旁边的养猪场臭气熏天", Text: "养猪场的粪水排进小学旁边的河里，教室里臭得没法上课，学生头晕，老师向教育局和环保局都反映过。"}, seg)
	labels, guesses := c.Answer(d)
	if len(labels) > 2 {
		t.Fatalf("%d topics", len(labels))
	}
	for i, l := range labels {
		if l.Value != guesses[i].Code || l.Score != guesses[i].Score || l.Kind != label.Topic {
			t.Errorf("label %d is %+v, the guess %+v", i, l, guesses[i])
		}
	}
	if len(labels) == 2 && (labels[0].Score < labels[1].Score || labels[1].Score < c.rules.Second) {
		t.Errorf("labels %+v", labels)
	}
}

func TestWhy(t *testing.T) {
	c := open(t, Config{})
	for reason, want := range map[string]bool{"model:abc": true, "model:": true, "dead": false, "": false} {
		if got := c.Why(reason); (got != "") != want {
			t.Errorf("%q is explained as %q", reason, got)
		}
	}
}
