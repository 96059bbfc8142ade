package label

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qianliyan/ingest/item"
)

var update = flag.Bool("update", false, "write wire files that are missing; those that are there stay for ever")

// full has every field of every type set.
func full() Labeled {
	text := "学校门口的路灯坏了"
	it := item.Item{
		ID: item.NewID("letters", "1"), Channel: item.Letter, Source: "letters", NativeID: "1", Title: "路灯不亮", Text: text,
		Submitted: time.Date(2019, 2, 14, 20, 0, 0, 0, item.Zone), Day: "2019-02-14", Revision: 2,
	}
	return Labeled{
		Item: it,
		Labels: []Label{
			{Kind: Topic, Value: "城乡建设", Score: 0.875, Evidence: []Span{{"text", 15, 21}, {"title", 0, 6}}, Reason: "linear", By: "topic", Version: 3},
			{Kind: Topic, Value: "环境保护", Score: 0.125, By: "topic", Version: 3},
			{Kind: Urgency, Value: Routine, Score: 1, By: "urgency", Version: 1},
		},
		Words: Words{Segmenter: "s1", Title: Runs{6, 6}, Text: Runs{6, 6, 3, 6, 6}},
		At:    time.Date(2026, 1, 31, 8, 30, 0, 123000000, item.Zone),
	}
}

func least() Labeled {
	return Labeled{Item: item.Item{ID: item.NewID("web", "1"), Channel: item.Web, Source: "web", NativeID: "1", Title: "甲"}, At: time.UnixMilli(0).In(item.Zone)}
}

// same compares all but the clothes of times.
func same(a, b Labeled) bool {
	a.At, b.At = a.At.UTC(), b.At.UTC()
	at := a.At.Equal(b.At)
	return at && a.Item.Hash() == b.Item.Hash() && a.Item.ID == b.Item.ID && a.Version() == b.Version() &&
		reflect.DeepEqual(a.Labels, b.Labels) && a.Words.Segmenter == b.Words.Segmenter && equalRuns(a.Words.Title, b.Words.Title) && equalRuns(a.Words.Text, b.Words.Text)
}

func equalRuns(a, b Runs) bool { return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b) }

// Every released form is read for ever, and the current one is written so.
func TestWire(t *testing.T) {
	for name, want := range map[string]Labeled{"full.json": full(), "least.json": least()} {
		path := filepath.Join("testdata", "wire", "v1", name)
		now, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); *update && err != nil {
			var out bytes.Buffer
			if err := json.Indent(&out, now, "", "  "); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, append(out.Bytes(), '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(b); err != nil || !same(got, want) {
			t.Errorf("%s is read as %+v, %v; want %+v", path, got, err, want)
		}
		var line bytes.Buffer
		if err := json.Compact(&line, b); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(now, line.Bytes()) {
			t.Errorf("%s is written as\n%s\nwant\n%s", path, now, line.Bytes())
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	it := `{"v":1,"id":"` + string(item.NewID("a", "b")) + `"}`
	for in, want := range map[string]string{
		`{"v":2,"item":` + it + `}`: "not one of 1…1",
		`{"item":` + it + `}`:       "not one of 1…1",
		`{"v":1,"item":{"v":2}}`:    "newer than this program",
		`{"v":1,"item":{"v":1}}`:    "32 hexadecimal",
		`{"v":1}`:                   "32 hexadecimal",
		`{"v":1,"item":` + it + `,"words":{"text":"gA"}}`: "damaged",
		`[`: "cannot decode labeled item",
	} {
		if l, err := Decode([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Decode(%s) = %+v, %v; want an error with %q", in, l, err, want)
		}
	}
}

func TestLookups(t *testing.T) {
	l := full()
	if got := l.Of(Topic); len(got) != 2 || got[0].Value != "城乡建设" || got[1].Value != "环境保护" {
		t.Errorf("topics %+v", got)
	}
	if l.Value(Topic) != "城乡建设" || l.Value(Urgency) != Routine || l.Value(Region) != "" || l.Of(Region) != nil {
		t.Errorf("values %q %q %q", l.Value(Topic), l.Value(Urgency), l.Value(Region))
	}
}

func TestSpan(t *testing.T) {
	it := full().Item
	for _, x := range []struct {
		s    Span
		want string
	}{
		{Span{"text", 15, 21}, "路灯"},
		{Span{"title", 6, 12}, "不亮"},
		{Span{"title", 0, 0}, ""},
		{Span{"text", -1, 3}, ""},
		{Span{"text", 6, 3}, ""},
		{Span{"title", 0, 100}, ""},
	} {
		if got := x.s.Of(it); got != x.want {
			t.Errorf("%+v is %q, want %q", x.s, got, x.want)
		}
	}
}

// A later revision wins whatever the clocks say; within one revision the later
// labelling does.
func TestVersionOrder(t *testing.T) {
	millis := rapid.Int64Range(0, 1<<42-1)
	revision := rapid.Uint32Range(0, 1<<22-1)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Labeled {
			return Labeled{Item: item.Item{Revision: revision.Draw(t, name+" revision")}, At: time.UnixMilli(millis.Draw(t, name+" at"))}
		}
		a, b := draw("a"), draw("b")
		if rapid.Bool().Draw(t, "same revision") {
			b.Item.Revision = a.Item.Revision
		}
		want := a.Item.Revision < b.Item.Revision || a.Item.Revision == b.Item.Revision && a.At.Before(b.At)
		if got := a.Version() < b.Version(); got != want {
			t.Fatalf("revision %d at %v before revision %d at %v is %v", a.Item.Revision, a.At, b.Item.Revision, b.At, got)
		}
	})
	if full().Version() == 0 || (Labeled{Item: item.Item{Revision: 1}, At: time.Date(2109, 1, 1, 0, 0, 0, 0, item.Zone)}).Version()>>42 != 1 {
		t.Error("the milliseconds of 2109 do not fit beside the revision")
	}
}
