package push

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

// extraPrefix marks cells that come from the object "extra": they are kept
// under their own names and never feed a field of the item.
const extraPrefix = "extra."

// maxDepth is how deep objects are flattened; what lies deeper stays JSON.
const maxDepth = 8

// decode makes an item of one object of a source.
func (h *Handler) decode(src source, raw []byte) (item.Item, *item.Problem) {
	f := flattener{broken: bytes.ContainsRune(raw, utf8.RuneError) || bytes.Contains(bytes.ToLower(raw), []byte(`\ufffd`))}
	if raw[0] != '{' {
		return item.Item{}, &item.Problem{Reason: "不是 JSON 对象", Hint: `应是 {"native_id": …, "title": …, "text": …}`}
	}
	canonical := src.Mapping == ""
	f.object("", raw, 1, canonical)
	if f.problem != nil {
		return item.Item{}, f.problem
	}
	for _, own := range []struct{ name, want string }{{"source", src.Name}, {"channel", string(src.Channel)}} {
		if v := f.takeOwn(canonical, own.name); v != "" && v != own.want {
			return item.Item{}, &item.Problem{Column: own.name, Value: short(v), Reason: "与令牌的来源不符，应为“" + own.want + "”", Hint: "请换用该来源自己的令牌，或去掉这个字段"}
		}
	}
	if canonical {
		f.preferNativeID()
	}
	it, p := src.mapping.Map(f.cells, mapping.Options{
		Channel: src.Channel, Source: src.Name, Key: h.deps.Key, Reading: mapping.Reading{Unix: true}, Numbers: f.numbers,
	})
	if p != nil {
		return item.Item{}, p
	}
	for i := range it.Extra {
		it.Extra[i].Name = strings.TrimPrefix(it.Extra[i].Name, extraPrefix)
	}
	for _, p := range f.places {
		if p = strings.TrimSpace(p); p != "" {
			it.Places = append(it.Places, p)
		}
	}
	it.Urgent = it.Urgent || f.urgent
	return it, nil
}

// flattener turns an object into named cells: a member of a member is named
// a.b, a list stays JSON text, null is left out.
type flattener struct {
	cells   []item.Field
	numbers []bool
	places  []string
	urgent  bool
	broken  bool // a replacement character stands in the source itself
	problem *item.Problem
}

// object adds the members of raw, which is valid JSON. own gives the names of
// an item their meaning where a cell cannot carry it.
func (f *flattener) object(prefix string, raw []byte, depth int, own bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return
	}
	for d.More() && f.problem == nil {
		name, err := d.Token()
		if err != nil {
			return
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return
		}
		if key := name.(string); !own || !f.own(key, value) {
			f.member(prefix+key, value, depth)
		}
	}
}

// own takes members of an item that are lists or switches, and reports whether
// it did.
func (f *flattener) own(name string, value json.RawMessage) bool {
	switch name {
	case "places":
		if json.Unmarshal(value, &f.places) == nil {
			return true
		}
		var one string
		if json.Unmarshal(value, &one) == nil && strings.TrimSpace(one) != "" {
			f.places = []string{one}
			return true
		}
	case "urgent":
		return json.Unmarshal(value, &f.urgent) == nil
	case "citizen":
		f.member("name", value, 1)
		return true
	case "extra":
		var list []item.Field
		if value[0] == '[' && json.Unmarshal(value, &list) == nil {
			for _, x := range list {
				f.add(extraPrefix+x.Name, x.Value, false)
			}
			return true
		}
	}
	return false
}

func (f *flattener) member(name string, value json.RawMessage, depth int) {
	switch value[0] {
	case 'n':
	case '{':
		if depth < maxDepth {
			f.object(name+".", value, depth+1, false)
			return
		}
		f.add(name, string(value), false)
	case '"':
		var s string
		if json.Unmarshal(value, &s) == nil {
			f.add(name, s, false)
		}
	default:
		f.add(name, string(value), value[0] != '[' && value[0] != 't' && value[0] != 'f')
	}
}

func (f *flattener) add(name, value string, number bool) {
	// encoding/json puts a replacement character for half a surrogate pair.
	if !f.broken && (strings.ContainsRune(value, utf8.RuneError) || strings.ContainsRune(name, utf8.RuneError)) {
		f.problem = &item.Problem{Column: name, Reason: "里有不成对的 \\u 转义，不是完整的字", Hint: "请检查来源系统的编码"}
	}
	f.cells = append(f.cells, item.Field{Name: name, Value: value})
	f.numbers = append(f.numbers, number)
}

// takeOwn removes and gives the value of a member that says whose item it is.
func (f *flattener) takeOwn(canonical bool, name string) string {
	if !canonical {
		return ""
	}
	for i, c := range f.cells {
		if c.Name == name {
			f.cells = append(f.cells[:i:i], f.cells[i+1:]...)
			f.numbers = append(f.numbers[:i:i], f.numbers[i+1:]...)
			return c.Value
		}
	}
	return ""
}

// preferNativeID keeps a member "id" from taking the place of "native_id".
func (f *flattener) preferNativeID() {
	for _, c := range f.cells {
		if c.Name == "native_id" && strings.TrimSpace(c.Value) != "" {
			for i := range f.cells {
				if f.cells[i].Name == "id" {
					f.cells[i].Name = extraPrefix + "id"
				}
			}
		}
	}
}
