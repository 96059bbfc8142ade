package corpus

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

//go:embed data/county.toml data/grammar.toml
var data embed.FS

// town is one town of the county with its places.
type town struct {
	Code     string   `toml:"code"`
	Name     string   `toml:"name"`
	Roads    []string `toml:"roads"`
	Estates  []string `toml:"estates"`
	Villages []string `toml:"villages"`
}

// county is the made-up place everything happens in.
type county struct {
	Name        string              `toml:"name"`
	Code        string              `toml:"code"`
	Towns       []town              `toml:"towns"`
	Departments map[string][]string `toml:"departments"` // by topic
	Media       struct {
		Outlets []string `toml:"outlets"`
	} `toml:"media"`
}

// units are all who report: departments in the order of their topics, towns.
func (c county) units() []string {
	var out []string
	for _, t := range slices.Sorted(maps.Keys(c.Departments)) {
		out = append(out, c.Departments[t]...)
	}
	for _, t := range c.Towns {
		out = append(out, t.Name)
	}
	return out
}

// kind is one sort of text: what it may be called and say.
type kind struct {
	Topic  string   `toml:"topic"`
	Form   string   `toml:"form"`
	Weight int      `toml:"weight"`
	Size   int      `toml:"size"` // of a matter: how many speak of it
	Titles []string `toml:"titles"`
	Bodies []string `toml:"bodies"`
}

// emergency is one sort of emergency and what is heard of it on each channel.
type emergency struct {
	Topic  string   `toml:"topic"`
	Title  string   `toml:"title"`
	Report string   `toml:"report"`
	Heard  []string `toml:"heard"` // titles of the calls
	Units  []string `toml:"units"` // to whom the calls go
	Calls  []string `toml:"calls"`
	Press  string   `toml:"press"`
}

// grammar is all there is to say.
type grammar struct {
	Openings    []string    `toml:"openings"`
	Histories   []string    `toml:"histories"`
	Closings    []string    `toml:"closings"`
	Grievances  []kind      `toml:"grievances"`
	Reports     []kind      `toml:"reports"`
	Emergencies []emergency `toml:"emergencies"`
	Matters     []kind      `toml:"matters"`
}

func load() (c county, g grammar, err error) {
	for name, into := range map[string]any{"data/county.toml": &c, "data/grammar.toml": &g} {
		b, err := data.ReadFile(name)
		if err != nil {
			return c, g, err
		}
		if err := toml.Unmarshal(b, into); err != nil {
			return c, g, fmt.Errorf("cannot read %s: %w", name, err)
		}
	}
	return c, g, nil
}

// Home is the administrative code of the demonstration's county.
const Home = "990100"

// Regions is the county's region file for classify: the county, its towns and
// their places, each place an alias of its town.
func Regions() ([]byte, error) {
	c, _, err := load()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("# Regions of the demonstration's made-up county. Generated.\n")
	region := func(code, name, parent string, aliases []string) {
		fmt.Fprintf(&b, "\n[[regions]]\ncode = %q\nname = %q\nparent = %q\naliases = [", code, name, parent)
		for i, a := range aliases {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%q", a)
		}
		b.WriteString("]\n")
	}
	region(c.Code, c.Name, "", nil)
	for _, t := range c.Towns {
		region(t.Code, t.Name, c.Code, slices.Concat(t.Roads, t.Estates, t.Villages))
	}
	return []byte(b.String()), nil
}
