package mapping

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"qianliyan/ingest/item"
)

// firstYear is the earliest year a time may have: the office is not older.
const firstYear = 1949

// Reading is how numbers without marks are read.
type Reading struct {
	Unix       bool      // JSON: a number is seconds or milliseconds since 1970, never a day of a spreadsheet
	Serial1904 bool      // the workbook counts days from 1904
	Either     bool      // a rejects file: the number may be a spreadsheet's days or JSON's seconds, which differ in length
	Number     bool      // the source typed this value as a number
	Now        time.Time // the latest year allowed is the one after it; zero is time.Now
}

const timeHint = "请写成 2019-02-14 20:00:00 这样的形式"

var (
	weekday = regexp.MustCompile(`[(]?(?:星期|礼拜|周)[一二三四五六日天][)]?`)
	datePat = regexp.MustCompile(`^(\d{4})\s*([-/.年])\s*(\d{1,2})\s*([-/.月])\s*(\d{1,2})(?:\s*([日号]))?`)
	zonePat = regexp.MustCompile(`\s*([zZ]|[+-]\d{2}:?\d{2})$`)
	halfPat = regexp.MustCompile(`^(上午|下午)\s*|\s*([aApP][mM])$`)
	clockA  = regexp.MustCompile(`^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?$`)
	clockB  = regexp.MustCompile(`^(\d{1,2})\s*[时点](?:整|\s*(\d{1,2})\s*(?:分?|分\s*(\d{1,2})\s*秒))?$`)
	noYear  = regexp.MustCompile(`^\d{1,2}\s*月\s*\d{1,2}`)
	ambig   = regexp.MustCompile(`^\d{1,2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,4}`)
	partial = regexp.MustCompile(`^\d{4}\s*(年|[-/.年]\s*\d{1,2}\s*月?)?$`)
	numeric = regexp.MustCompile(`^\d+(\.\d+)?$`)
)

// ParseTime reads a time as sources write it:
//
//	2019-02-14 20:00:00   also with / or . or 年月日, T, a zone, milliseconds,
//	2019年2月14日 20时30分   full-width digits, weekday, 上午 下午 AM PM, no clock
//	20190214200000        also without seconds or clock
//	43510.833333          days of a spreadsheet (never in JSON)
//	1550145600            seconds or milliseconds since 1970 (numbers in JSON only)
//
// A time without a zone is in item.Zone, and one without a clock is midnight.
// 24:00 is the next day's midnight. What can be read in two ways (2/14/2019,
// 19-2-14), a day that does not exist, and a year before 1949 or after the
// next one give a Problem without Column. An empty value is the zero time.
func ParseTime(value string, r Reading) (time.Time, *item.Problem) {
	s := fold(value)
	if s == "" {
		return time.Time{}, nil
	}
	t, reason := parseTime(s, r)
	if reason == "" {
		now := r.Now
		if now.IsZero() {
			now = time.Now()
		}
		if last := now.In(item.Zone).Year() + 1; t.Year() < firstYear || t.Year() > last {
			reason = "年份不在 " + strconv.Itoa(firstYear) + " 到 " + strconv.Itoa(last) + " 之间"
		}
	}
	if reason != "" {
		return time.Time{}, &item.Problem{Value: cut(value), Reason: reason, Hint: timeHint}
	}
	return t, nil
}

func parseTime(s string, r Reading) (time.Time, string) {
	if numeric.MatchString(s) {
		if t, reason, ok := compact(s, r); ok {
			return t, reason
		}
		if r.Unix || r.Either && len(s) >= 9 && !strings.Contains(s, ".") {
			return unix(s, r)
		}
		return serial(s, r)
	}
	s = strings.TrimSpace(weekday.ReplaceAllString(s, " "))
	d := datePat.FindStringSubmatch(s)
	switch {
	case d != nil && sameMarks(d[2], d[4], d[6]):
	case noYear.MatchString(s):
		return time.Time{}, "没有写年份"
	case ambig.MatchString(s):
		return time.Time{}, "分不清哪个是年、月、日"
	case partial.MatchString(s):
		return time.Time{}, "没有写到日"
	default:
		return time.Time{}, "不是认得出的时间"
	}
	rest := s[len(d[0]):]
	if d[6] != "" || rest == "" || rest[0] < '0' || rest[0] > '9' {
		return onDay(d, d[5], rest)
	}
	// Day and hour run together (2014-10-188:09): taken only where one way of
	// parting them is possible, and not for 2014-10-118:09.
	t, reason := onDay(d, d[5], rest)
	if len(d[5]) == 2 {
		switch other, no := onDay(d, d[5][:1], d[5][1:]+rest); {
		case no == "" && reason == "":
			return time.Time{}, "分不清日和时"
		case no == "":
			return other, ""
		}
	}
	return t, reason
}

// onDay is the moment of a clock on the date whose year and month are in d.
func onDay(d []string, day, rest string) (time.Time, string) {
	c, reason := parseClock(rest)
	if reason != "" {
		return time.Time{}, reason
	}
	return c.on(number(d[1]), number(d[3]), number(day))
}

// sameMarks wants the marks between year, month and day to be of one kind.
func sameMarks(a, b, end string) bool {
	if a == "年" {
		return b == "月"
	}
	return a == b && end == ""
}

// clock is a time of day, perhaps in a zone of its own.
type clock struct {
	h, m, s, ns int
	zone        *time.Location
}

// on is the moment c on a day, or why there is none.
func (c clock) on(year, month, day int) (time.Time, string) {
	if c.m > 59 || c.s > 59 || c.h > 24 || c.h == 24 && (c.m > 0 || c.s > 0 || c.ns > 0) {
		return time.Time{}, "没有这个时刻"
	}
	if t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, c.zone); month < 1 || month > 12 || t.Day() != day || int(t.Month()) != month {
		return time.Time{}, "没有这一天"
	}
	return time.Date(year, time.Month(month), day, c.h, c.m, c.s, c.ns, c.zone), ""
}

func parseClock(s string) (clock, string) {
	c := clock{zone: item.Zone}
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(strings.TrimPrefix(s, "T"), "t")
	if s = strings.TrimSpace(s); s == "" {
		return c, ""
	}
	if z := zonePat.FindStringSubmatch(s); z != nil {
		var ok bool
		if c.zone, ok = parseZone(z[1]); !ok {
			return c, "没有这个时区"
		}
		s = strings.TrimSuffix(s, z[0])
	}
	half := ""
	if h := halfPat.FindStringSubmatch(s); h != nil {
		half = strings.ToUpper(h[1] + h[2])
		s = strings.TrimSpace(halfPat.ReplaceAllString(s, ""))
	}
	m := clockA.FindStringSubmatch(s)
	if m == nil {
		if m = clockB.FindStringSubmatch(s); m == nil {
			return c, "时刻认不出"
		}
		m = append(m, "")
	}
	c.h, c.m, c.s = number(m[1]), number(m[2]), number(m[3])
	if m[4] != "" {
		c.ns = number((m[4] + "000000000")[:9])
	}
	switch {
	case half == "":
	case half == "AM" && c.h == 12:
		c.h = 0
	case (half == "AM" || half == "PM") && (c.h < 1 || c.h > 12), half == "上午" && c.h >= 12, half == "下午" && c.h == 0:
		return c, "分不清是上午还是下午"
	case (half == "PM" || half == "下午") && c.h < 12:
		c.h += 12
	}
	return c, ""
}

func parseZone(s string) (*time.Location, bool) {
	if s == "Z" || s == "z" {
		return time.UTC, true
	}
	h, m := number(s[1:3]), number(s[len(s)-2:])
	seconds := h*3600 + m*60
	if s[0] == '-' {
		seconds = -seconds
	}
	if seconds == 8*3600 {
		return item.Zone, true
	}
	return time.FixedZone("", seconds), h <= 14 && m < 60
}

// compact reads 14, 12 or 8 digits as a date; ok is false when s is no such
// run. Eight or twelve digits of a JSON number might as well be a count of
// seconds or milliseconds.
func compact(s string, r Reading) (t time.Time, reason string, ok bool) {
	if strings.Contains(s, ".") || len(s) != 14 && len(s) != 12 && len(s) != 8 {
		return t, "", false
	}
	if r.Unix && r.Number && len(s) != 14 {
		return t, "分不清是日期还是秒数", true
	}
	c := clock{zone: item.Zone}
	rest := s[8:] + "000000"
	c.h, c.m, c.s = number(rest[:2]), number(rest[2:4]), number(rest[4:6])
	t, reason = c.on(number(s[:4]), number(s[4:6]), number(s[6:8]))
	return t, reason, true
}

// unix reads 9 to 10 digits as seconds and 13 as milliseconds since 1970.
func unix(s string, r Reading) (time.Time, string) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case err != nil || !r.Number && !r.Either:
		return time.Time{}, "不是认得出的时间"
	case len(whole) == 13:
		return time.UnixMilli(n).In(item.Zone), ""
	case len(whole) != 9 && len(whole) != 10:
		return time.Time{}, "分不清是秒还是毫秒"
	case fraction != "":
		return time.Unix(n, int64(number((fraction + "000000000")[:9]))).In(item.Zone), ""
	}
	return time.Unix(n, 0).In(item.Zone), ""
}

// maxSerial is 9999-12-31, the last day spreadsheets know.
const maxSerial = 2958465

// serial reads a spreadsheet's count of days, to the nearest second: the
// fraction is binary and never exact. Day 60, the 29 February 1900 that never
// was, lies before any year allowed here.
func serial(s string, r Reading) (time.Time, string) {
	if partial.MatchString(s) || len(s) == 6 && !strings.Contains(s, ".") {
		return time.Time{}, "没有写到日"
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f > maxSerial {
		return time.Time{}, "不是认得出的时间"
	}
	return Serial(f, r.Serial1904), ""
}

// Serial is the moment of a spreadsheet's count of days, in item.Zone, to the
// nearest second; date1904 is the workbook's flag.
func Serial(days float64, date1904 bool) time.Time {
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, item.Zone)
	if date1904 {
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, item.Zone)
	}
	whole, fraction := math.Modf(days)
	return base.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round(fraction*86400)) * time.Second)
}

// number is s as an int; s is known to be digits, at most nine, or empty.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
