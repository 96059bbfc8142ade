package export

// A Writer takes an answer row by row, so that any number of rows is exported
// in steady memory. WriteHeader comes first and once, Close last; after an
// error only Close may follow. Close does not close what is underneath.
type Writer interface {
	WriteHeader(cols []Column) error
	WriteRow(row []any) error
	Close() error
}

// Write sends a whole table through w and closes it.
func Write(w Writer, t Table) error {
	err := w.WriteHeader(t.Columns)
	for i := 0; err == nil && i < len(t.Rows); i++ {
		err = w.WriteRow(t.Rows[i])
	}
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return err
}
