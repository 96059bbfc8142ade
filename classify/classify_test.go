package classify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/classify/segment/segmenttest"
	"qianliyan/cmd/embedded/kafka"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// touchy fails on texts that say so.
type touchy struct{}

func (touchy) Name() string { return "touchy" }
func (touchy) Version() int { return 3 }
func (touchy) Classify(_ context.Context, d doc.Doc) ([]label.Label, error) {
	switch {
	case strings.Contains(d.Item.Text, "恐慌"):
		panic("恐慌")
	case strings.Contains(d.Item.Text, "失败"):
		return nil, errors.New("不想看")
	}
	return []label.Label{{Kind: "mood", Value: "calm", Score: 1}}, nil
}

func letter(i int, text string) item.Item {
	native := fmt.Sprint(i)
	return item.Item{
		ID: item.NewID("test", native), Channel: item.Letter, Source: "test", NativeID: native,
		Title: "小区停水三天", Text: text, Day: "2024-03-01", Revision: 1,
	}
}

func open(t *testing.T, deps Deps) *Pipeline {
	t.Helper()
	deps.Segmenter = segmenttest.Open(t)
	p, err := New(Config{Workers: 3}, deps)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLabel(t *testing.T) {
	p := open(t, Deps{})
	l, err := p.Label(t.Context(), letter(1, "锦绣花园小区连续三天停水，居民无法做饭，物业不管。投诉自来水公司。"))
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Value(label.Topic); got != "urban" {
		t.Errorf("topic %q", got)
	}
	if got := l.Value(label.Urgency); got != label.Pressing {
		t.Errorf("urgency %q", got)
	}
	if got := l.Value(label.Form); got != "投诉" {
		t.Errorf("form %q", got)
	}
	for _, x := range l.Labels {
		if x.By == "" || x.Version == 0 {
			t.Errorf("label %+v is not signed", x)
		}
		if x.Value != label.Routine && p.Why(x) == "" {
			t.Errorf("label %+v is not explained", x)
		}
	}
	if got := strings.Join(l.Words.Title.Split(l.Item.Title), "|"); got != "小区|停水|三天" {
		t.Errorf("title words %s", got)
	}
	if l.Words.Segmenter != p.Segmenter().Version() {
		t.Errorf("segmenter %q", l.Words.Segmenter)
	}
}

// Same item, same labels: a replay must be harmless.
func TestLabelIsRepeatable(t *testing.T) {
	p, q := open(t, Deps{}), open(t, Deps{})
	it := letter(1, "学校门口没有红绿灯，孩子过马路很危险，请教育局和交警大队管一管。")
	a, err1 := p.Label(t.Context(), it)
	b, err2 := q.Label(t.Context(), it)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	a.At, b.At = time.Time{}, time.Time{}
	x, _ := label.Encode(a)
	y, _ := label.Encode(b)
	if string(x) != string(y) {
		t.Errorf("two labellings differ:\n%s\n%s", x, y)
	}
}

func TestAtNeverGoesBack(t *testing.T) {
	p := open(t, Deps{})
	ahead := time.Now().Add(time.Hour)
	p.last.Store(ahead.UnixNano())
	l, err := p.Label(t.Context(), letter(1, ""))
	if err != nil {
		t.Fatal(err)
	}
	if l.At.Before(ahead) {
		t.Errorf("At %v lies before an earlier At %v", l.At, ahead)
	}
}

func TestBadConfig(t *testing.T) {
	_, err := New(Config{Workers: -1, Rules: "absent", UserDict: []string{"absent.dict"}, TopicModel: "absent.model"}, Deps{})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"workers：", "rules：", "user_dict：", "topic_model："} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not speak of %s:\n%v", want, err)
		}
	}
	if _, err := New(Config{Home: "0"}, Deps{Segmenter: segmenttest.Open(t)}); err == nil || !strings.Contains(err.Error(), "region") {
		t.Errorf("unknown home: %v", err)
	}
	if err := (&Pipeline{}).Run(t.Context()); err == nil {
		t.Error("ran without a bus")
	}
}

// Every record of items.raw must come out on items.labeled, in the order of
// its key, or lie on items.dead; one bad record must not hold up the others.
func TestRun(t *testing.T) {
	br := kafka.OpenTest(t)
	b, err := bus.Open(bus.Config{Partitions: 2, RetryMax: setting.Duration(100 * time.Millisecond)}, bus.Deps{Dial: br.Dial})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	p := open(t, Deps{Bus: b, Metrics: reg})
	p.classifiers = append(p.classifiers, touchy{})

	const keys, revisions = 20, 5
	var recs []bus.Record
	for r := 1; r <= revisions; r++ {
		for i := range keys {
			it := letter(i, fmt.Sprintf("第%d次反映路灯不亮", r))
			it.Revision = uint32(r)
			recs = append(recs, record(t, it))
		}
	}
	bad := []bus.Record{
		record(t, letter(100, "恐慌")), record(t, letter(101, "失败")),
		{Key: item.NewID("test", "102"), Value: []byte("{")},
	}
	recs = append(recs[:40:40], append(bad, recs[40:]...)...)
	if err := b.Publish(t.Context(), bus.Raw, recs); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()

	labeled := read(t, b, bus.Labeled, keys*revisions)
	last := map[item.ID]uint32{}
	for _, rec := range labeled {
		l, err := label.Decode(rec.Value)
		if err != nil {
			t.Fatal(err)
		}
		if l.Item.Revision != last[rec.Key]+1 {
			t.Fatalf("%s: revision %d follows %d", rec.Key, l.Item.Revision, last[rec.Key])
		}
		last[rec.Key] = l.Item.Revision
		if rec.Headers[bus.HeaderSource] != "test" {
			t.Errorf("headers were not carried: %v", rec.Headers)
		}
		if l.Value("mood") != "calm" {
			t.Errorf("labels %+v", l.Labels)
		}
	}
	reasons := ""
	for _, rec := range read(t, b, bus.Dead, len(bad)) {
		reasons += rec.Headers[bus.HeaderDeadReason] + "\n"
	}
	for _, want := range []string{"touchy: panic: 恐慌", "touchy: 不想看", "cannot decode item"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("dead letters do not say %q:\n%s", want, reasons)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("Run returned %v", err)
	}
	if n, err := testutil.GatherAndCount(reg, "qianliyan_received_total", "qianliyan_sent_total", "qianliyan_discarded_total"); err != nil || n < 3 {
		t.Errorf("%d metrics: %v", n, err)
	}
}

func record(t *testing.T, it item.Item) bus.Record {
	t.Helper()
	v, err := item.Encode(it)
	if err != nil {
		t.Fatal(err)
	}
	return bus.Record{Key: it.ID, Value: v, Headers: map[string]string{bus.HeaderSource: it.Source}}
}

// read returns the first n records of a topic.
func read(t *testing.T, b *bus.Bus, topic string, n int) []bus.Record {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var out []bus.Record
	err := b.Follow(ctx, topic, nil, bus.FollowOptions{}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
		if out = append(out, recs...); len(out) >= n {
			stop()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != n {
		t.Fatalf("%s: %d records, want %d", topic, len(out), n)
	}
	return out
}

// BenchmarkLabel labels a made-up letter of about 400 characters by everything.
func BenchmarkLabel(b *testing.B) {
	p, err := New(Config{}, Deps{Segmenter: segmenttest.Open(b)})
	if err != nil {
		b.Fatal(err)
	}
	it := letter(1, strings.Repeat("尊敬的领导：您好！我是城东新区和顺家园的一名业主，小区交房已经两年，至今没有通天然气，"+
		"多次向物业公司和开发商反映，对方一直推诿。请问什么时候能够解决？另外小区门口的断头路何时打通，孩子上学很不方便。", 4))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Label(b.Context(), it); err != nil {
			b.Fatal(err)
		}
	}
}
