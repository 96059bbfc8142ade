package export

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"time"

	"qianliyan/ingest/item"
)

// jsonWriter writes the shape of Table.
type jsonWriter struct {
	w    *bufio.Writer
	cols []Column
	rows int
}

// NewJSON writes {"columns": […], "rows": [[…], …]}: a Table, with "limited"
// left out, as a stream has no limit. Times are RFC 3339 in item.Zone, days
// 2006-01-02; numbers that JSON lacks are null.
func NewJSON(w io.Writer) Writer { return &jsonWriter{w: bufio.NewWriter(w)} }

// WriteHeader opens the object.
func (j *jsonWriter) WriteHeader(cols []Column) error {
	j.cols = cols
	b, err := json.Marshal(cols)
	if err != nil {
		return err
	}
	j.w.WriteString(`{"columns":`)
	j.w.Write(b)
	_, err = j.w.WriteString(`,"rows":[`)
	return err
}

// WriteRow writes one array on a line of its own.
func (j *jsonWriter) WriteRow(row []any) error {
	if err := fits(row, j.cols); err != nil {
		return err
	}
	out := make([]any, len(row))
	for i, v := range row {
		out[i] = jsonValue(j.cols[i].Kind, v)
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	if j.rows++; j.rows > 1 {
		j.w.WriteByte(',')
	}
	j.w.WriteByte('\n')
	_, err = j.w.Write(b)
	return err
}

// Close ends the object. Without a header there is none.
func (j *jsonWriter) Close() error {
	if j.cols != nil {
		j.w.WriteString("\n]}\n")
	}
	return j.w.Flush()
}

func jsonValue(kind Kind, v any) any {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case time.Time:
		switch {
		case v.IsZero():
			return nil
		case kind == Day:
			return v.Format(time.DateOnly)
		}
		return v.In(item.Zone).Format(time.RFC3339Nano)
	}
	return v
}
