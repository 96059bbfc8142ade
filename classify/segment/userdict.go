package segment

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

//go:embed data/user.dict
var shipped string

// userWords merges the shipped user dictionary and the files of paths into the
// lines gojieba reads.
func userWords(paths []string) (string, error) {
	d := dict{at: map[string]int{}}
	if err := d.read("user.dict", strings.NewReader(shipped)); err != nil {
		return "", err
	}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return "", fmt.Errorf("cannot open user dictionary: %w", err)
		}
		err = d.read(path, f)
		f.Close()
		if err != nil {
			return "", err
		}
	}
	return d.String(), nil
}

// dict is the merged user dictionary in the order words first appeared.
type dict struct {
	lines []string // "" where a word was taken out
	at    map[string]int
}

func (d *dict) read(name string, r io.Reader) error {
	sc := bufio.NewScanner(r)
	for n := 1; sc.Scan(); n++ {
		line := strip(strings.TrimPrefix(sc.Text(), "\uFEFF"))
		if line == "" {
			continue
		}
		if err := d.add(line); err != nil {
			return fmt.Errorf("user dictionary %q line %d: %w", name, n, err)
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("cannot read user dictionary %q: %w", name, err)
	}
	return nil
}

// add checks one line. gojieba does not: a fourth column or a frequency of
// zero would spoil its weights without a word.
func (d *dict) add(line string) error {
	fields := strings.Fields(line)
	word, remove := strings.CutPrefix(fields[0], "-")
	switch {
	case !utf8.ValidString(line) || strings.ContainsRune(line, 0):
		return fmt.Errorf("%q 不是 UTF-8 文本，请把文件存为 UTF-8", line)
	case len(fields) > 3:
		return fmt.Errorf("%q 有 %d 列，应为“词”、“词 词性”或“词 词频 词性”", line, len(fields))
	case utf8.RuneCountInString(word) < 2:
		return fmt.Errorf("%q 不足两个字，单字词会打乱新词识别", word)
	}
	if len(fields) == 3 {
		if n, err := strconv.Atoi(fields[1]); err != nil || n < 1 {
			return fmt.Errorf("%q 的词频 %q 不是正整数", word, fields[1])
		}
	}
	i, known := d.at[word]
	if !known {
		i = len(d.lines)
		d.at[word] = i
		d.lines = append(d.lines, "")
	}
	d.lines[i] = strings.Join(fields, " ")
	if remove {
		d.lines[i] = ""
	}
	return nil
}

func (d *dict) String() string {
	var b strings.Builder
	for _, line := range d.lines {
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
