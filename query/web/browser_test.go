package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// sizes are a desk and a phone.
var sizes = []struct {
	name          string
	width, height int64
}{{"desk", 1366, 768}, {"phone", 390, 844}}

// TestBrowser drives the pages as a reader does, at the width of a desk and of
// a phone: no error in the console, no request to another host, nothing wider
// than the screen. QIANLIYAN_SCREENSHOTS keeps the pictures.
func TestBrowser(t *testing.T) {
	if os.Getenv("QIANLIYAN_NO_BROWSER") == "1" {
		t.Skip("QIANLIYAN_NO_BROWSER=1: the pages are not tested in a browser")
	}
	chromium := findChromium(t)
	w := newWorld(t, makeItems(600, 75, time.Now()))
	srv := httptest.NewServer(w.handler)
	t.Cleanup(srv.Close)
	dir := os.Getenv("QIANLIYAN_SCREENSHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			b := newBrowser(t, chromium, srv.URL, size.width, size.height)
			b.picture = func(name string) string { return filepath.Join(dir, size.name+"-"+name+".png") }
			b.walk(w)
		})
	}
}

func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	t.Fatal("no chromium found: install the distribution's package (apt-get install chromium), or set QIANLIYAN_NO_BROWSER=1 to leave the browser out")
	return ""
}

// browser is one open tab and what went wrong in it.
type browser struct {
	t       *testing.T
	ctx     context.Context
	root    string
	picture func(name string) string

	mu       sync.Mutex
	problems []string
}

func newBrowser(t *testing.T, chromium, root string, width, height int64) *browser {
	t.Helper()
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(int(width), int(height)),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("lang", "zh-CN"), chromedp.Flag("hide-scrollbars", true),
		chromedp.WSURLReadTimeout(2 * time.Minute), chromedp.Env("LANG=zh_CN.UTF-8", "LANGUAGE=zh_CN"),
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	b := &browser{t: t, root: root}
	ctx, closeTab := chromedp.NewContext(ctx, chromedp.WithListener(b.listen))
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(func() { cancel(); closeTab(); stop() })
	b.ctx = ctx
	b.do("open a tab", chromedp.EmulateViewport(width, height))
	return b
}

// listen notes errors of scripts, of the console and of the network.
func (b *browser) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	note := func(format string, args ...any) { b.problems = append(b.problems, fmt.Sprintf(format, args...)) }
	switch e := ev.(type) {
	case *cdpruntime.EventExceptionThrown:
		note("script error: %s at %s:%d", e.ExceptionDetails.Text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber)
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning {
			note("console %s: %s", e.Entry.Level, e.Entry.Text)
		}
	case *cdpruntime.EventConsoleAPICalled:
		if e.Type == cdpruntime.ConsoleAPICalledTypeError || e.Type == cdpruntime.ConsoleAPICalledTypeWarning {
			note("console %s: %v", e.Type, e.Args)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || (!strings.HasPrefix(e.Request.URL, b.root) && u.Scheme != "data" && u.Scheme != "about") {
			note("request to another host: %s", e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			note("%d for %s", e.Response.Status, e.Response.URL)
		}
	}
}

func (b *browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// ask runs an action that answers.
func ask[T any](b *browser, what string, a chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, a)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return v
}

func (b *browser) open(path string) {
	b.t.Helper()
	b.do("open "+path, chromedp.Navigate(b.root+path), chromedp.WaitVisible("#main"))
}

// check asserts what holds for every page and takes its picture.
func (b *browser) check(name string) {
	b.t.Helper()
	wide := ask(b, name, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`))
	title := ask(b, name, chromedp.Title())
	png := ask(b, name, chromedp.CaptureScreenshot())
	if wide {
		b.t.Errorf("%s is wider than the screen", name)
	}
	if !strings.Contains(title, "千里眼") {
		b.t.Errorf("%s has the title %q", name, title)
	}
	if err := os.WriteFile(b.picture(name), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		b.t.Errorf("%s: %s", name, p)
	}
	b.problems = nil
}

func (b *browser) text(selector string) string {
	b.t.Helper()
	return ask(b, "read "+selector, chromedp.Text(selector))
}

func (b *browser) walk(w *world) {
	b.open("/")
	if got := b.text(".lines"); !strings.Contains(got, "塌方") {
		b.t.Errorf("the brief does not open with the emergency: %s", got)
	}
	b.check("today")

	b.open("/search")
	b.do("search by keyboard", chromedp.SendKeys("#q", "停水\r"), chromedp.WaitVisible(".understood"))
	if got := b.text(".hits"); !strings.Contains(got, "停水") {
		b.t.Errorf("no hits for 停水: %s", got)
	}
	b.check("search")
	b.do("open the first hit", chromedp.Click(".hits h2 a"), chromedp.WaitVisible(".original"))
	if got := b.text(".original"); !strings.Contains(got, "停水") {
		b.t.Errorf("the item does not show its words: %s", got)
	}
	b.check("item")

	b.open("/trend")
	b.do("wait for the curve", chromedp.WaitVisible(".uplot canvas"))
	b.check("trend")
	b.open("/trend?name=top_topics")
	b.check("trend-topic")

	b.open("/sql")
	b.do("run by Ctrl-Enter", chromedp.SendKeys("#sql", "SELECT channel, count() AS n FROM items GROUP BY channel ORDER BY n DESC"),
		chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)),
		chromedp.WaitVisible(".result"))
	if got := b.text(".result"); !strings.Contains(got, "call") {
		b.t.Errorf("the statement gave %s", got)
	}
	b.check("sql")

	b.open("/report")
	b.check("report")
	b.do("file a report", chromedp.SendKeys("#unit", "应急管理局"), chromedp.SendKeys("#title", "石桥镇仓库起火，无人员伤亡"),
		chromedp.SendKeys("#text", "今日六时许，石桥镇一处闲置仓库起火，六时四十分扑灭，无人员伤亡，起因正在调查。"),
		chromedp.Click("button.main"), chromedp.WaitVisible(".receipt"))
	b.check("receipt")
	b.open("/help")
	b.check("help")
}

// TestPrint prints the brief: one page of A4.
func TestPrint(t *testing.T) {
	if os.Getenv("QIANLIYAN_NO_BROWSER") == "1" {
		t.Skip("QIANLIYAN_NO_BROWSER=1: the pages are not tested in a browser")
	}
	w := newWorld(t, makeItems(300, 40, time.Now()))
	srv := httptest.NewServer(w.handler)
	t.Cleanup(srv.Close)
	b := newBrowser(t, findChromium(t), srv.URL, 1366, 768)
	b.open("/")
	pdf := ask(b, "print", chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
	if n := strings.Count(string(pdf), "/Type /Page\n") + strings.Count(string(pdf), "/Type /Page "); n != 1 {
		t.Errorf("the brief prints on %d pages, want 1", n)
	}
	if dir := os.Getenv("QIANLIYAN_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "today.pdf"), pdf, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
