package topic

import (
	"math/rand/v2"
)

// maxClasses is how many classes a model may have; the rows of the weight
// matrix have this width so that one row is one cache line half.
const maxClasses = 16

// sparse is one letter as a vector: indexes of features and their values.
type sparse struct {
	at  []int32
	val []float32
}

// solver trains one linear classifier a class against the rest, all classes in
// one pass over the letters: an L2-regularised, squared-hinge support vector
// machine by dual coordinate descent (Hsieh et al. 2008, as in LIBLINEAR).
type solver struct {
	classes int
	c       float64   // price of an error
	weight  []float64 // factor on c for the letters of a class
	epochs  int
	tol     float64 // stop when no multiplier moved further in a whole pass
}

// weights are the rows of features by classes, the last row being the bias.
type weights struct {
	classes int
	w       []float32 // (features+1) × classes
}

func (m *weights) row(i int32) []float32 {
	return m.w[int(i)*m.classes : int(i+1)*m.classes]
}

// margins adds up x's rows into out and adds the bias.
func (m *weights) margins(x sparse, out []float32) {
	copy(out, m.row(int32(len(m.w)/m.classes-1)))
	for j, f := range x.at {
		v := x.val[j]
		for k, w := range m.row(f) {
			out[k] += v * w
		}
	}
}

// train finds the weights for letters xs of class ys (negative: of none) over
// n features. The same input and seed give the same weights.
func (s solver) train(xs []sparse, ys []int, n int, rng *rand.Rand) *weights {
	k := s.classes
	m := &weights{k, make([]float32, (n+1)*k)}
	bias := m.row(int32(n))
	alpha := make([]float64, len(xs)*k)
	norm := make([]float64, len(xs))
	order := make([]int, len(xs))
	for i, x := range xs {
		order[i] = i
		norm[i] = 1
		for _, v := range x.val {
			norm[i] += float64(v) * float64(v)
		}
	}
	margins := make([]float32, k)
	steps := make([]float32, k)
	for range s.epochs {
		rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		worst := 0.0
		for _, i := range order {
			m.margins(xs[i], margins)
			moved := s.step(margins, alpha[i*k:(i+1)*k], norm[i], ys[i], steps)
			worst = max(worst, moved)
			if moved == 0 {
				continue
			}
			for c := range bias {
				bias[c] += steps[c]
			}
			for j, f := range xs[i].at {
				v := xs[i].val[j]
				row := m.row(f)
				for c, d := range steps {
					row[c] += v * d
				}
			}
		}
		if worst < s.tol {
			break
		}
	}
	return m
}

// step moves the multipliers of one letter to their best values given all
// others, writes what that adds to the weights per unit of x, and returns the
// largest move.
func (s solver) step(margins []float32, alpha []float64, norm float64, class int, steps []float32) float64 {
	largest := 0.0
	for c := range steps {
		y, price := -1.0, s.c
		if c == class {
			y, price = 1, s.c*s.weight[c]
		}
		d := 1 / (2 * price)
		g := y*float64(margins[c]) - 1 + d*alpha[c]
		next := max(alpha[c]-g/(norm+d), 0)
		delta := next - alpha[c]
		alpha[c] = next
		steps[c] = float32(delta * y)
		largest = max(largest, delta, -delta)
	}
	return largest
}
