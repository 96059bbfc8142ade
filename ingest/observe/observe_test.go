package observe_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"qianliyan/ingest/observe"
)

func TestMeter(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	m := observe.New(reg, "ingest", "push").MayDiscard("known", "invalid").MayFail("broker", "disk")
	other := observe.New(reg, "index", "columnar") // on the same registry
	m.Received(5)
	m.Sent(3)
	m.Discarded("known", 2)
	m.Error("broker")
	m.Error("broker")
	other.Received(1)
	const want = `
# HELP qianliyan_received_total Records taken in.
# TYPE qianliyan_received_total counter
qianliyan_received_total{name="columnar",reason="",stage="index"} 1
qianliyan_received_total{name="push",reason="",stage="ingest"} 5
# HELP qianliyan_sent_total Records handed on durably.
# TYPE qianliyan_sent_total counter
qianliyan_sent_total{name="columnar",reason="",stage="index"} 0
qianliyan_sent_total{name="push",reason="",stage="ingest"} 3
# HELP qianliyan_discarded_total Records deliberately not handed on, by reason.
# TYPE qianliyan_discarded_total counter
qianliyan_discarded_total{name="push",reason="invalid",stage="ingest"} 0
qianliyan_discarded_total{name="push",reason="known",stage="ingest"} 2
# HELP qianliyan_errors_total Attempts that failed, by reason.
# TYPE qianliyan_errors_total counter
qianliyan_errors_total{name="push",reason="broker",stage="ingest"} 2
qianliyan_errors_total{name="push",reason="disk",stage="ingest"} 0
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

func TestNobodyWatches(t *testing.T) {
	m := observe.New(nil, "ingest", "push")
	m.Received(1)
	m.Error("x")
	var none *observe.Meter
	none.Received(1)
	none.Sent(1)
	none.Discarded("x", 1)
	none.Error("x")
	none.MayDiscard("x").MayFail("x").Sent(1)
	new(observe.Meter).Received(1)
}

func TestRegisterTwice(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	gauge := func() *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "g", Help: "h"}, []string{"l"})
	}
	first := observe.Register(reg, gauge())
	if second := observe.Register(reg, gauge()); second != first {
		t.Error("the second registration is another collector")
	}
	defer func() {
		if recover() == nil {
			t.Error("a contradicting collector is taken")
		}
	}()
	observe.Register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "g", Help: "other"}, []string{"l"}))
}
