package mapping

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strings"

	"qianliyan/ingest/item"
)

// Options say what the columns do not.
type Options struct {
	Channel item.Channel // the channel; empty takes the kind's
	Source  string       // configured name of the source; the gate refuses an empty one
	Key     []byte       // key of Item.Sender; empty leaves Sender empty
	Reading Reading      // how bare numbers in time columns are read
	Numbers []bool       // Numbers[i]: the source itself typed cell i as a number; nil when it types nothing
}

// Map makes an item of one row. ID and NativeID are set, Received, Day and
// Revision are left to the gate. A row that cannot be an item gives a Problem
// with the column's own name; the item is then of no use. Cells must be valid
// UTF-8. Map keeps no reference to cells.
func (m *Mapping) Map(cells []item.Field, o Options) (item.Item, *item.Problem) {
	it := item.Item{Channel: o.Channel, Source: o.Source}
	if it.Channel == "" {
		it.Channel = m.channel
	}
	p := m.pick(cells)
	it.Title, it.Text = p.value(cells, Title), p.value(cells, Text)
	if strings.TrimSpace(it.Title) == "" && strings.TrimSpace(it.Text) == "" {
		return it, m.noWords()
	}
	if problem := m.times(&it, p, cells, o); problem != nil {
		return it, problem
	}
	it.Unit = strings.TrimSpace(p.value(cells, Unit))
	for _, i := range p.places {
		if i >= 0 {
			it.Places = append(it.Places, strings.TrimSpace(cells[i].Value))
		}
	}
	it.Attachments = split(p.value(cells, Attachments))
	it.Urgent = m.urgent[item.Normalize(p.value(cells, Urgent))]
	m.person(&it, p, cells, o.Key)
	m.extra(&it, p, cells)

	id, problem := nativeID(p, cells)
	if problem != nil {
		return it, problem
	}
	if id == "" {
		id = item.ContentID(it.Title, it.Text, it.Submitted)
	}
	it.NativeID = id
	it.ID = item.NewID(it.Source, id)
	return it, nil
}

// picked is which cell feeds which field; -1 or absent for none.
type picked struct {
	fields map[Field]int
	places []int // by column of the kind, so widest first
	used   []bool
	at     []place // of each cell; column -1 when the kind does not know it
}

func (p picked) value(cells []item.Field, f Field) string {
	if i, ok := p.fields[f]; ok {
		return cells[i].Value
	}
	return ""
}

// pick chooses, for every field, the cell whose name is listed first among
// those that hold something.
func (m *Mapping) pick(cells []item.Field) picked {
	p := picked{fields: make(map[Field]int, 8), used: make([]bool, len(cells)), at: make([]place, len(cells))}
	best := make([]int, len(m.columns))
	for c := range best {
		best[c] = -1
	}
	for i, cell := range cells {
		at, ok := m.byName[item.Normalize(cell.Name)]
		if !ok {
			p.at[i].column = -1
			continue
		}
		p.at[i] = at
		f := m.columns[at.column].Field
		if f == Extra || m.blank(cell.Value, f) {
			continue
		}
		if b := best[at.column]; b < 0 || at.rank < p.at[b].rank {
			best[at.column] = i
		}
	}
	for c, i := range best {
		if i < 0 {
			continue
		}
		f := m.columns[c].Field
		if f == Place {
			p.places = append(p.places, i)
			p.used[i] = true
			continue
		}
		if _, taken := p.fields[f]; !taken {
			p.fields[f] = i
			p.used[i] = true
		}
	}
	return p
}

// blank reports whether a cell says nothing. Words that mean "not filled in"
// count for every field but the words of the text itself.
func (m *Mapping) blank(value string, f Field) bool {
	if strings.TrimSpace(value) == "" {
		return true
	}
	return f != Title && f != Text && len(value) <= 64 && m.common.blank[item.Normalize(value)]
}

func (m *Mapping) times(it *item.Item, p picked, cells []item.Field, o Options) *item.Problem {
	for _, f := range [...]Field{Submitted, Event} {
		i, ok := p.fields[f]
		if !ok {
			continue
		}
		r := o.Reading
		r.Number = i < len(o.Numbers) && o.Numbers[i]
		t, problem := ParseTime(cells[i].Value, r)
		if problem != nil {
			problem.Column = cells[i].Name
			return problem
		}
		if f == Event {
			it.Event = t
		} else {
			it.Submitted = t
		}
	}
	return nil
}

// person fills Citizen and Sender. A phone says better than an account who it
// is; a bare name says nothing, as many bear it.
func (m *Mapping) person(it *item.Item, p picked, cells []item.Field, key []byte) {
	for _, f := range []Field{Phone, Citizen} {
		i, ok := p.fields[f]
		if !ok {
			continue
		}
		how, v := m.columns[p.at[i].column].Protect, cells[i].Value
		nobody := m.common.anonymous[item.Normalize(v)]
		if f == Citizen {
			it.Citizen = how.mask(v)
			if nobody {
				it.Citizen = ""
			}
		}
		if it.Sender == "" && !nobody {
			it.Sender = how.sender(v, key)
		}
	}
}

// extra keeps every cell that is not already a field of its own, in order.
func (m *Mapping) extra(it *item.Item, p picked, cells []item.Field) {
	for i, cell := range cells {
		how, f := m.guard(cell.Name), Extra
		if c := p.at[i].column; c >= 0 {
			how, f = m.columns[c].Protect, m.columns[c].Field
		}
		// Urgent has more levels than yes and no, and a masked phone helps to
		// tell callers apart, so these are kept beside their fields.
		if strings.TrimSpace(cell.Value) == "" || p.used[i] && f != Urgent && f != Phone {
			continue
		}
		v := cell.Value
		if how != "" && !m.blank(v, Extra) && !m.common.anonymous[item.Normalize(v)] {
			v = how.mask(v)
		}
		if v != "" {
			it.Extra = append(it.Extra, item.Field{Name: cell.Name, Value: v})
		}
	}
}

// guard is how a column that no kind lists is protected.
func (m *Mapping) guard(name string) protect {
	n := item.Normalize(name)
	if how := m.common.protected[n]; how != "" {
		return how
	}
	// A member of a member (owner.phone) is protected by its own name too.
	if how := m.common.protected[n[strings.LastIndexByte(n, '.')+1:]]; how != "" {
		return how
	}
	for _, g := range m.common.guards {
		for _, w := range g.Contains {
			if strings.Contains(n, w) {
				return g.Protect
			}
		}
	}
	return ""
}

func (m *Mapping) noWords() *item.Problem {
	names := append(m.Names(Title), m.Names(Text)...)
	if len(names) > 6 {
		names = names[:6]
	}
	return &item.Problem{Reason: "标题和正文都没有内容", Hint: "请填写其中一列，例如：" + strings.Join(names, "、")}
}

var (
	scientific = regexp.MustCompile(`^[0-9](\.[0-9]+[eE]\+?|[eE]\+)[0-9]{1,3}$`)
	wholeFloat = regexp.MustCompile(`^([0-9]+)\.0$`)
)

// nativeID is the source's number in one spelling. See the package comment on
// repeats for why one that lost digits is refused.
func nativeID(p picked, cells []item.Field) (string, *item.Problem) {
	i, ok := p.fields[NativeID]
	if !ok {
		return "", nil
	}
	v := fold(cells[i].Value)
	if whole := wholeFloat.FindStringSubmatch(v); whole != nil {
		return whole[1], nil
	}
	if !scientific.MatchString(v) {
		return v, nil
	}
	// 1.88006E+05 still says all its digits; 2.01902E+16 does not.
	mantissa, exponent, _ := strings.Cut(strings.ToLower(v), "e")
	r, ok := new(big.Rat).SetString(v)
	_, decimals, _ := strings.Cut(mantissa, ".")
	var e big.Int
	if _, good := e.SetString(strings.TrimPrefix(exponent, "+"), 10); ok && good && r.IsInt() && e.IsInt64() && e.Int64() <= 15 && int64(len(decimals)) == e.Int64() {
		return r.Num().String(), nil
	}
	return "", &item.Problem{
		Column: cells[i].Name, Value: cut(cells[i].Value),
		Reason: "编号被表格软件写成了科学计数法，末尾的数字已经丢失",
		Hint:   "请在原文件里把这一列设成“文本”格式，重新导出",
	}
}

// split parts a list of attachments. Commas of ASCII stay, as file names bear
// them.
func split(v string) []string {
	v = strings.TrimSpace(v)
	if v == "" {
		return nil
	}
	var list []string
	if strings.HasPrefix(v, "[") && json.Unmarshal([]byte(v), &list) == nil {
		return clean(list)
	}
	return clean(strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(";；，、\n\r|", r) }))
}

func clean(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
