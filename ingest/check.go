package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qianliyan/ingest/item"
)

// limits is what check measures against.
type limits struct {
	title, text, item int
	earliest          time.Time
	ahead             time.Duration
}

// Bounds of names that become keys, headers and labels.
const (
	maxSource   = 100 // runes
	maxNativeID = 512 // bytes
)

func newLimits(c Config) limits {
	earliest, _ := time.ParseInLocation(time.DateOnly, c.Earliest, item.Zone) // Validate has parsed it
	return limits{c.MaxTitle, int(c.MaxText), int(c.MaxItem), earliest, c.Ahead.D()}
}

// check is nil for an item that can be kept as it is. Columns are named as the
// sender knows them.
func (l limits) check(it item.Item, now time.Time) *item.Problem {
	if p := l.words(it); p != nil {
		return p
	}
	switch {
	case !it.Channel.Valid():
		return &item.Problem{Column: "渠道", Value: short(string(it.Channel)), Reason: "不是已有的渠道", Hint: fmt.Sprintf("可用：%v", item.Channels())}
	case strings.TrimSpace(it.Source) == "":
		return &item.Problem{Column: "来源", Reason: "没有写来源", Hint: "请写明来件的来源名"}
	case utf8.RuneCountInString(it.Source) > maxSource, strings.ContainsFunc(it.Source, unicode.IsControl):
		return &item.Problem{Column: "来源", Value: short(it.Source), Reason: "不能用作来源名", Hint: fmt.Sprintf("请用不超过 %d 个字、不含换行等控制字符的名称", maxSource)}
	case len(it.NativeID) > maxNativeID:
		return &item.Problem{Column: "编号", Value: short(it.NativeID), Reason: fmt.Sprintf("超过 %d 字节", maxNativeID), Hint: "请检查编号这一列是否对错了"}
	}
	return l.times(it, now)
}

// words checks that there are some and that they can be kept unaltered.
func (l limits) words(it item.Item) *item.Problem {
	type part struct{ name, value string }
	parts := []part{
		{"标题", it.Title},
		{"正文", it.Text},
		{"单位", it.Unit},
		{"编号", it.NativeID},
		{"来源", it.Source},
		{"来信人", it.Citizen},
		{"来信人", it.Sender},
	}
	for _, s := range it.Places {
		parts = append(parts, part{"地点", s})
	}
	for _, s := range it.Attachments {
		parts = append(parts, part{"附件", s})
	}
	for _, f := range it.Extra {
		parts = append(parts, part{"附加字段", f.Name}, part{f.Name, f.Value})
	}
	size := 0
	for _, p := range parts {
		size += len(p.value)
		switch {
		case !utf8.ValidString(p.value):
			return &item.Problem{Column: strings.ToValidUTF8(p.name, "?"), Reason: "含有不能识别的字符编码", Hint: "请把内容转成 UTF-8 后重发"}
		case strings.ContainsRune(p.value, 0):
			return &item.Problem{Column: p.name, Reason: "含有空字符（NUL），多半是文件编码识别错了或文件已损坏", Hint: "请从原系统重新导出，或去掉这些字符"}
		}
	}
	title := utf8.RuneCountInString(it.Title)
	switch {
	case strings.TrimSpace(it.Title) == "" && strings.TrimSpace(it.Text) == "":
		return &item.Problem{Reason: "标题和正文都没有内容", Hint: "请至少填写其中一项"}
	case title > l.title:
		return &item.Problem{Column: "标题", Value: short(it.Title), Reason: fmt.Sprintf("有 %d 字，超过上限 %d 字", title, l.title), Hint: "请把多出的内容移到正文"}
	case len(it.Text) > l.text:
		return &item.Problem{Column: "正文", Value: short(it.Text), Reason: fmt.Sprintf("有 %s，超过上限 %s", mib(len(it.Text)), mib(l.text)), Hint: "请分成几件，或把长材料作为附件"}
	case size > l.item:
		return &item.Problem{Reason: fmt.Sprintf("整件有 %s，超过上限 %s", mib(size), mib(l.item)), Hint: "请减少附加字段的内容"}
	}
	return nil
}

func (l limits) times(it item.Item, now time.Time) *item.Problem {
	switch t := it.Submitted; {
	case t.IsZero():
	case t.Before(l.earliest):
		return &item.Problem{Column: "提交时间", Value: t.In(item.Zone).Format(time.DateTime), Reason: "早于 " + l.earliest.Format(time.DateOnly), Hint: "请改正时间后重发"}
	case t.After(now.Add(l.ahead)):
		return &item.Problem{Column: "提交时间", Value: t.In(item.Zone).Format(time.DateTime), Reason: "在将来，本机现在是 " + now.In(item.Zone).Format(time.DateTime), Hint: "请改正时间，或校准来源系统的时钟"}
	}
	// The tables keep times between these years; an event may well lie ahead.
	if t := it.Event; !t.IsZero() && (t.Year() < 1900 || t.Year() > 2200) {
		return &item.Problem{Column: "事发时间", Value: short(t.In(item.Zone).Format(time.DateTime)), Reason: "的年份不在 1900 到 2200 之间", Hint: "请改正时间后重发"}
	}
	return nil
}

// identify sets what ingest sets, but for Day and Revision of a known item,
// which only the ledger can tell.
func (g *Ingestor) identify(it item.Item, now time.Time) item.Item {
	if it.NativeID == "" {
		it.NativeID = item.ContentID(it.Title, it.Text, it.Submitted)
	}
	it.Sender = g.sender(it.Sender)
	it.ID = item.NewID(it.Source, it.NativeID)
	it.Received = now
	at := it.Submitted
	if at.IsZero() {
		at = now
	}
	it.Day = at.In(item.Zone).Format(time.DateOnly)
	it.Revision = 1
	return it
}

// sender passes a keyed hash and hashes anything else: a connector that forgot
// to must not leave a number in the stores.
func (g *Ingestor) sender(s string) string {
	if s == "" || item.ID(s).Valid() { // 32 hexadecimal digits, as mapping makes them
		return s
	}
	if len(g.deps.Key) == 0 {
		return ""
	}
	h := hmac.New(sha256.New, g.deps.Key)
	h.Write([]byte(item.Normalize(s)))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func short(s string) string {
	if utf8.RuneCountInString(s) <= 80 {
		return s
	}
	return string([]rune(s)[:80]) + "…"
}

func mib(n int) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
