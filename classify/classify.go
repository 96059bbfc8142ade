package classify

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"qianliyan/classify/doc"
	"qianliyan/classify/label"
	"qianliyan/classify/segment"
	"qianliyan/classify/taxonomy"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/observe"
)

// A Classifier labels one item. The same item, files and Version give the same
// labels. It is called concurrently, keeps nothing between calls, and returns
// promptly when ctx ends. No label is an answer: nothing is sure.
type Classifier interface {
	Name() string // by which its labels are signed
	Version() int // raised when the answers change; stored with each label
	Classify(ctx context.Context, d doc.Doc) ([]label.Label, error)
}

// Deps is what a Pipeline needs of its surroundings.
type Deps struct {
	Bus       *bus.Bus              // nil for Label alone
	Segmenter *segment.Segmenter    // the process's one; nil opens one
	Taxonomy  *taxonomy.Taxonomy    // the process's one; nil opens Config.Rules
	Log       *slog.Logger          // nil drops
	Metrics   prometheus.Registerer // nil hides
}

// Pipeline labels items.
type Pipeline struct {
	cfg         Config
	bus         *bus.Bus
	seg         *segment.Segmenter
	tax         *taxonomy.Taxonomy
	classifiers []Classifier
	log         *slog.Logger
	meter       *observe.Meter
	slots       chan struct{} // one a worker, over all partitions
	last        atomic.Int64  // unix nanoseconds of the latest At
}

// New loads everything labels are made with and reports what is wrong there.
func New(cfg Config, deps Deps) (*Pipeline, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	p := &Pipeline{
		cfg: cfg, bus: deps.Bus, seg: deps.Segmenter, tax: deps.Taxonomy, log: deps.Log,
		meter: observe.New(deps.Metrics, "classify", "pipeline").MayDiscard("buried").MayFail("publish", "bury"), slots: make(chan struct{}, cfg.workers()),
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if p.seg == nil {
		if p.seg, err = segment.Open(segment.Config{Dir: cfg.Dir, UserDict: cfg.UserDict}); err != nil {
			return nil, err
		}
	}
	if p.tax == nil {
		if p.tax, err = taxonomy.Open(cfg.Rules); err != nil {
			return nil, err
		}
	}
	for _, k := range kinds() {
		c, err := k.open(cfg, p.tax)
		if err != nil {
			return nil, fmt.Errorf("cannot open classifier %q: %w", k.name, err)
		}
		p.classifiers = append(p.classifiers, c)
	}
	return p, nil
}

// Segmenter is the one in use, for the full-text index and the query parser to
// share.
func (p *Pipeline) Segmenter() *segment.Segmenter { return p.seg }

// Taxonomy is the one in use.
func (p *Pipeline) Taxonomy() *taxonomy.Taxonomy { return p.tax }

// Label says what all classifiers say of it. A classifier that fails or panics
// makes it an error that names the classifier; nothing is half labelled.
func (p *Pipeline) Label(ctx context.Context, it item.Item) (label.Labeled, error) {
	d := doc.New(it, p.seg)
	out := label.Labeled{Item: it, Words: d.Words}
	for _, c := range p.classifiers {
		labels, err := ask(ctx, c, d)
		if err != nil {
			return label.Labeled{}, fmt.Errorf("cannot classify %s by %s: %w", it.ID, c.Name(), err)
		}
		for i := range labels {
			labels[i].By, labels[i].Version = c.Name(), c.Version()
		}
		out.Labels = append(out.Labels, labels...)
	}
	out.At = p.now()
	return out, nil
}

// ask calls one classifier and turns its panic into an error.
func ask(ctx context.Context, c Classifier, d doc.Doc) (labels []label.Label, err error) {
	defer func() {
		if r := recover(); r != nil {
			labels, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	return c.Classify(ctx, d)
}

// now is the time, but never before an earlier answer: label.Labeled.Version
// orders by it, and a clock set back must not let an older labelling win.
func (p *Pipeline) now() time.Time {
	t := time.Now().UnixNano()
	for {
		last := p.last.Load()
		t = max(t, last)
		if p.last.CompareAndSwap(last, t) {
			return time.Unix(0, t).In(item.Zone)
		}
	}
}

// Why explains a label in Chinese, for the page: the rule's own words, or what
// kind of evidence decided. Empty for a label of an older program.
func (p *Pipeline) Why(l label.Label) string {
	for _, c := range p.classifiers {
		if x, ok := c.(interface{ Why(reason string) string }); ok && c.Name() == l.By {
			return x.Why(l.Reason)
		}
	}
	return ""
}
