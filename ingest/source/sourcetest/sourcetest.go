// Package sourcetest is the suite that every way in passes: Run hands letters
// in through the way under test, to a real ingestor on a real broker, and looks
// at what became durable.
//
//	func TestSuite(t *testing.T) {
//		sourcetest.Run(t, kafka.OpenTest(t), sourcetest.Way{New: func(t *testing.T, d sourcetest.Door) sourcetest.Sender { … }})
//	}
//
// A way in must
//
//   - bring each text once, with its words as they were, however often it is sent
//   - say accepted only for what is durable, and fail openly when the broker is
//     down or intake is closed
//   - reject a bad text alone, with a Problem that says why and what to do
//   - keep nothing of a text with a secrecy mark, in no file and no log
//   - live through cancelling, huge texts, NUL characters and senders at once
package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qianliyan/ingest"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

// Broker is what the suite needs of kafka.Broker.
type Broker interface {
	Dial(ctx context.Context, network, addr string) (net.Conn, error)
	FailProduce(fn func() error)
}

// Letter is a text as the suite has it sent. A way that has no place for a
// part leaves it out; it must then be Unnumbered.
type Letter struct {
	NativeID, Title, Text string
	Submitted             time.Time
}

// Door is what a way in is given.
type Door struct {
	Accept  func(ctx context.Context, items []item.Item) ([]item.Outcome, error)
	Secret  func(item.Item) bool
	Key     []byte
	Channel item.Channel
	Source  string
	Dir     string // everything the way writes goes here
	Log     *slog.Logger
}

// Answer is what the way told the sender.
type Answer struct {
	item.Tally
	Problems []*item.Problem // of what was rejected
}

// Sender sends letters in one go. An error means that the sender was told so,
// or could not know; the Answer then has what it was told before.
type Sender func(ctx context.Context, letters []Letter) (Answer, error)

// Way is the way in under test.
type Way struct {
	// New sets the way up in front of the door.
	New func(t *testing.T, d Door) Sender
	// GBK sets it up so that letters are sent in GBK; nil when it takes no bytes.
	GBK func(t *testing.T, d Door) Sender
	// Alone: it takes one letter at a time, and the suite sends no lists.
	Alone bool
	// Unnumbered: the sender's number does not become the native id.
	Unnumbered bool
	// NoNUL: the sender cannot express a NUL character.
	NoNUL bool
	// NoHuge: the sender's format holds no text of megabytes.
	NoHuge bool
	// Words checks those of an item against its letter; nil compares title and text.
	Words func(it item.Item, l Letter) bool
}

// Run runs the suite. Each case has topics of its own on the broker.
func Run(t *testing.T, broker Broker, way Way) {
	for name, fn := range map[string]func(*testing.T, *suite){
		"once": once, "correction": correction, "broker down": brokerDown, "closed": closed, "bad among good": badAmongGood,
		"secret": secret, "cancel": cancelled, "huge": huge, "NUL": nul, "GBK": gbk, "many at once": manyAtOnce,
	} {
		t.Run(name, func(t *testing.T) {
			give := time.Duration(0) // the default: the machine may be slow
			if name == "broker down" {
				give = 2 * time.Second
			}
			fn(t, newSuite(t, broker, way, give))
		})
	}
}

// suite is one case under way.
type suite struct {
	way    Way
	door   Door
	send   Sender
	broker Broker
	bus    *bus.Bus
	sick   atomic.Bool
	log    bytes.Buffer
	logMu  sync.Mutex
}

// Write takes the log; loggers of several parts write at once.
func (s *suite) Write(p []byte) (int, error) {
	s.logMu.Lock()
	defer s.logMu.Unlock()
	return s.log.Write(p)
}

var errSick = errors.New("the disk is sick")

// newSuite sets up a case whose bus gives up on the broker after give.
func newSuite(t *testing.T, broker Broker, way Way, give time.Duration) *suite {
	t.Helper()
	s := &suite{way: way, broker: broker}
	prefix := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, t.Name()) + "."
	var err error
	s.bus, err = bus.Open(bus.Config{
		Prefix: prefix[max(0, len(prefix)-60):], Partitions: 2,
		PublishTimeout: setting.Duration(give),
	}, bus.Deps{Dial: broker.Dial})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.bus.Close)
	if err := s.bus.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug}))
	dir := t.TempDir()
	key := []byte("a key of this suite")
	g, err := ingest.New(ingest.Defaults(), ingest.Deps{Bus: s.bus, Dir: filepath.Join(dir, "ledger"), Key: key, Log: log, Healthy: func() error {
		if s.sick.Load() {
			return errSick
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.run(t, g)
	s.door = Door{Accept: g.Accept, Secret: g.Secret, Key: key, Channel: item.Letter, Source: "县长信箱", Dir: dir, Log: log}
	s.send = way.New(t, s.door)
	return s
}

// run keeps the ledger going until the case ends.
func (s *suite) run(t *testing.T, g *ingest.Ingestor) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		s.broker.FailProduce(nil)
		cancel()
		if err := errors.Join(<-done, g.Close()); err != nil {
			t.Error(err)
		}
	})
	for g.Ready() != nil {
		select {
		case <-t.Context().Done():
			t.Fatal("intake never opened")
		case <-time.After(time.Millisecond):
		}
	}
}

// letters makes n different ones.
func letters(n int) []Letter {
	var out []Letter
	for i := range n {
		out = append(out, Letter{
			NativeID: fmt.Sprintf("信-%03d", i), Title: fmt.Sprintf("关于第 %d 号路灯的来信", i),
			Text:      fmt.Sprintf("您好！\n\t%d 号路灯坏了“三天”，晚上<很>黑，请修；谢谢。", i),
			Submitted: time.Date(2026, 3, 1, 9, i%60, 0, 0, item.Zone),
		})
	}
	return out
}

// hand sends letters as the way can, and fails on an error.
func (s *suite) hand(t *testing.T, list ...Letter) Answer {
	t.Helper()
	a, err := s.try(t.Context(), list...)
	if err != nil {
		t.Fatalf("sending %d letters: %v", len(list), err)
	}
	return a
}

func (s *suite) try(ctx context.Context, list ...Letter) (Answer, error) {
	if !s.way.Alone {
		return s.send(ctx, list)
	}
	var sum Answer
	for _, l := range list {
		a, err := s.send(ctx, []Letter{l})
		sum.Accepted += a.Accepted
		sum.Known += a.Known
		sum.Rejected += a.Rejected
		sum.Failed += a.Failed
		sum.Problems = append(sum.Problems, a.Problems...)
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// until sends letters again and again until all are durable, as a careful
// sender does.
func (s *suite) until(t *testing.T, list ...Letter) {
	t.Helper()
	for range 50 {
		a, err := s.try(t.Context(), list...)
		if err == nil && a.Accepted+a.Known == len(list) && a.Failed+a.Rejected == 0 {
			return
		}
		t.Logf("told %+v, %v; sending again", a.Tally, err)
	}
	t.Fatal("the letters never became durable")
}

// wantTally compares what the sender was told.
func wantTally(t *testing.T, a Answer, want item.Tally) {
	t.Helper()
	if a.Tally != want {
		t.Errorf("the sender was told %+v, want %+v; problems %v", a.Tally, want, a.Problems)
	}
	if len(a.Problems) != a.Rejected {
		t.Errorf("%d problems for %d rejected", len(a.Problems), a.Rejected)
	}
	for _, p := range a.Problems {
		if p == nil || p.Reason == "" {
			t.Errorf("a problem without a reason: %+v", p)
		}
	}
}

// durable is what lies on the bus, by ID in the order of the log.
func (s *suite) durable(t *testing.T) map[item.ID][]item.Item {
	t.Helper()
	bounds, err := s.bus.Bounds(t.Context(), bus.Raw)
	if err != nil {
		t.Fatal(err)
	}
	left, out := int64(0), map[item.ID][]item.Item{}
	for _, b := range bounds {
		left += b.Last - b.First
	}
	if left == 0 {
		return out
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err = s.bus.Follow(ctx, bus.Raw, nil, bus.FollowOptions{Linger: time.Millisecond}, func(_ context.Context, recs []bus.Record, _ map[int]int64) error {
		for _, r := range recs {
			it, err := item.Decode(r.Value)
			if err != nil {
				t.Error(err)
			}
			out[it.ID] = append(out[it.ID], it)
		}
		if left -= int64(len(recs)); left <= 0 {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wantDurable wants exactly one item for each letter, with its words last, in
// revisions without a gap.
func (s *suite) wantDurable(t *testing.T, want ...Letter) {
	t.Helper()
	got := s.durable(t)
	if len(got) != len(want) {
		t.Errorf("%d items are durable, want %d", len(got), len(want))
	}
	same := s.way.Words
	if same == nil {
		same = func(it item.Item, l Letter) bool { return it.Title == l.Title && it.Text == l.Text }
	}
	var last []item.Item
	for id, list := range got {
		it := list[len(list)-1]
		last = append(last, it)
		if it.Source != s.door.Source || it.Channel != s.door.Channel || it.Day == "" {
			t.Errorf("%s: source %q, channel %q, day %q", id, it.Source, it.Channel, it.Day)
		}
	}
	for _, l := range want {
		if !slices.ContainsFunc(last, func(it item.Item) bool { return same(it, l) }) {
			t.Errorf("the words of %q are not durable", l.Title)
		}
	}
}

// wantNowhere looks for words in every file of the case and in the log.
func (s *suite) wantNowhere(t *testing.T, words string) {
	t.Helper()
	s.logMu.Lock()
	if strings.Contains(s.log.String(), words) {
		t.Errorf("%q is in the log", words)
	}
	s.logMu.Unlock()
	err := filepath.WalkDir(s.door.Dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		if bytes.Contains(b, []byte(words)) {
			t.Errorf("%q is in %s", words, p)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
