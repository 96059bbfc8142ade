package region

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/classify/taxonomy"
	"qianliyan/ingest/item"
)

// ask is the answer for one item, its words cut.
func ask(t *testing.T, c *Classifier, it item.Item) (string, label.Label) {
	t.Helper()
	labels, err := c.Classify(t.Context(), doc.New(it, segmenttest.Open(t)))
	if err != nil || len(labels) > 1 {
		t.Fatalf("%+v, %v", labels, err)
	}
	if len(labels) == 0 {
		return "", label.Label{}
	}
	if l := labels[0]; l.Kind != label.Region || l.Score <= 0 || l.Score > 1 || c.Why(l.Reason) == "" {
		t.Errorf("label %+v lacks score or reason", l)
	}
	return labels[0].Value, labels[0]
}

func TestShort(t *testing.T) {
	for name, want := range map[string]string{
		"湖南省": "湖南", "长沙市": "长沙", "岳麓区": "岳麓", "内蒙古自治区": "内蒙古", "广西壮族自治区": "广西", "新疆维吾尔自治区": "新疆",
		"宁夏回族自治区": "宁夏", "湘西土家族苗族自治州": "", "浏阳市": "浏阳", "郊区": "", "县": "", "桂花街道": "", "大瑶镇": "", "锡林郭勒盟": "锡林郭勒",
	} {
		if got := short(name); got != want {
			t.Errorf("short(%q) = %q, want %q", name, got, want)
		}
	}
}

// Of several regions of one name only the widest stands alone.
func TestAlone(t *testing.T) {
	list := []meaning{{code: "4301", depth: city}, {code: "430121", depth: county}, {code: "x", depth: county}}
	for i, want := range []bool{true, false, false} {
		if got := alone(list, list[i]); got != want {
			t.Errorf("%s alone: %v", list[i].code, got)
		}
	}
	if !alone(list[:1], list[0]) {
		t.Error("the only one is not alone")
	}
}

func TestDepth(t *testing.T) {
	c := open(t, ownRegions, "9901")
	for code, want := range map[string]int{"43": province, "4301": city, "430104": county, "110101": county, "9901": province, "990101": county} {
		r, ok := c.tax.Region(code)
		if !ok {
			t.Fatalf("no region %s", code)
		}
		// Own codes of six digits are taken for counties, wherever they hang.
		if got := c.depth(r); got != want {
			t.Errorf("%s %s has depth %d, want %d", code, r.Name, got, want)
		}
	}
}

func TestWordBorders(t *testing.T) {
	got := wordBorders(label.Runs{6, 3, 6}, 15)
	for at, want := range map[int]bool{0: true, 3: false, 6: true, 9: true, 12: false, 15: true} {
		if got[at] != want {
			t.Errorf("border at %d: %v", at, got[at])
		}
	}
}

// A short form within another word is no place.
func TestShortFormsAreWholeWords(t *testing.T) {
	c := open(t, "", "")
	for text, want := range map[string]string{
		"长沙的路灯":    "4301",
		"海南风味的小吃店": "46",
		"门前的黄河水浑":  "",
	} {
		if got, _ := ask(t, c, item.Item{Text: text}); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// The deepest wins, then what is named most often, then first.
func TestChoiceAmongNames(t *testing.T) {
	c := open(t, ownRegions, "9901")
	for text, want := range map[string]string{
		"城关镇和桂花街道都停水":         "990101",
		"城关镇和桂花街道，尤其桂花街道停水":   "990102",
		"云溪县桂花街道停水":           "990102",
		"从湖南来云溪县":             "9901", // home before all others
		"从云溪县去长沙市岳麓区":         "9901",
		"湖南的政策":               "43",
		"某县某镇停水":              "",
		"城关镇城关镇城关镇和云溪县桂花街道停水": "990101",
	} {
		if got, _ := ask(t, c, item.Item{Text: text}); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// A later field may only go deeper into what an earlier one said.
func TestFieldsAgree(t *testing.T) {
	c := open(t, ownRegions, "")
	for _, x := range []struct {
		places      []string
		title, text string
		want, by    string
	}{
		{[]string{"湖南省"}, "岳麓区停水", "", "430104", "title"},
		{[]string{"湖南省"}, "北京市的做法", "", "43", "places"},
		{[]string{"湖南省"}, "长沙市停水", "岳麓区停水", "430104", "text"},
		{[]string{"湖南省", "长沙市"}, "", "", "4301", "places"},
		{nil, "湖南的事", "在北京市上访", "43", "title"},
		{nil, "", "在北京市上访", "11", "text"},
		{[]string{""}, "", "", "", ""},
		{[]string{"不知道"}, "长沙市停水", "", "4301", "title"},
	} {
		it := item.Item{Places: x.places, Title: x.title, Text: x.text}
		got, l := ask(t, c, it)
		if got != x.want || l.Reason != x.by {
			t.Errorf("%v %s %s: %q by %q, want %q by %q", x.places, x.title, x.text, got, l.Reason, x.want, x.by)
		}
		if x.by == "places" && len(l.Evidence) > 0 {
			t.Errorf("the place column is no place in the words: %+v", l.Evidence)
		}
	}
}

// The evidence is the name as it stands in the words.
func TestEvidenceIsTheName(t *testing.T) {
	c := open(t, ownRegions, "9901")
	it := item.Item{Title: "路灯不亮", Text: "我住桂花街，路灯坏了。"}
	_, l := ask(t, c, it)
	if len(l.Evidence) != 1 || l.Evidence[0].Of(it) != "桂花街" || l.Evidence[0].Field != doc.Text {
		t.Errorf("evidence %+v", l.Evidence)
	}
}

// Names at home are believed more than names elsewhere, full ones more than
// short ones.
func TestBeliefs(t *testing.T) {
	score := func(home, text string) float64 {
		_, l := ask(t, open(t, ownRegions, home), item.Item{Text: text})
		return l.Score
	}
	order := []float64{score("9901", "云溪县停水"), score("", "岳麓区停水"), score("", "长沙停水"), score("", "长沙岳麓停水")}
	for i, p := range order {
		if p <= 0 || p >= 1 || i > 0 && p >= order[i-1] {
			t.Errorf("beliefs %v do not fall", order)
		}
	}
	if _, l := ask(t, open(t, "", ""), item.Item{Text: "城关镇停水"}); l.Score != 0 {
		t.Errorf("a town of no county is believed %v", l.Score)
	}
}

func TestWhyRegion(t *testing.T) {
	c := open(t, "", "")
	for _, reason := range []string{"places", "title", "text"} {
		if c.Why(reason) == "" {
			t.Errorf("%q is not explained", reason)
		}
	}
	if got := c.Why("dead"); got != "" {
		t.Errorf("an unknown reason is explained as %q", got)
	}
}

// Of all provinces in one line, each named once, the first is the answer.
func TestManyNames(t *testing.T) {
	tax, err := taxonomy.Open("")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(tax, "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range tax.Regions() {
		if len(r.Code) == 2 {
			names = append(names, r.Name)
		}
	}
	if len(names) < 31 {
		t.Fatalf("%d provinces", len(names))
	}
	for i := range 3 {
		rest := slices.Concat(names[i:], names[:i])
		want := ""
		for _, r := range tax.Regions() {
			if r.Name == rest[0] && len(r.Code) == 2 {
				want = r.Code
			}
		}
		if got, _ := ask(t, c, item.Item{Text: fmt.Sprint(strings.Join(rest, "、"), "等地")}); got != want {
			t.Errorf("of all provinces %q, want %q, the first", got, want)
		}
	}
}
