package label

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSplit(t *testing.T) {
	if got := (Runs{6, 6, 3}).Split("路灯不亮了"); !slices.Equal(got, []string{"路灯", "不亮", "了"}) {
		t.Errorf("%q", got)
	}
	if got := (Runs{6, 6}).Split("路灯不亮了"); got != nil {
		t.Errorf("lengths of another text give %q", got)
	}
	if got := Runs(nil).Split(""); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestRunsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.String()).Draw(t, "words")
		var r Runs
		for _, w := range words {
			r = append(r, len(w))
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back Runs
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if got := back.Split(strings.Join(words, "")); !slices.Equal(got, words) && len(words) > 0 {
			t.Fatalf("%q is read back as %q", words, got)
		}
	})
}

func FuzzRuns(f *testing.F) {
	for _, s := range []string{`""`, `"BgY"`, `"gA"`, `"////////////"`, `1`, `"!"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var r Runs
		if err := json.Unmarshal([]byte(s), &r); err != nil {
			return
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again Runs
		if err := json.Unmarshal(b, &again); err != nil || !slices.Equal(r, again) {
			t.Fatalf("%s is read as %v, then as %v, %v", s, r, again, err)
		}
		for _, n := range r {
			if n < 0 {
				t.Fatalf("%s gives the length %d", s, n)
			}
		}
		r.Split(s) // must not panic, whatever the lengths
	})
}
