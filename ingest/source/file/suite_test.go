package file_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"qianliyan/cmd/embedded/kafka"
	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
	"qianliyan/ingest/source/file"
	"qianliyan/ingest/source/sourcetest"
)

// TestSuite runs the suite of all ways in over files of every format.
func TestSuite(t *testing.T) {
	broker := kafka.OpenTest(t)
	for name, w := range map[string]sourcetest.Way{
		"CSV":   {New: files("letters.csv", asCSV), GBK: files("letters.csv", inGBK(asCSV))},
		"JSONL": {New: files("letters.jsonl", asJSONL), GBK: files("letters.jsonl", inGBK(asJSONL))},
		"XLSX":  {New: files("letters.xlsx", asXLSX), NoNUL: true, NoHuge: true},
	} {
		t.Run(name, func(t *testing.T) { sourcetest.Run(t, broker, w) })
	}
}

var suiteHeader = []string{"编号", "标题", "正文", "提交时间"}

func suiteRow(l sourcetest.Letter) []string {
	return []string{l.NativeID, l.Title, l.Text, l.Submitted.Format("2006-01-02 15:04:05")}
}

func asCSV(t *testing.T, list []sourcetest.Letter) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(suiteHeader)
	for _, l := range list {
		w.Write(suiteRow(l))
	}
	w.Flush()
	return b.Bytes()
}

func asJSONL(t *testing.T, list []sourcetest.Letter) []byte {
	var b bytes.Buffer
	for _, l := range list {
		object := map[string]string{}
		for i, v := range suiteRow(l) {
			object[suiteHeader[i]] = v
		}
		json.NewEncoder(&b).Encode(object)
	}
	return b.Bytes()
}

func asXLSX(t *testing.T, list []sourcetest.Letter) []byte {
	f := excelize.NewFile()
	defer f.Close()
	rows := [][]string{suiteHeader}
	for _, l := range list {
		rows = append(rows, suiteRow(l))
	}
	for i, row := range rows {
		for j, v := range row {
			cell, _ := excelize.CoordinatesToCellName(j+1, i+1)
			if err := f.SetCellStr("Sheet1", cell, v); err != nil {
				t.Error(err)
			}
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Error(err)
	}
	return b.Bytes()
}

func inGBK(write func(*testing.T, []sourcetest.Letter) []byte) func(*testing.T, []sourcetest.Letter) []byte {
	return func(t *testing.T, list []sourcetest.Letter) []byte {
		b, err := simplifiedchinese.GBK.NewEncoder().Bytes(write(t, list))
		if err != nil {
			t.Error(err)
		}
		return b
	}
}

// files imports each sending as a file of its own, and reads the problems from
// the rejects file, as the officer does.
func files(name string, write func(*testing.T, []sourcetest.Letter) []byte) func(*testing.T, sourcetest.Door) sourcetest.Sender {
	return func(t *testing.T, d sourcetest.Door) sourcetest.Sender {
		set, err := mapping.Shipped()
		if err != nil {
			t.Fatal(err)
		}
		in := t.TempDir() // holds what the sender has; the way must not copy secrets from it
		return func(ctx context.Context, list []sourcetest.Letter) (sourcetest.Answer, error) {
			var a sourcetest.Answer
			dir, err := os.MkdirTemp(in, "")
			if err != nil {
				return a, err
			}
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, write(t, list), 0o600); err != nil {
				return a, err
			}
			rep, err := file.Import(ctx, path, file.Options{
				Mappings: set, Mapping: mapping.Generic, Channel: d.Channel, Source: d.Source, Key: d.Key, Accept: d.Accept, Secret: d.Secret,
				Rejects: filepath.Join(d.Dir, filepath.Base(dir)+".rejects.csv"),
			})
			a.Tally = rep.Tally
			if err != nil {
				return a, err
			}
			if rep.Rows != len(list) {
				return a, fmt.Errorf("%d rows were read of %d", rep.Rows, len(list))
			}
			a.Problems, err = rejected(rep.RejectsFile)
			return a, err
		}
	}
}

// rejected reads the problems back from a rejects file.
func rejected(path string) ([]*item.Problem, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\uFEFF"))))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("rejects file of %d rows: %w", len(rows), err)
	}
	var out []*item.Problem
	for _, row := range rows[1:] {
		out = append(out, &item.Problem{Column: row[1], Value: row[2], Reason: row[3], Hint: row[4]})
	}
	return out, nil
}
