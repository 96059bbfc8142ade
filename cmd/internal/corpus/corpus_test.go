package corpus

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qianliyan/ingest/item"
)

var end = time.Date(2026, 9, 30, 16, 0, 0, 0, item.Zone)

func generate(t *testing.T, o Options) []item.Item {
	t.Helper()
	items, err := Generate(o)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func TestSameSeedSameItems(t *testing.T) {
	a, b := generate(t, Options{Items: 3000, End: end}), generate(t, Options{Items: 3000, End: end})
	if d := cmp.Diff(a, b); d != "" {
		t.Fatal(d)
	}
	if c := generate(t, Options{Items: 3000, End: end, Seed: 2}); cmp.Equal(a, c) {
		t.Fatal("another seed gave the same items")
	}
}

// TestItemsAreWhole looks at what every item must have, and for slots the
// grammar left open.
func TestItemsAreWhole(t *testing.T) {
	items := generate(t, Options{End: end})
	if len(items) != 20000 {
		t.Fatalf("%d items, want 20000", len(items))
	}
	first := end.AddDate(0, 0, -91)
	ids := map[item.ID]bool{}
	channels, units := map[item.Channel]int{}, map[string]bool{}
	for i, it := range items {
		if it.Title == "" || it.Text == "" || it.Source == "" || it.NativeID == "" || !it.Channel.Valid() {
			t.Fatalf("item %d is not whole: %+v", i, it)
		}
		if strings.ContainsAny(it.Title+it.Text, "{}") {
			t.Fatalf("item %d has an open slot: %s / %s", i, it.Title, it.Text)
		}
		if it.Submitted.After(end) || it.Submitted.Before(first) || i > 0 && it.Submitted.Before(items[i-1].Submitted) {
			t.Fatalf("item %d is out of time or order: %v", i, it.Submitted)
		}
		ids[item.NewID(it.Source, it.NativeID)] = true
		channels[it.Channel]++
		if it.Channel == item.Submission {
			units[it.Unit] = true
		}
	}
	if len(ids) != len(items) {
		t.Errorf("%d ids for %d items", len(ids), len(items))
	}
	for _, ch := range []item.Channel{item.Submission, item.Call, item.Letter, item.Petition, item.Media} {
		if channels[ch] < 500 {
			t.Errorf("only %d items on channel %s", channels[ch], ch)
		}
	}
	if len(units) < 35 || len(units) > 45 {
		t.Errorf("%d units reported, want about 40", len(units))
	}
}

// TestPlanted finds what is planted: a fresh emergency, a burst, a silence.
func TestPlanted(t *testing.T) {
	items := generate(t, Options{End: end})
	fresh, matter := 0, map[string]int{}
	for _, it := range items {
		if it.Urgent && end.Sub(it.Submitted) < 6*time.Hour {
			fresh++
		}
		if strings.Contains(it.Text, "搅拌站") && strings.Contains(it.Text, "石门村") {
			matter[it.Submitted.Format("2006-01-02")]++
		}
	}
	if fresh < 2 {
		t.Errorf("%d urgent reports in the last six hours, want the first and a later one", fresh)
	}
	peak := 0
	for _, n := range matter {
		peak = max(peak, n)
	}
	if peak < 5 {
		t.Errorf("the mixing plant's best day has %d voices; that is no burst", peak)
	}
}

func TestRegions(t *testing.T) {
	b, err := Regions()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`code = "990100"`, `name = "白石镇"`, `"石门村"`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("regions lack %s", want)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		if _, err := Generate(Options{End: end}); err != nil {
			b.Fatal(err)
		}
	}
}
