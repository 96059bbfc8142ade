package file

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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
	Bytes, Total int64  // of the file on disk; Bytes is 0 for a workbook, which is not read front to back
	Rows         int    // read so far, rejected ones included
	Waiting      string // why the gate takes nothing at the moment, Chinese; empty when it does
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
	Secret      int           `json:"secret,omitempty"`       // of the rejected, those refused for a secrecy mark
	Took        time.Duration `json:"took_ns"`

	reasons map[string]int // rows rejected by reason, for the log; at most maxReasons
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
	start := time.Now()
	rep := Report{File: path, Source: o.Source}
	if o.Accept == nil || o.Mappings == nil || o.Source == "" {
		return rep, errors.New("cannot import: Accept, Mappings and Source are required")
	}
	o.Limits = o.Limits.orDefault()
	if o.Rejects == "" {
		o.Rejects = RejectsPath(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return rep, fmt.Errorf("cannot import: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return rep, fmt.Errorf("cannot import: %w", err)
	}
	if info.IsDir() {
		return rep, &item.Problem{Reason: "是文件夹，不是文件", Hint: "请写出其中的文件"}
	}
	im := &importer{o: o, rep: &rep, total: info.Size(), rejects: newRejects(o.Rejects, o.Limits.Columns)}
	err = im.file(ctx, f)
	rep.Took = time.Since(start)
	return rep, err
}

// importer is one import under way.
type importer struct {
	o       Options
	rep     *Report
	kinds   kinds
	counted *countingReader // nil for a workbook
	total   int64
	rejects *rejects

	decode *decoder         // nil for a workbook
	kind   *mapping.Mapping // of rows whose reader knows none
	batch  []entry
	bytes  int
}

// entry is one row on its way: to the gate, or with its problem to the
// rejects, so that these stay in the order of the file.
type entry struct {
	row     row
	item    item.Item
	problem *item.Problem
}

func (im *importer) file(ctx context.Context, f *os.File) error {
	r, err := im.open(f)
	if err != nil {
		return err
	}
	err = im.rows(ctx, r)
	if b, ok := r.(*bookReader); ok {
		im.rep.Sheets = b.report
	}
	if im.decode != nil {
		im.rep.Encoding = im.decode.name
	}
	// What was rejected before an error is written all the same; a stale file
	// is removed only when the whole import came to its end.
	var written error
	if err == nil || im.rejects.scratch != nil {
		im.rep.RejectsFile, written = im.rejects.finish()
	}
	return errors.Join(err, written, im.rejects.close(), r.close())
}

// open finds the format, the encoding and the separator.
func (im *importer) open(f *os.File) (reader, error) {
	im.kinds.set = im.o.Mappings
	if im.o.Mapping != "" {
		m, problem := im.o.Mappings.Get(im.o.Mapping)
		if problem != nil {
			return nil, problem
		}
		im.kinds.one = m
	}
	format, err := sniff(f)
	if err != nil {
		return nil, err
	}
	im.rep.Format = format
	if format == XLSX {
		w, err := openWorkbook(f.Name(), im.o.Limits)
		if err != nil {
			return nil, err
		}
		return newBook(w, im.kinds)
	}
	return im.openText(f)
}

// openText opens what is no workbook, from any stream.
func (im *importer) openText(src io.Reader) (reader, error) {
	im.counted = &countingReader{in: src}
	im.decode = newDecoder(im.counted)
	in := bufio.NewReaderSize(im.decode, sampleSize)
	// A Problem of the decoder would be swallowed by guesses at the sample.
	if _, err := in.Peek(sampleSize); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if im.rep.Format == CSV {
		comma := chooseComma(in, im.kinds, im.o.Limits)
		t, err := newTable(newCSV(in, comma, im.o.Limits), im.kinds, true)
		if errors.Is(err, io.EOF) {
			err = &item.Problem{Reason: "文件里没有内容", Hint: "请确认导出是否完成"}
		}
		if err != nil {
			return nil, err
		}
		return t, nil
	}
	var j *jsonReader
	j, im.rep.Format = newJSON(in, im.o.Limits)
	return j, nil
}

// rows maps and hands on every row.
func (im *importer) rows(ctx context.Context, r reader) error {
	ahead, err := im.peek(r)
	for _, w := range ahead {
		if err := im.take(ctx, w, r); err != nil {
			return err
		}
	}
	for err == nil {
		var w row
		if w, err = r.next(); err == nil {
			err = im.take(ctx, w, r)
		}
	}
	// Rows read before an error of the file are handed on all the same.
	var p *item.Problem
	if errors.Is(err, io.EOF) || errors.As(err, &p) {
		if flushed := im.flush(ctx); flushed != nil {
			return flushed
		}
		if p == nil {
			return nil
		}
	}
	return err
}

// peek reads the first rows of a file without a header, to tell its kind by
// the names in them. Its error is that of the reader, io.EOF for a short file.
func (im *importer) peek(r reader) ([]row, error) {
	if kind, names := r.header(); kind != nil {
		im.rejects.seed(names)
		im.rep.Kind = kind.Name()
		im.rep.Extra = kind.Match(names).Unknown
		return nil, nil
	}
	var ahead []row
	var names []string
	size := 0
	for len(ahead) < headRows && size < int(im.o.Limits.BatchBytes) {
		w, err := r.next()
		if err != nil {
			if decided := im.decide(names); decided != nil {
				return nil, decided
			}
			return ahead, err
		}
		ahead = append(ahead, w)
		size += w.size()
		for _, c := range w.cells {
			names = append(names, c.Name)
		}
	}
	if err := im.decide(names); err != nil {
		return nil, err
	}
	return ahead, nil
}

// decide is the kind for rows of these names. Rows without any name, all of
// them unreadable, are for the generic kind, which will say so of each.
func (im *importer) decide(names []string) error {
	kind, match := im.kinds.detect(names)
	im.kind, im.rep.Kind, im.rep.Extra = kind, kind.Name(), match.Unknown
	if len(names) > 0 && !match.Usable {
		return noHeader(slices.Compact(names), im.kinds)
	}
	return nil
}

// take maps one row into the batch, and hands the batch on when it is full.
func (im *importer) take(ctx context.Context, w row, r reader) error {
	im.rep.Rows++
	e := entry{row: w, problem: w.problem}
	kind, _ := r.header()
	if kind == nil {
		kind = im.kind
	}
	if e.problem == nil {
		o := mapping.Options{Channel: im.o.Channel, Source: im.o.Source, Key: im.o.Key, Reading: r.reading(), Numbers: w.numbers}
		if e.item, e.problem = kind.Map(w.cells, o); e.problem != nil {
			e.problem = misplaced(w, e.problem, kind, o)
		}
	}
	if e.problem != nil && im.secret(e) {
		e.problem = &item.Problem{Reason: "带有密级标志，没有接收，也没有保留内容", Hint: "涉密文件请按保密规定处理，不要导入本系统", Secret: true}
	}
	im.batch = append(im.batch, e)
	if im.bytes += w.size(); len(im.batch) >= im.o.Limits.Batch || im.bytes >= int(im.o.Limits.BatchBytes) {
		return im.flush(ctx)
	}
	return nil
}

// misplaced is p, or what to say to somebody who corrected the column 值 of a
// rejects file and not the original one: that the row would be fine with this
// value in its place.
func misplaced(w row, p *item.Problem, kind *mapping.Mapping, o mapping.Options) *item.Problem {
	i := slices.IndexFunc(w.cells, func(c item.Field) bool { return c.Name == w.note.Name })
	if i < 0 || w.note.Value == "" || p.Column != w.note.Name || w.note.Value == w.cells[i].Value {
		return p
	}
	cells := slices.Clone(w.cells)
	cells[i].Value = w.note.Value
	if _, still := kind.Map(cells, o); still != nil {
		return p
	}
	out := *p
	out.Hint = "请改右边原来的列“" + w.note.Name + "”，不是“值”这一列"
	return &out
}

// secret asks about a row that will not reach the gate. Its cells may stand in
// the wrong columns, so each is asked about as a text of its own.
func (im *importer) secret(e entry) bool {
	if im.o.Secret == nil {
		return false
	}
	if im.o.Secret(e.item) || e.row.raw != "" && im.o.Secret(item.Item{Text: e.row.raw}) {
		return true
	}
	return slices.ContainsFunc(e.row.cells, func(c item.Field) bool {
		return im.o.Secret(item.Item{Title: c.Value}) || im.o.Secret(item.Item{Text: c.Value})
	})
}
