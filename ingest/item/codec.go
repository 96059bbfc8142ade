package item

import (
	"encoding/json"
	"fmt"
	"time"
)

// Version is the wire form Encode writes.
const Version = 1

// wire is version 1 of the wire form. Fields are only ever added; an absent
// field has its zero value.
type wire struct {
	V           int        `json:"v"`
	ID          ID         `json:"id"`
	Channel     Channel    `json:"channel"`
	Source      string     `json:"source"`
	NativeID    string     `json:"native_id"`
	Title       string     `json:"title,omitempty"`
	Text        string     `json:"text,omitempty"`
	Unit        string     `json:"unit,omitempty"`
	Citizen     string     `json:"citizen,omitempty"`
	Sender      string     `json:"sender,omitempty"`
	Places      []string   `json:"places,omitempty"`
	Event       *time.Time `json:"event,omitempty"`
	Submitted   *time.Time `json:"submitted,omitempty"`
	Received    *time.Time `json:"received,omitempty"`
	Urgent      bool       `json:"urgent,omitempty"`
	Attachments []string   `json:"attachments,omitempty"`
	Extra       []Field    `json:"extra,omitempty"`
	Day         string     `json:"day,omitempty"`
	Revision    uint32     `json:"revision,omitempty"`
}

// MarshalJSON writes the current wire form.
func (it Item) MarshalJSON() ([]byte, error) {
	return json.Marshal(wire{
		V: Version, ID: it.ID, Channel: it.Channel, Source: it.Source, NativeID: it.NativeID,
		Title: it.Title, Text: it.Text, Unit: it.Unit, Citizen: it.Citizen, Sender: it.Sender,
		Places: it.Places, Event: timeOut(it.Event), Submitted: timeOut(it.Submitted), Received: timeOut(it.Received),
		Urgent: it.Urgent, Attachments: it.Attachments, Extra: it.Extra, Day: it.Day, Revision: it.Revision,
	})
}

// UnmarshalJSON reads any released wire form. A form newer than this program
// is an error that says so: guessing at it could lose words.
func (it *Item) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	if w.V < 1 || w.V > Version {
		return fmt.Errorf("item wire version %d is not one of 1…%d: the writer is newer than this program", w.V, Version)
	}
	*it = Item{
		ID: w.ID, Channel: w.Channel, Source: w.Source, NativeID: w.NativeID,
		Title: w.Title, Text: w.Text, Unit: w.Unit, Citizen: w.Citizen, Sender: w.Sender,
		Places: w.Places, Event: timeIn(w.Event), Submitted: timeIn(w.Submitted), Received: timeIn(w.Received),
		Urgent: w.Urgent, Attachments: w.Attachments, Extra: w.Extra, Day: w.Day, Revision: w.Revision,
	}
	return nil
}

// Encode is the item's wire form.
func Encode(it Item) ([]byte, error) { return it.MarshalJSON() }

// Decode reads a wire form. An item without a valid ID is an error.
func Decode(b []byte) (Item, error) {
	var it Item
	if err := it.UnmarshalJSON(b); err != nil {
		return Item{}, fmt.Errorf("cannot decode item: %w", err)
	}
	if !it.ID.Valid() {
		return Item{}, fmt.Errorf("cannot decode item: id %q is not 32 hexadecimal digits", it.ID)
	}
	return it, nil
}

func timeOut(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func timeIn(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.In(Zone)
}
