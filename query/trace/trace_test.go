package trace

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"qianliyan/classify/label"
	"qianliyan/index/columnar"
	"qianliyan/ingest/item"
	"qianliyan/query/doctor"
)

var id = item.NewID("12345热线", "GD1")

// world says where the one item is.
type world struct {
	ledger, fulltext, columnar bool
	dead                       string // stage of its dead letter
	broken                     error
}

func (w world) places() Places {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, item.Zone)
	row := columnar.Row{Labeled: label.Labeled{
		Item:   item.Item{ID: id, Channel: item.Call, Source: "12345热线", NativeID: "GD1", Title: "路灯不亮", Submitted: at, Received: at.Add(time.Second), Day: "2026-03-01", Revision: 1},
		Labels: []label.Label{{Kind: label.Urgency, Value: label.Routine}}, At: at.Add(2 * time.Second),
	}, Stored: at.Add(3 * time.Second)}
	return Places{
		Ledger: func(item.ID) (Entry, error) {
			if !w.ledger {
				return Entry{}, nil
			}
			return Entry{"12345热线", "2026-03-01", 1}, nil
		},
		Fulltext: func(context.Context, item.ID) (bool, error) { return w.fulltext, w.broken },
		Columnar: func(context.Context, item.ID) (columnar.Row, error) {
			if !w.columnar {
				return columnar.Row{}, columnar.ErrNotFound
			}
			return row, nil
		},
		Dead: func(context.Context) ([]doctor.Dead, error) {
			if w.dead == "" {
				return nil, nil
			}
			return []doctor.Dead{{ID: id, Stage: w.dead, Reason: "太长"}}, nil
		},
	}
}

func TestOf(t *testing.T) {
	for _, c := range []struct {
		name  string
		world world
		want  string // name=state of each step
	}{
		{"everywhere", world{ledger: true, fulltext: true, columnar: true}, "提交=done 接收=done 分类=done 全文索引=done 分析库=done"},
		{"on its way", world{ledger: true}, "接收=done 分类=waiting 全文索引=waiting 分析库=waiting"},
		{"one store behind", world{ledger: true, columnar: true}, "提交=done 接收=done 分类=done 全文索引=waiting 分析库=done"},
		{"not classified", world{ledger: true, dead: "classify"}, "接收=done 分类=failed 全文索引=waiting 分析库=waiting"},
		{"not indexed", world{ledger: true, columnar: true, dead: "index"}, "提交=done 接收=done 分类=done 全文索引=failed 分析库=done"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, err := Of(t.Context(), c.world.places(), id)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range tr.Steps {
				got = append(got, s.Name+"="+string(s.State))
			}
			if g := strings.Join(got, " "); g != c.want {
				t.Errorf("got  %s\nwant %s", g, c.want)
			}
			if tr.Source != "12345热线" || tr.Revision != 1 || tr.Day != "2026-03-01" {
				t.Errorf("%+v", tr)
			}
		})
	}
}

func TestUnknownAndBroken(t *testing.T) {
	if _, err := Of(t.Context(), world{}.places(), id); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown item gave %v", err)
	}
	broken := errors.New("disk on fire")
	if _, err := Of(t.Context(), world{ledger: true, broken: broken}.places(), id); !errors.Is(err, broken) {
		t.Errorf("a broken index gave %v", err)
	}
}
