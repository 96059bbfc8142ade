package topic

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"qianliyan/classify/segment/segmenttest"
)

func TestDefaultsOfTraining(t *testing.T) {
	o := TrainOptions{}.withDefaults()
	if o.Features != 150_000 || o.Cost != 0.5 || o.Epochs != 20 || o.Folds != 5 {
		t.Errorf("defaults %+v", o)
	}
	if code, ok := o.Code("甲"); code != "甲" || !ok {
		t.Error("labels are not taken as codes")
	}
	o.Progress("")
	if o = (TrainOptions{Features: 7, Cost: 2, Epochs: 3, Folds: 4}).withDefaults(); o.Features != 7 || o.Cost != 2 || o.Epochs != 3 || o.Folds != 4 {
		t.Errorf("options were replaced: %+v", o)
	}
}

func TestTrainStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Train(ctx, small(), segmenttest.Open(t), TrainOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// The steps are told as they begin, in the language of who waits.
func TestTrainTellsItsSteps(t *testing.T) {
	var steps []string
	_, err := Train(t.Context(), small(), segmenttest.Open(t), TrainOptions{Features: 200, Folds: 3, Progress: func(s string) { steps = append(steps, s) }})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"读取 90 封信", "训练：90 封信", "200 个特征重新训练，并做 3 折校准"} {
		if i >= len(steps) || !strings.Contains(steps[i], want) {
			t.Errorf("steps %q, want %q", steps, want)
		}
	}
}

// Codes join the labels of several systems.
func TestTrainJoinsLabels(t *testing.T) {
	letters := small()
	for i := range letters {
		if letters[i].Label == "供水" && i%2 == 0 {
			letters[i].Label = "自来水"
		}
	}
	code := func(s string) (string, bool) {
		c, ok := map[string]string{"供水": "water", "自来水": "water", "道路": "road"}[s]
		return c, ok
	}
	m, err := Train(t.Context(), letters, segmenttest.Open(t), TrainOptions{Code: code, Features: 300})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Classes(); !slices.Equal(got, []string{"", "road", "water"}) {
		t.Errorf("classes %q", got)
	}
}

func TestTooManyClasses(t *testing.T) {
	var letters []Letter
	for i := range maxClasses + 1 {
		letters = append(letters, Letter{ID: "1", Title: "停水", Label: fmt.Sprint(i)})
	}
	if _, err := Train(t.Context(), letters, segmenttest.Open(t), TrainOptions{}); err == nil || !strings.Contains(err.Error(), "17 个主题") {
		t.Errorf("error %v", err)
	}
}

// set is a training set of two letters of a and one of b.
func set(t *testing.T) *trainSet {
	t.Helper()
	s, err := newTrainSet([]Letter{
		{ID: "1", Text: "停水停水停水", Label: "a"}, {ID: "2", Text: "停水了", Label: "a"}, {ID: "3", Text: "修路", Label: "b"},
	}, segmenttest.Open(t), TrainOptions{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTrainSetCounts(t *testing.T) {
	s := set(t)
	if !slices.Equal(s.classes, []string{"a", "b"}) || !slices.Equal(s.ys, []int{0, 0, 1}) {
		t.Errorf("classes %q of %v", s.classes, s.ys)
	}
	word := fingerprint(hashWord(textWords, "停水"))
	id := int32(slices.Index(s.hashes, word))
	if id < 0 || s.df[id] != 2 || s.view[id] != textWords {
		t.Fatalf("停水 is feature %d", id)
	}
	for i, want := range []uint8{3, 1, 0} {
		n := uint8(0)
		for _, c := range s.counts[i][textWords] {
			if c.id == id {
				n = c.n
			}
		}
		if n != want {
			t.Errorf("letter %d has it %d times, want %d", i, n, want)
		}
	}
	// A rare class costs more, so that the sums of both are equal.
	if b := s.balance(); math.Abs(b[0]-0.75) > 1e-12 || math.Abs(b[1]-1.5) > 1e-12 {
		t.Errorf("balance %v", b)
	}
}

func TestKeep(t *testing.T) {
	s := set(t)
	common := s.frequent(2)
	if len(common) == 0 || len(common) >= len(s.df) {
		t.Fatalf("%d of %d features are of two letters", len(common), len(s.df))
	}
	s.keep(common)
	if len(s.hashes) != len(common) || len(s.idf) != len(common) || !slices.IsSorted(s.hashes) {
		t.Errorf("%d kept of %d, sorted %v", len(s.hashes), len(common), slices.IsSorted(s.hashes))
	}
	for _, letter := range s.counts {
		for _, view := range letter {
			for _, c := range view {
				if int(c.id) >= len(s.hashes) {
					t.Fatalf("a letter still counts feature %d", c.id)
				}
			}
		}
	}
	// The third letter has no feature that another has.
	if x := s.vectors()[2]; len(x.at) != 0 {
		t.Errorf("vector %+v", x)
	}
}

// Each view of a letter is scaled to length one.
func TestVectorsHaveLengthOne(t *testing.T) {
	s := set(t)
	s.keep(s.frequent(1))
	for i, x := range s.vectors() {
		length := map[view]float64{}
		for j, id := range x.at {
			length[s.view[id]] += float64(x.val[j]) * float64(x.val[j])
		}
		for v, sum := range length {
			if math.Abs(sum-1) > 1e-4 {
				t.Errorf("letter %d, view %d: length %v", i, v, math.Sqrt(sum))
			}
		}
	}
}

func TestStrongest(t *testing.T) {
	s := &trainSet{classes: []string{"a", "b"}, idf: []float32{1, 2, 1, 1}, hashes: []uint32{9, 8, 7, 6}}
	w := &weights{2, []float32{1, 0, 0, -1, -3, 0, 1, 0, 5, 5}} // the last row is the bias
	if got := s.strongest(w, 3); !slices.Equal(got, []int32{2, 1, 3}) {
		t.Errorf("strongest %v, want 2 (3), 1 (2), then 3 by its lower hash", got)
	}
	if got := s.strongest(w, 100); len(got) != 4 {
		t.Errorf("%d of 4 features", len(got))
	}
}

// Every letter's margins come from weights that have not seen it.
func TestCrossMarginsAreUnseen(t *testing.T) {
	// Each letter has a feature of its own: who trains on it learns its class
	// by heart, who does not knows nothing but the bias.
	var xs []sparse
	var ys []int
	for i := range 20 {
		xs, ys = append(xs, sparse{[]int32{int32(i)}, []float32{1}}), append(ys, i%2)
	}
	s := solver{classes: 2, c: 10, weight: []float64{1, 1}, epochs: 100, tol: 1e-6}
	seen := s.train(xs, ys, 20, rand.New(rand.NewPCG(1, 1)))
	margins := make([][]float32, len(xs))
	for fold := range 5 {
		s.crossMargins(xs, ys, 20, fold, TrainOptions{Folds: 5}, margins)
	}
	out := make([]float32, 2)
	for i, x := range xs {
		if seen.margins(x, out); out[ys[i]] < 0.5 {
			t.Errorf("letter %d has margin %v where it was trained on", i, out[ys[i]])
		}
		if margins[i] == nil || margins[i][ys[i]] > 0.5 {
			t.Errorf("letter %d has margins %v where it was not", i, margins[i])
		}
	}
}

// Stored weights are steps of one byte; none may be off by more than half one.
func TestModelRoundsWeights(t *testing.T) {
	s := &trainSet{classes: []string{"a", "b"}, ys: []int{0, 1}, idf: []float32{1, 1}, hashes: []uint32{1, 2}, view: []view{0, 0}}
	w := &weights{2, []float32{0.5, -2, -0.1234, 1, 0.25, -0.25}}
	m := s.model(w, [][]float32{{1, -1}, {-1, 1}})
	for id := range 2 {
		for class := range 2 {
			want := w.row(int32(id))[class]
			got := float32(m.weight[id*2+class]) * m.scale[class]
			if diff := got - want; diff > m.scale[class]/2+1e-6 || diff < -m.scale[class]/2-1e-6 {
				t.Errorf("weight %v is stored as %v", want, got)
			}
		}
	}
	if !slices.Equal(m.bias, []float32{0.25, -0.25}) {
		t.Errorf("bias %v", m.bias)
	}
}

// Calibration must make probabilities that are right as often as they say.
func TestCalibrationIsHonest(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	draw := func(n int) (margins [][]float32, ys []int) {
		for range n {
			x := rng.Float64()*4 - 2
			y := 0
			if rng.Float64() < 1/(1+math.Exp(-3*x-0.5)) { // the truth: slope 3, shift 0.5
				y = 1
			}
			margins, ys = append(margins, []float32{float32(-x), float32(x)}), append(ys, y)
		}
		return margins, ys
	}
	margins, ys := draw(8000)
	c := calibrate(margins, ys, 2)
	margins, ys = draw(8000)
	said, was, n := [5]float64{}, [5]float64{}, [5]float64{}
	var p [2]float64
	for i, m := range margins {
		c.softmax(m, p[:])
		bin := min(int(p[1]*5), 4)
		said[bin] += p[1]
		was[bin] += float64(ys[i])
		n[bin]++
	}
	for bin := range n {
		if math.Abs(said[bin]-was[bin])/n[bin] > 0.05 {
			t.Errorf("said %.3f, was %.3f", said[bin]/n[bin], was[bin]/n[bin])
		}
	}
}
