package file

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"qianliyan/ingest/item"
)

// rejectColumns stand before the original columns of a rejects file.
var rejectColumns = [...]string{"行号", "列", "值", "原因", "建议"}

// rawColumn holds the whole of a row that could not be parted into cells.
const rawColumn = "原始行"

// RejectsPath is where the rejects of an import of path are written.
func RejectsPath(path string) string { return path + ".rejects.csv" }

// isRejects reports whether a header is that of a rejects file.
func isRejects(header []string) bool {
	if len(header) < len(rejectColumns) {
		return false
	}
	for i, n := range rejectColumns {
		if item.Normalize(header[i]) != n {
			return false
		}
	}
	return true
}

// reject is one row not taken, as it waits in the scratch file.
type reject struct {
	Number  string        `json:"n"`
	Problem *item.Problem `json:"p"`
	Cells   []item.Field  `json:"c,omitempty"`
	Raw     string        `json:"r,omitempty"`
}

// rejects collects the rows that were not taken. They wait in a scratch file,
// as the columns of JSON are known only at its end, and the rejects file
// appears whole or not at all.
type rejects struct {
	path    string
	limit   int // columns
	scratch *os.File
	out     *bufio.Writer
	columns []string // keys of columnKey, in order of appearance
	at      map[string]int
	raw     bool
}

func newRejects(path string, limit int) *rejects {
	return &rejects{path: path, limit: limit, at: map[string]int{}}
}

// seed makes the columns of a table stand in its own order, also those that
// are empty in every rejected row.
func (r *rejects) seed(names []string) {
	cells := make([]item.Field, 0, len(names))
	for _, n := range names {
		if n = strings.TrimSpace(n); n != "" {
			cells = append(cells, item.Field{Name: n})
		}
	}
	r.keys(cells)
}

// columnKey tells columns of one name apart by their occurrence in the row.
func columnKey(name string, nth int) string { return name + "\x00" + strconv.Itoa(nth) }

// keys are the columns of cells; new ones are added. nil when there would be
// too many.
func (r *rejects) keys(cells []item.Field) []int {
	seen := map[string]int{}
	out := make([]int, len(cells))
	for i, c := range cells {
		k := columnKey(c.Name, seen[c.Name])
		seen[c.Name]++
		n, ok := r.at[k]
		if !ok {
			if n = len(r.columns); n >= r.limit {
				return nil
			}
			r.at[k] = n
			r.columns = append(r.columns, c.Name)
		}
		out[i] = n
	}
	return out
}

// add keeps one row not taken. Of a secret one only where it stood is kept.
func (r *rejects) add(w row, p *item.Problem) error {
	x := reject{Number: w.number, Problem: p, Cells: w.cells, Raw: w.raw}
	if p.Secret {
		x = reject{Number: w.number, Problem: &item.Problem{Reason: p.Reason, Hint: p.Hint}}
	}
	if r.keys(x.Cells) == nil && len(x.Cells) > 0 {
		x.Raw, x.Cells = object(x.Cells), nil
	}
	r.raw = r.raw || x.Raw != ""
	if r.scratch == nil {
		f, err := scratchFile()
		if err != nil {
			return fmt.Errorf("cannot keep rejected rows: %w", err)
		}
		r.scratch, r.out = f, bufio.NewWriterSize(f, 64<<10)
	}
	b, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("cannot keep rejected row %s: %w", x.Number, err)
	}
	if _, err := r.out.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("cannot keep rejected rows: %w", err)
	}
	return nil
}

// object is cells as JSON, for rows with more columns than a table may have.
func object(cells []item.Field) string {
	var b strings.Builder
	for i, c := range cells {
		k, _ := json.Marshal(c.Name)
		v, _ := json.Marshal(c.Value)
		fmt.Fprintf(&b, "%c%s:%s", "{,"[min(i, 1)], k, v)
	}
	return b.String() + "}"
}

// finish writes the rejects file, or removes a stale one when there is nothing
// to write. A file that somebody has changed since is neither replaced nor
// removed: the new one stands beside it with a number. It returns the path
// written, empty for none.
func (r *rejects) finish() (string, error) {
	path, ours, err := r.place()
	if err != nil {
		return "", err
	}
	if r.scratch == nil {
		if !ours {
			return "", nil
		}
		if err := os.Remove(path); err != nil {
			return "", fmt.Errorf("cannot remove stale rejects file: %w", err)
		}
		return "", nil
	}
	if err := r.out.Flush(); err != nil {
		return "", fmt.Errorf("cannot keep rejected rows: %w", err)
	}
	if _, err := r.scratch.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("cannot read rejected rows: %w", err)
	}
	// The name begins with a dot so that a watched folder leaves it alone.
	tmp, err := os.CreateTemp(filepath.Dir(r.path), ".rejects-*.tmp")
	if err != nil {
		return "", fmt.Errorf("cannot write rejects file: %w", err)
	}
	sum := crc32.New(castagnoli)
	err = r.write(io.MultiWriter(tmp, sum))
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = errors.Join(stamp(tmp.Name(), sum.Sum32()), os.Rename(tmp.Name(), path))
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("cannot write rejects file: %w", err), os.Remove(tmp.Name()))
	}
	return path, nil
}

func (r *rejects) write(f io.Writer) error {
	buf := bufio.NewWriterSize(f, 64<<10)
	_, _ = buf.WriteString("\uFEFF") // or Excel takes it for the system's old encoding
	w := csv.NewWriter(buf)
	w.UseCRLF = true
	head := append(slices.Clone(rejectColumns[:]), r.columns...)
	if r.raw {
		head = append(head, rawColumn)
	}
	if err := w.Write(head); err != nil {
		return err
	}
	dec := json.NewDecoder(bufio.NewReaderSize(r.scratch, 64<<10))
	for {
		var x reject
		if err := dec.Decode(&x); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		line := make([]string, len(head))
		for i, v := range []string{x.Number, x.Problem.Column, x.Problem.Value, x.Problem.Reason, x.Problem.Hint} {
			line[i] = guard(readable(v))
		}
		for i, k := range r.keys(x.Cells) {
			line[len(rejectColumns)+k] = guard(readable(x.Cells[i].Value))
		}
		if x.Raw != "" {
			line[len(line)-1] = guard(readable(x.Raw))
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return errors.Join(w.Error(), buf.Flush())
}

// close drops what was not finished.
func (r *rejects) close() error {
	if r.scratch == nil {
		return nil
	}
	return r.scratch.Close()
}

// guard puts an apostrophe before what Excel would alter: formulas, long
// numbers, leading zeros, and an apostrophe itself.
func guard(v string) string {
	if v == "" {
		return v
	}
	digits := strings.Trim(v, "0123456789") == ""
	if strings.ContainsRune("=+-@\t\r'", rune(v[0])) || digits && (len(v) >= 12 || v[0] == '0' && len(v) > 1) {
		return "'" + v
	}
	return v
}

// restore undoes guard and reads a raw line back; ok is false for a row that
// holds nothing of the original, as that of a secret text.
func restore(r row) (row, bool) {
	cells := r.cells[:0]
	raw := ""
	for _, c := range r.cells {
		c.Value = strings.TrimPrefix(c.Value, "'")
		if strings.TrimSpace(c.Value) == "" {
			continue
		}
		if r.problem == nil && strings.Contains(c.Value, replacement) {
			r.problem = &item.Problem{Column: c.Name, Value: shown(c.Value), Reason: "仍有认不出的字符（" + replacement + "）", Hint: "请对照原文件改成正确的字，再重新导入"}
		}
		if c.Name == rawColumn {
			raw = c.Value
			continue
		}
		cells = append(cells, c)
	}
	r.cells, r.numbers = cells, nil
	if raw == "" || r.problem != nil {
		r.raw = raw
		return r, raw != "" || len(r.cells) > 0 || r.problem != nil
	}
	parsed := parseObject(r.number, []byte(raw))
	if parsed.problem == nil {
		parsed.cells = append(parsed.cells, r.cells...)
		parsed.numbers = append(parsed.numbers, make([]bool, len(r.cells))...)
	}
	return parsed, true
}

// scratchFile is a temporary file without a name: it is gone when closed, also
// when the process is killed.
func scratchFile() (*os.File, error) {
	f, err := os.CreateTemp("", "qianliyan-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
