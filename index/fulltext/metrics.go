package fulltext

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the index's own. A nil *metrics counts nothing.
type metrics struct {
	reg    prometheus.Registerer
	all    []prometheus.Collector
	items  prometheus.Counter
	flush  prometheus.Histogram
	search prometheus.Histogram
}

func newMetrics(x *Index) (*metrics, error) {
	reg := x.deps.Metrics
	if reg == nil {
		return nil, nil
	}
	m := &metrics{
		reg: reg,
		items: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "qianliyan_fulltext_items_total", Help: "Items written to the full-text index, replays included.",
		}),
		flush: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "qianliyan_fulltext_write_seconds", Help: "Time from a batch handed in to its offsets on disk.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 12),
		}),
		search: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "qianliyan_fulltext_search_seconds", Help: "Time of one search over all shards.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
	}
	shards := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "qianliyan_fulltext_shards", Help: "Monthly shards that are open.",
	}, func() float64 {
		x.mu.RLock()
		defer x.mu.RUnlock()
		return float64(len(x.shards))
	})
	var errs []error
	for _, c := range []prometheus.Collector{m.items, m.flush, m.search, shards} {
		if err := reg.Register(c); err != nil {
			errs = append(errs, err)
			continue
		}
		m.all = append(m.all, c)
	}
	if err := errors.Join(errs...); err != nil {
		m.unregister()
		return nil, err
	}
	return m, nil
}

func (m *metrics) unregister() {
	if m == nil {
		return
	}
	for _, c := range m.all {
		m.reg.Unregister(c)
	}
}

func (m *metrics) wrote(n int, d time.Duration) {
	if m == nil {
		return
	}
	m.items.Add(float64(n))
	m.flush.Observe(d.Seconds())
}

func (m *metrics) searched(d time.Duration) {
	if m != nil {
		m.search.Observe(d.Seconds())
	}
}
