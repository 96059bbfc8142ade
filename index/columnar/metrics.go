package columnar

import "github.com/prometheus/client_golang/prometheus"

// metrics of the store.
type metrics struct {
	rows prometheus.Counter
	took prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		rows: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "qianliyan_columnar_rows_total", Help: "Rows written to the columnar store, repeats included.",
		}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "qianliyan_columnar_write_seconds", Help: "Time of one batch, offsets included.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
		}),
	}
	if reg != nil {
		reg.MustRegister(m.rows, m.took)
	}
	return m
}
