package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"qianliyan/ingest/item"
)

func testReport(t *testing.T, w *world) {
	page := w.page(t, "/report", 200)
	_, rest, _ := strings.Cut(page, `name="key" value="`)
	key, _, _ := strings.Cut(rest, `"`)
	v := url.Values{"key": {key}, "unit": {"应急管理局"}, "text": {"今日六时仓库起火，\r\n已扑灭，无人员伤亡。"}, "event": {"明天"}, "do": {"send"}}
	body := w.post(t, v, 422)
	wants(t, "POST /report", body, "处需要修改", "没有写标题", "事发时间", "已扑灭，无人员伤亡。", `aria-invalid="true"`)
	v.Set("event", "")
	v.Set("title", "仓库起火")
	v.Set("do", "check")
	wants(t, "checked", w.post(t, v, 200), "首报要素提示")
	v.Set("do", "send")
	v.Set("urgent", "1")
	w.refuse = &item.Unavailable{Reason: "磁盘空间不足", After: time.Second}
	wants(t, "closed", w.post(t, v, 503), "还没有收下：磁盘空间不足", "仓库起火", "checked")
	w.refuse = nil
	before := len(w.accepted)
	first := w.post(t, v, 303)
	if again := w.post(t, v, 303); again != first {
		t.Errorf("a second press leads to %s, not %s", again, first)
	}
	got := w.accepted[before:]
	if len(got) != 2 || got[0].ID != got[1].ID || got[0].Text != "今日六时仓库起火，\n已扑灭，无人员伤亡。" || !got[0].Urgent {
		t.Errorf("accepted %+v", got)
	}
	wants(t, first, w.page(t, first, 200), "信息报送回执", "应急管理局", "仓库起火", "正在入库")
	u, _ := url.Parse(first)
	u.RawQuery = "id=" + string(w.items[0].Item.ID)
	w.page(t, strings.Replace(u.String(), "/report/", "/report/", 1), 200) // from memory, whatever the id says
	r := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodPost, "/report", strings.NewReader(v.Encode()))
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	w.handler.ServeHTTP(r, req)
	if r.Code != 403 {
		t.Errorf("a form of another site is answered %d", r.Code)
	}
	v.Set("text", strings.Repeat("长", 4<<20))
	wants(t, "too large", w.post(t, v, 413), "内容太大")
}

func (w *world) post(t *testing.T, v url.Values, code int) string {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, "/report", strings.NewReader(v.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r := httptest.NewRecorder()
	w.handler.ServeHTTP(r, req)
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Code != code {
		t.Fatalf("POST /report answers %d, want %d: %v\n%.600s", r.Code, code, err, body)
	}
	if code == 303 {
		return r.Header().Get("Location")
	}
	return string(body)
}
