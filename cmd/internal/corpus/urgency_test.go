package corpus

import (
	"slices"
	"strings"
	"testing"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/classify/urgency"
	"qianliyan/ingest/item"
)

// planted says which sort of voice of an emergency an item is, empty for none.
func planted(it item.Item) string {
	switch {
	case it.Channel == item.Submission && it.Urgent:
		return "report"
	case it.Channel == item.Call && slices.Contains(it.Extra, item.Field{Name: "线路", Value: jointLine}):
		return "call"
	case it.Channel == item.Media && strings.HasSuffix(it.Text, "本台记者正在赶往现场。"):
		return "press"
	}
	return ""
}

// TestEmergenciesAreHeard asks of every voice of every emergency that the rules
// alone, without the button, make it 特急; a line of the press may be 紧急. Of
// the everyday flow nothing may be 特急.
func TestEmergenciesAreHeard(t *testing.T) {
	c, err := urgency.New("")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{} // by words, so that one fault is told once
	heard := map[string]int{}
	for seed := range uint64(4) {
		for _, it := range generate(t, Options{Seed: seed + 1, Items: 6000, End: end}) {
			kind := planted(it)
			it.Urgent = false
			labels, err := c.Classify(t.Context(), doc.Doc{Item: it})
			if err != nil || len(labels) != 1 {
				t.Fatalf("%d labels, %v", len(labels), err)
			}
			heard[kind]++
			got, key := labels[0].Value, kind+it.Text
			bad := got != label.Critical
			switch kind {
			case "":
				bad, key = got == label.Critical, labels[0].Reason
			case "press":
				bad = got == label.Routine
			}
			if bad && !said[key] {
				said[key] = true
				t.Errorf("%q is %s (%s): %s / %s", kind, got, labels[0].Reason, it.Title, it.Text)
			}
		}
	}
	for _, kind := range []string{"report", "call", "press"} {
		if heard[kind] < 20 {
			t.Errorf("only %d of %s in the corpus", heard[kind], kind)
		}
	}
}
