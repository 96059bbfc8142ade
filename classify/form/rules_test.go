package form

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// plain is a file of two forms with easy sums.
const plain = `
least = 2
columns = ["类型", "性质"]
[[forms]]
name = "咨询"
aliases = ["问"]
[[forms]]
name = "投诉"
[channels]
submission = "投诉"
[[rules]]
id = "complain"
form = "投诉"
words = ["不满", "差"]
title = 3
text = 2
why = "文中有不满"
[[rules]]
id = "noise"
form = "投诉"
words = ["吵"]
title = 1
text = 1
why = "文中说吵"
[[rules]]
id = "ask"
form = "咨询"
words = ["请问", "差多少"]
title = 3
text = 2
why = "文中有问"
`

func custom(t *testing.T) *Classifier {
	t.Helper()
	r, err := parse([]byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return prepare(r)
}

func ask(t *testing.T, c *Classifier, it item.Item) label.Label {
	t.Helper()
	labels, err := c.Classify(t.Context(), doc.Doc{Item: it})
	if err != nil || len(labels) > 1 {
		t.Fatalf("%+v, %v", labels, err)
	}
	if len(labels) == 0 {
		return label.Label{}
	}
	return labels[0]
}

// The score is the form's points over all points and one.
func TestScoresByHand(t *testing.T) {
	c := custom(t)
	for _, x := range []struct {
		title, text string
		want        string
		score       float64
		reason      string
	}{
		{"", "服务差", "投诉", 2.0 / 3, "complain"},
		{"服务差", "", "投诉", 3.0 / 4, "complain"},
		{"", "服务差，很不满", "投诉", 4.0 / 5, "complain"},
		{"", "差，差，差", "投诉", 2.0 / 3, "complain"}, // a word counts once a field
		{"差", "差", "投诉", 5.0 / 6, "complain"},
		{"", "吵", "", 0, ""}, // below the least
		{"吵", "吵", "投诉", 2.0 / 3, "noise"},
		{"", "服务差，请问谁管", "投诉", 2.0 / 5, "complain"}, // a tie goes to the earlier form
		{"请问谁管", "服务差", "咨询", 3.0 / 6, "ask"},
		{"", "", "", 0, ""},
	} {
		got := ask(t, c, item.Item{Channel: item.Letter, Title: x.title, Text: x.text})
		if got.Value != x.want || math.Abs(got.Score-x.score) > 1e-12 || got.Reason != x.reason {
			t.Errorf("%s/%s: %s %.3f by %s, want %s %.3f by %s", x.title, x.text, got.Value, got.Score, got.Reason, x.want, x.score, x.reason)
		}
	}
}

// Columns come in the order of the file, channels after them, words last.
func TestWhoIsBelieved(t *testing.T) {
	c := custom(t)
	field := func(name, value string) item.Field { return item.Field{Name: name, Value: value} }
	for _, x := range []struct {
		name   string
		ch     item.Channel
		extra  []item.Field
		reason string
	}{
		{"words", item.Letter, nil, "complain"},
		{"channel", item.Submission, nil, "channel:submission"},
		{"column before channel", item.Submission, []item.Field{field("性质", "问")}, "column:性质"},
		{"first column", item.Letter, []item.Field{field("性质", "问"), field("类型", "投诉")}, "column:类型"},
		{"unknown value, next column", item.Letter, []item.Field{field("类型", "其他"), field("性质", "咨询")}, "column:性质"},
		{"unknown value", item.Letter, []item.Field{field("类型", "其他")}, "complain"},
		{"empty value", item.Letter, []item.Field{field("类型", "")}, "complain"},
		{"another column", item.Letter, []item.Field{field("备注", "咨询")}, "complain"},
		{"wide spaces", item.Letter, []item.Field{field("类型", "　咨询 ")}, "column:类型"},
	} {
		got := ask(t, c, item.Item{Channel: x.ch, Text: "服务差", Extra: x.extra})
		if got.Reason != x.reason {
			t.Errorf("%s: by %s, want %s", x.name, got.Reason, x.reason)
		}
		if c.Why(got.Reason) == "" {
			t.Errorf("%s: %q is not explained", x.name, got.Reason)
		}
	}
	if got := c.Why("gone"); got != "" {
		t.Errorf("an unknown reason is explained as %q", got)
	}
	if got := c.Why("column:性质"); !strings.Contains(got, "性质") {
		t.Errorf("the column is not named: %q", got)
	}
}

// The administrator's file replaces the shipped one; another folder does not.
func TestRulesFolder(t *testing.T) {
	dir := t.TempDir()
	if _, err := New(dir); err != nil {
		t.Errorf("a folder without the file: %v", err)
	}
	path := filepath.Join(dir, "form.toml")
	if err := os.WriteFile(path, []byte(plain), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, c, item.Item{Channel: item.Letter, Title: "举报"}); got.Value != "" {
		t.Errorf("the shipped rules still hold: %+v", got)
	}
	if err := os.WriteFile(path, []byte("lesat=1"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir); err == nil || !strings.Contains(err.Error(), "form.toml") {
		t.Errorf("error %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir); err == nil {
		t.Error("a folder is read as a file")
	}
}
