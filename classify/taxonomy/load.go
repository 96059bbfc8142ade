package taxonomy

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

//go:embed data/topics.toml
var shippedTopics []byte

//go:embed data/divisions.tsv.gz
var shippedRegions []byte

// parseTopics reads topics.toml and reports all its problems.
func parseTopics(b []byte) ([]Topic, error) {
	var file struct {
		Topics []Topic `toml:"topics"`
	}
	if err := strict(b, &file); err != nil {
		return nil, fmt.Errorf("topics.toml：%w", err)
	}
	var errs []error
	problem := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("topics.toml："+format, args...))
	}
	if len(file.Topics) == 0 {
		problem("没有任何主题，请至少写一个 [[topics]]")
	}
	names := map[string]string{}
	codes := map[string]bool{}
	for i, x := range file.Topics {
		if x.Code == "" || x.Name == "" {
			problem("第 %d 个主题缺少 code 或 name", i+1)
		}
		if x.Code != "" && codes[x.Code] {
			problem("code %q 用了两次，每个主题要有自己的 code", x.Code)
		}
		codes[x.Code] = true
		for _, name := range append([]string{x.Name}, x.Aliases...) {
			if other, taken := names[name]; taken && other != x.Code {
				problem("名称 %q 同时属于 %q 和 %q，请只留一处", name, other, x.Code)
			}
			names[name] = x.Code
		}
	}
	return file.Topics, errors.Join(errs...)
}

// loadRegions fills t with the shipped gazetteer and the regions of own.
func (t *Taxonomy) loadRegions(own []byte) error {
	file := struct {
		Shipped *bool    `toml:"shipped"`
		Regions []Region `toml:"regions"`
	}{}
	if err := strict(own, &file); err != nil {
		return fmt.Errorf("regions.toml：%w", err)
	}
	if file.Shipped == nil || *file.Shipped {
		if err := t.loadGazetteer(); err != nil {
			return fmt.Errorf("cannot read shipped regions: %w", err)
		}
	}
	var errs []error
	mine := map[string]bool{}
	for i, r := range file.Regions {
		switch {
		case r.Code == "" || r.Name == "":
			errs = append(errs, fmt.Errorf("regions.toml：第 %d 个地区缺少 code 或 name", i+1))
			continue
		case mine[r.Code]:
			errs = append(errs, fmt.Errorf("regions.toml：code %q 用了两次", r.Code))
			continue
		}
		mine[r.Code] = true
		t.put(r)
	}
	for _, r := range file.Regions {
		errs = append(errs, t.checkParents(r))
	}
	return errors.Join(errs...)
}

// checkParents reports a parent that does not exist, and a ring of parents.
func (t *Taxonomy) checkParents(r Region) error {
	seen := map[string]bool{r.Code: true}
	for at := r; at.Parent != ""; {
		up, ok := t.Region(at.Parent)
		if !ok {
			return fmt.Errorf("regions.toml：%q（%s）的上级 %q 不存在，请先写上级或留空", at.Code, at.Name, at.Parent)
		}
		if seen[up.Code] {
			return fmt.Errorf("regions.toml：%q（%s）的上级绕回了自己", r.Code, r.Name)
		}
		seen[up.Code] = true
		at = up
	}
	return nil
}

func (t *Taxonomy) put(r Region) {
	if i, ok := t.byCode[r.Code]; ok {
		t.regions[i] = r
		return
	}
	t.byCode[r.Code] = len(t.regions)
	t.regions = append(t.regions, r)
}

// loadGazetteer reads the shipped divisions; their order puts parents first.
func (t *Taxonomy) loadGazetteer() error {
	z, err := gzip.NewReader(bytes.NewReader(shippedRegions))
	if err != nil {
		return err
	}
	t.regions = make([]Region, 0, 45_000)
	sc := bufio.NewScanner(z)
	for sc.Scan() {
		code, name, ok := strings.Cut(sc.Text(), "\t")
		if !ok {
			return fmt.Errorf("line %q has no name", sc.Text())
		}
		t.put(Region{Code: code, Name: name, Parent: parentOf(code)})
	}
	return sc.Err()
}

// parentOf is a shipped code less its last level.
func parentOf(code string) string {
	switch len(code) {
	case 9:
		return code[:6]
	case 6:
		return code[:4]
	case 4:
		return code[:2]
	}
	return ""
}

// strict reads TOML and refuses unknown keys, with the line at fault.
func strict(b []byte, v any) error {
	d := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields()
	err := d.Decode(v)
	if unknown, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		return errors.New("有不认识的项：\n" + unknown.String())
	}
	if syntax, ok := errors.AsType[*toml.DecodeError](err); ok {
		return errors.New("写法有误：\n" + syntax.String())
	}
	return err
}
