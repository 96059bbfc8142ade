package push_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"qianliyan/ingest/item"
	"qianliyan/ingest/source/push"
)

// desk is a door that keeps what it is given; the suite has the real one.
type desk struct {
	mu    sync.Mutex
	items []item.Item
	err   error
	fail  int           // items from this one on are failed; 0 for none
	hold  chan struct{} // when set, a call waits for it
}

func (d *desk) accept(ctx context.Context, items []item.Item) ([]item.Outcome, error) {
	if d.hold != nil {
		select {
		case <-d.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return nil, d.err
	}
	var out []item.Outcome
	for _, it := range items {
		d.items = append(d.items, it)
		o := item.Outcome{ID: item.NewID(it.Source, it.NativeID), Status: item.Accepted, Day: "2026-03-01"}
		if d.fail > 0 && len(d.items) >= d.fail {
			o = item.Outcome{ID: o.ID, Status: item.Failed, Problem: &item.Problem{Reason: "没有存好"}}
		}
		out = append(out, o)
	}
	return out, nil
}

func handler(t *testing.T, d *desk, change func(*push.Config)) (http.Handler, *prometheus.Registry) {
	t.Helper()
	cfg := push.Defaults()
	cfg.Sources = []push.Source{
		{Name: "信箱", Channel: item.Letter, Token: token},
		{Name: "热线", Mapping: "hotline", Token: "sha256:" + sha("another-token-of-this-test")},
	}
	if change != nil {
		change(&cfg)
	}
	reg := prometheus.NewPedanticRegistry()
	h, err := push.New(cfg, push.Deps{Accept: d.accept, Key: []byte("key"), Metrics: reg})
	if err != nil {
		t.Fatal(err)
	}
	return h, reg
}

func sha(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }

type ask struct {
	path, token, kind, encoding string
	body                        string
}

func do(t *testing.T, h http.Handler, a ask) (push.Answer, *httptest.ResponseRecorder) {
	t.Helper()
	if a.path == "" {
		a.path = "/push/v1/items"
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, a.path, strings.NewReader(a.body))
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	if a.kind != "" {
		r.Header.Set("Content-Type", a.kind)
	}
	r.Header.Set("Content-Encoding", a.encoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var out push.Answer
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("answer %q: %v", w.Body, err)
	}
	return out, w
}

const one = `{"native_id":"1","title":"路灯","text":"坏了"}`

func TestStatus(t *testing.T) {
	const lines, jsonType = "application/x-ndjson", "application/json"
	for name, c := range map[string]struct {
		ask      ask
		status   int
		statuses string
	}{
		"object":            {ask{kind: jsonType, body: one}, 200, "accepted"},
		"no type":           {ask{body: one}, 200, "accepted"},
		"charset":           {ask{kind: jsonType + "; charset=utf-8", body: one}, 200, "accepted"},
		"BOM":               {ask{kind: jsonType, body: "\uFEFF" + one}, 200, "accepted"},
		"array":             {ask{kind: jsonType, body: " [" + one + "," + one + "] "}, 200, "accepted accepted"},
		"stream":            {ask{kind: jsonType, body: one + one + "\n" + one}, 200, "accepted accepted accepted"},
		"lines":             {ask{kind: lines, body: one + "\r\n\n" + one}, 200, "accepted accepted"},
		"bad line":          {ask{kind: lines, body: one + "\n{\"title\": \n" + one}, 207, "accepted rejected accepted"},
		"number in array":   {ask{kind: jsonType, body: "[" + one + ",7," + one + "]"}, 207, "accepted rejected accepted"},
		"no words":          {ask{kind: jsonType, body: "[" + one + `,{"native_id":"2"}]`}, 207, "accepted rejected"},
		"odd time":          {ask{kind: jsonType, body: "[" + one + `,{"title":"灯","submitted":"2/14/2019"}]`}, 207, "accepted rejected"},
		"half a surrogate":  {ask{kind: jsonType, body: "[" + one + `,{"title":"灯\ud83d"}]`}, 207, "accepted rejected"},
		"broken UTF-8":      {ask{kind: lines, body: one + "\n{\"title\":\"\xc2\"}"}, 207, "accepted rejected"},
		"broken GBK":        {ask{kind: lines + ";charset=gbk", body: "{\"title\":\"a\"}\n{\"title\":\"\xff\"}"}, 207, "accepted rejected"},
		"half an array":     {ask{kind: jsonType, body: "[" + one + "," + one}, 207, "accepted accepted"},
		"more after array":  {ask{kind: jsonType, body: "[" + one + "] x"}, 207, "accepted"},
		"broken in array":   {ask{kind: jsonType, body: "[" + one + ",{]"}, 207, "accepted"},
		"all bad":           {ask{kind: lines, body: "x\ny"}, 400, "rejected rejected"},
		"broken at once":    {ask{kind: jsonType, body: "{"}, 400, ""},
		"nothing":           {ask{kind: jsonType, body: ""}, 400, ""},
		"empty array":       {ask{kind: jsonType, body: "[]"}, 400, ""},
		"other source":      {ask{kind: jsonType, body: `{"title":"灯","source":"别处"}`}, 400, "rejected"},
		"other channel":     {ask{kind: jsonType, body: `{"title":"灯","channel":"call"}`}, 400, "rejected"},
		"own source":        {ask{kind: jsonType, body: `{"title":"灯","source":"信箱","channel":"letter"}`}, 200, "accepted"},
		"form":              {ask{kind: "application/x-www-form-urlencoded", body: "title=a"}, 415, ""},
		"no media type":     {ask{kind: ";;", body: one}, 415, ""},
		"other charset":     {ask{kind: jsonType + "; charset=big5", body: one}, 415, ""},
		"brotli":            {ask{kind: jsonType, encoding: "br", body: one}, 415, ""},
		"not gzip":          {ask{kind: jsonType, encoding: "gzip", body: one}, 400, ""},
		"source of token":   {ask{path: "/push/v1/items?source=%E4%BF%A1%E7%AE%B1", kind: jsonType, body: one}, 200, "accepted"},
		"source of another": {ask{path: "/push/v1/items?source=x", kind: jsonType, body: one}, 403, ""},
		"wrong token":       {ask{token: "no-such-token-at-all", kind: jsonType, body: one}, 401, ""},
		"no token":          {ask{token: "-", kind: jsonType, body: one}, 401, ""},
		"too large":         {ask{kind: lines, body: one + "\n" + `{"text":"` + strings.Repeat("x", 5000) + `"}`}, 413, "accepted"},
		"too large at once": {ask{kind: jsonType, body: `{"text":"` + strings.Repeat("x", 5000) + `"}`}, 413, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h, reg := handler(t, &desk{}, func(c *push.Config) { c.MaxBody = 4 << 10 })
			switch c.ask.token {
			case "":
				c.ask.token = token
			case "-":
				c.ask.token = ""
			}
			a, w := do(t, h, c.ask)
			var got []string
			for i, r := range a.Results {
				got = append(got, string(r.Status))
				if r.Index != i || (r.Status == item.Rejected) != (r.Problem != nil) {
					t.Errorf("result %+v at %d", r, i)
				}
			}
			if w.Code != c.status || strings.Join(got, " ") != c.statuses {
				t.Errorf("status %d %q, want %d %q (%s)", w.Code, strings.Join(got, " "), c.status, c.statuses, w.Body)
			}
			if w.Code != 200 && w.Code != 207 && len(a.Results) == 0 && (a.Problem == nil || a.Problem.Reason == "" || a.Problem.Hint == "") {
				t.Errorf("no problem that says what to do: %s", w.Body)
			}
			if (w.Code == 401) != (w.Header().Get("WWW-Authenticate") != "") {
				t.Error("WWW-Authenticate")
			}
			if n := testutil.CollectAndCount(reg, "qianliyan_push_requests_total"); n != 1 {
				t.Errorf("%d series counted the request", n)
			}
		})
	}
}

// TestZipBomb: a small body that unpacks to much is cut off.
func TestZipBomb(t *testing.T) {
	h, _ := handler(t, &desk{}, func(c *push.Config) { c.MaxBody = 1 << 20 })
	b, err := io.ReadAll(gzipOf(strings.NewReader(`{"text":"` + strings.Repeat("x", 64<<20) + `"}`)))
	if err != nil {
		t.Fatal(err)
	}
	if _, w := do(t, h, ask{token: token, kind: "application/json", encoding: "gzip", body: string(b)}); w.Code != 413 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestFields(t *testing.T) {
	d := &desk{}
	h, _ := handler(t, d, nil)
	_, w := do(t, h, ask{token: token, kind: "application/json", body: `{
		"native_id": "N-1", "id": 77, "title": "路灯 ", "text": "坏了\n三天", "unit": "城管局", "citizen": "张小明", "phone": "13800001234",
		"submitted": "2026-03-01 08:00:00", "event": 1772323200, "places": ["某县", " ", "人民路"], "urgent": true,
		"attachments": ["照片.jpg"], "extra": {"密级": "内部", "联系电话": "13900005678", "title": "旧题"}, "处理": {"结果": "已派"}, "空": null
	}`})
	if w.Code != 200 || len(d.items) != 1 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	it := d.items[0]
	if it.Channel != item.Letter || it.Source != "信箱" || it.NativeID != "N-1" || it.Title != "路灯 " || it.Text != "坏了\n三天" || it.Unit != "城管局" ||
		!it.Urgent || !slices.Equal(it.Places, []string{"某县", "人民路"}) || !slices.Equal(it.Attachments, []string{"照片.jpg"}) {
		t.Errorf("item %+v", it)
	}
	if want := time.Date(2026, 3, 1, 8, 0, 0, 0, item.Zone); !it.Submitted.Equal(want) || !it.Event.Equal(want) {
		t.Errorf("submitted %v, event %v, want %v", it.Submitted, it.Event, want)
	}
	if it.Citizen == "张小明" || it.Citizen == "" || !item.ID(it.Sender).Valid() {
		t.Errorf("citizen %q, sender %q", it.Citizen, it.Sender)
	}
	extra := map[string]string{}
	for _, f := range it.Extra {
		extra[f.Name] = f.Value
		if strings.Contains(f.Value, "00001234") || strings.Contains(f.Value, "00005678") {
			t.Errorf("a phone went through: %+v", f)
		}
	}
	if extra["密级"] != "内部" || extra["处理.结果"] != "已派" || extra["title"] != "旧题" || extra["id"] != "77" {
		t.Errorf("extra %v", extra)
	}
	list := `{"title":"灯","extra":[{"name":"栏","value":"值"}],"places":"某镇","urgent":"特急"}`
	do(t, h, ask{token: token, kind: "application/json", body: list})
	if it = d.items[1]; !slices.Contains(it.Extra, item.Field{Name: "栏", Value: "值"}) || !slices.Equal(it.Places, []string{"某镇"}) || !it.Urgent {
		t.Errorf("item %+v", it)
	}
}

func TestMapping(t *testing.T) {
	d := &desk{}
	h, _ := handler(t, d, nil)
	_, w := do(t, h, ask{token: "another-token-of-this-test", kind: "application/json", body: `{"工单编号":"20260301001","工单标题":"路灯","诉求内容":"坏了"}`})
	if w.Code != 200 || len(d.items) != 1 || d.items[0].Channel != item.Call || d.items[0].Source != "热线" {
		t.Errorf("status %d: %s, %+v", w.Code, w.Body, d.items)
	}
}

func TestUnavailable(t *testing.T) {
	d := &desk{err: &item.Unavailable{Reason: "收件暂停", After: 7 * time.Second}}
	h, _ := handler(t, d, func(c *push.Config) { c.Batch = 2 })
	a, w := do(t, h, ask{token: token, kind: "application/x-ndjson", body: strings.Repeat(one+"\n", 9)})
	if w.Code != 503 || w.Header().Get("Retry-After") != "7" || a.Failed != 2 || a.Problem == nil || a.Problem.Reason != "收件暂停" {
		t.Errorf("status %d, Retry-After %q: %s", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
	d.err = errors.New("something else")
	if _, w := do(t, h, ask{token: token, body: one}); w.Code != 503 || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "something") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	// One that failed outweighs what was accepted: the sender must come again.
	d.err, d.fail = nil, 3
	a, w = do(t, h, ask{token: token, kind: "application/x-ndjson", body: strings.Repeat(one+"\n", 4)})
	if w.Code != 503 || a.Accepted != 2 || a.Failed != 2 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestTooManyAtOnce(t *testing.T) {
	d := &desk{hold: make(chan struct{})}
	h, _ := handler(t, d, func(c *push.Config) { c.Concurrent = 1 })
	var wg sync.WaitGroup
	pr, pw := io.Pipe()
	wg.Go(func() {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/push/v1/items", pr)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
	})
	if _, err := pw.Write([]byte(one)); err != nil { // read by the handler: it is inside
		t.Fatal(err)
	}
	if _, w := do(t, h, ask{token: token, body: one}); w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	pw.Close()
	close(d.hold)
	wg.Wait()
	if _, w := do(t, h, ask{token: token, body: one}); w.Code != 200 {
		t.Errorf("afterwards: status %d", w.Code)
	}
}

func TestOpen311(t *testing.T) {
	d := &desk{}
	h, _ := handler(t, d, func(c *push.Config) {
		c.Services = []push.Service{{Code: "light", Name: "路灯", Description: "不亮、损坏", Keywords: []string{"灯", "照明"}}}
	})
	send := func(kind, body string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/open311/v2/requests.json", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var list []map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list) != 1 {
			t.Errorf("answer is no list of one: %s", w.Body)
		}
		return w.Code, w.Body.String()
	}
	code, body := send("application/json", `{"api_key":"`+token+`","service_code":"light","description":"路灯不亮","first_name":"小明","last_name":"张",
		"phone":"13800001234","email":"zhang@example.com","lat":30.5,"long":114.3,"address_string":"某县人民路 3 号","requested_datetime":"2026-03-01T08:00:00+08:00"}`)
	if code != 200 || len(d.items) != 1 {
		t.Fatalf("status %d: %s", code, body)
	}
	it := d.items[0]
	if it.Text != "路灯不亮" || it.Channel != item.Letter || it.Citizen != "张**" || !item.ID(it.Sender).Valid() || !slices.Equal(it.Places, []string{"某县人民路 3 号"}) || it.Submitted.IsZero() {
		t.Errorf("item %+v", it)
	}
	b, _ := json.Marshal(it)
	for _, w := range []string{token, "13800001234", "zhang@", "小明"} {
		if bytes.Contains(b, []byte(w)) {
			t.Errorf("%q is kept: %s", w, b)
		}
	}
	for _, f := range []item.Field{{Name: "lat", Value: "30.5"}, {Name: "service_code", Value: "light"}, {Name: "service_name", Value: "路灯"}} {
		if !slices.Contains(it.Extra, f) {
			t.Errorf("no %+v in %v", f, it.Extra)
		}
	}
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		kind, body string
		status     int
	}{
		"no key":         {form, "service_code=light&description=x", 403},
		"wrong key":      {form, "api_key=nope&service_code=light&description=x", 403},
		"no code":        {form, "api_key=" + token + "&description=x", 400},
		"unknown code":   {form, "api_key=" + token + "&service_code=road&description=x", 404},
		"no description": {form, "api_key=" + token + "&service_code=light", 400},
		"odd time":       {form, "api_key=" + token + "&service_code=light&description=x&requested_datetime=soon", 400},
		"not JSON":       {"application/json", "{", 400},
		"other type":     {"text/xml", "<a/>", 415},
		"too large":      {form, "description=" + strings.Repeat("x", 9<<20), 413},
		"good":           {form, "api_key=" + token + "&service_code=light&description=x", 200},
		"multipart":      {"multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\n" + token + "\r\n--B\r\nContent-Disposition: form-data; name=\"service_code\"\r\n\r\nlight\r\n--B\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nx\r\n--B--\r\n", 200},
	} {
		if code, body := send(c.kind, c.body); code != c.status {
			t.Errorf("%s: status %d, want %d: %s", name, code, c.status, body)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/open311/v2/services.json", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"service_code":"light"`) || !strings.Contains(w.Body.String(), `"keywords":"灯,照明"`) {
		t.Errorf("services: %d %s", w.Code, w.Body)
	}
}

// TestOpen311Repeats: without an Idempotency-Key the same words of two citizens
// are two items, and the same request sent again is one.
func TestOpen311Repeats(t *testing.T) {
	d := &desk{}
	h, _ := handler(t, d, nil)
	send := func(header, more string) string {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/open311/v2/requests.json",
			strings.NewReader("api_key="+token+"&service_code=light&description="+url.QueryEscape("路灯不亮")+more))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Idempotency-Key", header)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		return d.items[len(d.items)-1].NativeID
	}
	const at = "&requested_datetime=2026-03-01T08:00:00%2B08:00"
	zhang, li := "&last_name="+url.QueryEscape("张")+"&phone=13800001234", "&last_name="+url.QueryEscape("李")+"&phone=13900001234"
	// Should midnight pass between the two of a pair, the second is another
	// request, as documented: those with a time of their own do not care.
	seen := map[string]bool{}
	for _, more := range []string{zhang + at, li + at, zhang + "&requested_datetime=2026-03-02T08:00:00%2B08:00", at, "&lat=30.5" + at, "&lat=30.6" + at} {
		first := send("", more)
		if again := send("", more); again != first {
			t.Errorf("%s: sent again is %s, was %s", more, again, first)
		}
		if seen[first] {
			t.Errorf("%s is the item of another", more)
		}
		seen[first] = true
	}
	if a, b := send("", zhang), send("", li); a == b || !strings.Contains(a, "open311:") {
		t.Errorf("two citizens have %s and %s", a, b)
	}
	if a, b := send("k-1", zhang), send("k-1", li); a != "k-1" || b != "k-1" {
		t.Errorf("numbers %s and %s, want the sender's", a, b)
	}
}

func TestLocalTrustsOnlyTheForm(t *testing.T) {
	d := &desk{}
	a, w := do(t, push.Local(d.accept), ask{body: `{"v":1,"channel":"call","source":"s","title":"t"}` + "\n" + `{"v":99,"title":"t"}` + "\nno\n"})
	if w.Code != 207 || a.Accepted != 1 || a.Rejected != 2 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestConfig(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte("# old and new\nthe-old-token-of-hotline\nthe-new-token-of-hotline\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := push.Defaults()
	good.Sources = []push.Source{{Name: "a", Channel: item.Call, TokenFile: file}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	d := &desk{}
	h, _ := handler(t, d, func(c *push.Config) { *c = good })
	for _, tok := range []string{"the-old-token-of-hotline", "the-new-token-of-hotline"} {
		if _, w := do(t, h, ask{token: tok, body: one}); w.Code != 200 {
			t.Errorf("%s: status %d", tok, w.Code)
		}
	}
	for name, c := range map[string]struct {
		source push.Source
		want   string
	}{
		"no name":    {push.Source{Channel: item.Call, TokenFile: file}, "name"},
		"channel":    {push.Source{Name: "a", Channel: "x", TokenFile: file}, "channel"},
		"no channel": {push.Source{Name: "a", TokenFile: file}, "channel"},
		"no token":   {push.Source{Name: "a", Channel: item.Call}, "token_file"},
		"two tokens": {push.Source{Name: "a", Channel: item.Call, TokenFile: file, Token: token}, "只能写一个"},
		"short":      {push.Source{Name: "a", Channel: item.Call, Token: "short"}, "太短"},
		"no file":    {push.Source{Name: "a", Channel: item.Call, TokenFile: file + "x"}, "读不到"},
		"odd hash":   {push.Source{Name: "a", Channel: item.Call, Token: "sha256:12"}, "sha256"},
		"empty":      {push.Source{Name: "a", Channel: item.Call, Token: " "}, "空"},
	} {
		cfg := push.Defaults()
		cfg.Sources = []push.Source{c.source}
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := push.Defaults()
	twice.Sources = []push.Source{{Name: "a", Channel: item.Call, Token: token}, {Name: "b", Channel: item.Call, Token: token}, {Name: "b", Channel: item.Call, Token: token + "x"}}
	if err := twice.Validate(); err == nil || !strings.Contains(err.Error(), "令牌相同") || !strings.Contains(err.Error(), "两次") {
		t.Errorf("%v", err)
	}
	if err := (push.Config{Services: []push.Service{{}}}).Validate(); err == nil || !strings.Contains(err.Error(), "max_body") || !strings.Contains(err.Error(), "services[0]") {
		t.Errorf("%v", err)
	}
	unknown := push.Defaults()
	unknown.Sources = []push.Source{{Name: "a", Mapping: "none", Token: token}}
	if _, err := push.New(unknown, push.Deps{Accept: d.accept}); err == nil {
		t.Error("took a mapping nobody has")
	}
}

func FuzzItems(f *testing.F) {
	for _, s := range []string{one, "[" + one + "]", one + "\n" + one, `{"extra":[{"name":"a"}],"places":7,"urgent":{}}`, `[[[]]]`, `{"a":{"b":{"c":[1,{"d":null}]}}}`, "\xff", `"`, `[{"title":"\ud800"}`} {
		f.Add(s, true)
		f.Add(s, false)
	}
	d := &desk{}
	h, err := push.New(push.Config{
		MaxBody: 1 << 16, Concurrent: 4, Batch: 3, BatchBytes: 100, RetryAfter: 1e9,
		Sources: []push.Source{{Name: "s", Channel: item.Web, Token: token}},
	}, push.Deps{Accept: d.accept})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string, lines bool) {
		d.items = nil
		kind := "application/json"
		if lines {
			kind = "application/x-ndjson"
		}
		a, w := do(t, h, ask{token: token, kind: kind, body: body})
		if w.Code == 503 || a.Accepted != len(d.items) {
			t.Errorf("status %d, accepted %d of %d: %s", w.Code, a.Accepted, len(d.items), w.Body)
		}
		for _, it := range d.items {
			if it.Title == "" && it.Text == "" || it.NativeID == "" {
				t.Errorf("item without words or number: %+v", it)
			}
		}
	})
}
