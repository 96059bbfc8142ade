// Package mapping turns the named columns of a source into an item.Item. What
// a column is called is data, not code: one TOML file per source kind, shipped
// in data/ and overridable by a folder.
//
// # Shipped kinds
//
//	letters     netizens' letters: contest tables, leaders' message boards, plain English JSON
//	hotline     12345 work orders: Excel list, district list, order_wide JSON
//	submission  reports of units (政务信息报送)
//	petition    信访
//	generic     title, text, time, number in their usual spellings; taken when nothing fits better
//
// A kind is named by the caller or detected from the header: the kind that
// knows most of the columns wins, generic when none knows more than it.
//
// # How a file of a kind looks
//
//	name    = "letters"          # the kind; also the name of the file
//	label   = "网民来信"
//	channel = "letter"           # for texts whose source names no channel
//
//	[[column]]
//	field   = "title"            # see Fields below
//	names   = ["留言主题", "title"]  # compared after item.Normalize, best first
//
//	[[column]]
//	field   = "citizen"
//	names   = ["留言用户", "user"]
//	protect = "account"          # see Protection below
//
//	urgent  = ["特急", "紧急"]      # values of urgent columns that mean yes
//
// To add a source kind put such a file into the mappings folder; a file there
// replaces the shipped one of the same name. Do not add one when only a column
// has another name: add the name to the kind, or rename the column at the
// source. Load reports every mistake in a file with its file, key and remedy.
//
// # Fields
//
//	native_id    the source's own number; without it item.ContentID
//	title, text  one of the two must hold something
//	unit         who reports or handles it
//	citizen      a person's name or account; masked
//	phone        a number to be called back at; hashed into Sender
//	event        when it happened
//	submitted    when it was handed in
//	place        words for places; the order of columns in the kind's file is the order of Item.Places
//	attachments  names of files, separated by ; ， 、 or line breaks, or a JSON list
//	urgent       a mark of urgency; also kept in Extra, as its levels say more than yes or no
//	extra        known, and kept in Extra: it helps to detect the kind
//
// Where several columns feed one field, the column with the name listed first
// that is not empty wins, and the others are kept in Extra. Columns that no
// kind knows are kept in Extra too, in the source's order and unaltered; empty
// cells are not kept.
//
// # Protection
//
// Names, phones, accounts and numbers of identity cards never leave this
// package in clear, whichever field they feed: protect says how they are
// masked (name 张**, phone 138****0000, account A****45, card 430****1X,
// contact for phone or account, hide for nothing at all). A column that one
// kind protects is protected in tables of every other kind too, and
// data/common.toml lists words in column names that protect a column which no
// kind lists. Sender is the HMAC-SHA256 of the first phone, else account, under
// the installation's key, cut to 16 bytes: the same person counts as one, and
// nobody can read who it is. Words inside title and text are the sender's and
// are not touched here.
//
// # Times
//
// See ParseTime. A time that cannot be told for certain is refused with a
// Problem, never guessed.
//
// # Repeats
//
// A native id is compared after trimming and folding full-width digits, and
// "188006.0" is 188006: spreadsheets write both. An id that a spreadsheet has
// turned into 2.01902E+16 has lost digits and is refused, as two texts would
// become one. A row without an id is known by its words and its submitted
// second (item.ContentID): the same file fed again changes nothing, and a
// corrected row is a new item beside the old one.
package mapping
