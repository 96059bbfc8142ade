package columnar

import (
	"encoding/json"
	"fmt"
	"time"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// record is one row of the table items.
type record struct {
	Day         time.Time  `ch:"day"`
	Source      string     `ch:"source"`
	ID          string     `ch:"id"`
	Version     uint64     `ch:"version"`
	Revision    uint32     `ch:"revision"`
	Channel     string     `ch:"channel"`
	NativeID    string     `ch:"native_id"`
	Title       string     `ch:"title"`
	Text        string     `ch:"text"`
	Folded      string     `ch:"folded"`
	Unit        string     `ch:"unit"`
	Citizen     string     `ch:"citizen"`
	Sender      string     `ch:"sender"`
	Places      []string   `ch:"places"`
	Time        time.Time  `ch:"time"`
	Event       *time.Time `ch:"event"`
	Submitted   *time.Time `ch:"submitted"`
	Received    time.Time  `ch:"received"`
	LabeledAt   time.Time  `ch:"labeled_at"`
	StoredAt    time.Time  `ch:"stored_at"`
	Urgent      bool       `ch:"urgent"`
	Attachments []string   `ch:"attachments"`
	ExtraNames  []string   `ch:"extra.name"`
	ExtraValues []string   `ch:"extra.value"`

	Topic        string   `ch:"topic"`
	Topics       []string `ch:"topics"`
	Region       string   `ch:"region"`
	Regions      []string `ch:"regions"`
	Urgency      string   `ch:"urgency"`
	UrgencyScore float64  `ch:"urgency_score"`
	Form         string   `ch:"form"`
	Forms        []string `ch:"forms"`

	Kinds     []string  `ch:"labels.kind"`
	Values    []string  `ch:"labels.value"`
	Scores    []float64 `ch:"labels.score"`
	Evidences []string  `ch:"labels.evidence"`
	Reasons   []string  `ch:"labels.reason"`
	By        []string  `ch:"labels.by"`
	Versions  []uint32  `ch:"labels.version"`
}

// The engine's DateTime64 reaches from 1900 to 2299. A wrong year in a source
// must not stop the store, so times outside are moved to the nearer end; the
// words of the item still say what was written. earliest also stands for a
// time that is not set in a column that cannot be NULL.
var (
	earliest = time.Date(1901, 1, 1, 0, 0, 0, 0, item.Zone)
	latest   = time.Date(2299, 12, 30, 0, 0, 0, 0, item.Zone)
)

// fill makes r the row of l, stored at now. Every l fits: what no column can
// hold is bent, never refused, because a row that is refused would stop all
// that come after it.
func (r *record) fill(l label.Labeled, now time.Time) {
	it := l.Item
	*r = record{
		Day: dayOf(it), Source: it.Source, ID: string(it.ID), Version: l.Version(), Revision: it.Revision,
		Channel: string(it.Channel), NativeID: it.NativeID, Title: it.Title, Text: it.Text, Folded: Fold(it.Title, it.Text),
		Unit: it.Unit, Citizen: it.Citizen, Sender: it.Sender, Places: it.Places,
		Time: clamp(it.Time()), Event: optional(it.Event), Submitted: optional(it.Submitted),
		Received: clamp(it.Received), LabeledAt: clamp(l.At), StoredAt: now,
		Urgent: it.Urgent, Attachments: it.Attachments,
	}
	for _, f := range it.Extra {
		r.ExtraNames, r.ExtraValues = append(r.ExtraNames, f.Name), append(r.ExtraValues, f.Value)
	}
	n := len(l.Labels)
	r.Kinds, r.Values, r.Scores, r.Evidences = make([]string, n), make([]string, n), make([]float64, n), make([]string, n)
	r.Reasons, r.By, r.Versions = make([]string, n), make([]string, n), make([]uint32, n)
	for i, x := range l.Labels {
		r.Kinds[i], r.Values[i], r.Scores[i], r.Evidences[i] = string(x.Kind), x.Value, x.Score, evidence(x.Evidence)
		r.Reasons[i], r.By[i], r.Versions[i] = x.Reason, x.By, uint32(x.Version)
		switch x.Kind {
		case label.Topic:
			r.Topics = append(r.Topics, x.Value)
		case label.Region:
			r.Regions = append(r.Regions, x.Value)
		case label.Form:
			r.Forms = append(r.Forms, x.Value)
		case label.Urgency:
			if r.Urgency == "" {
				r.Urgency, r.UrgencyScore = x.Value, x.Score
			}
		}
	}
	r.Topic, r.Region, r.Form = first(r.Topics), first(r.Regions), first(r.Forms)
}

// row gives back what fill took.
func (r *record) row() (Row, error) {
	l := label.Labeled{
		Item: item.Item{
			ID: item.ID(r.ID), Channel: item.Channel(r.Channel), Source: r.Source, NativeID: r.NativeID,
			Title: r.Title, Text: r.Text, Unit: r.Unit, Citizen: r.Citizen, Sender: r.Sender, Places: list(r.Places),
			Event: given(r.Event), Submitted: given(r.Submitted), Received: given(&r.Received), Urgent: r.Urgent,
			Attachments: list(r.Attachments), Day: r.Day.Format(time.DateOnly), Revision: r.Revision,
		},
		At: given(&r.LabeledAt),
	}
	for i := range r.ExtraNames {
		l.Item.Extra = append(l.Item.Extra, item.Field{Name: r.ExtraNames[i], Value: r.ExtraValues[i]})
	}
	for i := range r.Kinds {
		x := label.Label{
			Kind: label.Kind(r.Kinds[i]), Value: r.Values[i], Score: r.Scores[i],
			Reason: r.Reasons[i], By: r.By[i], Version: int(r.Versions[i]),
		}
		if r.Evidences[i] != "" {
			if err := json.Unmarshal([]byte(r.Evidences[i]), &x.Evidence); err != nil {
				return Row{}, fmt.Errorf("cannot read evidence of item %s: %w", r.ID, err)
			}
		}
		l.Labels = append(l.Labels, x)
	}
	return Row{l, r.StoredAt.In(item.Zone)}, nil
}

// Fold is the column `folded`: what words are looked for in. It equals what
// full-text search compares. The line break keeps a word from matching across
// title and text; item.Normalize leaves none in a word.
func Fold(title, text string) string { return item.Normalize(title) + "\n" + item.Normalize(text) }

// dayOf is the item's day; one that ingest has not set is taken from its time.
func dayOf(it item.Item) time.Time {
	t, err := time.Parse(time.DateOnly, it.Day)
	if err != nil {
		t = it.Time().In(item.Zone)
	}
	if t.Before(earliest) {
		t = earliest
	} else if t.After(latest) {
		t = latest
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func clamp(t time.Time) time.Time {
	switch {
	case t.Before(earliest):
		return earliest
	case t.After(latest):
		return latest
	}
	return t
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = clamp(t)
	return &t
}

func given(t *time.Time) time.Time {
	if t == nil || t.Equal(earliest) {
		return time.Time{}
	}
	return t.In(item.Zone)
}

// list makes an empty list nil, as items have it.
func list(s []string) []string {
	if len(s) == 0 {
		return nil
	}
	return s
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

// evidence is the JSON of spans, empty for none.
func evidence(spans []label.Span) string {
	if len(spans) == 0 {
		return ""
	}
	b, err := json.Marshal(spans)
	if err != nil { // strings and ints always marshal
		panic(err)
	}
	return string(b)
}
