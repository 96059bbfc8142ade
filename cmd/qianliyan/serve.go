package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"qianliyan/cmd/internal/config"
	"qianliyan/cmd/internal/corpus"
	"qianliyan/cmd/internal/observe"
	"qianliyan/cmd/internal/run"
	"qianliyan/ingest/item"
)

// hosting are the flags of commands that serve pages.
type hosting struct {
	Address string `help:"网页地址 host:port；优先于配置文件。" placeholder:"HOST:PORT"`
}

func (h hosting) apply(cfg *config.Config) {
	if h.Address != "" {
		cfg.HTTP.Address = h.Address
	}
}

type serveCommand struct{ hosting }

// Run serves until the context ends.
func (s serveCommand) Run(ctx context.Context, c *Common) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	s.apply(&cfg)
	n, err := run.Start(ctx, cfg, observe.Logger(cfg.Log, c.err))
	if err != nil {
		return err
	}
	if err := c.done(n.Address(), func(w io.Writer) { fmt.Fprintf(w, "千里眼已启动：%s\n", n.Address().HTTP) }); err != nil {
		return err
	}
	return n.Run(ctx)
}

type demoCommand struct {
	hosting
	Items int    `help:"信息条数。" default:"20000"`
	Days  int    `help:"天数。" default:"90"`
	Seed  uint64 `help:"随机种子；相同的种子生成相同的县情。" default:"1"`
}

// Run fills a fresh folder with the made-up county and serves it. A folder
// that a demo filled before is served as it is.
func (d demoCommand) Run(ctx context.Context, c *Common) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if c.Data == "" && c.Config == "" {
		cfg.Data = filepath.Join("data", "demo")
	}
	d.apply(&cfg)
	fill, err := d.prepare(&cfg)
	if err != nil {
		return err
	}
	n, err := run.Start(ctx, cfg, observe.Logger(observe.Config{Level: "warn", Format: "text"}, c.err))
	if err != nil {
		return err
	}
	working := make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	defer stop()
	go func() { working <- n.Run(running) }()
	if fill {
		if err := d.fill(ctx, n, cfg.Data, c.err); err != nil {
			stop()
			return joinFirst(err, <-working)
		}
	}
	err = c.done(n.Address(), func(w io.Writer) {
		fmt.Fprintf(w, "千泉县（虚构）的数据在 %s，请用浏览器打开：%s\n按 Ctrl-C 停止。\n", cfg.Data, n.Address().HTTP)
	})
	if err != nil {
		stop()
	}
	return joinFirst(err, <-working)
}

// joinFirst prefers the error that came first: what it caused is noise.
func joinFirst(first, then error) error {
	if first != nil {
		return first
	}
	return then
}

// demoMark stands in a folder that a demo has filled.
const demoMark = "demo"

// prepare writes the county's regions and reports whether the folder is still
// to be filled. A folder with other data in it is refused.
func (d demoCommand) prepare(cfg *config.Config) (fill bool, err error) {
	entries, err := os.ReadDir(cfg.Data)
	if err != nil && !os.IsNotExist(err) {
		return false, err
	}
	rules := filepath.Join(cfg.Data, "rules")
	cfg.Classify.Rules, cfg.Classify.Home = rules, corpus.Home
	if len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(cfg.Data, demoMark)); err != nil {
			if _, err := os.Stat(rules); err == nil {
				return false, fmt.Errorf("%s 里是一次没有填完的演示：删掉这个目录再来一次", cfg.Data)
			}
			return false, fmt.Errorf("%s 不是空目录，也不是演示数据：请用 --data 换一个目录", cfg.Data)
		}
		return false, nil
	}
	regions, err := corpus.Regions()
	if err != nil {
		return false, err
	}
	if err := os.MkdirAll(rules, 0o700); err != nil {
		return false, err
	}
	return true, os.WriteFile(filepath.Join(rules, "regions.toml"), regions, 0o600)
}

// fill feeds the corpus through the front door and waits until it is searchable.
func (d demoCommand) fill(ctx context.Context, n *run.Node, dir string, progress io.Writer) error {
	items, err := corpus.Generate(corpus.Options{Seed: d.Seed, Items: d.Items, Days: d.Days, End: time.Now()})
	if err != nil {
		return err
	}
	if err := n.AwaitIntake(ctx); err != nil {
		return err
	}
	bar := newBar(progress, int64(len(items)), "接入、分类、入库")
	for start := 0; start < len(items); start += 500 {
		batch := items[start:min(start+500, len(items))]
		out, err := n.Accept(ctx, batch)
		if err != nil {
			return err
		}
		for i, o := range out {
			if o.Status != item.Accepted {
				return fmt.Errorf("演示数据第 %d 条没有被收下：%s %w", start+i+1, o.Status, o.Problem)
			}
		}
		left, err := n.Behind(ctx)
		if err != nil {
			return err
		}
		bar.set(int64(start+len(batch)) - left)
	}
	if err := n.Drain(ctx, func(left int64) { bar.set(int64(len(items)) - left) }); err != nil {
		return err
	}
	bar.set(int64(len(items)))
	bar.finish()
	return os.WriteFile(filepath.Join(dir, demoMark), []byte(fmt.Sprintf("%d items, seed %d\n", len(items), d.Seed)), 0o600)
}
