package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"qianliyan/cmd/internal/run"
	"qianliyan/ingest/item"
	"qianliyan/query/doctor"
	"qianliyan/query/trace"
)

type traceCommand struct {
	ID string `arg:"" help:"信息的编号（32 位）。"`
}

// Run prints every step of one item.
func (t traceCommand) Run(ctx context.Context, c *Common) error {
	if !item.ID(t.ID).Valid() {
		return misuse("编号应为 32 位十六进制字符，可从检索结果或信息页复制")
	}
	return answer(ctx, c, "/local/trace/"+t.ID, nil, func(w io.Writer, tr trace.Trace) {
		fmt.Fprintf(w, "%s\n来源 %s，渠道 %s，编号 %s\n", tr.Title, tr.Source, tr.Channel.Label(), tr.NativeID)
		for _, s := range tr.Steps {
			at := "—"
			if !s.At.IsZero() {
				at = s.At.In(item.Zone).Format("2006-01-02 15:04:05.000")
			}
			fmt.Fprintf(w, "%s  %-6s %s\n", at, s.Name, s.Detail)
		}
	})
}

type doctorCommand struct {
	Deep bool          `help:"逐条核对，而不只比较每天的条数。"`
	Wait time.Duration `help:"等在途的信息入库，最多这么久。" default:"2m"`
}

// Run compares the books and exits 1 when they disagree.
func (d doctorCommand) Run(ctx context.Context, c *Common) error {
	return c.ask(ctx, false, func(client *run.Client) error {
		var r doctor.Report
		if err := client.Doctor(ctx, d.Deep, d.Wait, &r); err != nil {
			return err
		}
		if err := c.done(r, func(w io.Writer) { printReport(w, r) }); err != nil {
			return err
		}
		if !r.OK {
			return errFailed
		}
		return nil
	})
}

func printReport(w io.Writer, r doctor.Report) {
	fmt.Fprintf(w, "收下 %d，全文索引 %d，分析库 %d，死信 %d", r.Accepted, r.Fulltext, r.Columnar, r.DeadLetters)
	if r.Behind > 0 {
		fmt.Fprintf(w, "，在途 %d", r.Behind)
	}
	fmt.Fprintln(w)
	if r.OK {
		fmt.Fprintln(w, "三本账一致。")
		return
	}
	for _, x := range r.Differences {
		fmt.Fprintf(w, "%s %s：收下 %d，全文 %d，分析 %d，死信 %d\n", x.Day, x.Source, x.Accepted, x.Fulltext, x.Columnar, x.Dead)
		for _, e := range x.Examples {
			fmt.Fprintf(w, "  %s 不在 %s\n", e.ID, strings.Join(e.Missing, "、"))
		}
	}
	fmt.Fprintln(w, "账不平：在途为 0 时仍不平，请运行 qianliyan trace 编号 看它停在哪一步，并保留数据目录。")
}
