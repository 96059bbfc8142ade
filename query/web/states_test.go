package web

import (
	"strings"
	"testing"
	"time"

	"qianliyan/ingest/item"
)

func testHealth(t *testing.T, w *world) {
	wants(t, "/healthz", w.page(t, "/healthz", 200), "true")
	wants(t, "/readyz", w.page(t, "/readyz", 200), `"ready":true`, `"missing":[]`, `"lag":12`)
	before := w.status
	defer func() { w.status = before }()
	w.status.Missing = []Part{{"全文库", "正在打开"}}
	wants(t, "/readyz", w.page(t, "/readyz", 503), `"ready":false`, "正在打开")
	wants(t, "/", w.page(t, "/", 200), "全文库未就绪：正在打开")
	if r := w.get("/metrics"); r.Code != 404 {
		t.Errorf("/metrics without a handler answers %d", r.Code)
	}
}

func TestEmpty(t *testing.T) {
	w := newWorld(t, nil)
	wants(t, "/", w.page(t, "/", 200), "这两天还没有收到信息", "怎样导入")
	wants(t, "/search", w.page(t, "/search", 200), "没有找到", "去报送")
	for _, n := range w.trends() {
		w.page(t, "/trend?name="+n, 200)
		readCSV(t, w.page(t, "/trend.csv?name="+n, 200))
	}
	if rows := readCSV(t, w.page(t, "/search.csv", 200)); len(rows) != 1 {
		t.Errorf("an empty export has %d lines, want its heading", len(rows))
	}
}

func TestDown(t *testing.T) {
	w := newWorld(t, makeItems(20, 3, time.Now()))
	id := string(w.items[0].Item.ID)
	w.store.Close()
	wants(t, "/", w.page(t, "/", 200), "塌方", "分析库没有应答") // the lines stand without the days
	wants(t, "/item", w.page(t, "/item/"+id, 503), "分析库暂不可用", "收件不受影响")
	wants(t, "/item.json", w.page(t, "/item/"+id+".json", 503), `"reason"`)
	wants(t, "/search", w.page(t, "/search?q=停水", 200), "检索结果")
	w.index.Close()
	wants(t, "/", w.page(t, "/", 200), "全文库没有应答")
	wants(t, "/search", w.page(t, "/search?q=停水", 503), "全文库暂不可用")
	if r := w.get("/search.csv"); r.Code != 503 || r.Header().Get("Retry-After") == "" {
		t.Errorf("/search.csv answers %d", r.Code)
	}
}

func TestDeepPaging(t *testing.T) {
	const n = 10_000
	w := newWorld(t, makeItems(n, 20, time.Now()))
	seen := map[item.ID]bool{}
	address, pages := "/search?size=200", 0
	for address != "" {
		r := w.get(address)
		if r.Code != 200 {
			t.Fatalf("%s answers %d", address, r.Code)
		}
		pages++
		next := ""
		for _, x := range nodes(t, r.Body.String()) {
			if to := attr(x, "href"); strings.HasPrefix(to, "/item/") {
				seen[item.ID(strings.TrimPrefix(to, "/item/"))] = true
			}
			if attr(x, "rel") == "next" {
				next = attr(x, "href")
			}
		}
		address = next
	}
	if len(seen) != n || pages != n/200 {
		t.Errorf("%d pages show %d items, want %d", pages, len(seen), n)
	}
	ids := map[string]bool{}
	for _, row := range readCSV(t, w.page(t, "/search.csv", 200))[1:] {
		ids[row[len(row)-1]] = true
	}
	if len(ids) != n {
		t.Errorf("the export has %d items, want %d", len(ids), n)
	}
}
