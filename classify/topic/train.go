package topic

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"qianliyan/classify/doc"
)

// TrainOptions are the settings of a training. Zero values mean the settings
// the shipped model was made with.
type TrainOptions struct {
	Seed     uint64                      // of the order in which letters are visited
	Code     func(string) (string, bool) // a label's topic code; nil takes labels as codes
	Features int                         // how many features the model keeps; 150,000
	Cost     float64                     // price of an error; 0.5
	Epochs   int                         // passes over the letters at most; 20
	Folds    int                         // parts of the calibration; 5
	Progress func(step string)           // told what begins; may be nil
}

func (o TrainOptions) withDefaults() TrainOptions {
	o.Features = cmp.Or(o.Features, 150_000)
	o.Cost = cmp.Or(o.Cost, 0.5)
	o.Epochs = cmp.Or(o.Epochs, 20)
	o.Folds = cmp.Or(o.Folds, 5)
	if o.Code == nil {
		o.Code = func(s string) (string, bool) { return s, true }
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return o
}

// Train makes a model of graded letters. The same letters in the same order,
// the same segmenter and options give the same model. Letters without a label
// teach it what is no topic. It uses all processors and stops when ctx ends.
//
// The steps: hash all features, drop those of one letter only; train; keep the
// features with the greatest weights and train again on these alone; train once
// more for each fold on the other folds, and fit slope and shift of every
// class to the margins of letters the weights have not seen.
func Train(ctx context.Context, letters []Letter, seg doc.Segmenter, opt TrainOptions) (*Model, error) {
	opt = opt.withDefaults()
	if len(letters) < opt.Folds {
		return nil, errNoLetters
	}
	set, err := newTrainSet(letters, seg, opt)
	if err != nil {
		return nil, err
	}
	set.keep(set.frequent(2))
	xs := set.vectors()
	s := solver{classes: len(set.classes), c: opt.Cost, weight: set.balance(), epochs: opt.Epochs, tol: 1e-3}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	opt.Progress(fmt.Sprintf("训练：%d 封信，%d 个特征", len(xs), len(set.idf)))
	full := s.train(xs, set.ys, len(set.idf), newRand(opt.Seed, 0))
	set.keep(set.strongest(full, opt.Features))
	xs = set.vectors()

	opt.Progress(fmt.Sprintf("用最有用的 %d 个特征重新训练，并做 %d 折校准", len(set.idf), opt.Folds))
	margins := make([][]float32, len(xs))
	var final *weights
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	g.Go(func() error {
		final = s.train(xs, set.ys, len(set.idf), newRand(opt.Seed, 1))
		return nil
	})
	for fold := range opt.Folds {
		g.Go(func() error {
			if ctx.Err() == nil {
				s.crossMargins(xs, set.ys, len(set.idf), fold, opt, margins)
			}
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return set.model(final, margins), nil
}

func newRand(seed uint64, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }

// crossMargins trains without every Folds-th letter and writes their margins.
func (s solver) crossMargins(xs []sparse, ys []int, n, fold int, opt TrainOptions, margins [][]float32) {
	var tx []sparse
	var ty []int
	for i := range xs {
		if i%opt.Folds != fold {
			tx, ty = append(tx, xs[i]), append(ty, ys[i])
		}
	}
	m := s.train(tx, ty, n, newRand(opt.Seed, uint64(fold)+2))
	for i := range xs {
		if i%opt.Folds == fold {
			margins[i] = make([]float32, s.classes)
			m.margins(xs[i], margins[i])
		}
	}
}

// counted is how often a feature occurs in one view of one letter.
type counted struct {
	id int32
	n  uint8
}

// trainSet is the letters as counts of features.
type trainSet struct {
	classes []string
	ys      []int
	counts  [][views][]counted
	hashes  []uint32 // by id: fingerprint
	view    []view   // by id: where it was first met
	df      []int32  // by id: letters it occurs in
	idf     []float32
}

// newTrainSet hashes all letters. Classes are ordered by code, so that the
// order of letters does not name them.
func newTrainSet(letters []Letter, seg doc.Segmenter, opt TrainOptions) (*trainSet, error) {
	opt.Progress(fmt.Sprintf("读取 %d 封信的特征", len(letters)))
	codes, classes, err := classesOf(letters, opt.Code)
	if err != nil {
		return nil, err
	}
	t := &trainSet{classes: classes}
	ids := map[uint32]int32{}
	var f features
	for i, l := range letters {
		text := l.body()
		f.extract(l.Title, text, seg.Cut(l.Title), seg.Cut(text))
		var c [views][]counted
		for v := range views {
			c[v] = t.count(f.of[v], v, ids)
		}
		t.counts = append(t.counts, c)
		at, _ := slices.BinarySearch(classes, codes[i])
		t.ys = append(t.ys, at)
	}
	return t, nil
}

// classesOf is the code of each letter and all codes in order.
func classesOf(letters []Letter, code func(string) (string, bool)) (codes, classes []string, err error) {
	for _, l := range letters {
		c := ""
		if l.Label != "" {
			var ok bool
			if c, ok = code(l.Label); !ok {
				return nil, nil, fmt.Errorf("信 %q 的主题 %q 不在主题分类中，请先在 topics.toml 加上它或它的别名", l.ID, l.Label)
			}
		}
		codes = append(codes, c)
	}
	classes = slices.Compact(slices.Sorted(slices.Values(codes)))
	if len(classes) < 2 || len(classes) > maxClasses {
		return nil, nil, fmt.Errorf("训练语料有 %d 个主题，应为 2 到 %d 个", len(classes), maxClasses)
	}
	return codes, classes, nil
}

// count turns hashes into counts, in the order features are first met.
func (t *trainSet) count(hashes []uint64, v view, ids map[uint32]int32) []counted {
	seen := make(map[int32]int, len(hashes))
	var out []counted
	for _, h := range hashes {
		id, ok := ids[fingerprint(h)]
		if !ok {
			id = int32(len(t.hashes))
			ids[fingerprint(h)] = id
			t.hashes, t.view, t.df = append(t.hashes, fingerprint(h)), append(t.view, v), append(t.df, 0)
		}
		at, ok := seen[id]
		if !ok {
			seen[id] = len(out)
			out = append(out, counted{id, 1})
			t.df[id]++
		} else if out[at].n < uint8(len(logTF)-1) {
			out[at].n++
		}
	}
	return out
}

// frequent lists the features of at least n letters.
func (t *trainSet) frequent(n int32) []int32 {
	var out []int32
	for id, df := range t.df {
		if df >= n {
			out = append(out, int32(id))
		}
	}
	return out
}

// strongest lists the n features whose greatest weight moves a margin most.
func (t *trainSet) strongest(m *weights, n int) []int32 {
	power := make([]float32, len(t.idf))
	all := make([]int32, len(t.idf))
	for id := range power {
		all[id] = int32(id)
		for _, w := range m.row(int32(id)) {
			power[id] = max(power[id], w*t.idf[id], -w*t.idf[id])
		}
	}
	slices.SortFunc(all, func(a, b int32) int {
		return cmp.Or(cmp.Compare(power[b], power[a]), cmp.Compare(t.hashes[a], t.hashes[b]))
	})
	return all[:min(n, len(all))]
}

// keep drops all other features and numbers the kept ones by fingerprint.
func (t *trainSet) keep(ids []int32) {
	slices.SortFunc(ids, func(a, b int32) int { return cmp.Compare(t.hashes[a], t.hashes[b]) })
	next := make([]int32, len(t.hashes))
	for i := range next {
		next[i] = -1
	}
	hashes, vs, df := make([]uint32, len(ids)), make([]view, len(ids)), make([]int32, len(ids))
	t.idf = make([]float32, len(ids))
	for i, id := range ids {
		next[id] = int32(i)
		hashes[i], vs[i], df[i] = t.hashes[id], t.view[id], t.df[id]
		idf := math.Log(float64(1+len(t.counts))/float64(1+df[i])) + 1
		t.idf[i] = float32(quantIDF(float32(idf))) * idfStep
	}
	t.hashes, t.view, t.df = hashes, vs, df
	for i := range t.counts {
		for v := range t.counts[i] {
			kept := t.counts[i][v][:0]
			for _, c := range t.counts[i][v] {
				if next[c.id] >= 0 {
					kept = append(kept, counted{next[c.id], c.n})
				}
			}
			t.counts[i][v] = kept
		}
	}
}

// vectors are the letters as the model will see them.
func (t *trainSet) vectors() []sparse {
	out := make([]sparse, len(t.counts))
	for i, c := range t.counts {
		var x sparse
		for v := range c {
			start, square := len(x.val), float32(0)
			for _, f := range c[v] {
				val := logTF[f.n] * t.idf[f.id]
				square += val * val
				x.at, x.val = append(x.at, f.id), append(x.val, val)
			}
			if square > 0 {
				norm := float32(1 / math.Sqrt(float64(square)))
				for j := start; j < len(x.val); j++ {
					x.val[j] *= norm
				}
			}
		}
		out[i] = x
	}
	return out
}

// balance is the factor on errors of each class: rare classes cost more.
func (t *trainSet) balance() []float64 {
	out := make([]float64, len(t.classes))
	for _, y := range t.ys {
		out[y]++
	}
	for k, n := range out {
		out[k] = float64(len(t.ys)) / float64(len(out)) / n
	}
	return out
}

var errNoLetters = errors.New("训练语料太少或是空的，请检查文件")
