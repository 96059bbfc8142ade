// Package form is the form on which a unit files a report: its rules and its
// receipt. The page that shows it belongs to query/web, which calls Check
// while the officer writes, Submit when the button is pressed, and NewKey for
// the hidden field that makes a second press harmless.
//
// # What is refused and what is only hinted
//
// Refused (Fields): a report without unit, without text, with a time that is
// none or has not come yet. Hinted (Hints): what a first report of an event
// should say and this one does not seem to: time, place, casualties, cause or
// measures (首报要素). A hint never stops a report, because a first report is
// worth more early than complete. The words that count as saying so are data:
// data/elements.toml.
//
// # Receipt
//
// A receipt number is short enough to be read over the telephone:
//
//	1122-47K9-3TQX-C      day 11-22, 40 bits of the item's ID, check sign
//
// Its signs are digits and capital letters without I, L, O and U. Parse takes
// small letters, missing hyphens, and I, L, O for 1, 1, 0; one wrong sign, or
// two neighbours exchanged, is noticed. The number is a function of the item's
// ID and day, so the same report has the same number for ever.
//
// # Pressed twice
//
// The native id is the key with a hash of what the report says. The same key
// with the same words is the same item and gets the same receipt; with other
// words, as when the officer goes back in the browser and types the next
// report, it is another item with a receipt of its own, which names the first
// (Receipt.Before). Nothing filed is ever replaced by the form: a correction is
// a report that says what it corrects. The moment of submission is remembered
// for recent reports, so that a double press is even the same revision; after
// a restart a late second press is a revision that changes nothing but the
// time.
package form
