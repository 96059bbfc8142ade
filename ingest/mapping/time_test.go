package mapping

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qianliyan/ingest/item"
)

// now fixes the year after which times are refused.
var now = time.Date(2026, 6, 1, 0, 0, 0, 0, item.Zone)

func TestParseTime(t *testing.T) {
	at := func(y, mo, d, h, mi, s int) time.Time {
		return time.Date(y, time.Month(mo), d, h, mi, s, 0, item.Zone)
	}
	evening := at(2019, 2, 14, 20, 0, 0)
	tests := map[string]time.Time{
		"2019-02-14 20:00:00":   evening,
		"2019/2/14 20:00:00":    evening,
		"2019/2/14 20:00":       evening,
		"2019/2/11 8:00:00":     at(2019, 2, 11, 8, 0, 0),
		"2019/2/1 18:00:00":     at(2019, 2, 1, 18, 0, 0),
		"2019-12-21  3:04":      at(2019, 12, 21, 3, 4, 0),
		"2019.2.14 20:00":       evening,
		" 2019-2-14　20:00:00\n": evening,
		"２０１９－０２－１４ ２０：００：００":        evening,
		"2019年2月14日 20时00分":          evening,
		"2019年2月14日20时00分00秒":        evening,
		"2019年02月14日 20点":            evening,
		"2019 年 2 月 14 日 20:00":      evening,
		"2019年2月14号 下午8:00":          evening,
		"2019/2/14 8:00:00 PM":       evening,
		"2019-02-14 星期四 20:00:00":    evening,
		"2019-02-14（周四）20:00":        evening,
		"2019-02-14T20:00:00+08:00":  evening,
		"2019-02-14T12:00:00Z":       evening,
		"2019-02-14T20:00:00.000":    evening,
		"2019-02-14 20:00:00.0":      evening,
		"2019-02-14T13:00:00+0100":   evening,
		"20190214200000":             evening,
		"201902142000":               evening,
		"43510.833333333336":         evening,
		"43510.8333333":              evening,
		"2019-02-1420:00:00":         evening,
		"2019-2-1420:00":             evening,
		"2019-02-14":                 at(2019, 2, 14, 0, 0, 0),
		"2019.2.14":                  at(2019, 2, 14, 0, 0, 0),
		"2019年2月14日":                 at(2019, 2, 14, 0, 0, 0),
		"20190214":                   at(2019, 2, 14, 0, 0, 0),
		"43510":                      at(2019, 2, 14, 0, 0, 0),
		"2019年2月14日 20时30分":          at(2019, 2, 14, 20, 30, 0),
		"2019-2-420:00":              at(2019, 2, 4, 20, 0, 0),
		"2019-02-14 24:00":           at(2019, 2, 15, 0, 0, 0),
		"2020-02-29 上午0:05":          at(2020, 2, 29, 0, 5, 0),
		"2019/2/14 12:00:00 AM":      at(2019, 2, 14, 0, 0, 0),
		"1949-01-01":                 at(1949, 1, 1, 0, 0, 0),
		"2027-12-31 23:59:59":        at(2027, 12, 31, 23, 59, 59),
		"2019-02-14 20:00:00.123456": time.Date(2019, 2, 14, 20, 0, 0, 123456000, item.Zone),
	}
	for in, want := range tests {
		got, problem := ParseTime(in, Reading{Now: now})
		if problem != nil || !got.Equal(want) {
			t.Errorf("ParseTime(%q) = %v, %v; want %v", in, got, problem, want)
		}
	}
	if got, problem := ParseTime(" ", Reading{}); problem != nil || !got.IsZero() {
		t.Errorf("ParseTime of nothing = %v, %v; want the zero time", got, problem)
	}
}

func TestParseTimeRefuses(t *testing.T) {
	tests := map[string]string{ // value → part of the reason
		"2/14/2019":                  "分不清哪个是年、月、日",
		"14.2.2019":                  "分不清哪个是年、月、日",
		"19-2-14":                    "分不清哪个是年、月、日",
		"19年2月14日":                   "分不清哪个是年、月、日",
		"2019-2-118:00":              "分不清日和时",
		"2019-02-30":                 "没有这一天",
		"2019年2月29日":                 "没有这一天",
		"2019-13-01":                 "没有这一天",
		"20190230":                   "没有这一天",
		"2019-00-10":                 "没有这一天",
		"2019-02-14 25:00":           "没有这个时刻",
		"2019-02-14 24:01":           "没有这个时刻",
		"2019-02-14 20:60":           "没有这个时刻",
		"2019-02-14 下午0:30":          "分不清是上午还是下午",
		"2019-02-14 13:00 PM":        "分不清是上午还是下午",
		"2019-02-14 上午12:00":         "分不清是上午还是下午",
		"2019-02-14 20":              "时刻认不出",
		"2019-02-14 左右":              "时刻认不出",
		"2019-02/14":                 "不是认得出的时间",
		"2019-02-14 20:00:00 +99:99": "没有这个时区",
		"1948-12-31":                 "不在 1949 到 2027",
		"2028-01-01":                 "不在 1949 到 2027",
		"0001-01-01":                 "不在 1949",
		"9999-12-31":                 "不在 1949",
		"5":                          "不在 1949",
		"2019":                       "没有写到日",
		"2019年2月":                    "没有写到日",
		"2019-02":                    "没有写到日",
		"201902":                     "没有写到日",
		"2月14日":                      "没有写年份",
		"昨天下午":                       "不是认得出的时间",
		"1550145600":                 "不是认得出的时间", // seconds are for JSON numbers only
		"1e5":                        "不是认得出的时间",
	}
	for in, want := range tests {
		got, problem := ParseTime(in, Reading{Now: now})
		if problem == nil || !strings.Contains(problem.Reason, want) {
			t.Errorf("ParseTime(%q) = %v, %v; want a Problem with %q", in, got, problem, want)
			continue
		}
		if problem.Value != in || problem.Hint == "" {
			t.Errorf("ParseTime(%q): Problem %+v must bear the value and a hint", in, problem)
		}
	}
}

func TestParseTimeNumbers(t *testing.T) {
	evening := time.Date(2019, 2, 14, 20, 0, 0, 0, item.Zone)
	tests := []struct {
		in   string
		r    Reading
		want time.Time // zero: refused
	}{
		{"1550145600", Reading{Unix: true, Number: true}, evening},
		{"1550145600000", Reading{Unix: true, Number: true}, evening},
		{"1550145600.0", Reading{Unix: true, Number: true}, evening},
		{"20190214200000", Reading{Unix: true, Number: true}, evening},
		{"1550145600", Reading{Unix: true}, time.Time{}}, // a JSON string
		{"20190214", Reading{Unix: true}, time.Date(2019, 2, 14, 0, 0, 0, 0, item.Zone)},
		{"20190214", Reading{Unix: true, Number: true}, time.Time{}}, // or a day of August 1970
		{"43510", Reading{Unix: true, Number: true}, time.Time{}},
		{"43510.833333", Reading{Number: true}, evening},
		{"42048.833333", Reading{Serial1904: true}, evening},
		{"1550145600", Reading{Either: true}, evening},
		{"1550145600000", Reading{Either: true}, evening},
		{"43510.833333333336", Reading{Either: true}, evening},
		{"99999999999999999999", Reading{}, time.Time{}},
	}
	for _, c := range tests {
		c.r.Now = now
		got, problem := ParseTime(c.in, c.r)
		if (problem != nil) != c.want.IsZero() || problem == nil && !got.Equal(c.want) {
			t.Errorf("ParseTime(%q, %+v) = %v, %v; want %v", c.in, c.r, got, problem, c.want)
		}
	}
}

// Every way of writing a second gives the same second.
func TestTimeSpellingsAgree(t *testing.T) {
	layouts := []string{
		"2006-01-02 15:04:05", "2006/1/2 15:04:05", "2006.1.2 15:04:05", "2006年1月2日 15时4分5秒", "2006年01月02日15:04:05",
		"20060102150405", time.RFC3339, time.RFC3339Nano, "2006-01-02T15:04:05.000-0700", "2006/1/2 3:04:05 PM", "2006-1-2 15:4:5", "2006-01-0215:04:05",
	}
	rapid.Check(t, func(t *rapid.T) {
		first := time.Date(firstYear, 1, 1, 0, 0, 0, 0, item.Zone).Unix()
		last := time.Date(now.Year()+1, 12, 31, 23, 59, 59, 0, item.Zone).Unix()
		want := time.Unix(rapid.Int64Range(first, last).Draw(t, "second"), 0).In(item.Zone)
		in := want.Format(rapid.SampledFrom(layouts).Draw(t, "layout"))
		if rapid.Bool().Draw(t, "short hour") {
			in = fmt.Sprintf("%d/%d/%d %d:%02d:%02d", want.Year(), want.Month(), want.Day(), want.Hour(), want.Minute(), want.Second())
		}
		if rapid.Bool().Draw(t, "wide") {
			in = strings.Map(func(r rune) rune {
				if r > ' ' && r < 0x7F {
					return r + 0xFEE0
				}
				return r
			}, in)
		}
		got, problem := ParseTime(in, Reading{Now: now})
		if problem != nil || !got.Equal(want) {
			t.Fatalf("ParseTime(%q) = %v, %v; want %v", in, got, problem, want)
		}
		days := float64(want.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, item.Zone))) / float64(24*time.Hour)
		if got, problem = ParseTime(fmt.Sprint(days), Reading{Now: now}); problem != nil || !got.Equal(want) {
			t.Fatalf("ParseTime(%v) = %v, %v; want %v", days, got, problem, want)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2019-02-14 20:00:00", "2019年2月14日 20时30分", "43510.83", "2019-2-118:00", "20190214200000", "下午", "２０１９/2/14", "2019-02-14T20:00:00+08:00"} {
		f.Add(s, false, false)
		f.Add(s, true, true)
	}
	f.Fuzz(func(t *testing.T, s string, unix, number bool) {
		got, problem := ParseTime(s, Reading{Unix: unix, Number: number, Now: now})
		switch {
		case problem != nil:
			if !got.IsZero() || problem.Reason == "" || problem.Hint == "" {
				t.Fatalf("ParseTime(%q) = %v with Problem %+v", s, got, problem)
			}
		case got.IsZero():
			if fold(s) != "" {
				t.Fatalf("ParseTime(%q) is silently nothing", s)
			}
		case got.Year() < firstYear || got.Year() > now.Year()+1:
			t.Fatalf("ParseTime(%q) = %v, out of range", s, got)
		default:
			again, problem := ParseTime(got.Format(time.RFC3339Nano), Reading{Now: now})
			if problem != nil && got.Location() == item.Zone || problem == nil && !again.Equal(got) {
				t.Fatalf("ParseTime(%q) = %v, read again %v, %v", s, got, again, problem)
			}
		}
	})
}
