package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"qianliyan/cmd/internal/run"
	"qianliyan/query/export"
)

type sqlCommand struct {
	Statement string `arg:"" help:"一条只读语句；- 从标准输入读。"`
	Format    string `help:"csv、xlsx 输出全部行，xlsx 须写 --out；json 同 --json。" enum:",csv,xlsx,json" default:""`
	Out       string `help:"写到这个文件；省略 --format 时由后缀 .csv、.xlsx 判断。" short:"o" type:"path" placeholder:"FILE"`
}

// check settles the format, or says what does not go together.
func (s *sqlCommand) check(c *Common) error {
	if s.Out != "" && s.Format == "" {
		s.Format = strings.TrimPrefix(strings.ToLower(filepath.Ext(s.Out)), ".")
	}
	switch {
	case s.Out != "" && s.Format != "csv" && s.Format != "xlsx":
		return misuse("--out 只写 csv 或 xlsx：请用 --format 指明，或让文件名以 .csv、.xlsx 结尾")
	case s.Out == "" && s.Format == "xlsx":
		return misuse("xlsx 不能输出到屏幕：请用 --out 写文件名")
	case s.Out == "" && s.Format == "csv" && c.JSON:
		return misuse("--format csv 与 --json 不能都输出到屏幕：请去掉一个，或用 --out 写文件名")
	}
	return nil
}

// Run runs one statement of an analyst.
func (s sqlCommand) Run(ctx context.Context, c *Common) error {
	if err := s.check(c); err != nil {
		return err
	}
	statement := s.Statement
	if statement == "-" {
		b, err := io.ReadAll(c.in)
		if err != nil {
			return err
		}
		statement = string(b)
	}
	v := url.Values{"sql": {statement}}
	if s.Format == "csv" || s.Format == "xlsx" {
		return c.ask(ctx, false, func(client *run.Client) error {
			stream := func(w io.Writer) error { return client.Stream(ctx, "/sql."+s.Format, v, w) }
			if s.Out == "" {
				return stream(c.out)
			}
			size, err := writeWhole(s.Out, stream)
			if err != nil {
				return err
			}
			return c.done(struct {
				File  string `json:"file"`
				Bytes int64  `json:"bytes"`
			}{s.Out, size}, func(w io.Writer) { io.WriteString(w, "已写入 "+s.Out+"\n") })
		})
	}
	c.JSON = c.JSON || s.Format == "json"
	return answer(ctx, c, "/sql.json", v, func(w io.Writer, a struct {
		Table export.Table `json:"table"`
	},
	) {
		printTable(w, a.Table)
	})
}

// writeWhole writes a file that is there whole or not at all: it gets its name
// when all of it is on disk.
func writeWhole(path string, write func(io.Writer) error) (size int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".out")
	if err != nil {
		return 0, err
	}
	defer func() {
		if rm := os.Remove(f.Name()); err == nil && !errors.Is(rm, fs.ErrNotExist) {
			err = rm
		}
	}()
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	info, statErr := f.Stat()
	if err := errors.Join(err, statErr, f.Close()); err != nil {
		return 0, err
	}
	return info.Size(), os.Rename(f.Name(), path)
}
