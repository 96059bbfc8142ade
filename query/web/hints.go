package web

import (
	"net/url"
	"slices"

	"qianliyan/ingest/source/form"
	"qianliyan/query/filter"
)

// What an empty part says to do. Each is asked by its template.

// Quiet heads a day without urgent lines.
func (d todayData) Quiet() string {
	if d.Total+d.Before > 0 {
		return "这两天没有特急、紧急的信息"
	}
	return "这两天还没有收到信息"
}

// Hints are for a day without urgent lines, or on which nothing came.
func (d todayData) Hints() []string {
	if n := d.Total + d.Before; n > 0 {
		return []string{"这两天收到的 " + number(n) + " 条都是一般信息，或没有可靠的急度标注；可以从最新的看起。"}
	}
	if d.Latest != "" {
		return []string{"最近一次收到信息是 " + d.Latest + "，可以看那一天的要情。", "若本该有信息，请管理员查看来源是否停了。"}
	}
	return []string{"系统里还没有任何信息。", "可以在“报送”页填一份，或请管理员用 qianliyan import 导入文件；办法见帮助。"}
}

// Links go with Hints.
func (d todayData) Links() []navLink {
	if d.Total+d.Before > 0 {
		f := filter.Filter{From: d.Yesterday, To: d.Day}
		return []navLink{{Path: address("/search", f.Query(), url.Values{"sort": {"newest"}}), Label: "看最新的信息"}}
	}
	if d.Latest != "" {
		return []navLink{{Path: "/?day=" + d.Latest, Label: "看 " + d.Latest}, {Path: "/search", Label: "检索全部"}}
	}
	return []navLink{{Path: "/report", Label: "去报送"}, {Path: "/help#import", Label: "怎样导入"}}
}

// Change is the day's total less that of the day before.
func (d todayData) Change() int { return d.Total - d.Before }

// Mid is where a bar's label stands.
func (b bar) Mid() float64 { return b.X + b.W/2 }

// Hints are for a search without hits.
func (d searchData) Hints() []string {
	var out []string
	if d.Bar.From != "" || d.Bar.To != "" {
		out = append(out, "放宽日期，或点“全部”不限日期。")
	}
	if len(d.Bar.Chips) > 0 {
		out = append(out, "去掉一两个已选条件。")
	}
	if slices.ContainsFunc(d.Bar.Chips, func(c chip) bool { return c.List == "source" || c.List == "unit" }) {
		out = append(out, "来源、单位要与来件的写法一字不差：清除条件后从左侧点选。")
	}
	if d.Bar.Words != "" {
		out = append(out, "少写几个词，或去掉引号。", "换一种说法，如“市监局”换成“市场监督管理局”。")
	}
	if len(out) == 0 {
		out = append(out, "系统里还没有信息：可以报送一份，或请管理员导入文件。")
	}
	return out
}

// Links go with Hints.
func (d searchData) Links() []navLink {
	var out []navLink
	if d.Bar.Words != "" && !d.Loose {
		f := filter.Filter{Words: looseWords(d.Bar.Words)}
		out = append(out, navLink{Path: address("/search", f.Query(), url.Values{"loose": {"1"}}), Label: "找含其中任一词的"})
	}
	if !d.All {
		out = append(out, navLink{Path: "/search", Label: "清除条件"})
	} else {
		out = append(out, navLink{Path: "/report", Label: "去报送"})
	}
	return append(out, navLink{Path: "/help#words", Label: "检索怎么写"})
}

// Hints are for a statement without rows.
func (sqlData) Hints() []string {
	return []string{"检查条件里的日期和取值；取值可以先用 SELECT DISTINCT 查看。"}
}

// OffHints are for a node that takes no reports.
func (reportData) OffHints() []string { return []string{errNoForm.hint} }

// Wrong reports whether the field has a problem.
func (d reportData) Wrong(field string) bool {
	_, ok := d.Remarks[form.Field(field)]
	return ok
}

// fieldProblem is what stands under one field.
type fieldProblem struct{ Field, Text string }

// Remark is the field's problem, its Text empty where there is none.
func (d reportData) Remark(field string) fieldProblem {
	r, ok := d.Remarks[form.Field(field)]
	if !ok {
		return fieldProblem{}
	}
	text := r.Reason
	if r.Hint != "" {
		text += "：" + r.Hint
	}
	return fieldProblem{field, text}
}

// Barred reports whether the table's counts are drawn as bars.
func (d trendData) Barred() bool {
	return len(d.Rows) > 0 && len(d.Rows[0].Cells) > 0 && d.Rows[0].Cells[0].Bar != nil
}

// Hints are for an answer without rows.
func (d trendData) Hints() []string {
	return []string{"放宽日期，或去掉一两个条件。"}
}

// Links go with Hints.
func (d trendData) Links() []navLink {
	return []navLink{{Path: d.Bar.Reset, Label: "重置条件"}, {Path: "/search", Label: "检索全部"}}
}
