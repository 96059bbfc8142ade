package topic

import "math"

// calibration maps margins to logits: slope·margin + shift, class by class.
type calibration struct{ slope, shift []float64 }

// calibrate fits the softmax of the logits to the classes ys by Newton-free
// gradient steps with momentum; the problem is convex and tiny (two numbers a
// class). A slight pull towards equal slopes keeps a rare class sane.
func calibrate(margins [][]float32, ys []int, classes int) calibration {
	c := calibration{make([]float64, classes), make([]float64, classes)}
	for k := range c.slope {
		c.slope[k] = 3
	}
	const (
		rounds   = 600
		rate     = 0.5
		momentum = 0.9
		pull     = 1e-3
	)
	var gs, gb, vs, vb, p [maxClasses]float64
	for range rounds {
		clear(gs[:])
		clear(gb[:])
		mean := 0.0
		for _, s := range c.slope {
			mean += s / float64(classes)
		}
		for i, m := range margins {
			c.softmax(m, p[:classes])
			p[ys[i]]--
			for k := range classes {
				gs[k] += p[k] * float64(m[k])
				gb[k] += p[k]
			}
		}
		for k := range classes {
			n := float64(len(margins))
			vs[k] = momentum*vs[k] - rate*(gs[k]/n+pull*(c.slope[k]-mean))
			vb[k] = momentum*vb[k] - rate*gb[k]/n
			c.slope[k] += vs[k]
			c.shift[k] += vb[k]
		}
	}
	return c
}

func (c calibration) softmax(m []float32, out []float64) {
	top, sum := math.Inf(-1), 0.0
	for k := range out {
		out[k] = c.slope[k]*float64(m[k]) + c.shift[k]
		top = max(top, out[k])
	}
	for k := range out {
		out[k] = math.Exp(out[k] - top)
		sum += out[k]
	}
	for k := range out {
		out[k] /= sum
	}
}

// model packs the result: weights as steps of one byte, calibrated.
func (t *trainSet) model(w *weights, margins [][]float32) *Model {
	k := len(t.classes)
	c := calibrate(margins, t.ys, k)
	m := &Model{classes: t.classes, view: t.view, idf: t.idf, table: newTable(t.hashes)}
	for v := range m.factor {
		m.factor[v] = 1
	}
	m.bias = append(m.bias, w.row(int32(len(t.idf)))...)
	for i := range k {
		m.slope = append(m.slope, float32(c.slope[i]))
		m.shift = append(m.shift, float32(c.shift[i]))
		m.scale = append(m.scale, t.step(w, i))
	}
	m.weight = make([]int8, len(t.idf)*k)
	for id := range t.idf {
		for i, x := range w.row(int32(id)) {
			q := math.Round(float64(x / m.scale[i]))
			m.weight[id*k+i] = int8(max(-127, min(127, q)))
		}
	}
	return m
}

// step is the size of one weight step of a class: its greatest weight is 127.
func (t *trainSet) step(w *weights, class int) float32 {
	top := float32(1e-9)
	for id := range t.idf {
		x := w.row(int32(id))[class]
		top = max(top, x, -x)
	}
	return top / 127
}
