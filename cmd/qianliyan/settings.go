package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/pelletier/go-toml/v2"

	"qianliyan/cmd/internal/config"
	"qianliyan/deploy"
)

type settingsCommand struct {
	Check   settingsCheck   `cmd:"" help:"检查配置文件，一次报告所有问题。"`
	Show    settingsShow    `cmd:"" help:"显示生效的配置，密钥遮盖。"`
	Default settingsDefault `cmd:"" help:"打印带注释的默认配置。"`
}

type settingsCheck struct{}

// Run reports every problem of the configuration at once.
func (settingsCheck) Run(c *Common) error {
	_, err := config.Load(c.Config)
	var problems config.Problems
	if err != nil && !errors.As(err, &problems) {
		return err
	}
	result := struct {
		OK       bool            `json:"ok"`
		Problems config.Problems `json:"problems"`
	}{err == nil, problems}
	if err := c.done(result, func(w io.Writer) {
		if result.OK {
			fmt.Fprintln(w, "配置没有问题。")
			return
		}
		fmt.Fprintf(w, "有 %d 个问题：\n%v\n", len(problems), problems)
	}); err != nil {
		return err
	}
	if !result.OK {
		return errFailed
	}
	return nil
}

type settingsShow struct{}

// Run prints the effective configuration with secrets masked.
func (settingsShow) Run(c *Common) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	b, err := cfg.Masked()
	if err != nil {
		return err
	}
	// The same keys as in the file, and the same masks.
	var shown map[string]any
	if err := toml.Unmarshal(b, &shown); err != nil {
		return err
	}
	return c.done(shown, func(w io.Writer) { _, _ = w.Write(b) })
}

type settingsDefault struct{}

// Run prints the default file.
func (settingsDefault) Run(c *Common) error {
	return c.done(map[string]string{"default": deploy.Default}, func(w io.Writer) { io.WriteString(w, deploy.Default) })
}
