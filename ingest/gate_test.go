package ingest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qianliyan/ingest/item"
)

// TestGateMarks has texts that bear a mark, each as it stands in documents.
func TestGateMarks(t *testing.T) {
	g := newGate(t)
	title := func(s string) item.Item { return item.Item{Title: s, Text: "请阅示。"} }
	text := func(s string) item.Item { return item.Item{Title: "关于近期工作的报告", Text: s} }
	field := func(name, value string) item.Item {
		return item.Item{Title: "报告", Text: "正文", Extra: []item.Field{{Name: name, Value: value}}}
	}
	for name, it := range map[string]item.Item{
		"title alone":             title("秘密"),
		"title in brackets":       title("【秘密】"),
		"title 级":                 title("秘密级"),
		"title star term":         title("机密★1年"),
		"title secret for ever":   title("绝密★长期"),
		"title blanks round star": title("机密 ★ 启封前"),
		"title blank inside":      title("秘　密"),
		"title many blanks":       title("机   密"),
		"title bracket, words":    title("【秘密】关于某村集体资产清查的报告"),
		"title words, bracket":    title("关于某村集体资产清查的报告（机密）"),
		"title square bracket":    title("[绝密]演练方案"),
		"title tortoise bracket":  title("〔机密〕会议纪要"),
		"title before 关于":         title("机密 关于调整预案的通知"),
		"title colon 关于":          title("秘密：关于调整预案的通知"),
		"title star inside":       title("某县委办公室文件 机密★3年"),
		"title traditional":       title("機密★長期"),
		"title quoted":            title("「绝密」"),
		"line alone":              text("某县人民政府办公室\n秘密\n关于防汛物资的请示"),
		"first line":              text("机密\n某县公安局情况专报"),
		"line star months":        text("绝密★6个月\n特急\n某县值班信息"),
		"line Chinese number":     text("秘密★十年\n第12期"),
		"line other star":         text("机密☆1年\n第12期"),
		"line full-width digits":  text("机密★１０年\n第12期"),
		"line asterisk":           text("秘密*5年\n情况反映"),
		"line term, no star":      text("机密10年\n情况反映"),
		"line urgency beside":     text("机密★1年 特急\n某县值班信息"),
		"line urgency before":     text("特急 秘密\n某县值班信息"),
		"line copy number":        text("000123  机密★1年  加急\n某县值班信息"),
		"line far down":           text(strings.Repeat("一段平常的话。\n", 40) + "机密★1年\n附件"),
		"line CRLF":               text("某县委办\r\n秘密\r\n正文"),
		"line CR":                 text("某县委办\r机密★1年\r正文"),
		"line separator":          text("某县委办\u2028绝密\u2028正文"),
		"top right":               text("某县委信息室                    秘密\n第 12 期"),
		"top right tab":           text("情况专报\t机密★1年\n第 12 期"),
		"top left":                text("秘密      第 12 期\n情况专报"),
		"label":                   text("密级：机密\n编号：12"),
		"label inside line":       text("编号：0012 密级：机密 缓急：特急\n正文"),
		"label blank":             text("密 级： 秘 密\n正文"),
		"label equals":            text("密级=绝密"),
		"label brackets":          text("密级：【秘密】"),
		"label in one long line":  text("文号：某办〔2026〕12号，密级：秘密，" + strings.Repeat("关于汛期值班的安排如下。", 50)),
		"one long line":           text("机密★1年 某县人民政府：" + strings.Repeat("现将有关情况报告如下。", 50)),
		"HTML":                    text("<p>机密★1年</p><p>某县人民政府</p>"),
		"HTML in parts":           text("<div><b>秘</b><b>密</b></div><div>正文</div>"),
		"invisible inside":        text("机\u200b密\u2060★1年\n正文"),
		"attachment":              {Title: "报告", Text: "见附件", Attachments: []string{"方案.docx", "【秘密】名单.xlsx"}},
		"attachment alone":        {Title: "报告", Text: "见附件", Attachments: []string{"绝密.pdf"}},
		"field":                   field("密级", "机密"),
		"field blank":             field("密 级", " 秘 密 "),
		"field term":              field("密级和保密期限", "机密★1年"),
		"field 级":                 field("涉密等级", "秘密级"),
		"field text with mark":    field("办理结果", "绝密★长期\n已办"),
		"field text with label":   field("备注", "密级：绝密"),
		"only in text":            {Text: "绝密"},
		"stamp title":             title("机密级文件"),
		"stamp first line":        text("机密文件\n某县值班信息"),
		"stamp in brackets":       text("【绝密材料】 特急\n某县值班信息"),
		"star behind words":       title("某县委办公室文件机密★3年"),
		"star without term":       text("某县委办公室（机密★）\n第12期"),
		"unit":                    {Title: "报告", Text: "正文", Unit: "机密★5年"},
		"unit beside words":       {Title: "报告", Text: "正文", Unit: "某县公安局 【秘密】"},
		"place":                   {Title: "报告", Text: "正文", Places: []string{"某县", "绝密"}},
		"native id":               {Title: "报告", Text: "正文", NativeID: "机密★1年 0012"},
		"citizen":                 {Title: "报告", Text: "正文", Citizen: "秘密★长期"},
	} {
		p := g.Check(it)
		if p == nil {
			t.Errorf("%s: %q taken", name, it.Title+"|"+it.Text)
			continue
		}
		if !p.Secret || p.Value != "" || p.Hint == "" {
			t.Errorf("%s: Problem %+v must be secret, without value, with a hint", name, p)
		}
	}
}

// TestGateWords has texts in which a level is a word.
func TestGateWords(t *testing.T) {
	g := newGate(t)
	for _, s := range []string{
		"商业秘密", "保守秘密", "秘密地", "机密文件遗失的新闻", "泄露国家秘密罪", "国家秘密",
		"一家公司的商业秘密被员工带走", "他秘密地离开了", "保守秘密是每个公务员的义务",
		"请为我保守秘密", "希望有关部门对我的电话保守秘密。", "我家的秘密花园被铲平",
		"某厂涉嫌侵犯商业秘密罪一案", "机密文件遗失，谁来负责？", "绝密飞行拍摄扰民",
		"非秘密事项公开", "秘密投票不规范", "村委会选举没有设秘密写票处", "涉密人员管理", "保密工作检查",
		"无密级文件如何归档", "定密责任人培训通知", "关于开展机密级计算机检查的通知",
		"秘密级、机密级、绝密级的区别是什么", "国家秘密的密级分为绝密、机密、秘密三级",
		"培训中讲到了密级：秘密、机密、绝密三种", "“秘密”二字写错了", "《绝密》这本书在哪里借",
		"街上出现机密打印店", "他说这是秘密。", "这不是什么秘密", "小区门禁密码是公开的秘密吗",
		"工作秘密不得外泄", "内部资料 注意保存", "密级：内部", "密级：无", "密级：公开",
		"举报人信息应当保密★", "五星★酒店", "该案因涉及国家秘密不公开审理",
		"揭开秘密★★★★★好评", "秘密★★★★★", "这家密室的秘密★好评", "机密级文件遗失怎么处理", "机密文件丢了", "他说是“机密文件”", "档案里的机密材料", "机密文件袋",
		"网上流传一份机密文件，内容是★号标出的名单，群众问真假",
	} {
		for _, it := range []item.Item{{Title: s, Text: "请问如何办理？"}, {Title: "来信", Text: s}, {Text: "你好：\n" + s + "\n谢谢"}} {
			if p := g.Check(it); p != nil {
				t.Errorf("%q refused at %s", it.Title+"|"+it.Text, p.Column)
			}
		}
	}
	for _, it := range []item.Item{
		{Unit: "国家保密局"},
		{Unit: "某县秘密工作领导小组"},
		{Places: []string{"绝密飞行主题公园"}},
		{NativeID: "密2026-1"},
		{Citizen: "宓*"},
		{Text: strings.Repeat("一段平常的话。\n", 9) + "机密文件"},
	} {
		it.Title = "报告"
		if p := g.Check(it); p != nil {
			t.Errorf("%+v refused at %s", it, p.Column)
		}
	}
	for _, f := range []item.Field{
		{Name: "密级", Value: "内部"},
		{Name: "密级", Value: "公开"},
		{Name: "密级", Value: "无"},
		{Name: "密级", Value: "非密"},
		{Name: "密级", Value: "不涉及国家秘密"},
		{Name: "密级", Value: "普通商密"},
		{Name: "是否保密", Value: "秘密"},
		{Name: "办理结果", Value: "已告知保守秘密"},
		{Name: "标签", Value: "秘密"},
	} {
		if g.Secret(item.Item{Title: "报告", Text: "正文", Extra: []item.Field{f}}) {
			t.Errorf("field %+v refused", f)
		}
	}
}

// TestGateLongTexts: sentences of any length are no mark, and a mark behind
// them is found.
func TestGateLongTexts(t *testing.T) {
	g := newGate(t)
	long := strings.Repeat("保守国家秘密是公民的义务，机密文件要专人管理。", 50_000)
	if g.Secret(item.Item{Text: long}) {
		t.Error("sentences refused")
	}
	if !g.Secret(item.Item{Text: long + "\n绝密★长期\n"}) {
		t.Error("mark behind a long line taken")
	}
}

func TestGateFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	own := write("own.toml", "levels = [\"商密\"]\nstars = \"★\"\nfields = [\"密级\"]\nhead_lines = 3\nline_runes = 40\n")
	g, err := NewGate(own)
	if err != nil {
		t.Fatal(err)
	}
	if !g.Secret(item.Item{Title: "商密★1年"}) || g.Secret(item.Item{Title: "机密★1年"}) {
		t.Error("own list is not the one used")
	}
	if g.Secret(item.Item{Title: "商密与专利的区别", Text: "商密会议"}) {
		t.Error("an empty list of words matches everything")
	}
	for name, text := range map[string]string{
		"unknown key": "levels = [\"秘密\"]\nstars=\"★\"\nfields=[\"密级\"]\nhead_lines=1\nline_runes=1\nwhat=1\n",
		"no levels":   "stars=\"★\"\nfields=[\"密级\"]\nhead_lines=1\nline_runes=1\n",
		"no 密":        "levels=[\"SECRET\"]\nstars=\"★\"\nfields=[\"密级\"]\nhead_lines=1\nline_runes=1\n",
		"no TOML":     "levels",
	} {
		if _, err := NewGate(write("bad.toml", text)); err == nil || !strings.Contains(err.Error(), "secrecy") {
			t.Errorf("%s: err %v", name, err)
		}
	}
	if _, err := NewGate(filepath.Join(dir, "none.toml")); err == nil {
		t.Error("missing file is no error")
	}
}

func FuzzGate(f *testing.F) {
	for _, s := range []string{"机密★1年", "密级：【秘密】", "<p>秘</p>密", "\xff密\x00", "保守秘密", "秘\u2028密\r\n", strings.Repeat("密", 300)} {
		f.Add(s, s, s)
	}
	g := newGate(f)
	f.Fuzz(func(t *testing.T, title, text, value string) {
		it := item.Item{Title: title, Text: text, Extra: []item.Field{{Name: title, Value: value}}, Attachments: []string{value}}
		p := g.Check(it)
		if p != nil && !strings.Contains(title+text+value, "密") {
			// Levels are written with 密; whatever else is refused would be refused blindly.
			t.Errorf("refused %q|%q|%q", title, text, value)
		}
		if !g.Secret(item.Item{Title: title, Text: "密级：机密\n" + text}) {
			t.Error("a mark in the first line is missed")
		}
	})
}

func BenchmarkGate(b *testing.B) {
	g := newGate(b)
	plain := item.Item{Title: "路灯不亮", Text: strings.Repeat("我们小区门口的路灯坏了三个月，晚上老人出行不便。", 20)}
	word := plain
	word.Text += "希望为我保守秘密。"
	for name, it := range map[string]item.Item{"plain": plain, "word": word} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				g.Check(it)
			}
		})
	}
}

func newGate(t testing.TB) *Gate {
	t.Helper()
	g, err := NewGate("")
	if err != nil {
		t.Fatal(err)
	}
	return g
}
