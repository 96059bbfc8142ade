package web

import (
	"net/url"
	"slices"
	"strings"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
	"qianliyan/query/filter"
)

// filterOf reads the filter of an address. Its values may be codes or the
// names people know; what is neither is a problem that says what there is, as
// an empty answer would pass for "nothing of the kind happened". Sources and
// units are free words: a new one is no mistake.
func (s *Server) filterOf(q url.Values) (filter.Filter, error) {
	f, err := filter.Parse(q)
	if err != nil {
		return f, err
	}
	for _, l := range f.Lists() {
		for i, v := range *l.Values {
			code, err := s.resolve(l, v)
			if err != nil {
				return f, err
			}
			(*l.Values)[i] = code
		}
		slices.Sort(*l.Values)
		*l.Values = slices.Compact(*l.Values)
	}
	return f, nil
}

// resolve gives the code of one value of a list.
func (s *Server) resolve(l filter.List, v string) (string, error) {
	var allowed []string
	switch l.Name {
	case "channel":
		for _, c := range item.Channels() {
			if v == string(c) || v == c.Label() {
				return string(c), nil
			}
			allowed = append(allowed, c.Label())
		}
	case "urgency":
		if allowed = []string{label.Critical, label.Pressing, label.Routine}; slices.Contains(allowed, v) {
			return v, nil
		}
	case "topic":
		if code, ok := s.deps.Taxonomy.TopicCode(v); ok {
			return code, nil
		}
		for _, t := range s.deps.Taxonomy.Topics() {
			allowed = append(allowed, t.Name)
		}
	case "form":
		if allowed = s.deps.Forms; len(allowed) == 0 || slices.Contains(allowed, v) {
			return v, nil
		}
	case "region":
		return s.region(v)
	default:
		return v, nil
	}
	return "", &item.Problem{Column: l.Label, Value: clip(v), Reason: "不在可选的" + l.Label + "之列", Hint: "请用 " + strings.Join(allowed, "、")}
}

// regionsNamed is how many regions of one name a problem lists.
const regionsNamed = 6

// region finds a region by code, name, alias or the whole path of names. Many
// towns share a name: then the reader must say which.
func (s *Server) region(v string) (string, error) {
	if _, ok := s.deps.Taxonomy.Region(v); ok {
		return v, nil
	}
	var codes []string
	for _, r := range s.deps.Taxonomy.Regions() {
		// The path is built only where its last step fits: it costs more.
		if r.Name == v || slices.Contains(r.Aliases, v) || strings.HasSuffix(v, r.Name) && s.deps.Taxonomy.Path(r.Code) == v {
			codes = append(codes, r.Code)
		}
	}
	p := &item.Problem{Column: "地区", Value: clip(v)}
	switch {
	case len(codes) == 1:
		return codes[0], nil
	case len(codes) == 0:
		p.Reason, p.Hint = "没有这个地区", "请写全名，如“高岭镇”，或行政区划代码"
		return "", p
	}
	var named []string
	for _, c := range codes[:min(len(codes), regionsNamed)] {
		named = append(named, s.deps.Taxonomy.Path(c)+"（"+c+"）")
	}
	p.Reason, p.Hint = "不止一个地区叫这个名字", "请写代码或全称："+strings.Join(named, "、")
	if len(codes) > regionsNamed {
		p.Hint += " 等"
	}
	return "", p
}

// clip shortens what is repeated to the reader.
func clip(v string) string {
	if r := []rune(v); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return v
}
