package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"qianliyan/classify"
	"qianliyan/classify/eval"
	"qianliyan/classify/topic"
	"qianliyan/classify/urgency"
)

type classifyCommand struct {
	Train struct {
		Topic trainTopic `cmd:"" help:"训练主题模型。"`
	} `cmd:"" help:"训练。"`
	Eval struct {
		Topic   evalTopic   `cmd:"" help:"评测主题模型。"`
		Urgency evalUrgency `cmd:"" help:"评测急度规则。"`
	} `cmd:"" help:"评测。"`
}

// tools opens the segmenter and the taxonomy that the configuration names,
// without a data folder: dictionaries go to the user's cache.
func (c *Common) tools() (*classify.Pipeline, classify.Config, error) {
	cfg, err := c.load()
	if err != nil {
		return nil, cfg.Classify, err
	}
	p, err := classify.New(cfg.Classify, classify.Deps{})
	return p, cfg.Classify, err
}

func readLetters(path string) ([]topic.Letter, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	letters, err := topic.ReadLetters(f)
	if err != nil {
		return nil, fmt.Errorf("%s：%w", path, err)
	}
	return letters, nil
}

type trainTopic struct {
	Train string   `help:"训练集，JSONL（title、text、label）。" required:"" type:"existingfile" placeholder:"FILE"`
	None  []string `help:"不属于任何主题的文章，JSONL，可多次给出；教模型什么时候不作声。" type:"existingfile" placeholder:"FILE"`
	Dev   string   `help:"开发集，训练完在它上面评测。" required:"" type:"existingfile" placeholder:"FILE"`
	Out   string   `help:"写出的模型文件。" short:"o" required:"" type:"path" placeholder:"FILE"`
	Seed  uint64   `help:"随机种子；相同的输入和种子得到相同的模型。" default:"0"`
}

// Run trains a model, measures it on dev, and writes it.
func (t trainTopic) Run(ctx context.Context, c *Common) error {
	p, _, err := c.tools()
	if err != nil {
		return err
	}
	letters, err := readLetters(t.Train)
	if err != nil {
		return err
	}
	for _, path := range t.None {
		more, err := readLetters(path)
		if err != nil {
			return err
		}
		for i := range more {
			more[i].Label = ""
		}
		letters = append(letters, more...)
	}
	none, err := topic.None()
	if err != nil {
		return err
	}
	code := p.Taxonomy().TopicCode
	model, err := topic.Train(ctx, append(letters, none...), p.Segmenter(), topic.TrainOptions{
		Seed: t.Seed, Code: code, Progress: func(step string) { fmt.Fprintln(c.err, step) },
	})
	if err != nil {
		return err
	}
	report, err := measureTopic(ctx, p, model, t.Dev)
	if err != nil {
		return err
	}
	if err := writeModel(t.Out, model); err != nil {
		return err
	}
	return c.done(report, func(w io.Writer) {
		fmt.Fprintf(w, "模型 %s 已写入 %s\n", model.Version(), t.Out)
		printReportOfTopic(w, report)
	})
}

func writeModel(path string, m *topic.Model) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".model")
	if err != nil {
		return err
	}
	defer func() {
		if rm := os.Remove(f.Name()); err == nil && !errors.Is(rm, fs.ErrNotExist) {
			err = rm
		}
	}()
	if err := errors.Join(m.Write(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func measureTopic(ctx context.Context, p *classify.Pipeline, m *topic.Model, corpus string) (eval.Report, error) {
	letters, err := readLetters(corpus)
	if err != nil {
		return eval.Report{}, err
	}
	classifier, err := topic.With(m)
	if err != nil {
		return eval.Report{}, err
	}
	return eval.Topic(ctx, letters, classifier, p.Segmenter(), p.Taxonomy().TopicCode)
}

type evalTopic struct {
	Corpus string `help:"有标注的语料，JSONL（title、text、label）。" required:"" type:"existingfile" placeholder:"FILE"`
	Model  string `help:"模型文件；省略时用配置的或自带的。" type:"existingfile" placeholder:"FILE"`
}

// Run measures a topic model.
func (e evalTopic) Run(ctx context.Context, c *Common) error {
	p, cfg, err := c.tools()
	if err != nil {
		return err
	}
	path := e.Model
	if path == "" {
		path = cfg.TopicModel
	}
	classifier, err := topic.New(topic.Config{Model: path, Rules: cfg.Rules})
	if err != nil {
		return err
	}
	report, err := measureTopic(ctx, p, classifier.Model(), e.Corpus)
	if err != nil {
		return err
	}
	return c.done(report, func(w io.Writer) { printReportOfTopic(w, report) })
}

func printReportOfTopic(w io.Writer, r eval.Report) {
	fmt.Fprintf(w, "%d 封：准确率 %.4f，宏平均 F1 %.4f，前二 %.4f，98%% 把握覆盖 %.4f，每秒 %.0f 封\n",
		r.N, r.Accuracy, r.MacroF1, r.Top2Accuracy, r.CoverageAt98, r.ItemsPerSecond)
	for name, c := range r.PerClass {
		fmt.Fprintf(w, "  %-12s 查准 %.3f 查全 %.3f F1 %.3f（%d）\n", name, c.Precision, c.Recall, c.F1, c.N)
	}
}

type evalUrgency struct {
	Corpus string `help:"有标注的语料，JSONL（title、text、level）。" required:"" type:"existingfile" placeholder:"FILE"`
}

// Run measures the urgency rules.
func (e evalUrgency) Run(ctx context.Context, c *Common) error {
	_, cfg, err := c.tools()
	if err != nil {
		return err
	}
	f, err := os.Open(e.Corpus)
	if err != nil {
		return err
	}
	defer f.Close()
	letters, err := eval.ReadUrgency(f)
	if err != nil {
		return err
	}
	rules, err := urgency.New(cfg.Rules)
	if err != nil {
		return err
	}
	report, err := eval.Urgency(ctx, letters, rules)
	if err != nil {
		return err
	}
	return c.done(report, func(w io.Writer) {
		fmt.Fprintf(w, "%d 封：特急和紧急 查准 %.3f 查全 %.3f F1 %.3f，平均精度 %.3f，前 20%% 查全 %.3f\n",
			report.N, report.Precision, report.Recall, report.F1, report.AveragePrecision, report.RecallAtTop20)
	})
}
