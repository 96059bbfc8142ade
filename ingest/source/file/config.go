package file

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

// Limits bound what one file may cost.
type Limits struct {
	// Row is the most bytes one row may have; a longer one is rejected.
	Row setting.Size `toml:"max_row"`
	// Columns is the most columns a row may have.
	Columns int `toml:"max_columns"`
	// Unzip is the most bytes a workbook may unpack to; more is taken for an attack.
	Unzip setting.Size `toml:"max_unzip"`
	// Batch is the most rows handed to the gate at once.
	Batch int `toml:"batch"`
	// BatchBytes is about the most bytes handed to the gate at once.
	BatchBytes setting.Size `toml:"batch_bytes"`
}

// DefaultLimits suits files of a county office and refuses bombs.
func DefaultLimits() Limits {
	return Limits{Row: 16 << 20, Columns: 16384, Unzip: 8 << 30, Batch: 500, BatchBytes: 4 << 20}
}

// orDefault fills what is zero.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Row <= 0 {
		l.Row = d.Row
	}
	if l.Columns <= 0 {
		l.Columns = d.Columns
	}
	if l.Unzip <= 0 {
		l.Unzip = d.Unzip
	}
	if l.Batch <= 0 {
		l.Batch = d.Batch
	}
	if l.BatchBytes <= 0 {
		l.BatchBytes = d.BatchBytes
	}
	return l
}

// Config of files and the watched folder.
type Config struct {
	// Inbox is the watched folder: each sub-folder is a source. Empty watches none but those sources that have a path.
	Inbox string `toml:"inbox"`
	// Mappings is a folder whose *.toml files replace or add to the shipped tables of columns. Empty uses the shipped ones.
	Mappings string `toml:"mappings"`
	// Every is how often the folders are looked at.
	Every setting.Duration `toml:"every"`
	// Settle is how long a file's size must rest before it is read.
	Settle setting.Duration `toml:"settle"`
	// Limits bound what one file may cost.
	Limits Limits `toml:"limits"`
	// Sources say how the files of a folder are read. A folder that is not listed is read by its header.
	Sources []Source `toml:"sources"`
}

// Source is one folder whose files come from one place.
type Source struct {
	// Name is the source's name: that of the sub-folder, and Item.Source.
	Name string `toml:"name"`
	// Channel of its items; empty takes the mapping's.
	Channel item.Channel `toml:"channel"`
	// Mapping is the kind of its columns; empty tells it from the header.
	Mapping string `toml:"mapping"`
	// Path is its folder where that is not INBOX/NAME.
	Path string `toml:"path"`
}

// Defaults watches no folder.
func Defaults() Config {
	return Config{Every: setting.Duration(2 * time.Second), Settle: setting.Duration(2 * time.Second), Limits: DefaultLimits()}
}

// Validate reports every problem, in the administrator's words.
func (c Config) Validate() error {
	var errs []error
	say := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Every <= 0 {
		say(`every 应大于 0，例如 "2s"`)
	}
	if c.Limits.Row < 1<<10 || c.Limits.Row > 1<<30 {
		say(`limits.max_row 应在 "1KiB" 和 "1GiB" 之间`)
	}
	if c.Limits.Columns < 2 || c.Limits.Batch < 1 || c.Limits.Unzip < 1<<20 || c.Limits.BatchBytes < 1 {
		say(`limits.max_columns 至少 2，batch 至少 1，max_unzip 至少 "1MiB"，batch_bytes 至少 "1B"`)
	}
	seen := map[string]bool{}
	for i, s := range c.Sources {
		switch {
		case !validName(s.Name):
			say("sources[%d].name = %q 不能用作来源名：不能为空，不能含 / 或 \\，不能以点开头，也不能是 %s 或 %s", i, s.Name, doneDir, failedDir)
		case seen[s.Name]:
			say("sources[%d].name = %q 写了两次：每个来源只写一次", i, s.Name)
		}
		seen[s.Name] = true
		if s.Channel != "" && !s.Channel.Valid() {
			say("sources[%d].channel = %q 不是已有的渠道：可用 %v", i, s.Channel, item.Channels())
		}
		if s.Path != "" && !filepath.IsAbs(s.Path) {
			say("sources[%d].path = %q 应写成绝对路径", i, s.Path)
		}
		if s.Path == "" && c.Inbox == "" {
			say("sources[%d]（%s）没有文件夹：请写 path，或写 inbox 用其中的同名子文件夹", i, s.Name)
		}
	}
	return errors.Join(errs...)
}

func validName(s string) bool {
	return strings.TrimSpace(s) == s && s != "" && s != doneDir && s != failedDir && !strings.HasPrefix(s, ".") && !strings.ContainsAny(s, "/\\\x00")
}
