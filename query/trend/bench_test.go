package trend

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
	"qianliyan/query/filter"
)

// BenchmarkQuestions asks every question of 30 days among two years of
// TREND_ITEMS items (100,000 without it), as a reader.
func BenchmarkQuestions(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("TREND_ITEMS"))
	if err != nil {
		n = 100_000
	}
	w := newWorld(b, nil)
	for from := 0; from < n; from += 10_000 {
		if err := w.store.Write(b.Context(), many(from, min(n, from+10_000)), nil); err != nil {
			b.Fatal(err)
		}
	}
	last := time.Date(2026, 5, 31, 0, 0, 0, 0, item.Zone)
	for _, words := range []string{"", "停水"} {
		f := filter.Filter{Words: words, From: dayOf(last.AddDate(0, 0, -29)), To: dayOf(last)}
		for _, name := range w.Names() {
			b.Run(fmt.Sprintf("%s/words=%s", name, words), func(b *testing.B) {
				for b.Loop() {
					if _, err := w.Run(b.Context(), name, f, url.Values{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// many are made-up items over the two years before 2026-06-01.
func many(from, to int) []label.Labeled {
	topics := []string{"urban", "labor", "education", "commerce", "environment", "health"}
	texts := []string{"东关街从昨晚停水，楼上住户要下楼提水，请尽快恢复。", "工地夜间施工噪声太大，孩子无法入睡，多次反映没有结果。", "工资拖欠三个月，大家准备集体到县里反映情况。", "村道积水严重，车辆无法通行，希望修好排水沟。"}
	var out []label.Labeled
	for i := from; i < to; i++ {
		at := time.Date(2024, 6, 1, 0, 0, 0, 0, item.Zone).Add(time.Duration(i*7919%1_051_200) * time.Minute)
		text := ""
		for k := range 8 {
			text += texts[(i/(k+1)+k)%3+k%2]
		}
		it := item.Item{
			Channel: item.Channels()[i%6], Source: "s", NativeID: strconv.Itoa(i), Title: texts[i%4][:18], Text: text,
			Unit: fmt.Sprintf("单位%d", i%97), Submitted: at, Received: at, Day: at.Format(time.DateOnly), Revision: 1,
		}
		it.ID = item.NewID(it.Source, it.NativeID)
		urgency := label.Routine
		if i%50 == 0 {
			urgency = label.Pressing
		}
		out = append(out, label.Labeled{Item: it, At: at, Labels: []label.Label{
			{Kind: label.Topic, Value: topics[i%6], Score: 0.9},
			{Kind: label.Region, Value: strconv.Itoa(350100 + i%40), Score: 0.9},
			{Kind: label.Urgency, Value: urgency, Score: 0.8},
		}})
	}
	return out
}
