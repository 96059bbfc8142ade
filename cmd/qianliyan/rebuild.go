package main

import (
	"context"
	"fmt"
	"io"

	"qianliyan/cmd/internal/observe"
	"qianliyan/cmd/internal/run"
)

type indexCommand struct {
	Rebuild rebuildCommand `cmd:"" help:"用分析库里的原文重建全文索引：索引丢失、损坏或词典变了以后用；先停止服务。"`
}

type rebuildCommand struct{}

// Run rebuilds the full-text index of the data folder. It works on the folder
// itself: there is no server to ask.
func (rebuildCommand) Run(ctx context.Context, c *Common) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	var b *bar
	log := observe.Logger(observe.Config{Level: "warn", Format: cfg.Log.Format}, c.err)
	r, err := run.Rebuild(ctx, cfg, log, func(done, total int64) {
		if b == nil {
			b = newBar(c.err, max(total, 1), "重建全文索引")
		}
		b.set(done)
	})
	if err != nil {
		return err
	}
	if b != nil {
		b.finish()
	}
	return c.done(r, func(w io.Writer) {
		fmt.Fprintf(w, "全文索引已重建：%d 条，用时 %.1f 秒。现在可以启动服务。\n", r.Items, float64(r.Took)/1000)
	})
}
