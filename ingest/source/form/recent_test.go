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
	other.Text = "二"
	if later := now.Add(time.Minute); !r.first(other, later).Equal(later) {
		t.Error("other words have the time of the first")
	}
	if later := now.Add(2 * time.Hour); !r.first(it, later).Equal(later) {
		t.Error("kept for ever")
	}
	for i := range 1000 {
		r.first(item.Item{NativeID: fmt.Sprint(i)}, now)
		if len(r.at) > 10 {
			t.Fatalf("%d kept, 10 are the most", len(r.at))
		}
	}
}
