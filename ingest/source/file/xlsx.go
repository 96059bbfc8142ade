package file

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

	"qianliyan/ingest/item"
)

// The workbook is read here and not through excelize, which writes our
// workbooks: its row reader ends without an error where the XML breaks off, so
// that the rest of a damaged sheet would be lost in silence; it drops the
// styles that tell a date from a number; and it holds the packed file whole.

// workbook is an open XLSX file.
type workbook struct {
	zip     *zip.ReadCloser
	parts   map[string]*zip.File
	limits  Limits
	left    int64 // bytes that may still be unpacked
	sheets  []sheetRef
	date    []dateStyle // by cell style
	strings *sharedStrings
	is1904  bool
}

type sheetRef struct{ name, part, skip string }

func damaged(err error) *item.Problem {
	return &item.Problem{Reason: fmt.Sprintf("工作簿不完整或已损坏（%v）", err), Hint: "请重新下载或拷贝，用 Excel 或 WPS 打开确认后另存，再导入"}
}

// openWorkbook reads all of the workbook but its sheets.
func openWorkbook(name string, limits Limits) (*workbook, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, damaged(err)
	}
	w := &workbook{zip: z, parts: map[string]*zip.File{}, limits: limits, left: int64(limits.Unzip)}
	if err := w.load(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *workbook) load() error {
	var total uint64
	for _, f := range w.zip.File {
		w.parts[strings.ToLower(strings.TrimPrefix(f.Name, "/"))] = f
		total += min(f.UncompressedSize64, 1<<40)
		if f.Flags&1 != 0 {
			return &item.Problem{Reason: "压缩包设有密码，读不了", Hint: "请去掉密码另存后再导入"}
		}
	}
	if total > uint64(w.left) {
		return w.tooBig()
	}
	main, err := w.mainPart()
	if err != nil {
		return err
	}
	rels, err := w.relations(main)
	if err != nil {
		return err
	}
	if err := w.readBook(main, rels); err != nil {
		return err
	}
	if styles := rels.byType("/styles"); styles != "" {
		if err := w.part(styles, func(x *xmlReader) error { return w.readStyles(x) }); err != nil {
			return err
		}
	}
	if shared := rels.byType("/sharedStrings"); shared != "" {
		return w.part(shared, func(x *xmlReader) (err error) {
			w.strings, err = readShared(x)
			return err
		})
	}
	return nil
}

func (w *workbook) tooBig() *item.Problem {
	return &item.Problem{Reason: fmt.Sprintf("工作簿解开后超过 %s，不予读取", sizeText(int(w.limits.Unzip))), Hint: "请确认文件来历；确实需要时另存为 CSV 再导入"}
}

// mainPart is the part the package calls its document.
func (w *workbook) mainPart() (string, error) {
	rels, err := w.relations("")
	if err != nil {
		return "", err
	}
	main := rels.byType("/officeDocument")
	switch {
	case main == "" && len(w.parts) > 0 && w.parts["[content_types].xml"] == nil:
		return "", &item.Problem{Reason: "是压缩包，不是 xlsx 工作簿", Hint: "请先解压，再导入其中的文件"}
	case strings.HasSuffix(main, ".bin"):
		return "", &item.Problem{Reason: "是 xlsb 工作簿，读不了", Hint: "请用 Excel 或 WPS 打开，另存为 xlsx 后再导入"}
	case main != "" && !strings.HasPrefix(main, "xl/"):
		return "", &item.Problem{Reason: "是 Word 或 PowerPoint 文档，不是工作簿", Hint: "请把内容整理成 xlsx 或 csv"}
	case main == "" || w.parts[main] == nil:
		return "", damaged(errors.New("没有工作簿部件"))
	}
	return main, nil
}

// relation ties a part to another one.
type relation struct{ id, kind, target string }

type relationList []relation

func (l relationList) byType(suffix string) string {
	for _, r := range l {
		if strings.HasSuffix(r.kind, suffix) {
			return r.target
		}
	}
	return ""
}

// relations of a part; empty for those of the package.
func (w *workbook) relations(of string) (relationList, error) {
	name := path.Join(path.Dir(of), "_rels", path.Base(of)+".rels")
	if of == "" {
		name = "_rels/.rels"
	}
	if w.parts[name] == nil {
		return nil, nil
	}
	var out relationList
	err := w.part(name, func(x *xmlReader) error {
		return x.each(func(e xml.StartElement) error {
			if e.Name.Local != "Relationship" {
				return nil
			}
			target := attr(e, "Target")
			if strings.HasPrefix(target, "/") {
				target = target[1:]
			} else {
				target = path.Join(path.Dir(of), target)
			}
			out = append(out, relation{attr(e, "Id"), attr(e, "Type"), strings.ToLower(target)})
			return nil
		})
	})
	return out, err
}

func (w *workbook) readBook(main string, rels relationList) error {
	return w.part(main, func(x *xmlReader) error {
		return x.each(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "workbookPr":
				v := attr(e, "date1904")
				w.is1904 = v == "1" || v == "true"
			case "sheet":
				s := sheetRef{name: attr(e, "name")}
				if state := attr(e, "state"); state == "hidden" || state == "veryHidden" {
					s.skip = "隐藏的工作表，没有读"
				}
				for _, r := range rels {
					if r.id == attr(e, "id") && strings.HasSuffix(r.kind, "/worksheet") {
						s.part = r.target
					}
				}
				if s.part == "" && s.skip == "" {
					s.skip = "不是数据表（图表等），没有读"
				}
				w.sheets = append(w.sheets, s)
			}
			return nil
		})
	})
}

// dateStyle says how a number of a style is shown as a time.
type dateStyle struct{ day, clock bool }

var quotedFormat = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^hms\]][^\]]*\]`)

// formatOf tells dates by the letters of a number format, and by the numbers
// of the formats built in, of which 27–36 and 50–58 are East Asian.
func formatOf(id int, code string) dateStyle {
	if code == "" {
		switch {
		case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
			return dateStyle{day: true}
		case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id == 55, id == 56:
			return dateStyle{clock: true}
		case id == 22:
			return dateStyle{day: true, clock: true}
		}
		return dateStyle{}
	}
	code, _, _ = strings.Cut(strings.ToLower(quotedFormat.ReplaceAllString(code, "")), ";")
	if strings.Contains(code, "general") {
		return dateStyle{}
	}
	return dateStyle{day: strings.ContainsAny(code, "yd"), clock: strings.ContainsAny(code, "hs")}
}

func (w *workbook) readStyles(x *xmlReader) error {
	codes := map[int]string{}
	within := false
	return x.each(func(e xml.StartElement) error {
		id, _ := strconv.Atoi(attr(e, "numFmtId"))
		switch e.Name.Local {
		case "numFmt":
			codes[id] = attr(e, "formatCode")
		case "cellXfs":
			within = true
		case "cellStyles", "dxfs":
			within = false
		case "xf":
			if within && len(w.date) < 1<<16 {
				w.date = append(w.date, formatOf(id, codes[id]))
			}
		}
		return nil
	})
}

// part opens a part, hands it to read, and closes it. Whatever is wrong with
// the part's bytes comes back as a Problem.
func (w *workbook) part(name string, read func(*xmlReader) error) error {
	f := w.parts[name]
	if f == nil {
		return damaged(fmt.Errorf("缺少 %s", name))
	}
	rc, err := f.Open()
	if err != nil {
		return damaged(err)
	}
	defer rc.Close()
	return w.asProblem(read(w.xml(rc)))
}

func (w *workbook) asProblem(err error) error {
	var p *item.Problem
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.As(err, &p):
		return err
	case errors.Is(err, errUnzipped):
		return w.tooBig()
	case isXML(err), errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrAlgorithm), errors.Is(err, io.ErrUnexpectedEOF), isCorrupt(err):
		return damaged(err)
	}
	return err
}

func (w *workbook) close() error {
	var err error
	if w.strings != nil {
		err = w.strings.close()
	}
	return errors.Join(err, w.zip.Close())
}

func (w *workbook) xml(r io.Reader) *xmlReader {
	in := &cappedReader{in: bufio.NewReaderSize(&unzipped{r, &w.left}, 64<<10), limit: int(w.limits.Row)}
	return &xmlReader{in: in, dec: xml.NewDecoder(in)}
}
