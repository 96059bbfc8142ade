package push

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

// Accept is the door of ingest; see ingest.Ingestor.Accept.
type Accept func(ctx context.Context, items []item.Item) ([]item.Outcome, error)

// Config of the ways in over HTTP.
type Config struct {
	// MaxBody is the most bytes one request may have, unpacked.
	MaxBody setting.Size `toml:"max_body"`
	// Concurrent is how many pushes are read at once; more are told to wait.
	Concurrent int `toml:"concurrent"`
	// Batch is the most items handed on at once.
	Batch int `toml:"batch"`
	// BatchBytes is about the most bytes handed on at once.
	BatchBytes setting.Size `toml:"batch_bytes"`
	// RetryAfter is what a sender is told to wait when there is no better figure.
	RetryAfter setting.Duration `toml:"retry_after"`
	// Sources are the systems that may push.
	Sources []Source `toml:"sources"`
	// Services are what /open311/v2/services.json lists. Empty takes any service_code.
	Services []Service `toml:"services"`
}

// Source is one system that may push.
type Source struct {
	// Name of the source, under which its items are kept. Never change it: ids are made of it.
	Name string `toml:"name"`
	// Channel of its items: submission, call, letter, petition, media or web. Empty takes the mapping's.
	Channel item.Channel `toml:"channel"`
	// Mapping is the kind of its fields (letters, hotline, submission, petition). Empty reads the item's own names.
	Mapping string `toml:"mapping"`
	// TokenFile holds the token, or several, one a line, while one replaces the other. At least 16 characters each.
	TokenFile string `toml:"token_file"`
	// Token is instead the token itself, or "sha256:" and the hexadecimal SHA-256 of one.
	Token string `toml:"token"`
}

// Service is one entry of the Open311 list.
type Service struct {
	// Code is the service_code.
	Code string `toml:"code"`
	// Name is shown to citizens.
	Name string `toml:"name"`
	// Description says what belongs here.
	Description string `toml:"description"`
	// Group puts services together.
	Group string `toml:"group"`
	// Keywords help to find it.
	Keywords []string `toml:"keywords"`
}

// Defaults lets nobody push.
func Defaults() Config {
	return Config{MaxBody: 64 << 20, Concurrent: 16, Batch: 500, BatchBytes: 4 << 20, RetryAfter: setting.Duration(5 * time.Second)}
}

// Validate reports every problem, in the administrator's words.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.MaxBody >= 1<<10, "max_body 应不小于 \"1KiB\"")
	check(c.Concurrent > 0, "concurrent = %d 应大于 0", c.Concurrent)
	check(c.Batch > 0, "batch = %d 应大于 0", c.Batch)
	check(c.BatchBytes > 0, "batch_bytes 应大于 0")
	check(c.RetryAfter.D() >= time.Second, "retry_after 应不短于 \"1s\"")
	names := map[string]bool{}
	owner := map[[sha256.Size]byte]string{}
	for i, s := range c.Sources {
		check(strings.TrimSpace(s.Name) != "", "sources[%d] 没有写 name", i)
		check(!names[s.Name], "sources[%d].name = %q 写了两次：每个来源只写一次", i, s.Name)
		names[s.Name] = true
		check(s.Channel == "" || s.Channel.Valid(), "sources[%d].channel = %q 不是已有的渠道：可用 %v", i, s.Channel, item.Channels())
		check(s.Channel != "" || s.Mapping != "", "sources[%d]（%s）没有写 channel：不用列对应表时必须写", i, s.Name)
		hashes, err := s.tokens()
		if err != nil {
			errs = append(errs, fmt.Errorf("sources[%d]（%s）：%w", i, s.Name, err))
		}
		for _, h := range hashes {
			check(owner[h] == "", "sources[%d]（%s）与 %s 的令牌相同：每个来源用自己的令牌", i, s.Name, owner[h])
			owner[h] = s.Name
		}
	}
	for i, s := range c.Services {
		check(s.Code != "" && s.Name != "", "services[%d] 要写 code 和 name", i)
	}
	return errors.Join(errs...)
}

// tokens is the hashes of the source's tokens.
func (s Source) tokens() ([][sha256.Size]byte, error) {
	text := s.Token
	switch {
	case s.Token != "" && s.TokenFile != "":
		return nil, errors.New("token 和 token_file 只能写一个")
	case s.Token == "" && s.TokenFile == "":
		return nil, errors.New("没有令牌：请写 token_file")
	case s.TokenFile != "":
		b, err := os.ReadFile(s.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("token_file 读不到：%w", err)
		}
		text = string(b)
	}
	var out [][sha256.Size]byte
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		h := sha256.Sum256([]byte(line))
		if digits, ok := strings.CutPrefix(line, "sha256:"); ok {
			b, err := hex.DecodeString(digits)
			if err != nil || len(b) != sha256.Size {
				return nil, errors.New("令牌的 sha256: 后面应有 64 位十六进制数字")
			}
			h = [sha256.Size]byte(b)
		} else if len(line) < 16 {
			return nil, errors.New("令牌太短：至少 16 个字符，可用 openssl rand -hex 24 生成")
		}
		out = append(out, h)
	}
	if len(out) == 0 {
		return nil, errors.New("令牌是空的：可用 openssl rand -hex 24 生成")
	}
	return out, nil
}
