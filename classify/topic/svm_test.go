package topic

import (
	"math"
	"math/rand/v2"
	"testing"
)

// On two separable classes the solver must find a separating plane, and the
// class of none must lie on the far side of both.
func TestSolverSeparates(t *testing.T) {
	var xs []sparse
	var ys []int
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 300 {
		class := i % 3
		x := sparse{at: []int32{int32(class), 3}, val: []float32{0.8, float32(rng.Float64()) * 0.3}}
		xs, ys = append(xs, x), append(ys, class)
	}
	s := solver{classes: 3, c: 1, weight: []float64{1, 1, 1}, epochs: 50, tol: 1e-4}
	m := s.train(xs, ys, 4, rand.New(rand.NewPCG(1, 1)))
	out := make([]float32, 3)
	for i, x := range xs {
		m.margins(x, out)
		for k, v := range out {
			if (v > 0) != (k == ys[i]) {
				t.Fatalf("letter %d of class %d has margins %v", i, ys[i], out)
			}
		}
	}
}

// The dual optimum of a problem small enough to solve by hand: one letter on
// each side at ±1 without other features. By symmetry the bias vanishes and
// the weight minimises w²/2 + 2C(1−w)², which is 4C/(1+4C).
func TestSolverFindsTheOptimum(t *testing.T) {
	xs := []sparse{{[]int32{0}, []float32{1}}, {[]int32{0}, []float32{-1}}}
	for _, c := range []float64{0.1, 1, 10} {
		s := solver{classes: 1, c: c, weight: []float64{1}, epochs: 10000, tol: 1e-12}
		m := s.train(xs, []int{0, -1}, 1, rand.New(rand.NewPCG(1, 1)))
		want := 4 * c / (1 + 4*c)
		if got := float64(m.row(0)[0]); math.Abs(got-want) > 1e-3 {
			t.Errorf("C=%v: weight %v, want %v", c, got, want)
		}
	}
}

// Margins that overstate must be calibrated down to what is right.
func TestCalibrate(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var margins [][]float32
	var ys []int
	for range 4000 {
		// The class of the higher margin is right three times in four.
		y := rng.IntN(2)
		m := []float32{-1, -1}
		m[y] = 1
		if rng.IntN(4) == 0 {
			y = 1 - y
		}
		margins, ys = append(margins, m), append(ys, y)
	}
	c := calibrate(margins, ys, 2)
	var p [2]float64
	c.softmax([]float32{1, -1}, p[:])
	if math.Abs(p[0]-0.75) > 0.02 {
		t.Errorf("probability %v, want 0.75", p[0])
	}
}
