package eval

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/classify/topic"
	"qianliyan/classify/urgency"
	"qianliyan/ingest/item"
)

// UrgencyLetter is a text graded by urgency.
type UrgencyLetter struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
	Level string `json:"level"` // 特急, 紧急 or 一般
}

// ReadUrgency reads one JSON object a line. An error names the line.
func ReadUrgency(r io.Reader) ([]UrgencyLetter, error) { return topic.ReadLines[UrgencyLetter](r) }

// UrgencyReport is what Urgency measured: 特急 and 紧急 together against 一般,
// and each level.
type UrgencyReport struct {
	N                int              `json:"n"`
	Precision        float64          `json:"precision"`
	Recall           float64          `json:"recall"`
	F1               float64          `json:"f1"`
	AveragePrecision float64          `json:"average_precision"`
	RecallAtTop10    float64          `json:"recall_at_top10pct"` // of the urgent, among the tenth ranked highest
	RecallAtTop20    float64          `json:"recall_at_top20pct"`
	PerLevel         map[string]Class `json:"per_level"`
}

// Urgency measures c on letters.
func Urgency(ctx context.Context, letters []UrgencyLetter, c *urgency.Classifier) (UrgencyReport, error) {
	type ranked struct {
		strength float64
		urgent   bool
	}
	var want, got, wantTwo, gotTwo []string
	var list []ranked
	for _, l := range letters {
		it := item.Item{Channel: item.Letter, Title: l.Title, Text: l.Text}
		labels, err := c.Classify(ctx, doc.Doc{Item: it})
		if err != nil {
			return UrgencyReport{}, fmt.Errorf("cannot classify letter %q: %w", l.ID, err)
		}
		want, got = append(want, l.Level), append(got, labels[0].Value)
		wantTwo, gotTwo = append(wantTwo, two(l.Level)), append(gotTwo, two(labels[0].Value))
		list = append(list, ranked{c.Strength(it), l.Level != label.Routine})
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(b.strength, a.strength) })
	urgent := make([]bool, len(list))
	for i, r := range list {
		urgent[i] = r.urgent
	}
	both := Classes(wantTwo, gotTwo)[urgentClass]
	return UrgencyReport{
		N: len(letters), Precision: both.Precision, Recall: both.Recall, F1: both.F1,
		AveragePrecision: averagePrecision(urgent), RecallAtTop10: recallAt(urgent, 10), RecallAtTop20: recallAt(urgent, 20),
		PerLevel: Classes(want, got),
	}, nil
}

const urgentClass = "urgent"

func two(level string) string {
	if level == label.Routine {
		return label.Routine
	}
	return urgentClass
}

// averagePrecision of a ranking, best first.
func averagePrecision(urgent []bool) float64 {
	sum, n := 0.0, 0
	for i, u := range urgent {
		if u {
			n++
			sum += share(n, i+1)
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// recallAt is the share of the urgent among the first percent of a ranking.
func recallAt(urgent []bool, percent int) float64 {
	all, top := 0, 0
	for i, u := range urgent {
		all += count(u)
		top += count(u && i < len(urgent)*percent/100)
	}
	return share(top, all)
}
