package columnar

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qianliyan/classify/label"
	"qianliyan/cmd/embedded/clickhouse"
	"qianliyan/ingest/item"
)

func TestItemComesBackWhole(t *testing.T) {
	s := open(t)
	want := letter(1)
	write(t, s, []label.Labeled{want, letter(2)}, map[int]int64{0: 2})
	got, err := s.Item(t.Context(), want.Item.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got.Labeled); d != "" {
		t.Error(d)
	}
	if age := time.Since(got.Stored); age < 0 || age > time.Hour {
		t.Errorf("stored %v ago", age)
	}
}

func TestItemWithNothingButText(t *testing.T) {
	s := open(t)
	bare := label.Labeled{Item: item.Item{
		ID: item.NewID("s", "1"), Channel: item.Web, Source: "s", NativeID: "1", Text: "喂", Day: "2026-03-01", Revision: 1,
		Received: base,
	}, At: base}
	write(t, s, []label.Labeled{bare}, nil)
	got, err := s.Item(t.Context(), bare.Item.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(bare, got.Labeled); d != "" {
		t.Error(d)
	}
}

func TestItemThatIsNotThere(t *testing.T) {
	s := open(t)
	for _, id := range []item.ID{letter(1).Item.ID, "", "x' OR 1=1 --"} {
		if _, err := s.Item(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("Item(%q): %v, want ErrNotFound", id, err)
		}
	}
}

func TestItemsKeepTheOrderAsked(t *testing.T) {
	s := open(t)
	write(t, s, letters(0, 50), nil)
	ids := []item.ID{letter(40).Item.ID, letter(99).Item.ID, "junk", letter(3).Item.ID, letter(7).Item.ID}
	rows, err := s.Items(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	var got []item.ID
	for _, r := range rows {
		got = append(got, r.Item.ID)
	}
	if d := cmp.Diff([]item.ID{ids[0], ids[3], ids[4]}, got); d != "" {
		t.Error(d)
	}
}

// Versions may come in any order, in one batch or several, and again.
func TestLatestVersionWins(t *testing.T) {
	first := letter(1)
	relabeled := letter(1)
	relabeled.At = first.At.Add(time.Hour)
	relabeled.Labels = []label.Label{{Kind: label.Topic, Value: "traffic", Score: 1, By: "topic", Version: 4}}
	corrected := letter(1)
	corrected.Item.Revision, corrected.Item.Title = 2, "路灯已修好"
	for name, order := range map[string][][]label.Labeled{
		"in order":     {{first}, {relabeled}, {corrected}},
		"backwards":    {{corrected}, {relabeled}, {first}},
		"one batch":    {{corrected, first, relabeled}},
		"with replays": {{first}, {relabeled, corrected}, {first}, {first, relabeled}, {relabeled, corrected}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			for _, batch := range order {
				write(t, s, batch, nil)
			}
			got, err := s.Item(t.Context(), first.Item.ID)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(corrected, got.Labeled); d != "" {
				t.Error(d)
			}
			counts, err := s.CountByDay(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]Count{{"mailbox", "2026-03-01", 1}}, counts); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestOffsets(t *testing.T) {
	e := open(t)
	if next, err := e.Offsets(t.Context()); err != nil || len(next) != 0 {
		t.Fatalf("offsets of an empty store: %v, %v", next, err)
	}
	for _, step := range []map[int]int64{
		{0: 10, 1: 5},
		{0: 12, 1: 5, 2: 1},
		{0: 3, 1: 0, 2: 0}, // a topic made anew starts at 0 again
	} {
		write(t, e, nil, step)
		next, err := e.Offsets(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(step, next); d != "" {
			t.Error(d)
		}
	}
	// The order of rows survives the process.
	again := openOn(t, e.cfg, clickhouse.OpenTest(t))
	write(t, again, nil, map[int]int64{0: 2, 1: 2, 2: 2})
	next, err := e.Offsets(t.Context())
	if err != nil || !maps.Equal(next, map[int]int64{0: 2, 1: 2, 2: 2}) {
		t.Errorf("after reopening: %v, %v", next, err)
	}
}

func TestCountByDayAndIDs(t *testing.T) {
	s := open(t)
	write(t, s, letters(0, 30), nil)
	write(t, s, letters(10, 40), nil) // overlaps
	counts, err := s.CountByDay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// base is 09:00, so the first day has 15 letters and the last one 1.
	if d := cmp.Diff([]Count{{"mailbox", "2026-03-01", 15}, {"mailbox", "2026-03-02", 24}, {"mailbox", "2026-03-03", 1}}, counts); d != "" {
		t.Error(d)
	}
	ids, err := s.IDs(t.Context(), "mailbox", "2026-03-03")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]item.ID{letter(39).Item.ID}, ids); d != "" {
		t.Error(d)
	}
	if ids, err := s.IDs(t.Context(), "o'brien\\", "2026-03-03"); err != nil || len(ids) != 0 {
		t.Errorf("unknown source: %v, %v", ids, err)
	}
}

// One damaged date must not stop everything behind it.
func TestStrangeItemsAreStored(t *testing.T) {
	s := open(t)
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, item.Zone) }
	var strange []label.Labeled
	for i, change := range []func(*label.Labeled){
		func(l *label.Labeled) { l.Item.Submitted, l.Item.Day = year(1), "0001-01-01" },
		func(l *label.Labeled) {
			l.Item.Submitted, l.Item.Event, l.Item.Day = year(9999), year(9999), "9999-01-01"
		},
		func(l *label.Labeled) { l.Item.Submitted, l.Item.Day = year(1899), "1899-12-30" },
		func(l *label.Labeled) { l.Item.Day = "" },
		func(l *label.Labeled) { l.Item.Text = "坏\xff\x00字'\\\t\n`" },
		func(l *label.Labeled) { l.Item.Received, l.At = time.Time{}, time.Time{} },
		func(l *label.Labeled) { l.Labels, l.Item.Places, l.Item.Extra = nil, nil, nil },
		func(l *label.Labeled) { l.Item.Source, l.Item.Unit = "", "" },
	} {
		l := letter(i)
		change(&l)
		strange = append(strange, l)
	}
	write(t, s, strange, map[int]int64{0: 8})
	for i, l := range strange {
		got, err := s.Item(t.Context(), l.Item.ID)
		if err != nil {
			t.Errorf("%d: %v", i, err)
		} else if got.Item.Text != l.Item.Text {
			t.Errorf("%d: text %q, want %q", i, got.Item.Text, l.Item.Text)
		}
	}
}

// An import goes over many years in one batch.
func TestOneBatchOverManyMonths(t *testing.T) {
	s := open(t)
	var many []label.Labeled
	for n := range 300 {
		l := letter(n)
		l.Item.Submitted = time.Date(2000, time.Month(1+n), 1, 0, 0, 0, 0, item.Zone)
		l.Item.Day = l.Item.Submitted.Format(time.DateOnly)
		many = append(many, l)
	}
	write(t, s, many, nil)
	counts, err := s.CountByDay(t.Context())
	if err != nil || len(counts) != 300 {
		t.Errorf("%d days, %v, want 300", len(counts), err)
	}
}
