package columnar

import (
	"cmp"
	"errors"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// each collects what Each gives, and the sizes of its batches.
func each(t *testing.T, s *Store, batch int) (all []label.Labeled, sizes []int) {
	t.Helper()
	err := s.Each(t.Context(), batch, func(items []label.Labeled) error {
		all, sizes = append(all, items...), append(sizes, len(items))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, sizes
}

// inOrder sorts as the table does.
func inOrder(items []label.Labeled) []label.Labeled {
	slices.SortFunc(items, func(a, b label.Labeled) int {
		return cmp.Or(cmp.Compare(a.Item.Day, b.Item.Day), cmp.Compare(a.Item.Source, b.Item.Source), cmp.Compare(a.Item.ID, b.Item.ID))
	})
	return items
}

func TestEachOfNothing(t *testing.T) {
	if all, _ := each(t, open(t), 10); len(all) != 0 {
		t.Errorf("%d items of an empty store", len(all))
	}
}

func TestEachGivesTheLatestVersionOnce(t *testing.T) {
	s := open(t)
	want := letters(0, 40)
	for i := range 10 { // other sources on the same days, and years apart
		l := letter(100 + i)
		l.Item.Source, l.Item.Day = []string{"hotline", "o'brien\\"}[i%2], []string{"2026-03-01", "1901-01-01", "2299-12-30"}[i%3]
		l.Item.ID = item.NewID(l.Item.Source, l.Item.NativeID)
		want = append(want, l)
	}
	write(t, s, want, nil)
	write(t, s, want[5:30], nil) // again
	for i := 3; i < 20; i++ {    // relabelled, and one that comes late
		late := want[i]
		want[i].At = want[i].At.Add(time.Hour)
		want[i].Labels = []label.Label{{
			Kind: label.Topic, Value: "new", Score: 1, By: "topic", Version: 9,
			Evidence: []label.Span{{Field: "text", Start: 0, End: 3}},
		}}
		write(t, s, []label.Labeled{want[i], late}, nil)
	}
	inOrder(want)
	for _, batch := range []int{0, 1, 7, 50, 1000} {
		got, sizes := each(t, s, batch)
		if d := gocmp.Diff(want, got); d != "" {
			t.Fatalf("in batches of %d: %s", batch, d)
		}
		if slices.Max(sizes) > max(batch, 1) {
			t.Errorf("a batch of %d, want at most %d", slices.Max(sizes), batch)
		}
	}
}

// More items than keys are read at once, all on one day.
func TestEachGoesOnBehindTheKeysItHas(t *testing.T) {
	s := open(t)
	const n = 2*keysAtOnce + 1
	many := make([]label.Labeled, n)
	for i := range many {
		l := letter(i)
		many[i] = label.Labeled{Item: item.Item{
			ID: l.Item.ID, Channel: item.Web, Source: "s", NativeID: l.Item.NativeID,
			Text: "喂", Day: "2026-03-01", Revision: 1, Received: base,
		}, At: base}
	}
	write(t, s, many, nil)
	seen := map[item.ID]bool{}
	err := s.Each(t.Context(), 3000, func(items []label.Labeled) error {
		for _, l := range items {
			seen[l.Item.ID] = true
		}
		return nil
	})
	if err != nil || len(seen) != n {
		t.Errorf("%d items, %v, want %d", len(seen), err, n)
	}
}

func TestEachEndsWithTheFirstError(t *testing.T) {
	s, f := openFlaky(t)
	write(t, s, letters(0, 30), nil)
	enough := errors.New("enough")
	calls := 0
	err := s.Each(t.Context(), 10, func([]label.Labeled) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	err = s.Each(t.Context(), 10, func([]label.Labeled) error { f.set(always("refuse")); return nil })
	if !errors.Is(err, errDown) {
		t.Errorf("the engine went away: %v", err)
	}
}
