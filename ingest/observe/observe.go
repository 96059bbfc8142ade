// Package observe holds the four counters that every stage keeps, so that one
// dashboard and one test fit all of them:
//
//	qianliyan_received_total{stage,name,reason}   records taken in
//	qianliyan_sent_total{stage,name,reason}       records handed on, durably
//	qianliyan_discarded_total{stage,name,reason}  records deliberately not handed on
//	qianliyan_errors_total{stage,name,reason}     attempts that failed
//
// stage is one of ingest, bus, classify, index, query; name is the component within
// it (a source, a classifier, a store, a topic); reason is empty for received
// and sent, and one word from a short fixed list for the others: it is a label,
// so never a message, an id or anything a sender chose.
//
// At rest received = sent + discarded + what is in flight. An error is not a
// loss: what failed is tried again or discarded, and counted there.
//
// Registering twice is harmless: a second component that asks the same registry
// for the same metric gets the first one's. There is no package-level registry.
package observe

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Meter counts for one component. All methods may be called concurrently. The
// zero value and a nil *Meter count nothing.
type Meter struct {
	stage, name                       string
	received, sent, discarded, failed *prometheus.CounterVec
}

// New is the meter of one component of one stage, on reg. A nil reg counts
// without showing it to anybody, for tests.
func New(reg prometheus.Registerer, stage, name string) *Meter {
	vec := func(what, help string) *prometheus.CounterVec {
		return Register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "qianliyan_" + what + "_total", Help: help,
		}, []string{"stage", "name", "reason"}))
	}
	m := &Meter{
		stage: stage, name: name,
		received:  vec("received", "Records taken in."),
		sent:      vec("sent", "Records handed on durably."),
		discarded: vec("discarded", "Records deliberately not handed on, by reason."),
		failed:    vec("errors", "Attempts that failed, by reason."),
	}
	// Both show from the start: a series that appears with its first event cannot
	// be alerted on, as its rate is unknown at that moment.
	m.Received(0)
	m.Sent(0)
	return m
}

// MayDiscard shows the reasons for which the component may discard from the
// start, at 0, for the same cause. It returns m.
func (m *Meter) MayDiscard(reasons ...string) *Meter {
	for _, r := range reasons {
		m.Discarded(r, 0)
	}
	return m
}

// MayFail does the same for the reasons of errors.
func (m *Meter) MayFail(reasons ...string) *Meter {
	for _, r := range reasons {
		if m != nil {
			m.add(m.failed, r, 0)
		}
	}
	return m
}

// Received counts n records taken in.
func (m *Meter) Received(n int) {
	if m != nil {
		m.add(m.received, "", n)
	}
}

// Sent counts n records that the next stage can no longer lose.
func (m *Meter) Sent(n int) {
	if m != nil {
		m.add(m.sent, "", n)
	}
}

// Discarded counts n records not handed on.
func (m *Meter) Discarded(reason string, n int) {
	if m != nil {
		m.add(m.discarded, reason, n)
	}
}

// Error counts one failed attempt.
func (m *Meter) Error(reason string) {
	if m != nil {
		m.add(m.failed, reason, 1)
	}
}

func (m *Meter) add(v *prometheus.CounterVec, reason string, n int) {
	if v != nil {
		v.WithLabelValues(m.stage, m.name, reason).Add(float64(n))
	}
}

// Register registers c and returns it, or returns the equal collector that is
// registered already. A nil reg registers nowhere. It panics on a collector
// that contradicts a registered one: that is a mistake in the program.
func Register[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	if reg == nil {
		return c
	}
	err := reg.Register(c)
	var dup prometheus.AlreadyRegisteredError
	switch {
	case err == nil:
		return c
	case errors.As(err, &dup):
		if old, ok := dup.ExistingCollector.(C); ok {
			return old
		}
	}
	panic(err)
}
