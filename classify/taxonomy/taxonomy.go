// Package taxonomy holds what labels point to: topics and regions, with their
// codes and names. It is data: the shipped files in data/, overlaid by files
// of the same name in the administrator's folder.
//
//	topics.toml    replaces the shipped topics
//	regions.toml   adds regions, or replaces those with the same code; with
//	               shipped = false the shipped gazetteer is left out
//
// The shipped regions are the 44,703 divisions of mainland China of 2023, from
// provinces down to streets and towns. A shipped code contains its parent's:
// 2, 4, 6 or 9 digits. Codes of a regions.toml are free and name their parent.
//
// A code, once written in labels, must keep its meaning; names may change.
// Version is a hash of everything loaded.
package taxonomy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"qianliyan/classify/label"
)

// Topic is one subject a text can have.
type Topic struct {
	Code     string   `toml:"code"`
	Name     string   `toml:"name"`
	Aliases  []string `toml:"aliases"`  // other systems' names of it
	Keywords []string `toml:"keywords"` // its range in a few words, for people
}

// Region is one place.
type Region struct {
	Code    string   `toml:"code"`
	Name    string   `toml:"name"`
	Aliases []string `toml:"aliases"` // further names it is called by
	Parent  string   `toml:"parent"`  // code; empty at the top
}

// Taxonomy is a loaded, checked set of topics and regions. It never changes
// and may be shared.
type Taxonomy struct {
	topics  []Topic
	regions []Region
	byCode  map[string]int // index into regions
	version string
}

// Open loads the shipped taxonomy, overlaid by the files in dir; an empty dir
// means shipped only. All problems of all files are reported together, in
// Chinese.
func Open(dir string) (*Taxonomy, error) {
	h := sha256.New()
	read := func(name string) ([]byte, error) {
		if dir == "" {
			return nil, nil
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		return b, err
	}
	own, err := read("topics.toml")
	if err != nil {
		return nil, fmt.Errorf("cannot read topics: %w", err)
	}
	if own == nil {
		own = shippedTopics
	}
	regions, err := read("regions.toml")
	if err != nil {
		return nil, fmt.Errorf("cannot read regions: %w", err)
	}
	topics, err1 := parseTopics(own)
	t := &Taxonomy{topics: topics, byCode: map[string]int{}}
	err2 := t.loadRegions(regions)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	h.Write(own)
	h.Write(regions)
	h.Write(shippedRegions)
	t.version = hex.EncodeToString(h.Sum(nil))[:12]
	return t, nil
}

// Version names everything loaded; it differs when any byte of it does.
func (t *Taxonomy) Version() string { return t.version }

// Topics lists all topics in the order of the file.
func (t *Taxonomy) Topics() []Topic { return slices.Clone(t.topics) }

// TopicCode finds a topic by code, name or alias.
func (t *Taxonomy) TopicCode(name string) (string, bool) {
	for _, x := range t.topics {
		if x.Code == name || x.Name == name || slices.Contains(x.Aliases, name) {
			return x.Code, true
		}
	}
	return "", false
}

// Regions lists all regions, parents before children. The caller must not
// change it.
func (t *Taxonomy) Regions() []Region { return t.regions }

// Region finds a region by code.
func (t *Taxonomy) Region(code string) (Region, bool) {
	i, ok := t.byCode[code]
	if !ok {
		return Region{}, false
	}
	return t.regions[i], true
}

// Name is what a label's value is called on screen. A value that is its own
// name (urgency, form) or that no file knows is returned as it is.
func (t *Taxonomy) Name(kind label.Kind, code string) string {
	switch kind {
	case label.Topic:
		for _, x := range t.topics {
			if x.Code == code {
				return x.Name
			}
		}
	case label.Region:
		if r, ok := t.Region(code); ok {
			return r.Name
		}
	}
	return code
}

// Path is a region's name with those of its parents, widest first, without
// steps that only exist in the statistics (市辖区).
func (t *Taxonomy) Path(code string) string {
	var names []string
	for r, ok := t.Region(code); ok; r, ok = t.Region(r.Parent) {
		if !Administrative(r.Name) {
			names = append(names, r.Name)
		}
	}
	slices.Reverse(names)
	return strings.Join(names, "")
}

// Within reports whether region code is outer or lies in it.
func (t *Taxonomy) Within(code, outer string) bool {
	for r, ok := t.Region(code); ok; r, ok = t.Region(r.Parent) {
		if r.Code == outer {
			return true
		}
	}
	return false
}

// Administrative reports whether name is a step of the statistics and no name
// a person would use for a place.
func Administrative(name string) bool {
	switch name {
	case "市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划":
		return true
	}
	return false
}
