package mapping

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"qianliyan/ingest/item"
)

//go:embed data/*.toml
var shipped embed.FS

// commonFile holds what all kinds share; every other file is a kind.
const commonFile = "common.toml"

// common is the words that mean the same in every kind.
type common struct {
	blank     map[string]bool
	anonymous map[string]bool
	guards    []guard
	protected map[string]protect // columns that any kind protects
}

// guard protects columns that no kind lists, by words in their names.
type guard struct {
	Contains []string `toml:"contains"`
	Protect  protect  `toml:"protect"`
}

type kindFile struct {
	Name    string       `toml:"name"`
	Label   string       `toml:"label"`
	Channel item.Channel `toml:"channel"`
	Urgent  []string     `toml:"urgent"`
	Columns []column     `toml:"column"`
}

type commonFileForm struct {
	Blank     []string `toml:"blank"`
	Anonymous []string `toml:"anonymous"`
	Guards    []guard  `toml:"guard"`
}

// Shipped is the kinds that come with the program.
func Shipped() (*Set, error) { return Load("") }

// Load reads the shipped kinds and lays the *.toml files of dir over them; an
// empty dir lays nothing. All mistakes are reported at once, joined, each with
// its file, in the administrator's words.
func Load(dir string) (*Set, error) {
	sub, err := fs.Sub(shipped, "data")
	if err != nil {
		return nil, fmt.Errorf("cannot open shipped mappings: %w", err)
	}
	files, err := readAll(sub, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot read shipped mappings: %w", err)
	}
	if dir != "" {
		if files, err = readAll(os.DirFS(dir), files); err != nil {
			return nil, fmt.Errorf("读不到列对应表文件夹 %s：%w", dir, err)
		}
	}
	return parse(files)
}

// readAll adds the TOML files of fsys to files; one of the same name replaces.
func readAll(fsys fs.FS, files map[string][]byte) (map[string][]byte, error) {
	if files == nil {
		files = map[string][]byte{}
	}
	// ReadDir, unlike Glob, tells a folder that is missing from an empty one.
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() || path.Ext(e.Name()) != ".toml" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if files[e.Name()], err = fs.ReadFile(fsys, e.Name()); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func parse(files map[string][]byte) (*Set, error) {
	var errs []error
	report := func(file string, err error) {
		errs = append(errs, fmt.Errorf("列对应表 %s：%w", file, err))
	}
	var words commonFileForm
	if err := decode(files[commonFile], &words); err != nil {
		report(commonFile, err)
	}
	c := &common{blank: set(words.Blank), anonymous: set(words.Anonymous), guards: words.Guards, protected: map[string]protect{}}
	for i, g := range c.guards {
		if !g.Protect.valid() || g.Protect == "" {
			report(commonFile, fmt.Errorf("第 %d 个 guard 的 protect = %q 不是已有的方式：可用 %s", i+1, g.Protect, protectNames))
		}
		for j, w := range g.Contains {
			c.guards[i].Contains[j] = item.Normalize(w)
		}
	}
	s := &Set{byName: map[string]*Mapping{}}
	for file, text := range files {
		if file == commonFile {
			continue
		}
		m, err := parseKind(text, strings.TrimSuffix(file, ".toml"), c)
		if err != nil {
			report(file, err)
			continue
		}
		// What names a person in one kind does so in a table of another.
		for name, at := range m.byName {
			if how := m.columns[at.column].Protect; how != "" {
				c.protected[name] = stricter(how, c.protected[name])
			}
		}
		s.byName[m.name] = m
		s.names = append(s.names, m.name)
	}
	if s.byName[Generic] == nil && len(errs) == 0 {
		report(Generic+".toml", errors.New("缺少通用表，无法读取没有专门对应表的文件"))
	}
	slices.SortFunc(s.names, func(a, b string) int {
		if (a == Generic) != (b == Generic) {
			if a == Generic {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return s, errors.Join(errs...)
}

func decode(b []byte, v any) error {
	err := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(v)
	var strict *toml.StrictMissingError
	var bad *toml.DecodeError
	switch {
	case errors.As(err, &strict):
		return fmt.Errorf("有不认识的配置项：\n%s", strict.String())
	case errors.As(err, &bad):
		return fmt.Errorf("写法有误：\n%s", bad.String())
	}
	return err
}

func parseKind(text []byte, name string, c *common) (*Mapping, error) {
	var f kindFile
	if err := decode(text, &f); err != nil {
		return nil, err
	}
	var errs []error
	if f.Name != name {
		errs = append(errs, fmt.Errorf("name = %q 应与文件名 %q 一致", f.Name, name))
	}
	if !f.Channel.Valid() {
		errs = append(errs, fmt.Errorf("channel = %q 不是已有的渠道：可用 %v", f.Channel, item.Channels()))
	}
	m := &Mapping{name: f.Name, label: f.Label, channel: f.Channel, columns: f.Columns, urgent: set(f.Urgent), byName: map[string]place{}, common: c}
	words := false
	for i, col := range f.Columns {
		where := fmt.Sprintf("第 %d 个 column（%s）", i+1, col.Field)
		if !slices.Contains(fields, col.Field) {
			errs = append(errs, fmt.Errorf("%s 的 field 不是已有的字段：可用 %v", where, fields))
		}
		if !col.Protect.valid() {
			errs = append(errs, fmt.Errorf("%s 的 protect = %q 不是已有的方式：可用 %s", where, col.Protect, protectNames))
		}
		if (col.Field == Citizen || col.Field == Phone) && col.Protect == "" {
			errs = append(errs, fmt.Errorf("%s 存有个人信息，必须写 protect：可用 %s", where, protectNames))
		}
		if len(col.Names) == 0 {
			errs = append(errs, fmt.Errorf("%s 没有列名：请写 names", where))
		}
		words = words || col.Field == Title || col.Field == Text
		for rank, n := range col.Names {
			key := item.Normalize(n)
			if _, twice := m.byName[key]; twice || key == "" {
				errs = append(errs, fmt.Errorf("%s 的列名 %q 为空或已经写过一次：每个列名只能有一个去处", where, n))
				continue
			}
			m.byName[key] = place{i, rank}
		}
	}
	if !words {
		errs = append(errs, errors.New("没有标题列也没有正文列：请至少写一个 field = \"title\" 或 \"text\""))
	}
	return m, errors.Join(errs...)
}

func set(words []string) map[string]bool {
	out := make(map[string]bool, len(words))
	for _, w := range words {
		out[item.Normalize(w)] = true
	}
	return out
}
