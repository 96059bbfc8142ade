package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"qianliyan/index/columnar"
	"qianliyan/ingest/item"
	"qianliyan/ingest/source/form"
	"qianliyan/query/search"
)

// reportData is the form as it is shown: what was typed, and what to say about
// it at the field concerned.
type reportData struct {
	form.Report
	Remarks map[form.Field]form.Remark
	Hints   []form.Remark // what a first report should say and this one does not
	Closed  string        // why nothing can be filed now; what was typed is kept
	Now     time.Time
	Off     bool // this node takes no reports
	Checked bool // the elements were asked for
	Units   []string
}

// MarshalJSON is what a program must know to file a report: where, and which
// fields.
func (d reportData) MarshalJSON() ([]byte, error) {
	type formField struct {
		Name     string `json:"name"`
		Label    string `json:"label"`
		Required bool   `json:"required"`
	}
	return json.Marshal(struct {
		Open   bool        `json:"open"` // this node takes reports
		Method string      `json:"method"`
		Action string      `json:"action"`
		Fields []formField `json:"fields"`
		Units  []string    `json:"units"` // that are known so far, most items first; others may report too
	}{!d.Off, http.MethodPost, "/report", []formField{
		{"unit", "报送单位", true},
		{"title", "标题", true},
		{"text", "正文", true},
		{"event", "发生时间", false},
		{"place", "发生地点", false},
		{"author", "报送人", false},
		{"signer", "签发人", false},
		{"urgent", "紧急", false},
		{"key", "防重复的标识", false},
	}, d.Units})
}

// units are those the index knows; without the index there are none to offer.
func (s *Server) units(ctx context.Context) []string {
	out := []string{}
	res, err := s.deps.Search.Search(ctx, search.Request{Size: 1, Facets: true})
	if err != nil {
		s.log.Warn("units not listed", slog.Any("err", err))
		return out
	}
	for _, u := range res.Facets["unit"] {
		if u.Value != "" {
			out = append(out, u.Value)
		}
	}
	return out
}

// errNoForm is for programs; people see the page that says so.
var errNoForm = &failure{status: 503, title: "报送未开通", reason: "这个节点不收报送。", hint: "请到负责收件的节点上报送，或请管理员开通。"}

// reportPage is the empty form.
func (s *Server) reportPage(r *http.Request) (view, error) {
	d := reportData{Now: time.Now(), Off: s.deps.Form == nil}
	if formOf(r) == formJSON {
		d.Units = s.units(r.Context())
	}
	d.Key = form.NewKey()
	return view{Page: "report", Title: "报送", Data: d}, nil
}

// reportSend files what was typed and leads to the receipt. The form comes
// back as it was when something in it must be mended, or when intake takes
// nothing at the moment: no officer should type a report twice.
func (s *Server) reportSend(r *http.Request) (view, error) {
	if s.deps.Form == nil {
		return view{}, errNoForm
	}
	if err := r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return view{}, err
		}
		return view{}, &item.Problem{Reason: "表单内容读不出来", Hint: "请返回上一页重新提交"}
	}
	rep := reportOf(r.PostForm)
	back := func(d reportData, status int) (view, error) {
		d.Report, d.Now = rep, time.Now()
		return view{Page: "report", Title: "报送", Status: status, Data: d}, nil
	}
	if r.PostForm.Get("do") == "check" {
		c := s.deps.Form.Check(rep)
		return back(reportData{Remarks: byField(c.Fields), Hints: c.Hints, Checked: true}, http.StatusOK)
	}
	receipt, err := s.deps.Form.Submit(r.Context(), rep)
	var invalid *form.Invalid
	var shut *item.Unavailable
	switch {
	case err == nil:
		s.receipts.add(filed{receipt, rep})
		return view{Redirect: "/report/" + receipt.Number + "?id=" + string(receipt.ID)}, nil
	case errors.As(err, &invalid):
		return back(reportData{Remarks: byField(invalid.Fields)}, http.StatusUnprocessableEntity)
	case errors.As(err, &shut):
		s.log.Warn("report not taken", slog.Any("err", err))
		return back(reportData{Closed: shut.Reason}, http.StatusServiceUnavailable)
	}
	s.log.Error("report not taken", slog.Any("err", err))
	return back(reportData{Closed: "消息队列没有应答，这份报送还没有收下"}, http.StatusServiceUnavailable)
}

func reportOf(v url.Values) form.Report {
	key := v.Get("key")
	if key == "" {
		key = form.NewKey() // sent by a program without the page
	}
	// Browsers send line ends as CR LF whatever was typed.
	text := strings.ReplaceAll(v.Get("text"), "\r\n", "\n")
	return form.Report{
		Key: key, Unit: v.Get("unit"), Title: v.Get("title"), Text: text, Event: v.Get("event"),
		Place: v.Get("place"), Urgent: v.Get("urgent") != "", Author: v.Get("author"), Signer: v.Get("signer"),
	}
}

func byField(rs []form.Remark) map[form.Field]form.Remark {
	m := map[form.Field]form.Remark{}
	for _, r := range rs {
		if _, ok := m[r.Field]; !ok {
			m[r.Field] = r
		}
	}
	return m
}

// receiptData is the paper a unit keeps.
type receiptData struct {
	Number string    `json:"number"`
	ID     item.ID   `json:"id"`
	At     time.Time `json:"at"` // submitted
	Known  bool      `json:"known"`
	Before string    `json:"before,omitempty"` // number of another report filed from the same opened form
	Stored bool      `json:"stored"`           // already in the columnar store
	Unit   string    `json:"unit,omitempty"`
	Title  string    `json:"title,omitempty"`
	Urgent bool      `json:"urgent"`
	Author string    `json:"-"`
	Signer string    `json:"-"`
	Office string    `json:"-"`
}

// receiptPage shows a receipt: of what was just filed from memory, of older
// reports from the store. The number must fit the item, so that an address
// cannot be made up.
func (s *Server) receiptPage(r *http.Request) (view, error) {
	d := receiptData{Number: pathValue(r, "id"), ID: item.ID(r.URL.Query().Get("id")), Office: s.cfg.Office}
	if _, _, err := form.Parse(d.Number); err != nil {
		return view{}, err
	}
	v := view{Page: "receipt", Title: "报送回执"}
	f, recent := s.receipts.get(d.Number)
	if recent {
		d.ID = f.Receipt.ID
	}
	if !d.ID.Valid() {
		return v, notFound("没有找到回执 "+d.Number+"。", "请从提交后的回执地址打开，或在检索里按标题查这份报送。")
	}
	row, err := s.deps.Items.Item(r.Context(), d.ID)
	if err != nil && !recent {
		if errors.Is(err, columnar.ErrNotFound) {
			return v, notFound("没有找到回执 "+d.Number+"。", "刚交的报送要过几秒才能查到，请稍后刷新。")
		}
		return v, down("分析库", err)
	}
	it := row.Item
	d.Stored = err == nil
	if d.Stored && form.Number(it.ID, it.Day) != d.Number {
		return v, notFound("回执号 "+d.Number+" 与这份报送对不上。", "请照回执核对地址。")
	}
	if d.Stored {
		d.At, d.Unit, d.Title, d.Urgent = it.Submitted, it.Unit, it.Headline(100), it.Urgent
		for _, x := range it.Extra {
			switch x.Name {
			case "报送人":
				d.Author = x.Value
			case "签发人":
				d.Signer = x.Value
			}
		}
	} else {
		it := item.Item{Title: f.Report.Title, Text: f.Report.Text}
		d.At, d.Known, d.Before, d.Unit, d.Title, d.Urgent = f.At, f.Known, f.Before, f.Unit, it.Headline(100), f.Urgent
		d.Author, d.Signer = f.Author, f.Signer
	}
	v.Data = d
	return v, nil
}

// filed is a report and its receipt.
type filed struct {
	form.Receipt
	form.Report
}

// receipts remembers the latest reports until the stores have them.
type receipts struct {
	mu    sync.Mutex
	max   int
	order []string
	byNo  map[string]filed
}

func newReceipts(most int) *receipts { return &receipts{max: most, byNo: map[string]filed{}} }

func (rs *receipts) add(f filed) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if _, ok := rs.byNo[f.Number]; !ok {
		rs.order = append(rs.order, f.Number)
	}
	rs.byNo[f.Number] = f
	if len(rs.order) > rs.max {
		delete(rs.byNo, rs.order[0])
		rs.order = rs.order[1:]
	}
}

func (rs *receipts) get(number string) (filed, bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	f, ok := rs.byNo[number]
	return f, ok
}
