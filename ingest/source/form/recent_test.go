package form

import (
	"fmt"
	"testing"
	"time"

	"qianliyan/ingest/item"
)

func TestRecent(t *testing.T) {
	r := newRecent(10, time.Hour)
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, item.Zone)
	it := item.Item{NativeID: "k", Text: "一"}
	if !r.first(it, now).Equal(now) || !r.first(it, now.Add(time.Minute)).Equal(now) {
		t.Error("the second press is not the first's")
	}
	other := it
	other.NativeID = "k2"
	if later := now.Add(time.Minute); !r.first(other, later).Equal(later) {
		t.Error("other words have the time of the first")
	}
	if later := now.Add(2 * time.Hour); !r.first(it, later).Equal(later) {
		t.Error("kept for ever")
	}
	for i := range 1000 {
		r.first(item.Item{NativeID: fmt.Sprint(i)}, now)
		r.filed(fmt.Sprint(i), "", "", now)
		if len(r.at) > 10 || len(r.forms) > 10 {
			t.Fatalf("%d and %d kept, 10 are the most", len(r.at), len(r.forms))
		}
	}
}

func TestFiled(t *testing.T) {
	r := newRecent(10, time.Hour)
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, item.Zone)
	for i, c := range []struct{ key, nativeID, number, before string }{
		{"k", "k-1", "一", ""}, {"k", "k-1", "一", ""}, {"k", "k-2", "二", "一"}, {"k", "k-1", "一", "二"}, {"j", "j-1", "三", ""},
	} {
		if got := r.filed(c.key, c.nativeID, c.number, now); got != c.before {
			t.Errorf("%d: before is %q, want %q", i, got, c.before)
		}
	}
	if got := r.filed("k", "k-3", "四", now.Add(2*time.Hour)); got != "" {
		t.Errorf("%q is remembered for ever", got)
	}
}
