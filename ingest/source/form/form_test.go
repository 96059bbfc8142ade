package form_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"qianliyan/cmd/embedded/kafka"
	"qianliyan/ingest/item"
	"qianliyan/ingest/source/form"
	"qianliyan/ingest/source/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keyOf makes a form's key of a letter's number: the same number is the same
// form opened once.
func keyOf(native string) string {
	return (strings.ToLower(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'a' + r - '0'
		}
		return 'x'
	}, native)) + strings.Repeat("q", 26))[:26]
}

func TestSuite(t *testing.T) {
	sourcetest.Run(t, kafka.OpenTest(t), sourcetest.Way{
		Alone: true, Unnumbered: true, // a number with other words is another report
		New: func(t *testing.T, d sourcetest.Door) sourcetest.Sender {
			cfg := form.Defaults()
			cfg.Source = d.Source
			f, err := form.New(cfg, form.Deps{Log: d.Log, Accept: func(ctx context.Context, items []item.Item) ([]item.Outcome, error) {
				for i := range items {
					items[i].Channel = d.Channel // the suite's; the form's own is told in TestItem
				}
				return d.Accept(ctx, items)
			}})
			if err != nil {
				t.Fatal(err)
			}
			return func(ctx context.Context, list []sourcetest.Letter) (sourcetest.Answer, error) {
				l := list[0]
				r, err := f.Submit(ctx, form.Report{Key: keyOf(l.NativeID), Unit: "城管局", Title: l.Title, Text: l.Text})
				var a sourcetest.Answer
				var invalid *form.Invalid
				switch {
				case errors.As(err, &invalid):
					a.Rejected++
					p := &item.Problem{Reason: invalid.Error(), Hint: invalid.Fields[0].Hint}
					a.Problems = append(a.Problems, p)
					return a, nil
				case err != nil:
					return a, err
				case r.Known:
					a.Known++
				default:
					a.Accepted++
				}
				if !r.ID.Valid() || r.At.IsZero() {
					return a, fmt.Errorf("receipt %+v", r)
				}
				_, prefix, err := form.Parse(r.Number)
				if err != nil || !strings.HasPrefix(string(r.ID), prefix) {
					return a, fmt.Errorf("number %q of %s: %w", r.Number, r.ID, err)
				}
				return a, nil
			}
		},
	})
}

// desk keeps what it is given.
type desk struct {
	items []item.Item
	seen  map[uint64]bool
	out   *item.Outcome
	err   error
}

func (d *desk) accept(_ context.Context, items []item.Item) ([]item.Outcome, error) {
	if d.err != nil {
		return nil, d.err
	}
	if d.out != nil {
		return []item.Outcome{*d.out}, nil
	}
	if d.seen == nil {
		d.seen = map[uint64]bool{}
	}
	it := items[0]
	d.items = append(d.items, it)
	o := item.Outcome{ID: item.NewID(it.Source, it.NativeID), Status: item.Accepted, Day: "2026-11-22"}
	if d.seen[it.Hash()] {
		o.Status = item.Known
	}
	d.seen[it.Hash()] = true
	return []item.Outcome{o}, nil
}

func newForm(t *testing.T, d *desk) *form.Form {
	t.Helper()
	f, err := form.New(form.Defaults(), form.Deps{Accept: d.accept})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func report() form.Report {
	return form.Report{
		Key: form.NewKey(), Unit: " 应急管理局 ", Title: "某镇一民房起火",
		Text: "某镇三组一民房起火，原因正在调查，无人员伤亡，消防已到现场处置。", Event: "2026-03-01T20:05", Place: "某镇三组", Author: "李某", Signer: "王某", Urgent: true,
	}
}

func TestItem(t *testing.T) {
	d := &desk{}
	f := newForm(t, d)
	r := report()
	before := time.Now()
	if _, err := f.Submit(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	it := d.items[0]
	if it.Channel != item.Submission || it.Source != "form" || !strings.HasPrefix(it.NativeID, r.Key+"-") || it.Unit != "应急管理局" || !it.Urgent || it.Title != r.Title || it.Text != r.Text ||
		!it.Event.Equal(time.Date(2026, 3, 1, 20, 5, 0, 0, item.Zone)) || it.Submitted.Before(before.Add(-time.Second)) || len(it.Places) != 1 || len(it.Extra) != 2 {
		t.Errorf("item %+v", it)
	}
}

// TestPressedTwice: a second press is the same item; other words under the same
// key, as after the browser's Back, are another, and the receipt says so.
func TestPressedTwice(t *testing.T) {
	d := &desk{}
	f := newForm(t, d)
	r := report()
	first, err := f.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if first.Before+again.Before != "" || !again.Known || again.Number != first.Number || again.ID != first.ID || !again.At.Equal(first.At) {
		t.Errorf("first %+v, again %+v", first, again)
	}
	r.Text += "续：已扑灭。"
	other, err := f.Submit(t.Context(), r)
	if err != nil || other.Known || other.ID == first.ID || other.Number == first.Number || other.Before != first.Number {
		t.Errorf("other words %+v, %v", other, err)
	}
	if other, err = f.Submit(t.Context(), r); err != nil || !other.Known || other.Before != "" {
		t.Errorf("other words twice %+v, %v", other, err)
	}
	// Another process knows nothing of the first press: the number is the same.
	restarted, err := newForm(t, d).Submit(t.Context(), r)
	if err != nil || restarted.Number != other.Number || restarted.ID != other.ID {
		t.Errorf("after a restart %+v, %v", restarted, err)
	}
}

func TestCheck(t *testing.T) {
	f := newForm(t, &desk{})
	for name, c := range map[string]struct {
		change func(*form.Report)
		field  form.Field
	}{
		"no key":       {func(r *form.Report) { r.Key = "" }, form.FieldKey},
		"odd key":      {func(r *form.Report) { r.Key = "1; drop" }, form.FieldKey},
		"no unit":      {func(r *form.Report) { r.Unit = " " }, form.FieldUnit},
		"long unit":    {func(r *form.Report) { r.Unit = strings.Repeat("局", 101) }, form.FieldUnit},
		"no title":     {func(r *form.Report) { r.Title = "" }, form.FieldTitle},
		"long title":   {func(r *form.Report) { r.Title = strings.Repeat("长", 101) }, form.FieldTitle},
		"no text":      {func(r *form.Report) { r.Text = "\n" }, form.FieldText},
		"long text":    {func(r *form.Report) { r.Text = strings.Repeat("长", 20001) }, form.FieldText},
		"no time":      {func(r *form.Report) { r.Event = "刚才" }, form.FieldEvent},
		"time to come": {func(r *form.Report) { r.Event = time.Now().Add(2 * time.Hour).In(item.Zone).Format("2006-01-02T15:04") }, form.FieldEvent},
	} {
		r := report()
		c.change(&r)
		got := f.Check(r).Fields
		if len(got) != 1 || got[0].Field != c.field || got[0].Reason == "" || got[0].Hint == "" {
			t.Errorf("%s: %+v", name, got)
		}
		var invalid *form.Invalid
		if _, err := f.Submit(t.Context(), r); !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Error() == "" {
			t.Errorf("%s: Submit %v", name, err)
		}
	}
	if got := f.Check(form.Report{}).Fields; len(got) != 4 {
		t.Errorf("an empty form has %d remarks: %+v", len(got), got)
	}
	r := report()
	r.Event = ""
	if got := f.Check(r).Fields; len(got) != 0 {
		t.Errorf("an event without time is refused: %+v", got)
	}
}

// TestHints: what a first report lacks is asked for and never refused.
func TestHints(t *testing.T) {
	d := &desk{}
	f := newForm(t, d)
	for name, c := range map[string]struct {
		report form.Report
		want   string
	}{
		"complete": {report(), ""},
		"bare":     {form.Report{Title: "发生火灾", Text: "正在了解。"}, "时间 地点 伤亡 起因 措施"},
		"urgent":   {form.Report{Title: "情况", Text: "正在了解。", Urgent: true}, "时间 地点 伤亡 起因 措施"},
		"in words": {form.Report{Title: "某村一处塌方", Text: "今日１５时许塌方，２人受伤，因连日降雨，已组织转移。"}, ""},
		"no hurt":  {form.Report{Title: "某路两车相撞", Text: "上午9时许两车相撞，原因正在调查，交警已赶到现场，暂无人员伤亡。"}, ""},
		"fields":   {form.Report{Title: "发生火灾", Text: "正在了解。", Event: "2026-03-01 08:00", Place: "三组"}, "伤亡 起因 措施"},
		"no event": {form.Report{Title: "本周工作小结", Text: "完成了年度计划。"}, ""},
	} {
		var got []string
		for _, h := range f.Check(c.report).Hints {
			got = append(got, strings.TrimPrefix(h.Reason, "首报似乎没有写"))
			if h.Hint == "" || h.Field == "" {
				t.Errorf("%s: hint %+v", name, h)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", name, strings.Join(got, " "), c.want)
		}
	}
	r := report()
	r.Title, r.Text = "发生火灾", "正在了解。"
	if _, err := f.Submit(t.Context(), r); err != nil {
		t.Errorf("a thin first report was refused: %v", err)
	}
}

func TestSubmitErrors(t *testing.T) {
	d := &desk{err: &item.Unavailable{Reason: "收件暂停", After: time.Second}}
	f := newForm(t, d)
	var shut *item.Unavailable
	if _, err := f.Submit(t.Context(), report()); !errors.As(err, &shut) || shut.Reason != "收件暂停" {
		t.Errorf("closed: %v", err)
	}
	d.err, d.out = nil, &item.Outcome{Status: item.Failed, Problem: &item.Problem{Reason: "没有存好"}}
	if _, err := f.Submit(t.Context(), report()); !errors.As(err, &shut) || shut.After <= 0 {
		t.Errorf("failed: %v", err)
	}
	var invalid *form.Invalid
	for column, field := range map[string]form.Field{"标题": form.FieldTitle, "单位": form.FieldUnit, "正文": form.FieldText, "": form.FieldText} {
		d.out = &item.Outcome{Status: item.Rejected, Problem: &item.Problem{Column: column, Reason: "不行", Hint: "改"}}
		if _, err := f.Submit(t.Context(), report()); !errors.As(err, &invalid) || invalid.Fields[0].Field != field {
			t.Errorf("rejected at %q: %v", column, err)
		}
	}
	if _, err := form.New(form.Defaults(), form.Deps{}); err == nil {
		t.Error("New without a door")
	}
}

func TestConfig(t *testing.T) {
	if err := form.Defaults().Validate(); err != nil {
		t.Fatal(err)
	}
	err := form.Config{Elements: "/none.toml"}.Validate()
	for _, w := range []string{"source", "max_title", "max_text", "elements"} {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("no word of %s in %v", w, err)
		}
	}
	path := filepath.Join(t.TempDir(), "elements.toml")
	for text, want := range map[string]string{
		"[[element]]\nname=\"a\"\n": "不全",
		"[[element]]\nname=\"a\"\nfield=\"text\"\nhint=\"h\"\npatterns=['(']\n": "正则",
		"x=1\n": "写法",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := form.Defaults()
		c.Elements = path
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNewKey(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		k := form.NewKey()
		if seen[k] || len(k) != 26 {
			t.Fatalf("key %q", k)
		}
		seen[k] = true
	}
}
