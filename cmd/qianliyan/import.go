package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"qianliyan/cmd/internal/run"
	"qianliyan/ingest"
	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
	"qianliyan/ingest/source/file"
)

type importCommand struct {
	Channel string   `help:"渠道：submission 报送、call 热线、letter 来信、petition 信访、media 媒体、web 网络；省略时由列名判断。"`
	Source  string   `help:"来源名；同一来源的同一编号是同一条信息。" required:""`
	Kind    string   `help:"列对照表：letters、hotline、submission、petition、generic 或自己的；省略时由列名判断。"`
	Files   []string `arg:"" name:"file" help:"文件。" type:"existingfile"`
}

// result is what one run of import did, over all files.
type result struct {
	item.Tally
	Files []file.Report `json:"files"`
	Error string        `json:"error,omitempty"` // why the run ended early
}

// Run imports the files one after the other. A file that cannot be read does
// not keep the next from being imported; the exit status is 1 then.
func (i importCommand) Run(ctx context.Context, c *Common) error {
	if ch := item.Channel(i.Channel); i.Channel != "" && !ch.Valid() {
		return misuse(fmt.Sprintf("没有渠道 %q；可用 %v", i.Channel, item.Channels()))
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	mappings, err := mapping.Load(cfg.Watch.Mappings)
	if err != nil {
		return err
	}
	gate, err := ingest.NewGate(cfg.Ingest.Secrecy)
	if err != nil {
		return err
	}
	return c.ask(ctx, true, func(client *run.Client) error {
		key, err := run.Key(cfg.Data)
		if err != nil {
			return err
		}
		var sum result
		failed := false
		for _, path := range i.Files {
			report, err := i.one(ctx, c, path, file.Options{
				Mappings: mappings, Mapping: i.Kind, Channel: item.Channel(i.Channel), Source: i.Source,
				Key: key, Limits: cfg.Watch.Limits, Accept: client.Accept, Secret: gate.Secret,
			})
			sum.Files = append(sum.Files, report)
			sum.Accepted += report.Accepted
			sum.Known += report.Known
			sum.Rejected += report.Rejected
			if err != nil {
				failed = true
				sum.Error = fmt.Sprintf("%s：%v", filepath.Base(path), err)
				fmt.Fprintln(c.err, sum.Error)
				if ctx.Err() != nil || !errors.As(err, new(*item.Problem)) {
					break // the node is gone, not only this file wrong
				}
			}
		}
		if err := c.done(sum, func(w io.Writer) { printImport(w, sum) }); err != nil {
			return err
		}
		if failed {
			return errFailed
		}
		return nil
	})
}

func (i importCommand) one(ctx context.Context, c *Common, path string, o file.Options) (file.Report, error) {
	var b *bar
	waiting := ""
	o.Progress = func(p file.Progress) {
		if b == nil {
			b = newBar(c.err, max(p.Total, 1), filepath.Base(path))
		}
		b.set(p.Bytes)
		if p.Waiting != "" && p.Waiting != waiting {
			fmt.Fprintf(c.err, "\n暂停接入，等待中：%s\n", p.Waiting)
		}
		waiting = p.Waiting
	}
	r, err := file.Import(ctx, path, o)
	if b != nil && err == nil {
		b.set(b.total)
		b.finish()
	}
	return r, err
}

func printImport(w io.Writer, sum result) {
	for _, r := range sum.Files {
		fmt.Fprintf(w, "%s：收下 %d，已有 %d，退回 %d\n", filepath.Base(r.File), r.Accepted, r.Known, r.Rejected)
		if len(r.Extra) > 0 {
			fmt.Fprintf(w, "  按“%s”读；没有专门位置、原样保留的列：%s\n", r.Kind, strings.Join(r.Extra, "、"))
		}
		if r.RejectsFile != "" {
			fmt.Fprintf(w, "  退回的行和原因在 %s，改正后可以再导入这个文件\n", r.RejectsFile)
		}
		for _, s := range r.Sheets {
			if s.Skipped != "" {
				fmt.Fprintf(w, "  工作表“%s”没有读：%s\n", s.Name, s.Skipped)
			}
		}
	}
	if len(sum.Files) > 1 {
		fmt.Fprintf(w, "合计：收下 %d，已有 %d，退回 %d\n", sum.Accepted, sum.Known, sum.Rejected)
	}
}
