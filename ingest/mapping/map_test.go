package mapping

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qianliyan/ingest/item"
)

var key = []byte("a key for tests only")

func shippedSet(t testing.TB) *Set {
	t.Helper()
	s, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func kind(t testing.TB, name string) *Mapping {
	t.Helper()
	m, problem := shippedSet(t).Get(name)
	if problem != nil {
		t.Fatal(problem)
	}
	return m
}

// cells makes a row of "name", "value" pairs.
func cells(pairs ...string) []item.Field {
	var out []item.Field
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, item.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

// TestMapKinds shows one row of every shipped form and the item it becomes.
func TestMapKinds(t *testing.T) {
	zone := item.Zone
	tests := []struct {
		name, kind string
		cells      []item.Field
		numbers    []bool
		want       item.Item
	}{
		{
			"contest table", "letters",
			cells("留言编号", "7001", "留言用户", "A00012345", "留言主题", "路灯不亮", "留言时间", "2019/2/14 20:00:00",
				"留言详情", "\n\t\t\t学校门口的路灯坏了半个月。\n", "反对数", "0", "点赞数", "3"),
			nil,
			item.Item{
				Channel: item.Letter, NativeID: "7001", Title: "路灯不亮", Text: "\n\t\t\t学校门口的路灯坏了半个月。\n",
				Citizen: "A****45", Sender: maskAccount.sender("A00012345", key), Submitted: time.Date(2019, 2, 14, 20, 0, 0, 0, zone),
				Extra: cells("反对数", "0", "点赞数", "3"),
			},
		},
		{
			"message board", "letters",
			cells("留言标题", "公交改线", "留言内容", "12路能不能绕一下", "留言日期", "2024-03-01", "留言类型", "建言", "职位", "县长", "回复内容", ""),
			nil,
			item.Item{
				Channel: item.Letter, Title: "公交改线", Text: "12路能不能绕一下", Submitted: time.Date(2024, 3, 1, 0, 0, 0, 0, zone),
				NativeID: item.ContentID("公交改线", "12路能不能绕一下", time.Date(2024, 3, 1, 0, 0, 0, 0, zone)),
				Extra:    cells("留言类型", "建言", "职位", "县长"),
			},
		},
		{
			"letters as JSON", "letters",
			cells("id", "7001", "user", "匿名", "title", "路灯不亮", "time", "1550145600", "text", "坏了", "likes", "3", "reply.text", "已修"),
			[]bool{true, false, false, true, false, true, false},
			item.Item{
				Channel: item.Letter, NativeID: "7001", Title: "路灯不亮", Text: "坏了", Submitted: time.Date(2019, 2, 14, 20, 0, 0, 0, zone),
				Extra: cells("likes", "3", "reply.text", "已修"),
			},
		},
		{
			"hotline, Excel list", "hotline",
			cells("工单编号", "GD20240301001", "工单标题", "楼上漏水", "诉求内容", "楼上卫生间漏水三天", "诉求类型", "投诉", "紧急程度", "特急",
				"求助人员", "欧阳小明", "求助号码", "138-0000-1234", "事件发生地", "青石镇", "诉求详细地址", "青石镇桥头路5号",
				"市交办时间", "2024-03-01 09:30", "区交办时间", "2024-03-01 11:00", "市交办主办单位", "住建局"),
			nil,
			item.Item{
				Channel: item.Call, NativeID: "GD20240301001", Title: "楼上漏水", Text: "楼上卫生间漏水三天", Unit: "住建局",
				Citizen: "欧**", Sender: maskPhone.sender("13800001234", key), Urgent: true,
				Places: []string{"青石镇", "青石镇桥头路5号"}, Submitted: time.Date(2024, 3, 1, 9, 30, 0, 0, zone),
				Extra: cells("诉求类型", "投诉", "紧急程度", "特急", "求助号码", "138****1234", "区交办时间", "2024-03-01 11:00"),
			},
		},
		{
			"hotline, order_wide", "hotline",
			cells("orderNum", "W1", "callTime", "2024-03-01T09:30:00", "callerName", "周一", "callerPhone", "无", "title", "停水", "majorContent", "停水两天",
				"pilotLight", "一般", "callerPhoneHash", "abcdef", "reflectName", "李四"),
			nil,
			item.Item{
				Channel: item.Call, NativeID: "W1", Title: "停水", Text: "停水两天", Citizen: "周**", Submitted: time.Date(2024, 3, 1, 9, 30, 0, 0, zone),
				Extra: cells("callerPhone", "无", "pilotLight", "一般", "reflectName", "李**"),
			},
		},
		{
			"district list, places widest first", "hotline",
			cells("工单编号", "B1", "村/社区", "东村", "被反映街乡镇", "青石镇", "被反映区", "云山县", "标题", "占道", "主要内容", "摆摊占道", "来电人电话/账号", "wx_user_88"),
			nil,
			item.Item{
				Channel: item.Call, NativeID: "B1", Title: "占道", Text: "摆摊占道", Places: []string{"云山县", "青石镇", "东村"},
				Sender: maskAccount.sender("wx_user_88", key), Extra: cells("来电人电话/账号", "w****88"),
			},
		},
		{
			"submission", "submission",
			cells("报送单位", "青石镇", "标题", "仓库起火", "正文", "今日14时仓库起火", "报送时间", "2024年3月1日 15时10分", "事发时间", "2024年3月1日14时",
				"紧急程度", "特提", "签发人", "王五", "附件", "现场照片.jpg；平面图.pdf"),
			nil,
			item.Item{
				Channel: item.Submission, Title: "仓库起火", Text: "今日14时仓库起火", Unit: "青石镇", Urgent: true,
				Submitted: time.Date(2024, 3, 1, 15, 10, 0, 0, zone), Event: time.Date(2024, 3, 1, 14, 0, 0, 0, zone),
				NativeID:    item.ContentID("仓库起火", "今日14时仓库起火", time.Date(2024, 3, 1, 15, 10, 0, 0, zone)),
				Attachments: []string{"现场照片.jpg", "平面图.pdf"}, Extra: cells("紧急程度", "特提", "签发人", "王**"),
			},
		},
		{
			"petition", "petition",
			cells("信访件编号", "X9", "信访人", "赵六", "身份证号", "11010119900101123X", "住址", "某村3组", "信访内容", "征地补偿", "信访日期", "2024.3.1"),
			nil,
			item.Item{
				Channel: item.Petition, NativeID: "X9", Text: "征地补偿", Citizen: "赵**", Submitted: time.Date(2024, 3, 1, 0, 0, 0, 0, zone),
				Extra: cells("身份证号", "110****3X"),
			},
		},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			m, match := shippedSet(t).Detect(names(c.cells))
			if m.Name() != c.kind || !match.Usable {
				t.Errorf("detected %+v, want kind %s", match, c.kind)
			}
			o := Options{Source: "测试", Key: key, Numbers: c.numbers, Reading: Reading{Unix: c.numbers != nil}}
			got, problem := m.Map(c.cells, o)
			if problem != nil {
				t.Fatal(problem)
			}
			c.want.Source = "测试"
			c.want.ID = item.NewID("测试", c.want.NativeID)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("item differs (-want +got):\n%s", d)
			}
		})
	}
}

func names(cells []item.Field) []string {
	var out []string
	for _, c := range cells {
		out = append(out, c.Name)
	}
	return out
}

func TestMapChannelOfOptionsWins(t *testing.T) {
	it, problem := kind(t, Generic).Map(cells("title", "甲"), Options{Channel: item.Media, Source: "s"})
	if problem != nil || it.Channel != item.Media {
		t.Errorf("channel = %q, %v; want that of the options", it.Channel, problem)
	}
}

func TestMapRefuses(t *testing.T) {
	tests := []struct {
		cells          []item.Field
		column, reason string
	}{
		{cells("编号", "1", "备注", "x"), "", "标题和正文都没有内容"},
		{cells("标题", " \t\n　"), "", "标题和正文都没有内容"},
		{cells("标题", "甲", "发布时间", "2019-02-30"), "发布时间", "没有这一天"},
		{cells("标题", "甲", "事发时间", "2/3/2019"), "事发时间", "分不清"},
		{cells("标题", "甲", "编号", "2.01902E+16"), "编号", "科学计数法"},
		{cells("标题", "甲", "编号", "2.0190214123456789E16"), "编号", "科学计数法"},
		{cells("标题", "甲", "编号", "1.88E+05"), "编号", "科学计数法"},
	}
	for _, c := range tests {
		_, problem := kind(t, Generic).Map(c.cells, Options{Source: "s"})
		if problem == nil || problem.Column != c.column || !strings.Contains(problem.Reason, c.reason) || problem.Hint == "" {
			t.Errorf("Map(%v): Problem %+v, want column %q, reason %q and a hint", c.cells, problem, c.column, c.reason)
		}
	}
}

func TestNativeIDSpellings(t *testing.T) {
	for in, want := range map[string]string{
		"188006": "188006", " 188006\n": "188006", "１８８００６": "188006", "188006.0": "188006", "1.88006E+05": "188006",
		"GD-7.0": "GD-7.0", "3E12": "3E12", "0012": "0012", "Ab": "Ab", "12.00": "12.00",
	} {
		it, problem := kind(t, Generic).Map(cells("id", in, "title", "甲"), Options{Source: "s"})
		if problem != nil || it.NativeID != want {
			t.Errorf("id %q became %q, %v; want %q", in, it.NativeID, problem, want)
		}
	}
}

func TestSeveralColumnsOfOneField(t *testing.T) {
	m := kind(t, Generic)
	// 正文 is listed before 内容, whatever the order in the row; what is not
	// used is kept.
	it, _ := m.Map(cells("内容", "乙", "正文", "甲", "标题", "丙"), Options{Source: "s"})
	if it.Text != "甲" || !slices.Equal(it.Extra, cells("内容", "乙")) {
		t.Errorf("text %q, extra %v", it.Text, it.Extra)
	}
	// An empty cell gives way, and so does a word for empty in other fields.
	it, _ = m.Map(cells("正文", " ", "内容", "乙", "地点", "无"), Options{Source: "s"})
	if it.Text != "乙" || it.Places != nil {
		t.Errorf("text %q, places %v", it.Text, it.Places)
	}
}

func TestNothingOfAPersonIsLeftInClear(t *testing.T) {
	secrets := []string{"13812345678", "110101199001011234", "张三丰", "zhang_san@example.org", "A00012345", "073185551234"}
	columns := []string{
		"留言用户", "用户", "user", "姓名", "来电人", "求助号码", "联系电话", "手机号", "phone", "身份证号", "证件号码", "信访人",
		"报送人电话", "callerName", "callerPhone", "住址", "客户姓名", "备用手机", "本人身份证", "owner.phone", "email", "举报人姓名", "联 系 电 话", "ＰＨＯＮＥ",
	}
	for _, k := range shippedSet(t).Kinds() {
		m := kind(t, k)
		for _, c := range columns {
			for _, secret := range secrets {
				it, problem := m.Map(cells("标题", "甲", c, secret, "备用电话", secret), Options{Source: "s", Key: key})
				if problem != nil {
					t.Fatal(problem)
				}
				b, err := item.Encode(it)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(b), secret) {
					t.Errorf("%s: column %s leaves %s in %s", k, c, secret, b)
				}
			}
		}
	}
}

// Map keeps every cell: what is no field of its own is in Extra, in order.
func TestUnknownColumnsAreKept(t *testing.T) {
	m := kind(t, Generic)
	rapid.Check(t, func(t *rapid.T) {
		var row, want []item.Field
		for range rapid.IntRange(0, 8).Draw(t, "columns") {
			f := item.Field{Name: rapid.StringMatching(`列[a-z]{3}`).Draw(t, "name"), Value: rapid.String().Draw(t, "value")}
			row = append(row, f)
			if strings.TrimSpace(f.Value) != "" {
				want = append(want, f)
			}
		}
		at := rapid.IntRange(0, len(row)).Draw(t, "title at")
		row = slices.Insert(row, at, item.Field{Name: "标题", Value: "甲"})
		it, problem := m.Map(row, Options{Source: "s"})
		if problem != nil || !slices.Equal(it.Extra, want) {
			t.Fatalf("Map(%q): extra %q, %v; want %q", row, it.Extra, problem, want)
		}
	})
}

func FuzzMap(f *testing.F) {
	f.Add("标题", "甲", "时间", "2019-02-14", "手机号", "13800001234")
	f.Add("id", "1E+9", "text", "x", "附件", `["a","b"]`)
	f.Add("user", "_x", "title", "", "紧急程度", "特急")
	set := shippedSet(f)
	f.Fuzz(func(t *testing.T, a, x, b, y, c, z string) {
		row := cells(a, x, b, y, c, z)
		m, match := set.Detect(names(row))
		it, problem := m.Map(row, Options{Source: "s", Key: key})
		if problem != nil {
			return
		}
		if !match.Usable || !it.ID.Valid() || it.NativeID == "" || strings.TrimSpace(it.Title+it.Text) == "" {
			t.Fatalf("Map(%q) = %+v with %+v", row, it, match)
		}
		again, _ := m.Map(row, Options{Source: "s", Key: key})
		if again.Hash() != it.Hash() || again.ID != it.ID {
			t.Fatalf("Map(%q) differs from run to run", row)
		}
	})
}
