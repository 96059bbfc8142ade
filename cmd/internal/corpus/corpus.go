// Package corpus makes up a county: the texts its information office would
// receive over some months, so that a demonstration shows every page with
// something true to find on it and a bench has items to push.
//
// The county, its places, people and events are invented; the texts come from
// a grammar written for this purpose (data/grammar.toml). The same Options give
// the same items. Planted in the everyday flow are
//
//   - matters: twenty to fifty people who write about one thing at one place,
//     most of them within a few days (a burst);
//   - emergencies: a unit's first, later and last report, calls for help and a
//     press item on one event, the last of them within hours of End;
//   - repeats: people who send the same words again days later;
//   - silence: two units that file nothing in the second half.
package corpus

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"qianliyan/ingest/item"
)

// Options of a corpus. The zero value of a field means the default in
// brackets.
type Options struct {
	Seed  uint64    // [1]
	Items int       // number of items [20000]
	Days  int       // length of the period [90]
	End   time.Time // last moment of the period, on the second [now]
}

// maker holds what is needed while items are made.
type maker struct {
	o       Options
	rng     *rand.Rand
	county  county
	grammar grammar
	units   []string
	silent  map[string]bool
	counter map[item.Channel]int
	items   []item.Item
}

// Generate makes the items, oldest first. IDs, days and revisions are left to
// ingest.
func Generate(o Options) ([]item.Item, error) {
	o.Seed = cmp.Or(o.Seed, 1)
	o.Items = cmp.Or(o.Items, 20000)
	o.Days = cmp.Or(o.Days, 90)
	if o.End.IsZero() {
		o.End = time.Now()
	}
	o.End = o.End.In(item.Zone).Truncate(time.Second)
	c, g, err := load()
	if err != nil {
		return nil, err
	}
	m := &maker{o: o, rng: rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15)), county: c, grammar: g, units: c.units(), counter: map[item.Channel]int{}}
	m.silent = map[string]bool{m.units[3]: true, m.units[len(m.units)-2]: true}
	m.emergencies()
	m.matters()
	for len(m.items) < o.Items {
		m.everyday()
	}
	items := m.items[:o.Items]
	slices.SortStableFunc(items, func(a, b item.Item) int { return a.Submitted.Compare(b.Submitted) })
	return items, nil
}

// everyday adds one text of the ordinary flow, and now and then a repeat.
func (m *maker) everyday() {
	at := m.moment()
	t := pick(m.rng, m.county.Towns)
	switch n := m.rng.IntN(100); {
	case n < 46:
		m.grievance(item.Call, "12345热线", at, t)
	case n < 60:
		m.grievance(item.Letter, "网民留言", at, t)
	case n < 70:
		m.grievance(item.Letter, "县长信箱", at, t)
	case n < 78:
		m.grievance(item.Petition, "信访系统", at, t)
	case n < 94:
		m.report(at, t)
	default:
		m.press(at, t)
	}
}

// moment draws a time: working days and working hours carry most.
func (m *maker) moment() time.Time {
	for {
		at := m.o.End.Add(-time.Duration(m.rng.Int64N(int64(m.o.Days) * int64(24*time.Hour)))).Truncate(time.Second)
		weight := 25
		if wd := at.Weekday(); wd == time.Saturday || wd == time.Sunday {
			weight = 11
		}
		switch h := at.Hour(); {
		case h < 7:
			weight /= 6
		case h >= 12 && h < 14, h >= 18:
			weight /= 2
		}
		if m.rng.IntN(25) < weight {
			return at
		}
	}
}

func (m *maker) grievance(ch item.Channel, source string, at time.Time, t town) {
	k := weighted(m.rng, m.grammar.Grievances)
	s := newScene(m.rng, t, "")
	it := m.voice(ch, source, at, t, k, s)
	m.items = append(m.items, it)
	if m.rng.IntN(50) == 0 { // the same person, the same words, days later
		again := it
		again.Submitted = at.Add(time.Duration(1+m.rng.IntN(9)) * 24 * time.Hour)
		if again.Submitted.Before(m.o.End) {
			again.NativeID = m.number(ch, again.Submitted)
			m.items = append(m.items, again)
		}
	}
}

// voice is what one citizen says on a channel about a kind of grievance.
func (m *maker) voice(ch item.Channel, source string, at time.Time, t town, k kind, s *scene) item.Item {
	person := m.rng.IntN(40000)
	title, body := k.say(m.rng)
	opening := pick(m.rng, m.grammar.Openings)
	if ch != item.Call && strings.Contains(opening, "来电") { // nobody rings in a letter
		opening = ""
	}
	it := item.Item{
		Channel: ch, Source: source, NativeID: m.number(ch, at),
		Title:   s.fill(title),
		Text:    s.fill(opening) + s.fill(body) + s.fill(pick(m.rng, m.grammar.Histories)) + s.fill(pick(m.rng, m.grammar.Closings)),
		Citizen: surnames[person%len(surnames)] + "**", Sender: m.sender(person),
		Places: []string{m.county.Name, t.Name}, Submitted: at,
	}
	switch ch {
	case item.Call:
		it.Unit = m.department(k.Topic)
		it.Extra = []item.Field{{Name: "诉求类型", Value: k.Form}, {Name: "工单状态", Value: pick(m.rng, []string{"已办结", "办理中", "已派单"})}}
	case item.Letter:
		it.Extra = []item.Field{{Name: "留言类型", Value: k.Form}, {Name: "点赞数", Value: strconv.Itoa(m.rng.IntN(12))}}
	case item.Petition:
		it.Extra = []item.Field{{Name: "信访形式", Value: pick(m.rng, []string{"来信", "来访", "网上"})}, {Name: "人数", Value: strconv.Itoa(1 + m.rng.IntN(4))}}
	}
	return it
}

func (m *maker) report(at time.Time, t town) {
	k := weighted(m.rng, m.grammar.Reports)
	unit := pick(m.rng, m.units)
	if m.silent[unit] && at.After(m.o.End.AddDate(0, 0, -m.o.Days/2)) {
		return
	}
	s := newScene(m.rng, t, unit)
	title, body := k.say(m.rng)
	m.items = append(m.items, item.Item{
		Channel: item.Submission, Source: "单位报送", NativeID: m.number(item.Submission, at), Title: s.fill(title), Text: s.fill(body),
		Unit: unit, Places: []string{m.county.Name, t.Name}, Submitted: at,
	})
}

func (m *maker) press(at time.Time, t town) {
	k := weighted(m.rng, m.grammar.Grievances)
	s := newScene(m.rng, t, "")
	outlet := pick(m.rng, m.county.Media.Outlets)
	title, body := k.say(m.rng)
	m.items = append(m.items, item.Item{
		Channel: item.Media, Source: "媒体监测", NativeID: m.number(item.Media, at),
		Title: outlet + "：" + s.fill(title), Text: "据" + outlet + "报道，有市民反映：" + s.fill(body) + "记者将继续关注。",
		Places: []string{m.county.Name, t.Name}, Submitted: at,
		Extra: []item.Field{{Name: "媒体", Value: outlet}},
	})
}

func (m *maker) department(topic string) string {
	if d := m.county.Departments[topic]; len(d) > 0 {
		return pick(m.rng, d)
	}
	return pick(m.rng, m.county.Departments["政务服务"])
}

// prefixes of the sources' own numbers.
var prefixes = map[item.Channel]string{item.Call: "GD", item.Letter: "LY", item.Petition: "XF", item.Submission: "BS", item.Media: "MT"}

func (m *maker) number(ch item.Channel, at time.Time) string {
	m.counter[ch]++
	return fmt.Sprintf("%s%s-%05d", prefixes[ch], at.Format("20060102"), m.counter[ch])
}

func (m *maker) sender(person int) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%d/%d", m.o.Seed, person))
	return hex.EncodeToString(h[:16])
}
