package taxonomy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qianliyan/classify/label"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestShipped(t *testing.T) {
	x, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(x.Topics()); n != 7 {
		t.Errorf("%d topics, want 7", n)
	}
	if n := len(x.Regions()); n != 44703 {
		t.Errorf("%d regions, want 44703", n)
	}
	for _, c := range []struct {
		kind       label.Kind
		code, want string
	}{
		{label.Topic, "labor", "劳动和社会保障"},
		{label.Topic, "nobody", "nobody"},
		{label.Region, "430104", "岳麓区"},
		{label.Region, "0", "0"},
		{label.Urgency, "特急", "特急"},
	} {
		if got := x.Name(c.kind, c.code); got != c.want {
			t.Errorf("Name(%s, %s) = %q, want %q", c.kind, c.code, got, c.want)
		}
	}
	if code, ok := x.TopicCode("环保"); code != "environment" || !ok {
		t.Errorf("环保 is %q", code)
	}
	if got := x.Path("110102015"); got != "北京市西城区椿树街道" {
		t.Errorf("path %q", got)
	}
	if !x.Within("430104", "43") || x.Within("43", "430104") || x.Within("430104", "44") {
		t.Error("Within is wrong about 岳麓区 and 湖南省")
	}
}

func TestParentsComeFirst(t *testing.T) {
	x, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{"": true}
	for _, r := range x.Regions() {
		if !seen[r.Parent] {
			t.Fatalf("%s %s stands before its parent %s", r.Code, r.Name, r.Parent)
		}
		seen[r.Code] = true
	}
}

func TestOverlay(t *testing.T) {
	dir := folder(t, map[string]string{
		"topics.toml":  "[[topics]]\ncode='water'\nname='供水'\naliases=['自来水']\n",
		"regions.toml": "[[regions]]\ncode='9901'\nname='千泉县'\naliases=['千泉']\n[[regions]]\ncode='990101'\nname='城关街道'\nparent='9901'\n[[regions]]\ncode='430104'\nname='岳麓新区'\nparent='4301'\n",
	})
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	if x.Version() == shipped.Version() {
		t.Error("an overlay does not change the version")
	}
	if len(x.Topics()) != 1 || x.Name(label.Topic, "water") != "供水" {
		t.Errorf("topics %v", x.Topics())
	}
	if got := x.Path("990101"); got != "千泉县城关街道" {
		t.Errorf("path %q", got)
	}
	if got := x.Name(label.Region, "430104"); got != "岳麓新区" {
		t.Errorf("replaced region is called %q", got)
	}
	alone, err := Open(folder(t, map[string]string{"regions.toml": "shipped=false\n[[regions]]\ncode='1'\nname='甲县'\n"}))
	if err != nil || len(alone.Regions()) != 1 {
		t.Errorf("without the shipped regions: %v", err)
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	dir := folder(t, map[string]string{
		"topics.toml":  "[[topics]]\ncode='a'\nname='甲'\n[[topics]]\ncode='a'\nname='乙'\n[[topics]]\ncode='c'\nname='丙'\naliases=['甲']\n[[topics]]\nname='丁'\n",
		"regions.toml": "[[regions]]\ncode='x'\nname='某县'\nparent='nowhere'\n[[regions]]\ncode='y'\nname='乙'\nparent='z'\n[[regions]]\ncode='z'\nname='丙'\nparent='y'\n[[regions]]\ncode='z'\nname='丁'\n[[regions]]\ncode='w'\n",
	})
	_, err := Open(dir)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`"a" 用了两次`, `"甲" 同时属于`, "第 4 个主题缺少", "不存在", "绕回了自己", `"z" 用了两次`, "第 5 个地区缺少"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s:\n%v", want, err)
		}
	}
}

func TestUnknownKeyShowsItsLine(t *testing.T) {
	_, err := Open(folder(t, map[string]string{"topics.toml": "[[topics]]\ncode='a'\nnmae='甲'\n"}))
	if err == nil || !strings.Contains(err.Error(), "nmae") || !strings.Contains(err.Error(), "3|") {
		t.Errorf("error %v", err)
	}
	_, err = Open(folder(t, map[string]string{"regions.toml": "[[regions]\n"}))
	if err == nil || !strings.Contains(err.Error(), "写法有误") {
		t.Errorf("error %v", err)
	}
	_, err = Open(folder(t, map[string]string{"topics.toml": ""}))
	if err == nil || !strings.Contains(err.Error(), "没有任何主题") {
		t.Errorf("error %v", err)
	}
}

func FuzzTopics(f *testing.F) {
	f.Add(string(shippedTopics))
	f.Add("[[topics]]\ncode='a'\nname='甲'")
	f.Fuzz(func(t *testing.T, s string) {
		topics, err := parseTopics([]byte(s))
		if err == nil && len(topics) == 0 {
			t.Fatal("no topics and no error")
		}
	})
}

func FuzzRegions(f *testing.F) {
	f.Add("shipped=false\n[[regions]]\ncode='a'\nname='甲'\nparent='a'")
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(s, "shipped") {
			x := &Taxonomy{byCode: map[string]int{}}
			if x.loadRegions([]byte(s)) == nil {
				for _, r := range x.Regions() {
					x.Path(r.Code) // must end
				}
			}
		}
	})
}
