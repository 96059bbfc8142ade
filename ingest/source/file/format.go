package file

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"qianliyan/ingest/item"
)

// Format is how a file is read.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
	JSONL Format = "jsonl" // an object a line
	JSON  Format = "json"  // an array, or objects that span lines
)

// magic numbers, and what their file is.
var (
	zipMagic = []byte("PK\x03\x04")
	zipEmpty = []byte("PK\x05\x06")
	cfbMagic = []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}
)

// others are formats that are told apart only to say what to do.
var others = []struct{ magic, reason, hint string }{
	{"%PDF-", "是 PDF，不是表格", "请导出为 xlsx 或 csv"},
	{"{\\rtf", "是 RTF 文档，不是表格", "请把内容整理成 xlsx 或 csv"},
	{"\x1f\x8b", "是压缩文件", "请先解压，再导入其中的文件"},
	{"Rar!", "是压缩文件", "请先解压，再导入其中的文件"},
	{"7z\xbc\xaf", "是压缩文件", "请先解压，再导入其中的文件"},
	{"\x89PNG", "是图片，不是表格", "请导出为 xlsx 或 csv"},
	{"\xff\xd8\xff", "是图片，不是表格", "请导出为 xlsx 或 csv"},
}

// sniff tells how to read f by its first bytes; the name decides only between
// kinds of text. It leaves f at its start.
func sniff(f *os.File) (Format, error) {
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	head = head[:n]
	ext := strings.ToLower(filepath.Ext(f.Name()))
	switch {
	case len(bytes.TrimSpace(head)) == 0 && n < 4096:
		return "", &item.Problem{Reason: "文件是空的", Hint: "请确认导出是否完成"}
	case bytes.HasPrefix(head, zipMagic), bytes.HasPrefix(head, zipEmpty):
		return XLSX, nil
	case bytes.HasPrefix(head, cfbMagic):
		return "", compound(f, ext)
	}
	for _, o := range others {
		if bytes.HasPrefix(head, []byte(o.magic)) {
			return "", &item.Problem{Reason: "文件" + o.reason, Hint: o.hint}
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n"))
	for _, tag := range []string{"<html", "<!doctype html", "<table", "<?xml", "<meta"} {
		if bytes.HasPrefix(text, []byte(tag)) {
			return "", &item.Problem{Reason: "文件其实是网页或 XML，只是用了表格的名字", Hint: "请用 Excel 或 WPS 打开，另存为 xlsx 后再导入"}
		}
	}
	switch ext {
	case ".csv", ".tsv", ".txt", ".xls", ".xlsx":
		return CSV, nil
	case ".json", ".jsonl", ".ndjson":
		return JSONL, nil
	}
	// In UTF-16 the brace is one of the first four bytes.
	if i := bytes.IndexAny(head[:min(4, n)], "{["); i >= 0 && (i < 3) {
		return JSONL, nil
	}
	return CSV, nil
}

// compound tells what an OLE container holds: an encrypted workbook, or one of
// the old binary formats. The names in its directory are UTF-16.
func compound(f *os.File, ext string) error {
	locked := &item.Problem{Reason: "工作簿设有打开密码，读不了", Hint: "请用 Excel 或 WPS 打开，去掉密码（文件→信息→保护工作簿）另存后再导入"}
	old := &item.Problem{Reason: "是旧的 .xls 格式，读不了", Hint: "请用 Excel 或 WPS 打开，另存为 xlsx 后再导入"}
	word := &item.Problem{Reason: "是 Word 等文档，不是表格", Hint: "请把内容整理成 xlsx 或 csv"}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	found, err := findAny(f, 64<<20, utf16("EncryptedPackage"), utf16("WordDocument"), utf16("Workbook"))
	switch {
	case err != nil:
		return err
	case found == 0:
		return locked
	case found == 1:
		return word
	case found == 2, ext == ".xls":
		return old
	}
	return locked
}

func utf16(s string) []byte {
	out := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		out = append(out, s[i], 0)
	}
	return out
}

// findAny is the index of the first listed needle that is anywhere in the
// first limit bytes of r, or -1. It holds one block at a time.
func findAny(r io.Reader, limit int64, needles ...[]byte) (int, error) {
	const overlap = 64
	best := -1
	buf, kept := make([]byte, 64<<10), 0
	for r = io.LimitReader(r, limit); ; {
		n, err := r.Read(buf[kept:])
		for i, needle := range needles {
			if (best < 0 || i < best) && bytes.Contains(buf[:kept+n], needle) {
				best = i
			}
		}
		if errors.Is(err, io.EOF) {
			return best, nil
		}
		if err != nil {
			return -1, err
		}
		tail := min(kept+n, overlap)
		copy(buf, buf[kept+n-tail:kept+n])
		kept = tail
	}
}
