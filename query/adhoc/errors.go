package adhoc

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Error is a statement that failed, in words for the analyst.
type Error struct {
	Reason  string `json:"reason"`         // Chinese: what kind of mistake, what to do
	Message string `json:"message"`        // the engine's own words
	Code    int    `json:"code"`           // the engine's code, 0 when it has none
	Line    int    `json:"line,omitempty"` // place in the statement, from 1; 0 when unknown
	Column  int    `json:"column,omitempty"`
}

// Error puts the parts on one line.
func (e *Error) Error() string { return e.Reason + "：" + e.Message }

const codeTimeout = 159

// reasons say what to do about the engine's codes (its file ErrorCodes.cpp).
var reasons = map[int]string{
	6:   "值的写法不对，请检查引号里的数字或日期",
	27:  "值的写法不对，请检查引号里的数字或日期",
	38:  "日期的写法不对，请写成 '2026-01-31'",
	41:  "时间的写法不对，请写成 '2026-01-31 08:00:00'",
	42:  "函数的参数个数不对",
	43:  "函数的参数类型不对",
	46:  "没有这个函数，请检查拼写（函数名区分大小写）",
	47:  "没有这个列，请对照页面上的列名检查拼写",
	53:  "类型不一致，请用 toString、toDate 等转换后再比较",
	60:  "没有这个表，请对照页面上的表名检查拼写",
	62:  "语句写法有误",
	72:  "数字的写法不对",
	81:  "没有这个数据库，表名前可以不写数据库名",
	153: "除数为 0，请用 nullIf(除数, 0)",
	158: "要读的行太多，请缩短时间范围或加条件",
	159: "执行超时，请缩短时间范围、加条件，或先用 LIMIT 试",
	160: "预计耗时太长，请缩短时间范围或加条件",
	164: "只能读取数据",
	184: "聚合函数里不能再用聚合函数",
	215: "这个列既不在 GROUP BY 里，也没有用聚合函数",
	241: "内存不够，请缩短时间范围、加条件，或减少分组的列",
	307: "要读的数据太多，请缩短时间范围或加条件",
	386: "几部分的类型合不到一起，请先转换成同一类型",
	394: "语句被取消",
	396: "结果太大，请加 LIMIT 或减少列",
	456: "语句里有没给值的参数 {…}，请直接写上值",
	497: "没有权限",
}

// explain turns an engine's refusal into an *Error; other errors stay as they
// are.
func explain(err error, sql string) error {
	x := (*clickhouse.Exception)(nil)
	if !errors.As(err, &x) {
		return err
	}
	e := &Error{Code: int(x.Code), Reason: reasons[int(x.Code)], Message: tidy(x.Message)}
	if e.Reason == "" || strings.Contains(e.Message, e.Reason) { // our own guard says it all
		e.Reason = "语句没有执行"
	}
	e.Line, e.Column = place(x.Message, sql)
	if m := bareRE.FindStringSubmatch(x.Message); m != nil && m[1][0] >= utf8.RuneSelf {
		e.Reason = "中文名称要加反引号，如 `件数`；标点要用半角"
	}
	return e
}

var (
	headRE  = regexp.MustCompile(`^(Code: \d+\. )?(DB::Exception: )?`)
	scopeRE = regexp.MustCompile(`(?is)[:.,]? in scope .*?(\. Maybe you meant.*)?$`)
	bareRE  = regexp.MustCompile(`Unrecognized token: Syntax error: failed at position \d+ \((.)`)
	tailRE  = regexp.MustCompile(`\s*\([A-Z_]{3,}\)\s*$`)
	placeRE = regexp.MustCompile(`\(line (\d+), col (\d+)\)`)
	byteRE  = regexp.MustCompile(`failed at position (\d+)`)
	nameRE  = regexp.MustCompile("(?i)(?:(?:table )?(?:expression )?identifier|function|table|column|database)s? (?:with name )?[`'\"]?([\\p{L}_][\\p{L}\\p{N}_.]*)")
)

// maxMessage is how much of the engine's words a page shows: it may repeat the
// whole statement.
const maxMessage = 600

// tidy leaves of a message what an analyst can use.
func tidy(m string) string {
	m = strings.ToValidUTF8(m, "")
	m = headRE.ReplaceAllString(m, "")
	m = tailRE.ReplaceAllString(scopeRE.ReplaceAllString(tailRE.ReplaceAllString(m, ""), "$1"), "")
	m = strings.TrimSpace(m)
	if r := []rune(m); len(r) > maxMessage {
		m = string(r[:maxMessage]) + "…"
	}
	return m
}

// place finds where the mistake is: the engine says so for syntax, and names
// the culprit for most others. Columns count characters from 1, as an editor
// does; the engine counts bytes.
func place(message, sql string) (line, column int) {
	if m := placeRE.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		col, _ := strconv.Atoi(m[2])
		lines := strings.Split(sql, "\n")
		if line < 1 || line > len(lines) || col < 1 || col > len(lines[line-1])+1 {
			return 0, 0
		}
		return line, utf8.RuneCountInString(lines[line-1][:col-1]) + 1
	}
	if m := byteRE.FindStringSubmatch(message); m != nil {
		if at, err := strconv.Atoi(m[1]); err == nil && at >= 1 && at <= len(sql)+1 {
			return cursor(sql, at-1)
		}
		return 0, 0
	}
	m := nameRE.FindStringSubmatch(message)
	if m == nil {
		return 0, 0
	}
	name := strings.TrimRight(m[1], ".")
	at := strings.Index(sql, name)
	if short := name[strings.LastIndexByte(name, '.')+1:]; at < 0 && short != "" {
		at = strings.Index(sql, short)
	}
	if at < 0 {
		return 0, 0
	}
	return cursor(sql, at)
}

// cursor is the line and the character of byte at, both from 1.
func cursor(sql string, at int) (line, column int) {
	before := sql[:at]
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
}
