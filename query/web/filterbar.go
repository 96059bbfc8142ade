package web

import (
	"maps"
	"net/url"
	"slices"
	"time"

	"qianliyan/ingest/item"
	"qianliyan/query/filter"
)

// bar is the filter as a form: words and days to type, choices made as chips
// that can be taken off, and hidden fields that carry the rest along.
type filterBar struct {
	Action string // path the form goes to
	Words  string
	From   string
	To     string
	Chips  []chip
	Hidden []field // lists and the page's own parameters
	Ranges []rangeLink
	Reset  string // address without any condition
}

// chip is one chosen value, and the address without it.
type chip struct {
	List   string
	Label  string // of the list
	Value  string // its name
	Remove string
}

type field struct{ Name, Value string }

// rangeLink is a usual range of days.
type rangeLink struct {
	Label string
	URL   string
	Here  bool
}

// filterBar makes the bar of a page. own are the page's own parameters that a
// change of the filter keeps, such as the sort.
func (s *Server) filterBar(path string, f filter.Filter, own url.Values) filterBar {
	b := filterBar{Action: path, Words: f.Words, From: f.From, To: f.To, Reset: address(path, own)}
	for _, l := range f.Lists() {
		for _, v := range *l.Values {
			b.Chips = append(b.Chips, chip{l.Name, l.Label, orElse(s.longName(l.Name, v), none), address(path, own, without(f, l.Name, v).Query())})
			b.Hidden = append(b.Hidden, field{l.Name, v})
		}
	}
	for _, k := range sortedKeys(own) {
		for _, v := range own[k] {
			b.Hidden = append(b.Hidden, field{k, v})
		}
	}
	today := time.Now().In(item.Zone)
	for _, x := range []struct {
		label string
		from  time.Time
	}{
		{"今日", today},
		{"近 7 天", today.AddDate(0, 0, -6)},
		{"近 4 周", today.AddDate(0, 0, -27)},
		{"本月", today.AddDate(0, 0, 1-today.Day())},
		{"本年", today.AddDate(0, 0, 1-today.YearDay())},
	} {
		g := f
		g.From, g.To = day(x.from), day(today)
		b.Ranges = append(b.Ranges, rangeLink{x.label, address(path, own, g.Query()), f.From == g.From && f.To == g.To})
	}
	g := f
	g.From, g.To = "", ""
	b.Ranges = append(b.Ranges, rangeLink{"全部", address(path, own, g.Query()), f.From == "" && f.To == ""})
	return b
}

// without is f less one value of a list.
func without(f filter.Filter, list, value string) filter.Filter {
	g := f
	for _, l := range g.Lists() {
		if l.Name == list {
			*l.Values = slices.DeleteFunc(slices.Clone(*l.Values), func(v string) bool { return v == value })
		}
	}
	return g
}

// also is f with one more value in a list.
func also(f filter.Filter, list, value string) filter.Filter {
	g := f
	for _, l := range g.Lists() {
		if l.Name == list && !slices.Contains(*l.Values, value) {
			*l.Values = append(slices.Clone(*l.Values), value)
		}
	}
	return g
}

// address is path with the parameters of all vs, later ones winning.
func address(path string, vs ...url.Values) string {
	all := url.Values{}
	for _, v := range vs {
		maps.Copy(all, v)
	}
	if len(all) == 0 {
		return path
	}
	return path + "?" + all.Encode()
}

func sortedKeys(v url.Values) []string {
	var keys []string
	for k := range v {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
