package region

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qianliyan/classify/doc"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/classify/taxonomy"
	"qianliyan/ingest/item"
)

const ownRegions = `
[[regions]]
code = "9901"
name = "云溪县"
aliases = ["云溪"]
[[regions]]
code = "990101"
name = "城关镇"
parent = "9901"
[[regions]]
code = "990102"
name = "桂花街道"
aliases = ["桂花街"]
parent = "9901"
`

func open(t testing.TB, regions, home string) *Classifier {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "regions.toml"), []byte(regions), 0o644); err != nil {
		t.Fatal(err)
	}
	tax, err := taxonomy.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(tax, home)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRegions(t *testing.T) {
	seg := segmenttest.Open(t)
	away, own := open(t, "", ""), open(t, ownRegions, "9901")
	for _, c := range []struct {
		name   string
		c      *Classifier
		places []string
		title  string
		text   string
		want   string
		by     string
	}{
		{"province", away, nil, "湖南省的政策", "", "43", "title"},
		{"short city", away, nil, "", "长沙什么时候修地铁", "4301", "text"},
		{"county unique", away, nil, "岳麓区停水", "", "430104", "title"},
		{"county shared", away, nil, "新华区停水", "", "", ""},
		{"county shared in named city", away, nil, "新华区停水", "石家庄市新华区今早停水。", "130105", "title"},
		{"short county", away, nil, "岳麓停水", "", "", ""},
		{"short county in city", away, nil, "", "长沙岳麓停水", "430104", "text"},
		{"town alone", away, nil, "城关镇停水", "", "", ""},
		{"town in county", away, nil, "", "浏阳市大瑶镇的路坏了", "430181", "text"},
		{"nothing", away, nil, "路灯不亮", "希望修理", "", ""},
		{"empty", away, nil, "", "", "", ""},
		{"home town", own, nil, "城关镇停水", "", "990101", "title"},
		{"home alias", own, nil, "", "桂花街路口红绿灯坏了", "990102", "text"},
		{"home county", own, nil, "云溪县何时通高铁", "", "9901", "title"},
		{"places first", own, []string{"云溪县", "桂花街道"}, "城关镇停水", "", "990102", "places"},
		{"deeper later", own, []string{"云溪县"}, "停水", "我住城关镇。", "990101", "text"},
		{"other place from home", own, nil, "从云溪县到岳麓区的班车", "", "9901", "title"},
	} {
		d := doc.New(item.Item{Places: c.places, Title: c.title, Text: c.text}, seg)
		labels, err := c.c.Classify(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		got, by := "", ""
		if len(labels) > 0 {
			got, by = labels[0].Value, labels[0].Reason
			for _, s := range labels[0].Evidence {
				if s.Of(d.Item) == "" {
					t.Errorf("%s: evidence %+v is nowhere", c.name, s)
				}
			}
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" || by != c.by {
			t.Errorf("%s: region %q by %q, want %q by %q", c.name, got, by, c.want, c.by)
		}
	}
}

func TestUnknownHome(t *testing.T) {
	tax, err := taxonomy.Open("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(tax, "0"); err == nil || !strings.Contains(err.Error(), "home") {
		t.Errorf("error %v", err)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("长沙市岳麓区", "城关镇\xff停水", "湖南")
	seg := segmenttest.Open(f)
	c := open(f, ownRegions, "9901")
	f.Fuzz(func(t *testing.T, place, title, text string) {
		d := doc.New(item.Item{Places: []string{place}, Title: title, Text: text}, seg)
		labels, err := c.Classify(t.Context(), d)
		if err != nil || len(labels) > 1 {
			t.Fatalf("%v %v", labels, err)
		}
		for _, l := range labels {
			for _, s := range l.Evidence {
				if s.Of(d.Item) == "" {
					t.Fatalf("evidence %+v is nowhere", s)
				}
			}
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	seg := segmenttest.Open(b)
	c := open(b, ownRegions, "9901")
	d := doc.New(item.Item{Title: "城关镇停水", Text: strings.Repeat("我们小区昨天又停水了，物业说水管坏了正在修，请县里督促。", 15)}, seg)
	for b.Loop() {
		if _, err := c.Classify(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}
