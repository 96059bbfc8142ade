// Package item is the noun that flows through Qianliyan: one text that reached
// the office, in one shape, whatever system it came from.
//
// An Item is written once by ingest, travels on the bus under its ID, gains
// labels in classify and is stored by index. Nothing to the right ever changes
// its words: Title and Text hold what was received, after decoding the
// character set and nothing else. Normalize serves matching and identity only.
//
// # Identity
//
// ID is a hash of the source and the source's own number for the text
// (NativeID). The same text fed twice is one item. A source that numbers
// nothing gets a NativeID made by ContentID from the normalised words and the
// submitted time, which means: the same words submitted at the same moment are
// one item; the same words submitted again later are a second item, as a
// person who writes twice has spoken twice. A source that gives neither number
// nor time cannot tell a repeat from a copy, and repeats become one item.
//
// # Versions
//
// A source may send a corrected text under the same number. Ingest then
// publishes it with the next Revision and keeps Day of the first, so that the
// item stays in its partition, shard and table part.
//
// # Wire form
//
// Encode writes JSON with the version in field "v". Every released form stays
// in testdata/wire and must decode for ever.
package item

import (
	"time"
	"unicode/utf8"
)

// ID names an item: 32 lower-case hexadecimal digits.
type ID string

// Channel says by which way a text reached the office.
type Channel string

// The channels. Values are stored; Label gives the words on screen.
const (
	Submission Channel = "submission" // 报送: a unit's report
	Call       Channel = "call"       // 热线: a 12345 work order
	Letter     Channel = "letter"     // 来信: a netizen's letter or mailbox
	Petition   Channel = "petition"   // 信访
	Media      Channel = "media"      // 媒体: press, television, radio
	Web        Channel = "web"        // 网络: other public mentions
)

// Channels lists all channels in the order of display.
func Channels() []Channel {
	return []Channel{Submission, Call, Letter, Petition, Media, Web}
}

// Label is the channel's name on screen; an unknown channel shows its value.
func (c Channel) Label() string {
	switch c {
	case Submission:
		return "报送"
	case Call:
		return "热线"
	case Letter:
		return "来信"
	case Petition:
		return "信访"
	case Media:
		return "媒体"
	case Web:
		return "网络"
	}
	return string(c)
}

// Valid reports whether c is one of Channels.
func (c Channel) Valid() bool {
	switch c {
	case Submission, Call, Letter, Petition, Media, Web:
		return true
	}
	return false
}

// Item is one received text. Times carry the zone they were received in and
// are written with it; a zero time means the source did not say.
type Item struct {
	ID       ID      // NewID(Source, NativeID); set by ingest
	Channel  Channel // required
	Source   string  // configured name of the place it came from; required
	NativeID string  // the source's own number, or ContentID

	Title string // as received; may be empty
	Text  string // as received; Title or Text is not empty

	Unit    string // the unit that reports or handles it; empty when unknown
	Citizen string // the citizen's name, masked before it reaches here: 张**
	Sender  string // keyed hash of the citizen's phone or account, to count repeats; never the number

	Places      []string  // words for places given by the source, widest first
	Event       time.Time // when it happened
	Submitted   time.Time // when it was handed in at the source
	Received    time.Time // when ingest took it; set by ingest
	Urgent      bool      // the submitter pressed 紧急
	Attachments []string  // names of attached files
	Extra       []Field   // columns without a place above, in the source's order

	Day      string // 2006-01-02 of Submitted (else Received) in Zone when first accepted; set by ingest
	Revision uint32 // 1 for the first version of an ID; set by ingest
}

// Field is one named value of a source, as received.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Zone is the zone of days, hours and unmarked times. The mainland has one.
var Zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Time is the moment an item counts at in lists and trends: submitted, else
// event, else received.
func (it Item) Time() time.Time {
	switch {
	case !it.Submitted.IsZero():
		return it.Submitted
	case !it.Event.IsZero():
		return it.Event
	}
	return it.Received
}

// Headline is the title, or the first limit runes of the text where there is
// none, on one line.
func (it Item) Headline(limit int) string {
	s := Squeeze(it.Title)
	if s == "" {
		s = Squeeze(it.Text)
	}
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	r := []rune(s)
	return string(r[:limit]) + "…"
}
