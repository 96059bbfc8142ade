package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"qianliyan/ingest/item"
)

// letters writes a small corpus.
func letters(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "letters.jsonl")
	lines := []string{
		`{"title":"路灯不亮","text":"东街的路灯坏了三天。晚上走路看不见，老人摔了一跤。请尽快派人修理，谢谢。"}`,
		`{"title":"公交太少","text":"早上等车要四十分钟。` + strings.Repeat("车", 300) + `。希望增加班次，方便大家上班。"}`,
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMix(t *testing.T) {
	path := letters(t)
	a, err := Mix(path, 50, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Mix(path, 50, 1)
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("the same seed gave other items: %s", d)
	}
	ids := map[item.ID]bool{}
	for i, it := range a {
		if n := utf8.RuneCountInString(it.Text); n < mixLength || n > mixLength+maxSentence {
			t.Errorf("item %d has %d characters", i, n)
		}
		if it.Title == "" || !it.Channel.Valid() || it.Submitted.IsZero() {
			t.Errorf("item %d is not whole: %+v", i, it)
		}
		ids[item.NewID(it.Source, it.NativeID)] = true
	}
	if len(ids) != len(a) {
		t.Errorf("%d ids for %d items", len(ids), len(a))
	}
}

func TestMixMistakes(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	os.WriteFile(empty, nil, 0o600)
	broken := filepath.Join(t.TempDir(), "broken")
	os.WriteFile(broken, []byte("{\"title\":\"a\"}\nnot json\n"), 0o600)
	for path, want := range map[string]string{empty: "没有带 title 和 text 的行", broken: "第 2 行", filepath.Join(t.TempDir(), "absent"): "读不到语料"} {
		if _, err := Mix(path, 1, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestPercentile(t *testing.T) {
	times := make([]float64, 100)
	for i := range times {
		times[len(times)-1-i] = float64(i)
	}
	if p50, p99 := percentile(times, 0.5), percentile(times, 0.99); p50 != 50 || p99 != 99 {
		t.Errorf("p50 %v, p99 %v", p50, p99)
	}
	if percentile(nil, 0.5) != 0 {
		t.Error("no times have a percentile")
	}
}
