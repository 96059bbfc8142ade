package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"qianliyan/ingest/item"
)

// failure is an error with the page it deserves.
type failure struct {
	status int
	title  string
	reason string
	hint   string
	cause  error // for the log; nil when there is nothing to mend on our side
}

func (f *failure) Error() string {
	if f.cause != nil {
		return fmt.Sprintf("%s: %v", f.title, f.cause)
	}
	return f.title
}

func (f *failure) Unwrap() error { return f.cause }

var (
	errNoPage  = &failure{status: 404, title: "没有这个页面", reason: "地址不对，或页面已经取消。", hint: "请从上方导航重新进入，或在检索框里直接查。"}
	errMethod  = &failure{status: 405, title: "不能这样提交", reason: "这个地址只供查看，不接收提交。", hint: "请从页面上的表单提交；程序请用 GET 读取。"}
	errPartial = errors.New("a part of the page is missing")
	errForeign = &failure{status: 403, title: "提交未被接受", reason: "这次提交来自别的网站。", hint: "请在本系统页面上重新填写后提交。"}
	errBroken  = &failure{status: 500, title: "页面出错", reason: "程序在生成这个页面时出错，数据不受影响。", hint: "请刷新重试；仍不行时，请把地址栏内容和当前时间告诉管理员。"}
)

// notFound is a 404 for one thing that is not there.
func notFound(what, hint string) error {
	return &failure{status: 404, title: "没有找到", reason: what, hint: hint}
}

// down says that the engine behind a page does not answer. A context that
// ended means the question was too long, which the reader can change.
func down(engine string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*item.Problem](err); ok {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &failure{status: 503, title: "查询超时", reason: engine + "在时限内没有答完。", hint: "请缩短日期范围或减少条件后再查。", cause: err}
	}
	return &failure{status: 503, title: engine + "暂不可用", reason: engine + "没有应答，这个页面现在打不开。", hint: "收件不受影响，已收的信息不会丢。请稍后刷新；持续几分钟不恢复时，请管理员查看 /readyz 和运行日志。", cause: err}
}

// asFailure gives every error its page.
func asFailure(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if p, ok := errors.AsType[*item.Problem](err); ok {
		reason := p.Reason
		if p.Column != "" || p.Value != "" {
			reason = (&item.Problem{Column: p.Column, Value: p.Value, Reason: p.Reason}).Error()
		}
		return &failure{status: 400, title: "查询条件有误", reason: reason, hint: p.Hint}
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &failure{status: 413, title: "内容太大", reason: fmt.Sprintf("提交的内容超过 %d KiB。", big.Limit>>10), hint: "请缩短正文，大附件请走文件导入。"}
	}
	return &failure{status: 500, title: errBroken.title, reason: errBroken.reason, hint: errBroken.hint, cause: err}
}

// fault is what the error page and the JSON twin show.
type fault struct {
	Status int    `json:"status"`
	Title  string `json:"-"`
	Reason string `json:"reason"`
	Hint   string `json:"hint"`
}

// fail answers with err, in the form that was asked for. It is the one way to
// fail, and the one place that logs what failed.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := asFailure(err)
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the reader went away
	}
	if f.cause != nil {
		s.log.Error("page failed", slog.String("path", r.URL.Path), slog.Int("status", f.status), slog.Any("err", f.cause))
	}
	out := fault{f.status, f.title, f.reason, f.hint}
	if f.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", "GET, HEAD")
	}
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "10")
	}
	if formOf(r) != formHTML {
		s.writeJSON(w, f.status, map[string]any{"error": out})
		return
	}
	s.writePage(w, r, view{Page: "error", Title: f.title, Status: f.status, Data: out})
}
