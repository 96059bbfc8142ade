package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

// Accept is the door of ingest; see ingest.Ingestor.Accept. It must answer one
// outcome an item, in order. An *item.Unavailable is waited out.
type Accept func(ctx context.Context, items []item.Item) ([]item.Outcome, error)

// Options of one import.
type Options struct {
	Mappings *mapping.Set // required
	Mapping  string       // the kind; empty tells it from the header
	Channel  item.Channel // empty takes the kind's
	Source   string       // required
	Key      []byte       // key of Item.Sender
	Limits   Limits       // zero fields take DefaultLimits

	Accept   Accept         // required
	Progress func(Progress) // called after every batch, and at the end; may be nil

	// Secret reports whether a text bears a secrecy mark. It is asked about
	// rows that never reach the gate, so that their words are not written to
	// the rejects file. Nil asks nobody.
	Secret func(item.Item) bool

	Rejects string // path of the rejects file; empty is beside the import
}

// Progress is how far an import is.
type Progress struct {
	Bytes, Total int64 // of the file on disk; Bytes is 0 for a workbook, which is not read front to back
	Rows         int   // read so far, rejected ones included
	item.Tally
}

// Report is what became of a file.
type Report struct {
	File   string `json:"file"`
	Source string `json:"source"`
	item.Tally
	Rows        int           `json:"rows"`                   // read, rejected ones included; Accepted + Known + Rejected at the end
	Format      Format        `json:"format,omitempty"`       // how it was read
	Encoding    string        `json:"encoding,omitempty"`     // "UTF-8", "GB18030", "UTF-16LE", …; empty for a workbook
	Kind        string        `json:"kind,omitempty"`         // the mapping used; the first sheet's
	Extra       []string      `json:"extra,omitempty"`        // columns without a field of their own, kept as extra
	Sheets      []Sheet       `json:"sheets,omitempty"`       // of a workbook
	RejectsFile string        `json:"rejects_file,omitempty"` // empty when nothing was rejected
	Took        time.Duration `json:"took_ns"`
}

// Sheet is what became of one sheet of a workbook.
type Sheet struct {
	Name    string `json:"name"`
	Kind    string `json:"kind,omitempty"`    // the mapping used
	Rows    int    `json:"rows"`              // read
	Skipped string `json:"skipped,omitempty"` // why it was not read, Chinese
}

// Import reads the file at path and hands its rows to o.Accept, in order and
// in batches. It returns when every row is durable, known or rejected.
//
// An error of type *item.Problem says that the file as a whole, or its rest,
// cannot be read; another error that it could not be imported now. Either way
// the Report tells what was done, and importing again is harmless.
func Import(ctx context.Context, path string, o Options) (Report, error) {
	return Report{File: path}, errors.New("not yet")
}

var _ = fmt.Sprint
var _ io.Reader
