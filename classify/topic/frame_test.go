package topic

import (
	"strings"
	"testing"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/ingest/item"
)

// press is a frame as shipped.
func press(t testing.TB) frame {
	t.Helper()
	r, err := loadRules("")
	if err != nil {
		t.Fatal(err)
	}
	return r.Frame
}

func TestStrip(t *testing.T) {
	f, seg := press(t), segmenttest.Open(t)
	for text, want := range map[string]string{
		"据晚报报道，有市民反映：楼道停电。记者将继续关注。": "有市民反映：楼道停电。",
		"本报讯：城东停电。本报将追踪报道。":         "城东停电。",
		"城东停电。":               "城东停电。",
		"据晚报报道，城东停电":          "城东停电",
		"城东停电。记者正在采访。编辑：小王":   "城东停电。",
		"城东停电。记者正在采访。居民等着来电。": "城东停电。记者正在采访。居民等着来电。", // a reporter in the middle stays
		"据晚报报道，记者将继续关注。":      "据晚报报道，记者将继续关注。",      // all frame: left as it is
		"记者来到城东。":             "记者来到城东。",
		"":                    "",
		strings.Repeat("城东停电，", 12) + "据晚报报道，": strings.Repeat("城东停电，", 12) + "据晚报报道，",
		"城东停电！\n来源：晚报\n":                       "城东停电！\n",
	} {
		d := doc.New(item.Item{Channel: item.Media, Text: text}, seg)
		got, lost := f.strip(d)
		if got.Item.Text != want {
			t.Errorf("%q: %q, want %q", text, got.Item.Text, want)
		}
		if !strings.HasPrefix(text[lost:], got.Item.Text) {
			t.Errorf("%q: lost %d bytes in front of %q", text, lost, got.Item.Text)
		}
		if w := strings.Join(got.Words.Text.Split(got.Item.Text), ""); w != got.Item.Text {
			t.Errorf("%q: the words are %q", text, w)
		}
		if d.Item.Text != text {
			t.Errorf("%q was changed", text)
		}
	}
}

// Only the press has a frame, and only words that add up can be cut.
func TestStripLeaves(t *testing.T) {
	f := press(t)
	const text = "据晚报报道，城东停电。"
	for _, d := range []doc.Doc{
		{Item: item.Item{Channel: item.Letter, Text: text}, Words: label.Words{Text: label.Runs{len(text)}}},
		{Item: item.Item{Channel: item.Media, Text: text}},
		{Item: item.Item{Channel: item.Media, Text: text}, Words: label.Words{Text: label.Runs{3, 500}}},
		{Item: item.Item{Channel: item.Media, Text: text}, Words: label.Words{Text: label.Runs{-3, len(text) + 3}}},
	} {
		if got, lost := f.strip(d); got.Item.Text != text || lost != 0 {
			t.Errorf("%+v: %q, %d", d, got.Item.Text, lost)
		}
	}
}

// Evidence must point into the words as received, not into what was left.
func TestEvidenceBehindFrame(t *testing.T) {
	c, seg := open(t, Config{}), segmenttest.Open(t)
	const lead, body = "据都市频道报道，", "有市民反映：小区物业没有征求业主意见就涨停车费，还把绿化改成车位，业委会成立不起来。"
	it := item.Item{Channel: item.Media, Title: "锦绣花园物业乱收停车费", Text: lead + body + "记者将继续关注。"}
	labels, err := c.Classify(t.Context(), doc.New(it, seg))
	if err != nil || len(labels) == 0 || labels[0].Value != "urban" {
		t.Fatalf("labels %+v, %v", labels, err)
	}
	bare := it
	bare.Text = body
	plain, _ := c.Classify(t.Context(), doc.New(bare, seg))
	if len(plain) != len(labels) || plain[0].Score != labels[0].Score {
		t.Errorf("with a frame %+v, without %+v", labels, plain)
	}
	inText := 0
	for i, s := range labels[0].Evidence {
		if got, want := s.Of(it), plain[0].Evidence[i].Of(bare); got != want || len([]rune(got)) < 2 {
			t.Errorf("evidence %q, without a frame %q", got, want)
		}
		if s.Field == doc.Text {
			inText++
			if s.Start < len(lead) || s.End > len(lead+body) {
				t.Errorf("evidence %q lies in the frame", s.Of(it))
			}
		}
	}
	if inText == 0 {
		t.Error("no evidence in the text")
	}
}

// Press on matters of the place must keep its topic; press on anything else
// must still get none.
func TestPress(t *testing.T) {
	c, seg := open(t, Config{}), segmenttest.Open(t)
	for _, x := range []struct{ title, text, want string }{
		{"晚报：工地拖欠农民工工资", "据晚报报道，有市民反映：几十名农民工被包工头拖欠工资，劳动监察部门介入。记者将继续关注。", "labor"},
		{"电台：养猪场污水直排", "据乡村广播报道，有村民反映：养猪场污水直排水渠，臭气熏天。记者将继续关注。", "environment"},
		{"日报：中学违规补课", "据日报报道，有家长反映：学校假期补课，每人收费八百元，老师点名。记者将继续关注。", "education"},
		{"", "据外媒报道，该国首都周二举行阅兵式，总统发表讲话。记者将继续关注。", ""},
		{"", "本报讯：昨晚的比赛中客队以三比一获胜，前锋上演帽子戏法。编辑：小王", ""},
	} {
		labels, err := c.Classify(t.Context(), doc.New(item.Item{Channel: item.Media, Title: x.title, Text: x.text}, seg))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(labels) > 0 {
			got = labels[0].Value
		}
		if got != x.want {
			t.Errorf("%s: %q, want %q", x.text, got, x.want)
		}
	}
}

func FuzzStrip(f *testing.F) {
	f.Add("据晚报报道，城东停电。记者将继续关注。", uint8(9))
	f.Add("讯：\xff。记者", uint8(1))
	fr := press(f)
	f.Fuzz(func(t *testing.T, text string, cut uint8) {
		n := min(int(cut), len(text))
		d := doc.Doc{Item: item.Item{Channel: item.Media, Text: text}, Words: label.Words{Text: label.Runs{n, len(text) - n}}}
		got, lost := fr.strip(d)
		if lost < 0 || lost+len(got.Item.Text) > len(text) || text[lost:lost+len(got.Item.Text)] != got.Item.Text {
			t.Fatalf("%q lost %d and is %q", text, lost, got.Item.Text)
		}
	})
}
