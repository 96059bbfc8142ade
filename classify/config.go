package classify

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// Config says what the labels are made with. The zero value is usable.
type Config struct {
	// Dir is a folder this program may write to, where the segmenter unpacks its
	// dictionaries. Empty means the user's cache folder.
	Dir string `toml:"-"`

	// Rules is a folder of files that replace or extend the shipped ones:
	// topics.toml, regions.toml, urgency.toml, form.toml. Empty means shipped
	// only.
	Rules string `toml:"rules"`

	// Home is the code of the region the office answers for. Names of towns and
	// streets, which many counties share, are only recognised within it, or
	// beside the name of their county. Empty means nowhere.
	Home string `toml:"home"`

	// UserDict lists files of further words for the segmenter. A change makes
	// the full-text index ask for a rebuild.
	UserDict []string `toml:"user_dict"`

	// TopicModel is a file made by "classify train topic", used in place of the
	// shipped one.
	TopicModel string `toml:"topic_model"`

	// Workers is how many items are labelled at once; 0 means one a processor.
	Workers int `toml:"workers"`
}

// Defaults is the configuration of a single machine: everything as shipped.
func Defaults() Config { return Config{} }

// Validate reports all problems, in Chinese, joined. Files are only looked
// for; New reads them.
func (c Config) Validate() error {
	var errs []error
	if c.Workers < 0 || c.Workers > 1024 {
		errs = append(errs, fmt.Errorf("workers：%d 不在 0 到 1024 之间，0 表示每个处理器一个", c.Workers))
	}
	if c.Rules != "" {
		if st, err := os.Stat(c.Rules); err != nil || !st.IsDir() {
			errs = append(errs, fmt.Errorf("rules：找不到文件夹“%s”，请检查路径，或留空使用自带规则", c.Rules))
		}
	}
	for _, path := range c.UserDict {
		if !isFile(path) {
			errs = append(errs, fmt.Errorf("user_dict：找不到词典文件“%s”，请检查路径", path))
		}
	}
	if c.TopicModel != "" && !isFile(c.TopicModel) {
		errs = append(errs, fmt.Errorf("topic_model：找不到模型文件“%s”，请检查路径，或留空使用自带模型", c.TopicModel))
	}
	return errors.Join(errs...)
}

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}

// workers is Workers with its default filled in.
func (c Config) workers() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return runtime.GOMAXPROCS(0)
}
