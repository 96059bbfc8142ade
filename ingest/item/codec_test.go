package item

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write wire files that are missing; those that are there stay for ever")

// full is an item with every field set.
func full() Item {
	return Item{
		ID: NewID("letters", "188006"), Channel: Letter, Source: "letters", NativeID: "188006",
		Title: "路灯不亮", Text: "\n\t学校门口的路灯坏了 <半个月>。\n", Unit: "住建局", Citizen: "张**", Sender: "0123456789abcdef0123456789abcdef",
		Places: []string{"云山县", "青石镇"}, Event: time.Date(2019, 2, 1, 0, 0, 0, 0, Zone),
		Submitted: time.Date(2019, 2, 14, 20, 0, 0, 0, Zone), Received: time.Date(2026, 1, 31, 8, 30, 0, 123456789, Zone),
		Urgent: true, Attachments: []string{"照片.jpg"}, Extra: []Field{{"留言类型", "投诉"}, {"点赞数", "3"}},
		Day: "2019-02-14", Revision: 2,
	}
}

// least is an item with no more than it must have.
func least() Item {
	return Item{ID: NewID("web", "1"), Channel: Web, Source: "web", NativeID: "1", Title: "甲"}
}

// wireItems are the items of testdata/wire/v1, by file.
func wireItems() map[string]Item { return map[string]Item{"full.json": full(), "least.json": least()} }

func equal(a, b Item) bool {
	return a.Hash() == b.Hash() && a.ID == b.ID && a.Received.Equal(b.Received) && a.Day == b.Day && a.Revision == b.Revision
}

// Every released form is read for ever, and the current one is written so.
func TestWire(t *testing.T) {
	for name, want := range wireItems() {
		path := filepath.Join("testdata", "wire", "v1", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path); err != nil {
				b, _ := Encode(want)
				var out bytes.Buffer
				if err := json.Indent(&out, b, "", "  "); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, append(out.Bytes(), '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil || !equal(got, want) {
			t.Errorf("%s is read as %+v, %v; want %+v", path, got, err, want)
		}
		var line bytes.Buffer
		if err := json.Compact(&line, b); err != nil {
			t.Fatal(err)
		}
		if now, err := Encode(want); err != nil || !bytes.Equal(now, line.Bytes()) {
			t.Errorf("%s is written as\n%s\n%v; want\n%s", path, now, err, line.Bytes())
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	id := string(NewID("a", "b"))
	for in, want := range map[string]string{
		`{"v":2,"id":"` + id + `"}`: "newer than this program",
		`{"v":0,"id":"` + id + `"}`: "not one of 1…1",
		`{"id":"` + id + `"}`:       "not one of 1…1",
		`{"v":1}`:                   "32 hexadecimal",
		`{"v":1,"id":"zz"}`:         "32 hexadecimal",
		`{"v":1,"id":`:              "cannot decode item",
		`[]`:                        "cannot decode item",
		``:                          "cannot decode item",
	} {
		if it, err := Decode([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Decode(%s) = %+v, %v; want an error with %q", in, it, err, want)
		}
	}
	// A field that a later program added is passed over.
	if _, err := Decode([]byte(`{"v":1,"id":"` + id + `","later":[1]}`)); err != nil {
		t.Error(err)
	}
}

// anyItem draws an item of any fields.
func anyItem(t *rapid.T) Item {
	text := rapid.String()
	words := rapid.SliceOfN(rapid.String(), 0, 3)
	// Seconds from 1949 to 2100; 0 stands for a time that was not said.
	moment := rapid.Map(rapid.Int64Range(-662688000, 4102444800), func(s int64) time.Time {
		if s == 0 {
			return time.Time{}
		}
		return time.Unix(s, 0).In(Zone)
	})
	it := Item{
		Channel: rapid.SampledFrom(Channels()).Draw(t, "channel"), Source: text.Draw(t, "source"), NativeID: text.Draw(t, "native"),
		Title: text.Draw(t, "title"), Text: text.Draw(t, "text"), Unit: text.Draw(t, "unit"), Citizen: text.Draw(t, "citizen"), Sender: text.Draw(t, "sender"),
		Places: words.Draw(t, "places"), Attachments: words.Draw(t, "attachments"),
		Event: moment.Draw(t, "event"), Submitted: moment.Draw(t, "submitted"), Received: moment.Draw(t, "received"),
		Urgent: rapid.Bool().Draw(t, "urgent"), Day: text.Draw(t, "day"), Revision: rapid.Uint32().Draw(t, "revision"),
	}
	for _, name := range words.Draw(t, "extra") {
		it.Extra = append(it.Extra, Field{name, text.Draw(t, "value")})
	}
	it.ID = NewID(it.Source, it.NativeID)
	return it
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyItem(t)
		b, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil || !equal(got, want) {
			t.Fatalf("%+v is read back as %+v, %v", want, got, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, it := range wireItems() {
		b, _ := Encode(it)
		f.Add(b)
	}
	f.Add([]byte(`{"v":1,"id":"00000000000000000000000000000000","event":"0001-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		it, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Encode(it)
		if err != nil {
			return // a year beyond 9999 can be read and not written
		}
		got, err := Decode(again)
		if err != nil || !equal(got, it) {
			t.Fatalf("%s is read as %+v, then as %+v, %v", b, it, got, err)
		}
	})
}
