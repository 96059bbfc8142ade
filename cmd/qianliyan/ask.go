package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"qianliyan/cmd/internal/observe"
	"qianliyan/cmd/internal/run"
	"qianliyan/query/filter"
	"qianliyan/query/search"
	"qianliyan/query/trend"
)

// ask attaches to the data folder for the time of f. Logs of a node that is
// started for it say only what goes wrong.
func (c *Common) ask(ctx context.Context, create bool, f func(*run.Client) error) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	client, err := run.Attach(ctx, cfg, observe.Logger(observe.Config{Level: "warn", Format: cfg.Log.Format}, c.err), create)
	if err != nil {
		return err
	}
	err = f(client)
	return joinFirst(err, client.Close())
}

// answer asks for the JSON twin of a page, prints it as it came with --json,
// or hands it to text.
func answer[T any](ctx context.Context, c *Common, path string, v url.Values, text func(io.Writer, T)) error {
	return c.ask(ctx, false, func(client *run.Client) error {
		var raw json.RawMessage
		if err := client.Get(ctx, path, v, &raw); err != nil {
			return err
		}
		if c.JSON {
			var line bytes.Buffer
			if err := json.Compact(&line, raw); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.out, "%s\n", line.Bytes())
			return err
		}
		var out T
		read := json.NewDecoder(bytes.NewReader(raw))
		read.UseNumber() // counts and numbers of 20 digits stay as they are
		if err := read.Decode(&out); err != nil {
			return err
		}
		text(c.out, out)
		return nil
	})
}

// filterFlags are the lists of filter.Filter as flags.
type filterFlags struct {
	From    string   `help:"起始日，如 2026-01-31。" placeholder:"DAY"`
	To      string   `help:"截止日（含）。" placeholder:"DAY"`
	Channel []string `help:"渠道：报送、热线、来信、信访、媒体、网络，或它们的代码。"`
	Source  []string `help:"来源。"`
	Unit    []string `help:"单位。"`
	Topic   []string `help:"主题，名称或代码。"`
	Region  []string `help:"地区，名称或代码。"`
	Urgency []string `help:"急度：特急、紧急、一般。"`
	Form    []string `help:"诉求类型。"`
}

func (f filterFlags) values(words []string) url.Values {
	return filter.Filter{
		Words: strings.Join(words, " "), From: f.From, To: f.To, Channels: f.Channel, Sources: f.Source,
		Units: f.Unit, Topics: f.Topic, Regions: f.Region, Urgency: f.Urgency, Forms: f.Form,
	}.Query()
}

type searchCommand struct {
	filterFlags
	Words []string `arg:"" optional:"" help:"检索词；写法与检索页相同。"`
	Size  int      `help:"条数。" default:"20"`
	Sort  string   `help:"排序：relevance 最相关、newest 最新、urgency 最急。" enum:",relevance,newest,urgency" default:""`
}

// Run prints one page of hits.
func (s searchCommand) Run(ctx context.Context, c *Common) error {
	v := s.values(s.Words)
	v.Set("size", strconv.Itoa(s.Size))
	if s.Sort != "" {
		v.Set("sort", s.Sort)
	}
	return answer(ctx, c, "/search.json", v, func(w io.Writer, r search.Result) {
		for _, h := range r.Hits {
			fmt.Fprintf(w, "%s  %s  %s\n", h.ID, h.Time.Format("2006-01-02 15:04"), pieces(h.Title))
			for _, p := range h.Passages {
				fmt.Fprintf(w, "    %s\n", pieces(p))
			}
		}
		fmt.Fprintf(w, "共 %d 条，显示 %d 条。\n", r.Total, len(r.Hits))
	})
}

// pieces writes a passage with its hits in brackets.
func pieces(list []search.Piece) string {
	var b strings.Builder
	for _, p := range list {
		if p.Hit {
			b.WriteString("【" + p.Text + "】")
			continue
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

type trendCommand struct {
	filterFlags
	Name  string            `arg:"" optional:"" help:"问题的名字；省略时列出所有问题。"`
	Words string            `help:"检索词。"`
	Param map[string]string `help:"问题自己的参数，如 --param step=week。"`
}

// Run answers one question, or lists them.
func (t trendCommand) Run(ctx context.Context, c *Common) error {
	if t.Name == "" {
		questions, err := trend.Questions()
		if err != nil {
			return err
		}
		return c.done(map[string][]trend.Question{"questions": questions}, func(w io.Writer) {
			for _, q := range questions {
				fmt.Fprintf(w, "%-14s %s\n", q.Name, q.Title)
			}
		})
	}
	v := t.values([]string{t.Words})
	for k, x := range t.Param {
		v.Set(k, x)
	}
	v.Set("name", t.Name)
	return answer(ctx, c, "/trend.json", v, func(w io.Writer, a trend.Answer) {
		fmt.Fprintln(w, a.Title)
		for _, s := range a.Spans {
			fmt.Fprintln(w, s)
		}
		printTable(w, a.Table)
	})
}
