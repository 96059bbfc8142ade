package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"time"

	"qianliyan/cmd/internal/bench"
	"qianliyan/cmd/internal/corpus"
	"qianliyan/cmd/internal/observe"
	"qianliyan/cmd/internal/run"
	"qianliyan/ingest/item"
)

type benchCommand struct {
	Pipeline benchPipeline `cmd:"" help:"从接入到可检索：吞吐、时延、内存。"`
}

type benchPipeline struct {
	Corpus string        `help:"JSONL 语料，每行有 title 和 text；省略时用虚构县。" type:"existingfile" placeholder:"FILE"`
	Items  int           `help:"条数。" default:"20000"`
	Rate   int           `help:"时延部分每秒推送的条数。" default:"200"`
	Steady time.Duration `help:"时延部分的时长；0 不测。" default:"20s"`
	Seed   uint64        `help:"随机种子。" default:"1"`
	CPU    string        `name:"cpu-profile" help:"把处理器剖析写进这个文件（pprof）。" type:"path" placeholder:"FILE"`
}

// Run measures on a fresh folder, which it removes again.
func (b benchPipeline) Run(ctx context.Context, c *Common) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if cfg.Data, err = os.MkdirTemp("", "qianliyan-bench"); err != nil {
		return err
	}
	defer os.RemoveAll(cfg.Data)
	cfg.HTTP.Address = ""
	say := func(s string) { fmt.Fprintln(c.err, s) }
	items, err := b.items(b.Items + b.Rate*int(b.Steady/time.Second))
	if err != nil {
		return err
	}
	n, err := run.Start(ctx, cfg, observe.Logger(observe.Config{Level: "warn", Format: "text"}, c.err))
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- n.Run(running) }()
	if b.CPU != "" {
		f, err := os.Create(b.CPU)
		if err != nil {
			stop()
			return joinFirst(err, <-done)
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err == nil {
			defer pprof.StopCPUProfile()
		}
	}
	err = n.AwaitIntake(ctx)
	var r bench.Result
	if err == nil {
		r, err = bench.Run(ctx, n, items, bench.Options{Rate: b.Rate, Steady: b.Steady, Say: say})
	}
	stop()
	if err := joinFirst(err, <-done); err != nil {
		return err
	}
	return c.done(r, func(w io.Writer) {
		fmt.Fprintf(w, "%d 条：每秒 %.0f 条；推送到可检索 p50 %.0f 毫秒，p99 %.0f 毫秒；最高内存 %.0f MB\n", r.Items, r.ItemsPerSecond, r.P50SearchMS, r.P99SearchMS, r.PeakRSSMB)
		for name, s := range r.Stages {
			fmt.Fprintf(w, "  %-9s %.1f 秒，每秒 %.0f 条\n", name, s.Seconds, s.ItemsPerSecond)
		}
	})
}

func (b benchPipeline) items(n int) ([]item.Item, error) {
	if b.Corpus == "" {
		return corpus.Generate(corpus.Options{Seed: b.Seed, Items: n, End: time.Now()})
	}
	return bench.Mix(b.Corpus, n, b.Seed)
}
