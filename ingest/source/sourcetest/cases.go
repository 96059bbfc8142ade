package sourcetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"qianliyan/ingest/item"
)

func once(t *testing.T, s *suite) {
	list := letters(12)
	wantTally(t, s.hand(t, list...), item.Tally{Accepted: 12})
	s.wantDurable(t, list...)
	wantTally(t, s.hand(t, list...), item.Tally{Known: 12})
	wantTally(t, s.hand(t, list[3:5]...), item.Tally{Known: 2})
	s.wantDurable(t, list...)
	for id, versions := range s.durable(t) {
		if len(versions) != 1 {
			t.Errorf("%s lies on the bus %d times", id, len(versions))
		}
	}
}

func correction(t *testing.T, s *suite) {
	if s.way.Unnumbered {
		t.Skip("this way has no numbers")
	}
	list := letters(3)
	s.hand(t, list...)
	list[1].Text += "\n补充：已经修好。"
	wantTally(t, s.hand(t, list...), item.Tally{Accepted: 1, Known: 2})
	s.wantDurable(t, list...)
}

// openly checks that a sender whose letters were not taken was told so.
func openly(t *testing.T, a Answer, err error) {
	t.Helper()
	if err == nil && a.Failed == 0 {
		t.Errorf("nothing could be durable, and the sender was told %+v without an error", a.Tally)
	}
	if a.Accepted+a.Known+a.Rejected > 0 {
		t.Errorf("the sender was told %+v while nothing could be durable", a.Tally)
	}
}

func brokerDown(t *testing.T, s *suite) {
	list := letters(4)
	s.broker.FailProduce(func() error { return errors.New("the disk gives an error") })
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	a, err := s.try(ctx, list[:3]...)
	openly(t, a, err)
	if n := len(s.durable(t)); n != 0 {
		t.Errorf("%d items are durable on a broker that takes none", n)
	}
	s.broker.FailProduce(nil)
	s.until(t, list...)
	s.wantDurable(t, list...)
}

func closed(t *testing.T, s *suite) {
	list := letters(3)
	s.sick.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	a, err := s.try(ctx, list...)
	openly(t, a, err)
	if n := len(s.durable(t)); n != 0 {
		t.Errorf("%d items came through a closed door", n)
	}
	s.sick.Store(false)
	wantTally(t, s.hand(t, list...), item.Tally{Accepted: 3})
	s.wantDurable(t, list...)
}

func badAmongGood(t *testing.T, s *suite) {
	list := letters(5)
	bad := list[2]
	bad.Title, bad.Text = "", " \n"
	a := s.hand(t, list[0], list[1], bad, list[3], list[4])
	wantTally(t, a, item.Tally{Accepted: 4, Rejected: 1})
	for _, p := range a.Problems {
		if p.Hint == "" {
			t.Errorf("problem %+v does not say what to do", p)
		}
	}
	s.wantDurable(t, list[0], list[1], list[3], list[4])
	wantTally(t, s.hand(t, list...), item.Tally{Accepted: 1, Known: 4}) // mended, and all sent again
}

func secret(t *testing.T, s *suite) {
	const words = "夜莺计划的部署"
	list := letters(3)
	marked := Letter{NativeID: "机-1", Title: "关于部署的报告", Text: "机密★1年\n" + words + "如下。", Submitted: list[0].Submitted}
	a := s.hand(t, list[0], marked, list[1])
	wantTally(t, a, item.Tally{Accepted: 2, Rejected: 1})
	marked.Title, marked.Text = "【绝密】"+words, "请阅。"
	b := s.hand(t, marked, list[2])
	wantTally(t, b, item.Tally{Accepted: 1, Rejected: 1})
	for _, p := range append(a.Problems, b.Problems...) {
		if strings.Contains(p.Error(), "夜莺") {
			t.Errorf("the answer quotes the text: %v", p)
		}
	}
	s.wantDurable(t, list...)
	s.wantNowhere(t, "夜莺")
}

func cancelled(t *testing.T, s *suite) {
	list := letters(6)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if a, err := s.try(ctx, list...); err == nil && a.Accepted+a.Known+a.Failed == 0 {
			t.Errorf("a cancelled sending was told %+v", a.Tally)
		}
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("cancelling does not end it")
	}
	a := s.hand(t, list...)
	if a.Accepted+a.Known != len(list) {
		t.Errorf("afterwards the sender was told %+v", a.Tally)
	}
	s.wantDurable(t, list...)
}

func huge(t *testing.T, s *suite) {
	if s.way.NoHuge {
		t.Skip("this way holds no text of megabytes")
	}
	list := letters(3)
	big := list[1]
	big.Text = strings.Repeat("道路坑洼，车辆难行。", 300_000) // 9 MB
	a := s.hand(t, list[0], big, list[2])
	wantTally(t, a, item.Tally{Accepted: 2, Rejected: 1})
	s.wantDurable(t, list[0], list[2])
	for _, p := range a.Problems {
		if len(p.Value) > 1000 {
			t.Errorf("the answer quotes %d bytes", len(p.Value))
		}
	}
}

func nul(t *testing.T, s *suite) {
	if s.way.NoNUL {
		t.Skip("this way has no NUL characters")
	}
	list := letters(3)
	bad := list[1]
	bad.Text = "路灯\x00坏了"
	wantTally(t, s.hand(t, list[0], bad, list[2]), item.Tally{Accepted: 2, Rejected: 1})
	s.wantDurable(t, list[0], list[2])
}

func gbk(t *testing.T, s *suite) {
	if s.way.GBK == nil {
		t.Skip("this way takes no bytes")
	}
	list := letters(4)
	send := s.way.GBK(t, s.door)
	a, err := send(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	wantTally(t, a, item.Tally{Accepted: 4})
	s.wantDurable(t, list...)
	wantTally(t, s.hand(t, list...), item.Tally{Known: 4}) // the same in UTF-8
}

func manyAtOnce(t *testing.T, s *suite) {
	list := letters(20)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			a, err := s.try(t.Context(), list...)
			if err != nil || a.Accepted+a.Known != len(list) {
				t.Errorf("told %+v, %v", a.Tally, err)
			}
		})
	}
	wg.Wait()
	s.wantDurable(t, list...)
}
