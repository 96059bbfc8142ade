package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Load reads the file at path over Default. An empty path is Default itself.
// It reports every problem it can find at once, as Problems.
func Load(path string) (Config, error) {
	c := Default()
	if path == "" {
		return c, c.Validate()
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return c, Problems{{Reason: fmt.Sprintf("读不到配置文件 %s：%v", path, err), Hint: "用 qianliyan config default > " + filepath.Base(path) + " 生成一份"}}
	}
	return Parse(b)
}

// Parse reads the text of a configuration file over Default.
func Parse(b []byte) (Config, error) {
	c := Default()
	d := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields()
	err := d.Decode(&c)
	var strict *toml.StrictMissingError
	var decode *toml.DecodeError
	switch {
	case errors.As(err, &strict):
		var out Problems
		for i := range strict.Errors {
			e := &strict.Errors[i]
			out = append(out, Problem{Key: strings.Join(e.Key(), "."), Reason: "没有这个配置项", Hint: "看 qianliyan config default 里的写法", Where: excerpt(e.Key(), e.String())})
		}
		// The known keys were read, so what they say can be judged too.
		if err := c.Validate(); err != nil {
			out = append(out, asProblems(err)...)
		}
		return c, out
	case errors.As(err, &decode):
		return c, Problems{{Key: strings.Join(decode.Key(), "."), Reason: strings.TrimPrefix(decode.Error(), "toml: "), Hint: "改正这一行后再查", Where: excerpt(decode.Key(), decode.String())}}
	case err != nil:
		return c, Problems{{Reason: err.Error()}}
	}
	return c, c.Validate()
}

var (
	secretRE = regexp.MustCompile(`(?i)((?:token|secret|password)["']?\s*=\s*)\S.*`)
	quotedRE = regexp.MustCompile(`"[^"\n]*"|'[^'\n]*'`)
)

// excerpt covers what may be a secret in the lines of a file that a problem
// shows: terminals and logs keep what they print. Beside a mistyped key of a
// pushing source any value may be the token.
func excerpt(key []string, lines string) string {
	lines = secretRE.ReplaceAllString(lines, "${1}"+mask)
	if len(key) > 0 && key[0] == "push" {
		lines = quotedRE.ReplaceAllString(lines, mask)
	}
	return lines
}

// Problem is one thing wrong in a configuration.
type Problem struct {
	Key    string `json:"key"`             // path of the key: "bus.partitions"
	Reason string `json:"reason"`          // what is wrong
	Hint   string `json:"hint,omitempty"`  // what to do
	Where  string `json:"where,omitempty"` // the lines of the file with a mark, where known
}

// Problems is all that is wrong in a configuration. It is an error.
type Problems []Problem

// Error lists the problems, one paragraph each.
func (p Problems) Error() string {
	var b strings.Builder
	for i, x := range p {
		if i > 0 {
			b.WriteByte('\n')
		}
		if x.Key != "" {
			b.WriteString(x.Key + "：")
		}
		b.WriteString(x.Reason)
		if x.Hint != "" {
			b.WriteString("（" + x.Hint + "）")
		}
		if x.Where != "" {
			b.WriteString("\n" + x.Where)
		}
	}
	return b.String()
}

// section is one stage's settings, able to judge themselves.
type section struct {
	name  string
	check func() error
}

// collect runs the checks of all sections and names the whole key in each
// problem.
func collect(sections []section) error {
	var out Problems
	for _, s := range sections {
		for _, e := range flatten(s.check()) {
			out = append(out, problemOf(s.name, e.Error()))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// keyed is how the stages begin a problem: with the key, and a colon or the
// value that stands there.
var keyed = regexp.MustCompile(`^([a-z0-9_.\[\]]+)(：| = |（| 应| 不| 至)(.*)$`)

func problemOf(section, message string) Problem {
	m := keyed.FindStringSubmatch(message)
	if m == nil {
		return Problem{Key: section, Reason: message}
	}
	key := strings.TrimPrefix(section+"."+m[1], ".")
	if m[2] == "：" {
		return Problem{Key: key, Reason: m[3]}
	}
	return Problem{Key: key, Reason: strings.TrimSpace(m[2] + m[3])}
}

// flatten takes joined errors apart.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range j.Unwrap() {
			out = append(out, flatten(e)...)
		}
		return out
	}
	return []error{err}
}

func asProblems(err error) Problems {
	if p, ok := errors.AsType[Problems](err); ok {
		return p
	}
	return Problems{{Reason: err.Error()}}
}
