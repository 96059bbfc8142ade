package run

import (
	"context"
	"maps"
	"sync"
	"time"

	"qianliyan/classify"
	"qianliyan/cmd/internal/bench"
	"qianliyan/ingest/bus"
)

// health is what watchHealth knows of the parts. Pages ask it, so that a page
// never waits for an engine only to say that the engine is down.
type health struct {
	mu      sync.Mutex
	broken  map[string]string // part → what is wrong, in the reader's words
	lag     map[string]int64  // stage → records waiting
	checked bool
}

// parts of the node as the reader knows them.
const (
	partBus      = "消息队列"
	partColumnar = "分析库"
	partFulltext = "全文索引"
	partIngest   = "接入"
)

// partOf names the part behind a store's name.
var partOf = map[string]string{"fulltext": partFulltext, "columnar": partColumnar}

// watchHealth asks every part each second.
func (n *Node) watchHealth(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		n.checkHealth(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (n *Node) checkHealth(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	broken, lag := map[string]string{}, map[string]int64{}
	note := func(part string, err error) {
		if err != nil {
			broken[part] = err.Error()
		}
	}
	note(partBus, n.bus.Ping(ctx))
	note(partColumnar, n.columnar.Ping(ctx))
	note(partIngest, n.ingestor.Ready())
	for store, err := range n.indexer.Problems() {
		note(partOf[store], err)
	}
	if behind, err := n.indexer.Lag(ctx); err == nil {
		maps.Copy(lag, behind)
	}
	if waiting, err := n.unclassified(ctx); err == nil {
		lag["classify"] = waiting
	}
	n.health.mu.Lock()
	defer n.health.mu.Unlock()
	n.health.broken, n.health.lag, n.health.checked = broken, lag, true
}

// unclassified is how many records of items.raw classify has not committed.
func (n *Node) unclassified(ctx context.Context) (int64, error) {
	done, total, err := n.classified(ctx)
	return total - done, err
}

// classified sums, over the partitions of items.raw, what classify has
// committed and what there is.
func (n *Node) classified(ctx context.Context) (done, total int64, err error) {
	bounds, err := n.bus.Bounds(ctx, bus.Raw)
	if err != nil {
		return 0, 0, err
	}
	offsets, err := n.bus.GroupOffsets(ctx, classify.Group, bus.Raw)
	if err != nil {
		return 0, 0, err
	}
	for p, b := range bounds {
		total += b.Last
		done += max(offsets[p], 0)
	}
	return done, total, nil
}

// Progress is how far each stage is, counted in records of its topic.
func (n *Node) Progress(ctx context.Context) (bench.Progress, error) {
	var p bench.Progress
	var err error
	if p.Classified, p.Accepted, err = n.classified(ctx); err != nil {
		return p, err
	}
	for store, into := range map[interface {
		Offsets(context.Context) (map[int]int64, error)
	}]*int64{n.fulltext: &p.Fulltext, n.columnar: &p.Columnar} {
		offsets, err := store.Offsets(ctx)
		if err != nil {
			return p, err
		}
		for _, o := range offsets {
			*into += o
		}
	}
	return p, nil
}

// Behind is how many records are not yet in every store: waiting for classify,
// or labelled and waiting for the slowest store.
func (n *Node) Behind(ctx context.Context) (int64, error) {
	waiting, err := n.unclassified(ctx)
	if err != nil {
		return 0, err
	}
	behind, err := n.indexer.Behind(ctx)
	return waiting + behind, err
}

// AwaitIntake waits until intake is open: after Run has begun, the ledger first
// catches up with the bus.
func (n *Node) AwaitIntake(ctx context.Context) error {
	for {
		err := n.ingestor.Ready()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Drain waits until everything accepted before the call is in every store and
// in the ledger. say, which may be nil, is told how many are left.
func (n *Node) Drain(ctx context.Context, say func(left int64)) error {
	if err := n.ingestor.CatchUp(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		left, err := n.Behind(ctx)
		if err == nil && left == 0 {
			return nil
		}
		if err == nil && say != nil {
			say(left)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
