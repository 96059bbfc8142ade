package corpus

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// scene binds the slots of one text, so that its title and body speak of the
// same place and the same numbers.
type scene struct {
	rng   *rand.Rand
	town  town
	bound map[string]string
}

func newScene(rng *rand.Rand, t town, unit string) *scene {
	s := &scene{rng, t, map[string]string{"town": t.Name, "unit": unit}}
	s.bound["road"] = pick(rng, t.Roads)
	s.bound["village"] = pick(rng, t.Villages)
	s.bound["estate"] = s.bound["village"]
	if len(t.Estates) > 0 {
		s.bound["estate"] = pick(rng, t.Estates)
	}
	s.bound["place"] = s.bound["estate"]
	if rng.IntN(2) == 0 {
		s.bound["place"] = s.bound["village"]
	}
	return s
}

var surnames = strings.Split("王李张刘陈杨黄赵周吴徐孙胡朱高林何郭马罗", "")

// fill replaces the slots of pattern; a number slot is drawn anew each time
// unless it was bound before.
func (s *scene) fill(pattern string) string {
	var b strings.Builder
	for {
		before, rest, open := strings.Cut(pattern, "{")
		b.WriteString(before)
		if !open {
			return b.String()
		}
		slot, after, _ := strings.Cut(rest, "}")
		b.WriteString(s.slot(slot))
		pattern = after
	}
}

func (s *scene) slot(name string) string {
	if v, ok := s.bound[name]; ok {
		return v
	}
	switch name {
	case "n":
		return strconv.Itoa(2 + s.rng.IntN(8))
	case "m":
		return strconv.Itoa(11 + s.rng.IntN(80))
	case "days":
		return strconv.Itoa(3 + s.rng.IntN(60))
	case "month":
		return strconv.Itoa(1 + s.rng.IntN(12))
	case "money":
		return strconv.Itoa((1 + s.rng.IntN(90)) * 1000)
	case "clock":
		return fmt.Sprintf("%s%d点", pick(s.rng, []string{"早上", "中午", "下午", "晚上", "凌晨"}), 1+s.rng.IntN(11))
	case "person":
		return pick(s.rng, surnames) + pick(s.rng, []string{"先生", "女士"})
	}
	// A slot nobody fills would stand in every text: the test of the grammar
	// looks for it.
	return "{" + name + "}"
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// weighted picks a kind by its weight; a kind without one weighs 1.
func weighted(rng *rand.Rand, kinds []kind) kind {
	sum := 0
	for _, k := range kinds {
		sum += max(k.Weight, 1)
	}
	n := rng.IntN(sum)
	for _, k := range kinds {
		if n -= max(k.Weight, 1); n < 0 {
			return k
		}
	}
	return kinds[len(kinds)-1]
}

// say draws what a text of the kind is called and says: a title and its own
// body where they stand in pairs, else any two.
func (k kind) say(rng *rand.Rand) (title, body string) {
	i := rng.IntN(len(k.Titles))
	if len(k.Titles) > len(k.Bodies) {
		return k.Titles[i], pick(rng, k.Bodies)
	}
	return k.Titles[i], k.Bodies[i]
}
