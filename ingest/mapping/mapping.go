package mapping

import (
	"slices"
	"strings"

	"qianliyan/ingest/item"
)

// Field says which part of an item a column feeds.
type Field string

// The fields. See the package comment.
const (
	NativeID    Field = "native_id"
	Title       Field = "title"
	Text        Field = "text"
	Unit        Field = "unit"
	Citizen     Field = "citizen"
	Phone       Field = "phone"
	Event       Field = "event"
	Submitted   Field = "submitted"
	Place       Field = "place"
	Attachments Field = "attachments"
	Urgent      Field = "urgent"
	Extra       Field = "extra"
)

var fields = []Field{NativeID, Title, Text, Unit, Citizen, Phone, Event, Submitted, Place, Attachments, Urgent, Extra}

// Generic is the kind taken when none fits better.
const Generic = "generic"

// Mapping is one kind of source. It is immutable and safe for concurrent use.
type Mapping struct {
	name, label string
	channel     item.Channel
	columns     []column
	urgent      map[string]bool // normalised values that mean yes
	byName      map[string]place
	common      *common
}

// column is one entry of a mapping file.
type column struct {
	Field   Field    `toml:"field"`
	Names   []string `toml:"names"`
	Protect protect  `toml:"protect"`
}

// place is where a normalised column name stands in its mapping: which column,
// and which of its names.
type place struct{ column, rank int }

// Name is the kind: "letters".
func (m *Mapping) Name() string { return m.name }

// Label is the kind's name on screen.
func (m *Mapping) Label() string { return m.label }

// Channel is the channel of texts whose source names none.
func (m *Mapping) Channel() item.Channel { return m.channel }

// Match is how well a kind fits a header.
type Match struct {
	Kind    string   `json:"kind"`
	Known   int      `json:"known"`             // columns the kind knows
	Usable  bool     `json:"usable"`            // a title or a text is among them
	Unknown []string `json:"unknown,omitempty"` // columns that will be kept as extra fields, as written
}

// Match compares m with the names of a header. Empty names do not count, and a
// name that occurs twice counts once.
func (m *Mapping) Match(header []string) Match {
	out := Match{Kind: m.name}
	seen := make(map[string]bool, len(header))
	for _, h := range header {
		n := item.Normalize(h)
		if n == "" || seen[n] {
			continue
		}
		seen[n] = true
		p, ok := m.byName[n]
		if !ok {
			out.Unknown = append(out.Unknown, h)
			continue
		}
		out.Known++
		if f := m.columns[p.column].Field; f == Title || f == Text {
			out.Usable = true
		}
	}
	return out
}

// Knows reports whether m has a place for a column of this name.
func (m *Mapping) Knows(name string) bool {
	_, ok := m.byName[item.Normalize(name)]
	return ok
}

// Names lists the names of columns that feed f, best first, for messages.
func (m *Mapping) Names(f Field) []string {
	var out []string
	for _, c := range m.columns {
		if c.Field == f {
			out = append(out, c.Names...)
		}
	}
	return out
}

// Set is all kinds that are there.
type Set struct {
	byName map[string]*Mapping
	names  []string // sorted, generic last
}

// Kinds lists the kinds by name, generic last.
func (s *Set) Kinds() []string { return slices.Clone(s.names) }

// Get is the kind of that name, or a Problem that lists those there are.
func (s *Set) Get(kind string) (*Mapping, *item.Problem) {
	if m, ok := s.byName[kind]; ok {
		return m, nil
	}
	return nil, &item.Problem{Value: cut(kind), Reason: "不是已有的列对应表", Hint: "可用：" + strings.Join(s.names, "、") + "；或不指定，按表头自动识别"}
}

// Detect is the kind that knows most columns of header, and how well it fits.
// Match.Usable is false when no kind finds a title or a text.
func (s *Set) Detect(header []string) (*Mapping, Match) {
	var best *Mapping
	var match Match
	for _, n := range s.names {
		m := s.byName[n]
		x := m.Match(header)
		switch {
		case best == nil, x.Usable && !match.Usable:
		case match.Usable && !x.Usable, x.Known < match.Known:
			continue
		case x.Known == match.Known && n != Generic:
			continue
		}
		best, match = m, x
	}
	return best, match
}
