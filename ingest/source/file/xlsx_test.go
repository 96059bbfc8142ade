package file

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

// workbookOf builds an XLSX file; each sheet is rows of cells from A1 on.
func workbookOf(t testing.TB, sheets map[string][][]any, order []string, more func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, name := range order {
		if i == 0 {
			must(t, f.SetSheetName("Sheet1", name))
		} else if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for r, cells := range sheets[name] {
			must(t, f.SetSheetRow(name, fmt.Sprintf("A%d", r+1), &cells))
		}
	}
	if more != nil {
		more(f)
	}
	var b bytes.Buffer
	must(t, f.Write(&b))
	return b.Bytes()
}

// oneSheet builds an XLSX file of one sheet.
func oneSheet(t testing.TB, more func(*excelize.File), rows ...[]any) []byte {
	return workbookOf(t, map[string][][]any{"表": rows}, []string{"表"}, more)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestXLSX(t *testing.T) {
	evening := time.Date(2019, 2, 14, 20, 0, 0, 0, item.Zone)
	data := oneSheet(t, func(f *excelize.File) {
		date, err := f.NewStyle(&excelize.Style{NumFmt: 22})
		must(t, err)
		cn := "yyyy\"年\"m\"月\"d\"日\""
		day, err := f.NewStyle(&excelize.Style{CustomNumFmt: &cn})
		must(t, err)
		must(t, f.SetCellStyle("表", "D2", "D2", date))
		must(t, f.SetCellStyle("表", "F2", "F2", day))
	},
		[]any{"留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "办结日期", "反对数"},
		[]any{188006, "A00012345", "路灯不亮", 43510.833333333336, "\t路灯坏了\n半个月 ", 43520, 0},
		[]any{"188007", nil, "公交改线", "2019/2/14 20:00:00", "12路"},
		[]any{},
		[]any{188008, nil, "停水", 43510.833333333336, "停水两天", true, 1.5},
	)
	g, rep, err := run(t, "letters.xlsx", data)
	if err != nil {
		t.Fatal(err)
	}
	want := []item.Item{
		{
			NativeID: "188006", Title: "路灯不亮", Text: "\t路灯坏了\n半个月 ", Citizen: "A****45", Submitted: evening,
			Extra: []item.Field{{Name: "办结日期", Value: "2019-02-24"}, {Name: "反对数", Value: "0"}},
		},
		{NativeID: "188007", Title: "公交改线", Text: "12路", Submitted: evening},
		{
			NativeID: "188008", Title: "停水", Text: "停水两天", Submitted: evening,
			Extra: []item.Field{{Name: "办结日期", Value: "TRUE"}, {Name: "反对数", Value: "1.5"}},
		},
	}
	for i := range want {
		want[i].Source, want[i].Channel, want[i].ID = "测试", item.Letter, item.NewID("测试", want[i].NativeID)
	}
	got := slices.Clone(g.items)
	for i := range got {
		got[i].Sender = ""
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("items differ (-want +got):\n%s", d)
	}
	if rep.Kind != "letters" || rep.Format != XLSX || rep.Rows != 3 || !slices.Equal(rep.Extra, []string{"办结日期"}) {
		t.Errorf("report %+v", rep)
	}
}

func TestXLSXMergedHeader(t *testing.T) {
	data := oneSheet(t, func(f *excelize.File) {
		for _, m := range [][2]string{{"A1", "G1"}, {"A3", "A4"}, {"B3", "C3"}, {"D3", "E3"}, {"F3", "G3"}} {
			must(t, f.MergeCell("表", m[0], m[1]))
		}
	},
		[]any{"二〇二四年三月热线工单一览"},
		[]any{nil, nil, nil, nil, nil, "制表：办公室"},
		[]any{"工单编号", "诉求", nil, "来电人", nil, "评价", nil},
		[]any{nil, "标题", "内容", "姓名", "电话", "态度", "速度"},
		[]any{"G1", "停水", "停水两天", "周一", "13800001234", "好", "慢"},
	)
	g, rep, err := run(t, "merged.xlsx", data)
	if err != nil || len(g.items) != 1 {
		t.Fatalf("%+v, %v", rep, err)
	}
	it := g.items[0]
	if it.NativeID != "G1" || it.Title != "停水" || it.Text != "停水两天" || it.Citizen != "周**" || rep.Kind != "hotline" {
		t.Errorf("kind %s, item %+v", rep.Kind, it)
	}
	want := []item.Field{{Name: "来电人电话", Value: "138****1234"}, {Name: "评价态度", Value: "好"}, {Name: "评价速度", Value: "慢"}}
	if !slices.Equal(it.Extra, want) {
		t.Errorf("extra %v, want %v", it.Extra, want)
	}
}

func TestXLSXSeveralSheets(t *testing.T) {
	letters := []any{"留言编号", "留言主题", "留言详情"}
	data := workbookOf(t, map[string][][]any{
		"说明": {{"本表由办公室汇总"}, {"每月一次"}},
		"一月": {letters, {1, "甲", "甲甲"}, {2, "乙", ""}},
		"空":  {},
		"热线": {{"工单编号", "诉求内容", "来电时间"}, {"G1", "丙", "2019-02-30"}},
		"草稿": {letters, {3, "丁", "丁丁"}},
	}, []string{"说明", "一月", "空", "热线", "草稿"}, func(f *excelize.File) { must(t, f.SetSheetVisible("草稿", false)) })
	g, rep, err := run(t, "year.xlsx", data)
	if err != nil || !slices.Equal(g.titles(), []string{"甲", "乙"}) || tally(rep) != [3]int{2, 0, 1} {
		t.Fatalf("titles %v, report %+v, %v", g.titles(), rep, err)
	}
	var got []string
	for _, s := range rep.Sheets {
		got = append(got, fmt.Sprintf("%s %s %d %s", s.Name, s.Kind, s.Rows, strings.SplitN(s.Skipped, "前 10", 2)[0]))
	}
	want := []string{"说明  0 ", "一月 letters 2 ", "空  0 空表", "热线 hotline 1 ", "草稿  0 隐藏的工作表，没有读"}
	if !slices.Equal(got, want) {
		t.Errorf("sheets %q, want %q", got, want)
	}
	if rows := readRejects(t, rep.RejectsFile); rows[1][0] != "热线!2" {
		t.Errorf("the rejected row is called %q", rows[1][0])
	}
}

func TestXLSX1904(t *testing.T) {
	data := oneSheet(t, func(f *excelize.File) {
		yes := true
		must(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}))
		style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
		must(t, err)
		must(t, f.SetCellStyle("表", "B3", "C3", style))
	}, []any{"标题", "时间", "办结"}, []any{"甲", 42048.833333, nil}, []any{"乙", 42048, 42049})
	g, _, err := run(t, "mac.xlsx", data)
	if err != nil || len(g.items) != 2 {
		t.Fatal(g.items, err)
	}
	if want := time.Date(2019, 2, 14, 20, 0, 0, 0, item.Zone); !g.items[0].Submitted.Equal(want) {
		t.Errorf("submitted %v, want %v", g.items[0].Submitted, want)
	}
	if want := time.Date(2019, 2, 14, 0, 0, 0, 0, item.Zone); !g.items[1].Submitted.Equal(want) || g.items[1].Extra[0].Value != "2019-02-15" {
		t.Errorf("submitted %v, extra %v", g.items[1].Submitted, g.items[1].Extra)
	}
}

// Any cells that excelize writes are read back as they are.
func TestXLSXRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cell := rapid.StringOf(rapid.SampledFrom([]rune("甲乙a1 <>&\"'_x\n\t😀")))
		var rows [][]any
		var want []string
		rows = append(rows, []any{"标题", "备注"})
		for i := range rapid.IntRange(1, 5).Draw(rt, "rows") {
			title, note := fmt.Sprintf("甲%d", i), cell.Draw(rt, "cell")
			rows = append(rows, []any{title, note})
			if strings.TrimSpace(note) != "" {
				want = append(want, title+note)
			} else {
				want = append(want, title)
			}
		}
		w, err := openWorkbook(put(t, "x.xlsx", oneSheet(t, nil, rows...)), DefaultLimits())
		if err != nil {
			rt.Fatal(err)
		}
		set := options(t, newGate()).Mappings
		b, err := newBook(w, kinds{set: set})
		if err != nil {
			rt.Fatal(err)
		}
		defer b.close()
		for _, want := range want {
			r, err := b.next()
			if err != nil {
				rt.Fatal(err)
			}
			got := ""
			for _, c := range r.cells {
				if strings.TrimSpace(c.Value) != "" {
					got += c.Value
				}
			}
			if got != want {
				rt.Fatalf("row %q, want %q", got, want)
			}
		}
		if _, err := b.next(); !errors.Is(err, io.EOF) {
			rt.Fatal(err)
		}
	})
}

// parts packs an XLSX file by hand, for what excelize would not write.
func parts(t testing.TB, sheet, shared string) []byte {
	t.Helper()
	const head = `<?xml version="1.0" encoding="UTF-8"?>`
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"[Content_Types].xml":        head + `<Types/>`,
		"_rels/.rels":                head + `<Relationships><Relationship Id="r1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            head + `<workbook xmlns:r="` + office + `"><sheets><sheet name="表" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": head + `<Relationships><Relationship Id="r1" Type="` + office + `/worksheet" Target="/xl/sheet.xml"/><Relationship Id="r2" Type="` + office + `/sharedStrings" Target="shared.xml"/></Relationships>`,
		"xl/sheet.xml":               head + sheet,
		"xl/shared.xml":              head + shared,
	} {
		w, err := z.Create(name)
		must(t, err)
		_, err = io.WriteString(w, text)
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

const sheetHead = `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>标题</t></is></c><c r="B1" t="inlineStr"><is><t>正文</t></is></c></row>`

func TestXLSXByHand(t *testing.T) {
	sheet := sheetHead + `<row><c t="s"><v>0</v></c><c t="str"><f>A1&amp;"x"</f><v>公式的值</v></c></row>` +
		`<row r="5"><c r="B5" t="inlineStr"><is><r><t>富</t></r><r><rPr><b/></rPr><t xml:space="preserve">文本 </t></r></is></c></row>` +
		`<row r="6"><c r="A6" t="s"><v>1</v></c><c r="B6" t="e"><v>#N/A</v></c></row></sheetData></worksheet>`
	shared := `<sst><si><r><t>汉</t></r><rPh sb="0" eb="1"><t>han</t></rPh><r><t>字</t></r></si><si><t>一_x000D_二_x005F_x</t></si></sst>`
	g, rep, err := run(t, "hand.xlsx", parts(t, sheet, shared))
	if err != nil || len(g.items) != 3 {
		t.Fatalf("%+v, %v", rep, err)
	}
	got := []string{g.items[0].Title, g.items[0].Text, g.items[1].Text, g.items[2].Title}
	if want := []string{"汉字", "公式的值", "富文本 ", "一\r二_x"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestXLSXLongCells(t *testing.T) {
	long := strings.Repeat("字", 1000)
	sheet := sheetHead + `<row r="2"><c r="A2" t="s"><v>0</v></c></row><row r="3"><c r="A3" t="inlineStr"><is><t>` + long + `</t></is></c></row>` +
		`<row r="4"><c r="A4" t="inlineStr"><is><t>好</t></is></c></row></sheetData></worksheet>`
	g := newGate()
	o := options(t, g)
	o.Limits.Row = setting.Size(1 << 10)
	rep, err := Import(t.Context(), put(t, "long.xlsx", parts(t, sheet, "<sst><si><t>"+long+"</t></si></sst>")), o)
	if err != nil || !slices.Equal(g.titles(), []string{"好"}) || rep.Rejected != 2 {
		t.Fatalf("%v, %+v, %v; want both long rows refused and the next taken", g.titles(), rep, err)
	}
}

func TestXLSXBreaksOff(t *testing.T) {
	sheet := sheetHead + `<row r="2"><c r="A2" t="inlineStr"><is><t>甲</t></is></c></row><row r="3"><c r="A3" t="s"><v>7`
	g, rep, err := run(t, "half.xlsx", parts(t, sheet, "<sst/>"))
	var p *item.Problem
	if !errors.As(err, &p) || !strings.Contains(p.Reason, "不完整") || !slices.Equal(g.titles(), []string{"甲"}) || rep.Accepted != 1 {
		t.Errorf("%v, %+v, %v; want the row before the break taken and the break told", g.titles(), rep, err)
	}
}

func TestXLSXSharedStringsOnDisk(t *testing.T) {
	var s sharedStrings
	s.cut = map[int]bool{}
	var want []string
	text := strings.Repeat("一二三四五六七八九十", 3000) // 90 kB
	for i := range 2 * stringsInMemory / len(text) {
		want = append(want, fmt.Sprint(i, text))
		must(t, s.add(want[i]))
	}
	if s.disk == nil {
		t.Fatal("all of it stays in memory")
	}
	must(t, s.write.Flush())
	for i := range want {
		if got, _, err := s.get(len(want) - 1 - i); err != nil || got != want[len(want)-1-i] {
			t.Fatalf("text %d: %v", i, err)
		}
	}
	if _, _, err := s.get(len(want)); err == nil {
		t.Error("a text beyond the last is no error")
	}
	must(t, s.close())
}

func TestNumberFormats(t *testing.T) {
	tests := []struct {
		id   int
		code string
		want dateStyle
	}{
		{0, "", dateStyle{}},
		{14, "", dateStyle{day: true}},
		{22, "", dateStyle{true, true}},
		{31, "", dateStyle{day: true}},
		{46, "", dateStyle{clock: true}},
		{164, "yyyy/m/d h:mm;@", dateStyle{true, true}},
		{164, `[$-804]yyyy"年"m"月"d"日"`, dateStyle{day: true}},
		{164, "[h]:mm", dateStyle{clock: true}},
		{164, `0.00"hours"`, dateStyle{}},
		{164, "0.00E+00", dateStyle{}},
		{164, `#,##0.00_);[Red]\(#,##0.00\)`, dateStyle{}},
		{164, "General", dateStyle{}},
		{164, "@", dateStyle{}},
	}
	for _, c := range tests {
		if got := formatOf(c.id, c.code); got != c.want {
			t.Errorf("format %d %q is %+v, want %+v", c.id, c.code, got, c.want)
		}
	}
	for days, want := range map[float64]string{0.8333333: "20:00:00", 1.5: "", 43510: "2019-02-14 00:00:00", -1: "", 3e6: ""} {
		if got, _ := serialText(days, dateStyle{clock: true}, false); got != want {
			t.Errorf("%v shows as %q, want %q", days, got, want)
		}
	}
}
