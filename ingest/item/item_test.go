package item

import (
	"errors"
	"testing"
	"time"
	"unicode/utf8"
)

func TestChannels(t *testing.T) {
	for _, c := range Channels() {
		if !c.Valid() || c.Label() == string(c) {
			t.Errorf("channel %q is not valid or has no name on screen", c)
		}
	}
	if c := Channel("tv"); c.Valid() || c.Label() != "tv" {
		t.Errorf("an unknown channel is valid, or hides its value: %q", c.Label())
	}
}

func TestTime(t *testing.T) {
	a, b, c := time.Unix(1, 0), time.Unix(2, 0), time.Unix(3, 0)
	for _, x := range []struct {
		it   Item
		want time.Time
	}{
		{Item{Submitted: a, Event: b, Received: c}, a},
		{Item{Event: b, Received: c}, b},
		{Item{Received: c}, c},
		{Item{}, time.Time{}},
	} {
		if got := x.it.Time(); !got.Equal(x.want) {
			t.Errorf("time of %+v is %v, want %v", x.it, got, x.want)
		}
	}
}

func TestHeadline(t *testing.T) {
	for _, x := range []struct {
		title, text string
		max         int
		want        string
	}{
		{"路灯不亮", "正文", 10, "路灯不亮"},
		{" 路灯\n不亮 ", "", 10, "路灯 不亮"},
		{"\t", "\n学校门口的路灯", 4, "学校门口…"},
		{"路灯不亮", "", 4, "路灯不亮"},
		{"", "", 4, ""},
	} {
		if got := (Item{Title: x.title, Text: x.text}).Headline(x.max); got != x.want || !utf8.ValidString(got) {
			t.Errorf("headline of %q, %q to %d is %q, want %q", x.title, x.text, x.max, got, x.want)
		}
	}
}

func TestProblem(t *testing.T) {
	p := &Problem{Column: "时间", Value: "昨天", Reason: "不是认得出的时间", Hint: "请写日期"}
	if got, want := p.Error(), "“时间”的值“昨天”不是认得出的时间：请写日期"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (&Problem{Reason: "文件是空的"}).Error(); got != "文件是空的" {
		t.Errorf("%q", got)
	}
}

func TestTally(t *testing.T) {
	var got Tally
	got.Add(Outcome{Status: Accepted}, Outcome{Status: Known}, Outcome{Status: Accepted}, Outcome{Status: Rejected}, Outcome{Status: Failed})
	if want := (Tally{Accepted: 2, Known: 1, Rejected: 1, Failed: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestUnavailable(t *testing.T) {
	cause := errors.New("no space left")
	u := &Unavailable{Reason: "磁盘已满", After: time.Minute, Cause: cause}
	if !errors.Is(u, cause) || u.Error() != "磁盘已满" || u.LogValue().String() != "磁盘已满: no space left" {
		t.Errorf("%v", u)
	}
	if got := (&Unavailable{Reason: "磁盘已满"}).Error(); got != "磁盘已满" {
		t.Errorf("%q", got)
	}
}
