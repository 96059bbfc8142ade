package corpus

import (
	"strconv"
	"strings"
	"time"

	"qianliyan/ingest/item"
)

// emergencies plants each sort of emergency once or more, spread over the
// period; the last one began four hours before the end, the one before it in
// the night before.
func (m *maker) emergencies() {
	sorts := m.grammar.Emergencies
	count := max(len(sorts), m.o.Days/10)
	for i := range count {
		at := m.o.End.Add(-4 * time.Hour)
		switch {
		case i == count-2:
			at = m.o.End.Add(-17 * time.Hour)
		case i < count-2:
			at = m.o.End.Add(-time.Duration(m.o.Days) * 24 * time.Hour * time.Duration(count-1-i) / time.Duration(count)).Add(time.Duration(m.rng.IntN(36)) * time.Hour)
		}
		// The order is turned so that the latest is the first of the list.
		m.emergency(sorts[(count-1-i)%len(sorts)], at)
	}
}

// jointLine marks calls that the hotline shares with the police, as it does
// with calls for help.
const jointLine = "与110联动"

func (m *maker) emergency(e emergency, at time.Time) {
	t := pick(m.rng, m.county.Towns[:8])
	s := newScene(m.rng, t, t.Name)
	dead, hurt := 1+m.rng.IntN(4), 11+m.rng.IntN(20)
	s.bound["clock"] = at.Format("15时04分")
	places := []string{m.county.Name, t.Name}
	report := func(head string, after time.Duration, unit string) {
		s.bound["n"], s.bound["m"] = strconv.Itoa(dead), strconv.Itoa(hurt)
		m.add(item.Item{
			Channel: item.Submission, Source: "单位报送", Title: head + s.fill(e.Title), Text: s.fill(e.Report),
			Unit: unit, Places: places, Event: at, Submitted: at.Add(after), Urgent: true,
		})
	}
	for i := range 3 + m.rng.IntN(4) {
		person := m.rng.IntN(40000)
		m.add(item.Item{
			Channel: item.Call, Source: "12345热线", Title: s.fill(e.Heard[i%len(e.Heard)]), Text: s.fill(e.Calls[i%len(e.Calls)]),
			Unit: pick(m.rng, e.Units), Citizen: surnames[person%len(surnames)] + "**", Sender: m.sender(person), Places: places,
			Submitted: at.Add(time.Duration(3+i*4) * time.Minute), Extra: []item.Field{{Name: "诉求类型", Value: "求助"}, {Name: "线路", Value: jointLine}},
		})
	}
	report("", 38*time.Minute, t.Name)
	dead++
	hurt += 3
	report("续报一：", 95*time.Minute, t.Name)
	report("续报二：", 200*time.Minute, "县应急管理局")
	outlet := pick(m.rng, m.county.Media.Outlets)
	m.add(item.Item{
		Channel: item.Media, Source: "媒体监测", Title: s.fill(e.Press), Text: outlet + "消息：" + s.fill(e.Press) + "。本台记者正在赶往现场。",
		Places: places, Submitted: at.Add(70 * time.Minute), Extra: []item.Field{{Name: "媒体", Value: outlet}},
	})
}

// matters plants each matter: a third of its voices spread thinly before, the
// rest within five days, and the last matters' bursts end with the period.
func (m *maker) matters() {
	for i, k := range m.grammar.Matters {
		peak := m.o.End.Add(-time.Duration(i*m.o.Days/(len(m.grammar.Matters)+1)) * 24 * time.Hour)
		t := m.townIn(k)
		for v := range k.Size {
			back := time.Duration(m.rng.Int64N(int64(5 * 24 * time.Hour)))
			if v%3 == 0 {
				back += time.Duration(m.rng.Int64N(int64(20 * 24 * time.Hour)))
			}
			at := peak.Add(-back).Truncate(time.Second)
			if at.Before(m.o.End.AddDate(0, 0, -m.o.Days)) {
				continue
			}
			ch, source := item.Call, "12345热线"
			switch v % 5 {
			case 1, 3:
				ch, source = item.Letter, "网民留言"
			case 4:
				ch, source = item.Petition, "信访系统"
			}
			m.items = append(m.items, m.voice(ch, source, at, t, k, newScene(m.rng, t, "")))
		}
	}
}

// townIn is the town a matter's words name, by name or by one of its places.
func (m *maker) townIn(k kind) town {
	words := strings.Join(k.Titles, " ") + strings.Join(k.Bodies, " ")
	for _, t := range m.county.Towns {
		for _, p := range append(append([]string{t.Name}, t.Estates...), t.Villages...) {
			if strings.Contains(words, p) {
				return t
			}
		}
	}
	return m.county.Towns[0]
}

// add numbers an item and keeps it, unless it lies after the end.
func (m *maker) add(it item.Item) {
	if it.Submitted.After(m.o.End) {
		return
	}
	it.NativeID = m.number(it.Channel, it.Submitted)
	m.items = append(m.items, it)
}
