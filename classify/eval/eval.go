// Package eval measures classifiers on graded texts: how often they are right,
// how honest their probabilities are, and how fast they answer. It decides
// nothing; `qianliyan classify eval` prints its reports, and a scoreboard in
// testdata shows in every review what a change of a rule or model costs.
//
// README.md holds the figures on real letters, with the commands that made
// them.
package eval

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"qianliyan/classify/doc"
	"qianliyan/classify/topic"
	"qianliyan/ingest/item"
)

// Class is how well one class is found.
type Class struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	N         int     `json:"n"` // texts graded so
}

// Bin is the texts whose probability lies in one tenth.
type Bin struct {
	From     float64 `json:"from"`
	N        int     `json:"n"`
	Mean     float64 `json:"mean"`     // mean probability
	Accuracy float64 `json:"accuracy"` // share that was right
}

// Report is what Topic measured. Texts graded as of no topic count in Refused
// and the confusion only.
type Report struct {
	N              int                       `json:"n"`
	Accuracy       float64                   `json:"accuracy"` // the surest topic is right
	MacroF1        float64                   `json:"macro_f1"`
	PerClass       map[string]Class          `json:"per_class"`
	Top2Accuracy   float64                   `json:"top2_accuracy"` // one of the two surest is right
	Calibration    []Bin                     `json:"calibration"`
	CoverageAt98   float64                   `json:"coverage_at_98"`   // largest share, surest first, that is right at 98 %
	Labeled        float64                   `json:"labeled"`          // share that gets a label by the thresholds
	Refused        *float64                  `json:"refused"`          // share of texts of no topic that get none; null without such texts
	Confusion      map[string]map[string]int `json:"confusion"`        // graded → answered; "" is no topic
	ItemsPerSecond float64                   `json:"items_per_second"` // one goroutine, segmentation included
	Model          string                    `json:"model"`
}

// result is the answer to one text.
type result struct {
	want    string
	guesses []topic.Guess // topics only
	labeled bool
}

// Topic measures c on letters. code finds the topic of a label; nil takes
// labels as codes. A label that is no topic is an error that names the letter.
func Topic(ctx context.Context, letters []topic.Letter, c *topic.Classifier, seg doc.Segmenter, code func(string) (string, bool)) (Report, error) {
	results := make([]result, 0, len(letters))
	start := time.Now()
	for _, l := range letters {
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
		r := result{want: l.Label}
		if l.Label != "" && code != nil {
			var ok bool
			if r.want, ok = code(l.Label); !ok {
				return Report{}, fmt.Errorf("信 %q 的主题 %q 不在主题分类中，请先在 topics.toml 加上它或它的别名", l.ID, l.Label)
			}
		}
		text := l.Text
		if l.Form == "tokens" {
			text = topic.Tokens(text)
		}
		d := doc.New(item.Item{Title: l.Title, Text: text}, seg)
		labels, guesses := c.Answer(d)
		r.labeled = len(labels) > 0
		r.guesses = slices.DeleteFunc(guesses, func(g topic.Guess) bool { return g.Code == "" })
		results = append(results, r)
	}
	took := time.Since(start)
	report := summarise(results)
	report.Model = c.Model().Version()
	if took > 0 {
		report.ItemsPerSecond = float64(len(letters)) / took.Seconds()
	}
	return report, nil
}

// summarise computes everything but the speed.
func summarise(results []result) Report {
	rep := Report{PerClass: map[string]Class{}, Confusion: map[string]map[string]int{}}
	var want, got []string
	var graded []result
	none, refused, right, top2, labeled := 0, 0, 0, 0, 0
	for _, r := range results {
		answer := ""
		if len(r.guesses) > 0 && (r.labeled || r.want != "") {
			answer = r.guesses[0].Code
		}
		if rep.Confusion[r.want] == nil {
			rep.Confusion[r.want] = map[string]int{}
		}
		rep.Confusion[r.want][answer]++
		if r.want == "" {
			none++
			refused += count(!r.labeled)
			continue
		}
		graded = append(graded, r)
		want, got = append(want, r.want), append(got, answer)
		right += count(answer == r.want)
		top2 += count(slices.ContainsFunc(r.guesses[:min(2, len(r.guesses))], func(g topic.Guess) bool { return g.Code == r.want }))
		labeled += count(r.labeled)
	}
	rep.N = len(graded)
	rep.Accuracy, rep.Top2Accuracy, rep.Labeled = share(right, rep.N), share(top2, rep.N), share(labeled, rep.N)
	if none > 0 {
		s := share(refused, none)
		rep.Refused = &s
	}
	rep.PerClass = Classes(want, got)
	rep.MacroF1 = MacroF1(rep.PerClass)
	rep.Calibration = bins(graded)
	rep.CoverageAt98 = coverage(graded, 0.98)
	return rep
}

// Classes is precision, recall and F1 of every class that is wanted or got.
// The empty class, no answer, has none of its own.
func Classes(want, got []string) map[string]Class {
	hit, asked, answered := map[string]int{}, map[string]int{}, map[string]int{}
	for i := range want {
		asked[want[i]]++
		answered[got[i]]++
		hit[want[i]] += count(want[i] == got[i])
	}
	out := map[string]Class{}
	for _, m := range []map[string]int{asked, answered} {
		for name := range m {
			if name == "" {
				continue
			}
			c := Class{share(hit[name], answered[name]), share(hit[name], asked[name]), 0, asked[name]}
			c.F1 = share(2*hit[name], asked[name]+answered[name])
			out[name] = c
		}
	}
	return out
}

// MacroF1 is the mean F1 of the classes that some text was graded as.
func MacroF1(classes map[string]Class) float64 {
	sum, n := 0.0, 0
	for _, c := range classes {
		if c.N > 0 {
			sum, n = sum+c.F1, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// bins sorts answers into tenths of probability; empty ones are left out.
func bins(results []result) []Bin {
	var all [10]Bin
	for _, r := range results {
		if len(r.guesses) == 0 {
			continue
		}
		g := r.guesses[0]
		b := &all[min(9, int(g.Score*10))]
		b.N++
		b.Mean += g.Score
		b.Accuracy += float64(count(g.Code == r.want))
	}
	var out []Bin
	for i, b := range all {
		if b.N > 0 {
			out = append(out, Bin{float64(i) / 10, b.N, b.Mean / float64(b.N), b.Accuracy / float64(b.N)})
		}
	}
	return out
}

// coverage is the largest share of texts, surest first, of which at least the
// share least is right.
func coverage(results []result, least float64) float64 {
	sorted := slices.DeleteFunc(slices.Clone(results), func(r result) bool { return len(r.guesses) == 0 })
	slices.SortStableFunc(sorted, func(a, b result) int { return cmp.Compare(b.guesses[0].Score, a.guesses[0].Score) })
	right, best := 0, 0
	for i, r := range sorted {
		right += count(r.guesses[0].Code == r.want)
		if float64(right) >= least*float64(i+1) {
			best = i + 1
		}
	}
	return share(best, len(results))
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
