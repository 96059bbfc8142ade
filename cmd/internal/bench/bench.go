// Package bench measures the pipeline as it runs in the product: the real
// broker, classifiers and stores in this process, on a fresh folder.
//
// It measures two things, one after the other on the same node:
//
//   - Throughput: N items are accepted as fast as intake takes them. A stage's
//     rate is N over the time from the first item until that stage had the
//     last; the pipeline's is that of the slowest store.
//   - Freshness: items are pushed one by one at a steady rate, and each is
//     looked up until the full-text index has it. The time from before the
//     push until the item was first seen is what is reported; the look-up runs
//     every few milliseconds, oldest item first, so it can only overstate.
//
// Peak memory is the process's own high-water mark (VmHWM).
package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"qianliyan/ingest/item"
)

// Pipeline is what is measured: a running node.
type Pipeline interface {
	Accept(ctx context.Context, items []item.Item) ([]item.Outcome, error)
	Has(ctx context.Context, id item.ID) (bool, error)
	Progress(ctx context.Context) (Progress, error)
}

// Progress is how many of the accepted items each stage is done with, counted
// since the node began.
type Progress struct {
	Accepted, Classified, Fulltext, Columnar int64
}

// Options of a run.
type Options struct {
	Rate   int           // items a second of the freshness part
	Steady time.Duration // its length; 0 leaves it out
	Say    func(string)  // told what goes on; may be nil
}

// Stage is one stage's part in the throughput.
type Stage struct {
	Seconds        float64 `json:"seconds"` // from the first item until this stage had the last
	ItemsPerSecond float64 `json:"items_per_second"`
}

// Result is what was measured.
type Result struct {
	Items          int              `json:"items"`
	ItemsPerSecond float64          `json:"items_per_second"`
	P50SearchMS    float64          `json:"p50_searchable_ms"`
	P99SearchMS    float64          `json:"p99_searchable_ms"`
	PeakRSSMB      float64          `json:"peak_rss_mb"`
	Stages         map[string]Stage `json:"stages"`
}

// Run measures p with items, which must be new to it. The last Rate × Steady
// items are kept for the freshness part.
func Run(ctx context.Context, p Pipeline, items []item.Item, o Options) (Result, error) {
	if o.Say == nil {
		o.Say = func(string) {}
	}
	keep := min(o.Rate*int(o.Steady/time.Second), len(items)/2)
	mass, steady := items[:len(items)-keep], items[len(items)-keep:]
	r := Result{Items: len(mass)}
	var err error
	if r.Stages, err = throughput(ctx, p, mass, o.Say); err != nil {
		return r, err
	}
	slowest := 0.0
	for _, s := range r.Stages {
		slowest = max(slowest, s.Seconds)
	}
	r.ItemsPerSecond = float64(len(mass)) / slowest
	if keep > 0 {
		o.Say(fmt.Sprintf("每秒 %d 条，%v", o.Rate, o.Steady))
		times, err := freshness(ctx, p, steady, o.Rate)
		if err != nil {
			return r, err
		}
		r.P50SearchMS, r.P99SearchMS = percentile(times, 0.50), percentile(times, 0.99)
	}
	r.PeakRSSMB, err = peakMemory()
	return r, err
}

func throughput(ctx context.Context, p Pipeline, items []item.Item, say func(string)) (map[string]Stage, error) {
	before, err := p.Progress(ctx)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	done := map[string]float64{}
	n := int64(len(items))
	watch := make(chan error, 1)
	go func() {
		watch <- func() error {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for said := start; len(done) < 4; {
				now, err := p.Progress(ctx)
				if err != nil {
					return err
				}
				for name, x := range map[string]int64{
					"ingest": now.Accepted - before.Accepted, "classify": now.Classified - before.Classified,
					"fulltext": now.Fulltext - before.Fulltext, "columnar": now.Columnar - before.Columnar,
				} {
					if _, ok := done[name]; !ok && x >= n {
						done[name] = time.Since(start).Seconds()
					}
				}
				if time.Since(said) > 5*time.Second {
					said = time.Now()
					say(fmt.Sprintf("收下 %d，分类 %d，全文 %d，列式 %d", now.Accepted-before.Accepted, now.Classified-before.Classified, now.Fulltext-before.Fulltext, now.Columnar-before.Columnar))
				}
				select {
				case <-tick.C:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		}()
	}()
	for batch := range slices.Chunk(items, 500) {
		g.Go(func() error { return accept(ctx, p, batch) })
	}
	// The group's context ends when it is waited for, so the watcher goes first
	// unless a batch failed.
	if err := errorOf(g, watch); err != nil {
		return nil, err
	}
	out := map[string]Stage{}
	for name, seconds := range done {
		out[name] = Stage{seconds, float64(n) / seconds}
	}
	return out, nil
}

// errorOf waits for the watcher, which ends early when a batch has failed.
func errorOf(g *errgroup.Group, watch <-chan error) error {
	watched := <-watch
	if err := g.Wait(); err != nil {
		return err
	}
	return watched
}

func accept(ctx context.Context, p Pipeline, batch []item.Item) error {
	out, err := p.Accept(ctx, batch)
	if err != nil {
		return err
	}
	for i, o := range out {
		if o.Status != item.Accepted {
			return fmt.Errorf("item %d of the batch is %s: %w", i, o.Status, o.Problem)
		}
	}
	return nil
}

// freshness pushes one item at a time and returns the milliseconds each took
// to be found.
func freshness(ctx context.Context, p Pipeline, items []item.Item, rate int) ([]float64, error) {
	type pushed struct {
		id item.ID
		at time.Time
	}
	queue := make(chan pushed, len(items))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(queue)
		each, ctx := errgroup.WithContext(ctx)
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for _, it := range items {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return each.Wait()
			}
			at := time.Now()
			each.Go(func() error {
				out, err := p.Accept(ctx, []item.Item{it})
				if err == nil {
					queue <- pushed{out[0].ID, at}
				}
				return err
			})
		}
		return each.Wait()
	})
	var times []float64
	g.Go(func() error {
		for x := range queue {
			for {
				ok, err := p.Has(ctx, x.id)
				if err != nil {
					return err
				}
				if ok {
					break
				}
				select {
				case <-time.After(3 * time.Millisecond):
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			times = append(times, float64(time.Since(x.at).Microseconds())/1000)
		}
		return nil
	})
	err := g.Wait()
	return times, err
}

func percentile(times []float64, q float64) float64 {
	if len(times) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(times))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

// peakMemory is the most memory the process has had resident, in MB.
func peakMemory() (float64, error) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("cannot find VmHWM in the process's status")
}
