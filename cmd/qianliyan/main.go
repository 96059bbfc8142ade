// Command qianliyan (千里眼) is the whole product in one binary: texts come in
// from files, forms and HTTP, are labelled, stored in a full-text index and a
// columnar store, and are searched, counted and asked for in a browser.
//
//	qianliyan demo     a made-up county in a fresh folder, ready to look at
//	qianliyan serve    the same without the county
//	qianliyan help     all commands
//
// Every command that asks or feeds (import, search, trend, sql, trace, doctor)
// is a client: it talks to the server that runs on the data folder, or starts
// the stages itself for as long as it takes. So each command answers exactly
// what the page of the same name shows.
//
// With --json a command prints one JSON object on its last line of standard
// output, {"error":{"reason":…,"hint":…}} when it failed or was misused;
// progress and logs go to standard error. Exit status: 0 done, 1 failed, 2
// misused.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"qianliyan/cmd/internal/config"
)

// commands is the command table: one field a command, in the order of help.
type commands struct {
	Common

	Serve    serveCommand    `cmd:"" help:"启动服务：接入、分类、索引、查询都在这一个进程里。"`
	Demo     demoCommand     `cmd:"" help:"用虚构县的数据在新目录里启动，供试用。"`
	Import   importCommand   `cmd:"" help:"导入 CSV、XLSX、JSONL 文件。"`
	Search   searchCommand   `cmd:"" help:"检索。"`
	Trend    trendCommand    `cmd:"" help:"回答一个态势问题；不带名字时列出所有问题。"`
	SQL      sqlCommand      `cmd:"" name:"sql" help:"只读 SQL。"`
	Trace    traceCommand    `cmd:"" help:"一条信息走过的每一步。"`
	Doctor   doctorCommand   `cmd:"" help:"核对：收下的每一条是否都在全文索引和分析库里。"`
	Index    indexCommand    `cmd:"" name:"index" help:"维护全文索引。"`
	Classify classifyCommand `cmd:"" help:"训练和评测分类模型。"`
	Bench    benchCommand    `cmd:"" help:"测速。"`
	Settings settingsCommand `cmd:"" name:"config" help:"检查、显示配置。"`
	Version  versionCommand  `cmd:"" help:"版本。"`
	Help     helpCommand     `cmd:"" help:"命令或主题的说明。"`
}

// Common are the flags every command takes.
type Common struct {
	Config string `help:"配置文件（TOML）。" placeholder:"FILE" type:"path"`
	Data   string `help:"数据目录；优先于配置文件。" placeholder:"DIR" type:"path"`
	JSON   bool   `help:"最后一行输出一个 JSON 对象；出错时也是。"`

	ClickHouseLibrary string `name:"clickhouse-library" help:"libchdb.so 或装它的 .tgz，供没有 npm 的机器用。" placeholder:"FILE" type:"path"`

	in       io.Reader
	out, err io.Writer
}

// load reads the configuration the flags name.
func (c *Common) load() (config.Config, error) {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return cfg, err
	}
	if c.Data != "" {
		cfg.Data = c.Data
	}
	if c.ClickHouseLibrary != "" {
		cfg.Embedded.ClickHouseLibrary = c.ClickHouseLibrary
	}
	return cfg, nil
}

// done prints a command's result: v as the last line with --json, else text.
func (c *Common) done(v any, text func(w io.Writer)) error {
	if !c.JSON {
		text(c.out)
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s\n", b)
	return err
}

func main() {
	ctx, stop := signals(context.Background())
	code := Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// patience is how long a second signal is taken for an echo of the first: a
// supervisor may signal the process and its group at once.
const patience = 500 * time.Millisecond

// signals ends the context at the first SIGINT or SIGTERM, so that everything
// is written; a later one ends the process at once.
func signals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ch
		cancel()
		first := time.Now()
		for range ch {
			if time.Since(first) > patience {
				os.Exit(1)
			}
		}
	}()
	return ctx, func() { signal.Stop(ch); cancel() }
}

// Main runs one command line and returns the exit status.
func Main(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	cli := &commands{Common: Common{in: in, out: out, err: errOut}}
	ended := -1
	parser, err := newParser(cli, func(code int) { ended = code })
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 2
	}
	if len(args) == 0 {
		args = []string{"help"}
	}
	var usage bytes.Buffer
	parser.Stdout = &usage
	command, err := parser.Parse(args)
	// What was not understood may hide the flag from the parser.
	cli.JSON = cli.JSON || asksJSON(args)
	if ended >= 0 { // --help was given
		if err := cli.done(manual{Text: usage.String()}, func(w io.Writer) { _, _ = io.Copy(w, &usage) }); err != nil {
			return cli.fail(err)
		}
		return ended
	}
	if err != nil {
		return cli.fail(misuse(err.Error()))
	}
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(&cli.Common, parser); err != nil {
		return cli.fail(err)
	}
	return 0
}

func newParser(cli *commands, exit func(int)) (*kong.Kong, error) {
	return kong.New(cli, kong.Name("qianliyan"),
		kong.Description("千里眼：把各处来的民情汇到一处，分清轻重，找得到，数得清。"),
		kong.Writers(cli.out, cli.err), kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
}
