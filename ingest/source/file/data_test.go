package file

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// dataDir is where the real letters are, which are not part of the program.
func dataDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("QIANLIYAN_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no real letters at %s: set QIANLIYAN_DATA to their folder", dir)
	}
	return dir
}

// Every line of the real files is accounted for, and a second import finds
// nothing new.
func TestRealFiles(t *testing.T) {
	dir := dataDir(t)
	tests := []struct {
		file, kind string
		rejected   int // at most
	}{
		{"letters-matters/letters.jsonl", "letters", 0},
		{"letters-reply/letters.jsonl", "letters", 0},
		{"letters-unlabelled/letters.jsonl", "letters", 0},
		{"letters-topic/train.jsonl", "generic", 0},
		{"letters-topic/dev.jsonl", "generic", 0},
		{"emergency-cec/train.jsonl", "generic", 25}, // times with words before or behind them
		{"emergency-duee/train.jsonl", "generic", 0},
	}
	for _, c := range tests {
		path := filepath.Join(dir, c.file)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Skipf("%v", err)
		}
		lines := bytes.Count(bytes.TrimSpace(data), []byte("\n")) + 1
		g := newGate()
		o := options(t, g)
		o.Rejects = filepath.Join(t.TempDir(), "r.csv")
		rep, err := Import(t.Context(), path, o)
		if err != nil || rep.Rows != lines || rep.Kind != c.kind || rep.Rejected > c.rejected || rep.Accepted+rep.Known+rep.Rejected != lines {
			t.Errorf("%s: %+v, %v; want %d lines of %s, at most %d rejected", c.file, rep, err, lines, c.kind, c.rejected)
		}
		again, err := Import(t.Context(), path, o)
		if err != nil || again.Accepted != 0 || again.Known != rep.Accepted+rep.Known || again.Rejected != rep.Rejected {
			t.Errorf("%s again: %+v, %v", c.file, again, err)
		}
	}
}

// BenchmarkImport is rows a second through reader and mapping, without a gate.
func BenchmarkImport(b *testing.B) {
	rows := letters(0, 5000)
	for i := range rows {
		rows[i][4] += string(bytes.Repeat([]byte("学校门口的路灯坏了半个月，"), 30)) // about 400 characters
	}
	for name, data := range inEveryFormat(b, rows) {
		if name == "bom.csv" || name == "noending" || name == "u16.txt" {
			continue
		}
		path := put(b, name, data)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				g := newGate()
				if rep, err := Import(b.Context(), path, options(b, g)); err != nil || rep.Accepted != len(rows) {
					b.Fatal(rep, err)
				}
			}
			b.ReportMetric(float64(len(rows)*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
