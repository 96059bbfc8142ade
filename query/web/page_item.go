package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qianliyan/classify/label"
	"qianliyan/index/columnar"
	"qianliyan/ingest/item"
	"qianliyan/query/filter"
	"qianliyan/query/search"
	"qianliyan/query/trace"
)

// itemData is everything there is to know of one item.
type itemData struct {
	ID       item.ID      `json:"id"`
	Found    bool         `json:"found"` // in the columnar store; else only Steps are known
	Revision uint32       `json:"revision,omitempty"`
	Urgency  string       `json:"urgency,omitempty"`
	Heading  string       `json:"heading,omitempty"`
	Title    []Piece      `json:"title,omitempty"` // as received, cut at the evidence
	Text     []Piece      `json:"text,omitempty"`
	Labels   []labelRow   `json:"labels"`
	Fields   []namedValue `json:"fields"`
	Extra    []namedValue `json:"extra"` // the source's own columns, as received
	Steps    []trace.Step `json:"steps"`
	Similar  []similar    `json:"similar"`
	Alike    string       `json:"-"` // address of the search for similar items
	Received time.Time    `json:"-"`
	Full     string       `json:"-"` // address with the whole text, when only its beginning is shown
	Chars    int          `json:"-"` // length of the whole text then
}

// textShown is how many bytes of a text the page shows at first: more than
// anybody reads at once. The JSON twin has all of it.
const textShown = 64 << 10

// labelRow is one label and why.
type labelRow struct {
	Number   int      `json:"number"` // as in Piece.Labels
	Kind     string   `json:"kind"`
	Name     string   `json:"name"` // what the kind is called
	Code     string   `json:"code"`
	Value    string   `json:"value"` // what the code is called
	Score    float64  `json:"score"`
	Doubt    bool     `json:"doubt"` // a person should look
	Evidence []string `json:"evidence,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	By       string   `json:"by"`
	Version  int      `json:"version"`
	Query    string   `json:"-"` // of /search: items with the same label
	Level    int      `json:"-"`
}

// namedValue is a fact beside the words; Query, where it has one, is of
// /search and finds what shares it.
type namedValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Query string `json:"-"`
}

// similar is another item that shares words with this one.
type similar struct {
	ID    item.ID   `json:"id"`
	Title string    `json:"title"`
	Time  time.Time `json:"time"`
	Unit  string    `json:"unit,omitempty"`
}

// itemPage shows one item: its words as they came, what was said of them and
// by which words, and every step it took.
func (s *Server) itemPage(r *http.Request) (view, error) {
	id := item.ID(pathValue(r, "id"))
	if !id.Valid() {
		return view{}, notFound("地址里的编号不是 32 位的信息编号。", "请从检索结果或回执进入。")
	}
	d := itemData{ID: id}
	row, err := s.deps.Items.Item(r.Context(), id)
	if err != nil && !errors.Is(err, columnar.ErrNotFound) {
		return view{}, down("分析库", err)
	}
	d.Found = err == nil
	d.Steps, err = s.steps(r.Context(), id, row, d.Found)
	if err != nil {
		return view{}, err
	}
	if d.Found {
		whole := row.Item.Text
		if len(whole) > textShown && formOf(r) == formHTML && r.URL.Query().Get("full") == "" {
			row.Item.Text = beginning(whole, textShown)
			d.Full, d.Chars = "/item/"+string(id)+"?full=1", utf8.RuneCountInString(whole)
		}
		s.describe(r.Context(), &d, row)
	}
	return view{Page: "item", Title: orElse(d.Heading, "正在处理的信息"), Data: d}, nil
}

// beginning is at most n bytes of s, whole characters. A run of digits at the
// end is left off: half a telephone number would escape the mask.
func beginning(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimRight(s[:n], "0123456789")
}

// steps are those the program can trace; without a tracer, those the store
// knows.
func (s *Server) steps(ctx context.Context, id item.ID, row columnar.Row, found bool) ([]trace.Step, error) {
	if s.deps.Trace != nil {
		t, err := s.deps.Trace(ctx, id)
		switch {
		case err == nil:
			return t.Steps, nil
		case errors.Is(err, trace.ErrUnknown) && !found:
			return nil, notFound("没有编号为 "+string(id)+" 的信息。", "刚交来的信息要过几秒才能查到，请稍后刷新；否则请核对编号。")
		case !found:
			return nil, down("消息队列", err)
		}
		s.log.Warn("item cannot be traced", slog.String("item_id", string(id)), slog.Any("err", err))
	}
	if !found {
		return nil, notFound("没有编号为 "+string(id)+" 的信息。", "刚交来的信息要过几秒才能查到，请稍后刷新；否则请核对编号。")
	}
	it := row.Item
	steps := []trace.Step{}
	for _, x := range []struct {
		name, detail string
		at           time.Time
	}{{"发生", "", it.Event}, {"提交", it.Source, it.Submitted}, {"接收", "已在消息队列落盘", it.Received}, {"分类", "", row.At}, {"入库", "可统计", row.Stored}} {
		if !x.at.IsZero() {
			steps = append(steps, trace.Step{Name: x.name, State: trace.Done, At: x.at, Detail: x.detail})
		}
	}
	return steps, nil
}

// describe fills what the stored item says.
func (s *Server) describe(ctx context.Context, d *itemData, row columnar.Row) {
	it := row.Item
	d.Heading, d.Urgency, d.Revision, d.Received = Mask(it.Headline(60)), row.Value(label.Urgency), it.Revision, it.Received
	// Stars are as long as the digits they cover: the offsets stay right.
	d.Title, d.Text = mark(Mask(it.Title), "title", row.Labels), mark(Mask(it.Text), "text", row.Labels)
	for i, l := range row.Labels {
		d.Labels = append(d.Labels, s.labelRow(i+1, l, it))
	}
	d.Fields = s.fields(it)
	for _, f := range it.Extra {
		d.Extra = append(d.Extra, namedValue{Name: f.Name, Value: Mask(f.Value)})
	}
	words := it.Headline(40)
	d.Alike = address("/search", filter.Filter{Words: looseWords(words)}.Query(), map[string][]string{"loose": {"1"}})
	res, err := s.deps.Search.Search(ctx, search.Request{Filter: filter.Filter{Words: looseWords(words)}, Loose: true, Size: 6})
	if err != nil {
		s.log.Warn("similar items not found", slog.String("item_id", string(it.ID)), slog.Any("err", err))
		return
	}
	for _, h := range res.Hits {
		if h.ID != it.ID && len(d.Similar) < 5 {
			d.Similar = append(d.Similar, similar{h.ID, Mask(joinPieces(h.Title)), h.Time, h.Unit})
		}
	}
}

func (s *Server) labelRow(n int, l label.Label, it item.Item) labelRow {
	row := labelRow{
		Number: n, Kind: string(l.Kind), Name: kindName(l.Kind), Code: l.Value, Value: s.longName(string(l.Kind), l.Value),
		Score: l.Score, Doubt: l.Score < s.cfg.DoubtBelow, Reason: l.Reason, By: l.By, Version: l.Version,
	}
	for _, e := range l.Evidence {
		if w := item.Squeeze(Mask(e.Of(it))); w != "" && !slices.Contains(row.Evidence, w) {
			row.Evidence = append(row.Evidence, w)
		}
	}
	if s.deps.Explain != nil {
		row.Reason = orElse(s.deps.Explain(l), l.Reason)
	}
	if f, err := (filter.Filter{}).With(string(l.Kind), l.Value); err == nil {
		row.Query = f.String()
	}
	if l.Kind == label.Urgency {
		row.Level = level(l.Value)
	}
	return row
}

func kindName(k label.Kind) string {
	switch k {
	case label.Topic:
		return "主题"
	case label.Urgency:
		return "急度"
	case label.Region:
		return "地区"
	case label.Form:
		return "诉求"
	}
	return string(k)
}

// fields are the facts the source gave, those it did not give left out.
func (s *Server) fields(it item.Item) []namedValue {
	query := func(list, value string) string {
		f, err := (filter.Filter{}).With(list, value)
		if err != nil || value == "" {
			return ""
		}
		return f.String()
	}
	var out []namedValue
	add := func(name, value, query string) {
		if value != "" {
			out = append(out, namedValue{name, Mask(value), query})
		}
	}
	add("渠道", it.Channel.Label(), query("channel", string(it.Channel)))
	add("来源", it.Source, query("source", it.Source))
	add("来源编号", it.NativeID, "")
	add("单位", it.Unit, query("unit", it.Unit))
	add("诉求人", it.Citizen, "")
	for _, p := range it.Places {
		add("地点", p, "")
	}
	add("发生时间", moment(it.Event), "")
	add("提交时间", moment(it.Submitted), "")
	add("接收时间", moment(it.Received), "")
	if it.Urgent {
		add("报送标记", "报送单位已按“紧急”", "")
	}
	for _, a := range it.Attachments {
		add("附件", a, "")
	}
	if it.Revision > 1 {
		add("版本", fmt.Sprintf("第 %d 版（来源更正过）", it.Revision), "")
	}
	return out
}

// looseWords takes the signs of the query language out of words that come from
// a text.
func looseWords(s string) string {
	b := []rune(s)
	for i, r := range b {
		switch r {
		case '，', ',', '。', '；', ';', '！', '!', '？', '?', '、', '"', '“', '”', '(', ')', '（', '）', '-', '|', ':', '：', '…', '*', '<', '>', '《', '》', '【', '】':
			b[i] = ' '
		}
	}
	return item.Squeeze(string(b))
}
