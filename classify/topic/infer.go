package topic

import (
	"math"
	"sync"

	"qianliyan/classify/label"
)

// logTF are the weights 1+ln(n) of a feature that occurs n times.
var logTF = func() (t [64]float32) {
	for n := 1; n < len(t); n++ {
		t[n] = float32(1 + math.Log(float64(n)))
	}
	return t
}()

// scratch is what one answer needs; answers borrow it from a pool.
type scratch struct {
	features
	count   []uint8 // occurrences by feature; all zero between answers
	touched []int32
	margins [maxClasses]float32
	probs   [maxClasses]float64
	norm    [views]float32 // 1/length of each view's vector
	known   int            // distinct known features
}

// pool lends scratch space for one model.
type pool struct{ p sync.Pool }

func newPool(m *Model) *pool {
	return &pool{sync.Pool{New: func() any { return &scratch{count: make([]uint8, m.Features())} }}}
}

func (p *pool) get() *scratch  { return p.p.Get().(*scratch) }
func (p *pool) put(s *scratch) { p.p.Put(s) }

// infer computes margins and probabilities of a letter into s.
func (m *Model) infer(s *scratch, title, text string, titleRuns, textRuns label.Runs) {
	s.extract(title, text, titleRuns, textRuns)
	k := len(m.classes)
	copy(s.margins[:k], m.bias)
	s.known = 0
	for v := range views {
		s.touched = s.touched[:0]
		for _, h := range s.of[v] {
			i := m.table.find(h)
			if i < 0 {
				continue
			}
			if s.count[i] == 0 {
				s.touched = append(s.touched, i)
			}
			if s.count[i] < uint8(len(logTF)-1) {
				s.count[i]++
			}
		}
		s.known += len(s.touched)
		m.addView(s, v, k)
	}
	m.probabilities(s.margins[:k], s.probs[:k])
}

// addView adds one view's normalised vector times the weights to s.margins,
// and clears the counts. A fingerprint that two views share counts for the
// view it stands in; that is as rare as any other collision.
func (m *Model) addView(s *scratch, v view, k int) {
	var sum [maxClasses]float32
	var square float32
	for _, i := range s.touched {
		x := logTF[s.count[i]] * m.idf[i]
		s.count[i] = 0
		square += x * x
		row := m.weight[int(i)*k : int(i+1)*k]
		for c, w := range row {
			sum[c] += x * float32(w)
		}
	}
	s.norm[v] = 0
	if square == 0 {
		return
	}
	f := m.factor[v] / float32(math.Sqrt(float64(square)))
	s.norm[v] = f
	for c := range k {
		s.margins[c] += f * sum[c] * m.scale[c]
	}
}

// probabilities are the softmax of the calibrated margins.
func (m *Model) probabilities(margins []float32, out []float64) {
	top := math.Inf(-1)
	for c, x := range margins {
		out[c] = float64(m.slope[c])*float64(x) + float64(m.shift[c])
		top = max(top, out[c])
	}
	sum := 0.0
	for c := range out {
		out[c] = math.Exp(out[c] - top)
		sum += out[c]
	}
	for c := range out {
		out[c] /= sum
	}
}
