package item

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// IDs are keys of everything stored: these must never change.
func TestIDsForEver(t *testing.T) {
	if got, want := NewID("letters", "188006"), ID("7a3e28e52d3f0daa94c98b3287397b0d"); got != want {
		t.Errorf("NewID = %s, want %s", got, want)
	}
	at := time.Date(2019, 2, 14, 20, 0, 0, 0, Zone)
	if got, want := ContentID("路灯不亮", "学校门口的路灯坏了", at), "content:104a9c371c331a549525e61ba1ae2905"; got != want {
		t.Errorf("ContentID = %s, want %s", got, want)
	}
	it := full()
	if got, want := it.Hash(), uint64(17867713858338121223); got != want {
		t.Errorf("Hash = %d, want %d", got, want)
	}
}

func TestValid(t *testing.T) {
	for id, want := range map[ID]bool{
		NewID("a", "b"):                     true,
		"":                                  false,
		"00000000000000000000000000000000":  true,
		"0000000000000000000000000000000":   false,
		"000000000000000000000000000000000": false,
		"0000000000000000000000000000000G":  false,
		"0000000000000000000000000000000F":  false,
	} {
		if id.Valid() != want {
			t.Errorf("Valid of %q is %v", id, !want)
		}
	}
}

func TestNewID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source, native := rapid.String().Draw(t, "source"), rapid.String().Draw(t, "native")
		id := NewID(source, native)
		if !id.Valid() || id != NewID(source, native) {
			t.Fatalf("NewID(%q, %q) = %q", source, native, id)
		}
		// The border between the parts counts.
		other := rapid.String().Draw(t, "other")
		if other != "" && (NewID(source+other, native) == NewID(source, other+native) || NewID(source, native+other) == id) {
			t.Fatalf("NewID(%q, %q) meets another", source, native)
		}
	})
}

func TestContentID(t *testing.T) {
	at := time.Date(2019, 2, 14, 20, 0, 0, 0, Zone)
	id := ContentID("路灯 不亮", "学校门口１号", at)
	for name, same := range map[string]string{
		"spacing and width": ContentID("路灯不亮\n", "学校 门口1号", at),
		"zone":              ContentID("路灯 不亮", "学校门口１号", at.UTC()),
		"part of a second":  ContentID("路灯 不亮", "学校门口１号", at.Add(999*time.Millisecond)),
	} {
		if same != id {
			t.Errorf("another %s gives another id", name)
		}
	}
	for name, other := range map[string]string{
		"words":  ContentID("路灯不亮", "学校门口2号", at),
		"second": ContentID("路灯 不亮", "学校门口１号", at.Add(time.Second)),
		"border": ContentID("路灯不亮学校", "门口１号", at),
		"time":   ContentID("路灯 不亮", "学校门口１号", time.Time{}),
	} {
		if other == id {
			t.Errorf("another %s gives the same id", name)
		}
	}
}

// Hash notices everything the source said, and nothing that ingest sets.
func TestHash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		it := anyItem(t)
		same := it
		same.ID, same.Received, same.Day, same.Revision = NewID("x", "y"), time.Unix(1, 0), "2000-01-01", 7
		same.Submitted, same.Event = same.Submitted.UTC(), same.Event.UTC()
		if same.Hash() != it.Hash() {
			t.Fatal("what ingest sets, or the zone of a time, changes the hash")
		}
		changes := []func(*Item){
			func(it *Item) { it.Channel += "x" },
			func(it *Item) { it.Source += "x" },
			func(it *Item) { it.NativeID += "x" },
			func(it *Item) { it.Title += "x" },
			func(it *Item) { it.Text += " " },
			func(it *Item) { it.Title, it.Text = it.Text, it.Title+"x" },
			func(it *Item) { it.Unit += "x" },
			func(it *Item) { it.Citizen += "x" },
			func(it *Item) { it.Sender += "x" },
			func(it *Item) { it.Places = append(slices.Clip(it.Places), "") },
			func(it *Item) { it.Attachments = append(slices.Clip(it.Attachments), "x") },
			func(it *Item) { it.Event = it.Event.Add(time.Millisecond) },
			func(it *Item) { it.Submitted = it.Submitted.Add(time.Second) },
			func(it *Item) { it.Urgent = !it.Urgent },
			func(it *Item) { it.Extra = append(slices.Clip(it.Extra), Field{"x", ""}) },
		}
		i := rapid.IntRange(0, len(changes)-1).Draw(t, "change")
		other := it
		changes[i](&other)
		if other.Hash() == it.Hash() {
			t.Fatalf("change %d of %+v is not noticed", i, it)
		}
	})
}
