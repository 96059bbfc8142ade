package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/semaphore"

	"qianliyan/ingest/observe"
)

// Deps is what a Bus needs of its surroundings.
type Deps struct {
	// Dial opens connections; nil dials TCP. The broker in the process brings
	// its own, and with it topics keep their records until their owner drops
	// them: that broker's own clean-up would empty partitions, and an empty one
	// counts from 0 again after a restart.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Log gets what a person should know; nil drops it.
	Log *slog.Logger
	// Metrics gets the counters, the lag and the age; nil keeps them hidden.
	Metrics prometheus.Registerer
}

// Bus is one process's access to the broker. All methods may be called
// concurrently.
type Bus struct {
	cfg       Config
	log       *slog.Logger
	reg       prometheus.Registerer
	dialer    *kafka.Dialer
	transport *kafka.Transport
	client    *kafka.Client
	fetcher   *kafka.Client // without a timeout of its own: a fetch waits
	small     *kafka.Writer // records that fit a shared batch
	large     *kafka.Writer // one record a batch
	room      *semaphore.Weighted
	sent      map[string]*observe.Meter // by topic
	lag       *prometheus.GaugeVec
	age       *prometheus.HistogramVec
}

const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 10 * time.Second
	closeTimeout   = 10 * time.Second
)

// Open checks cfg and prepares the bus. It does not wait for the broker: Ping
// and EnsureTopics do.
func Open(cfg Config, deps Deps) (*Bus, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if len(cfg.Brokers) == 0 && deps.Dial == nil {
		return nil, errors.New("brokers：没有填写 Kafka 地址，进程内的消息服务也没有启动")
	}
	cfg = cfg.withDefaults()
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	dial := deps.Dial
	if dial != nil {
		cfg.Retention = Forever
	} else {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	b := &Bus{
		cfg: cfg, log: deps.Log.With("stage", "bus"), reg: deps.Metrics,
		dialer:    &kafka.Dialer{DialFunc: dial, Timeout: dialTimeout, ClientID: "qianliyan"},
		transport: &kafka.Transport{Dial: dial, DialTimeout: dialTimeout, ClientID: "qianliyan", MetadataTTL: 4 * time.Second},
		room:      semaphore.NewWeighted(int64(cfg.MaxPending)),
		sent:      map[string]*observe.Meter{},
		lag: observe.Register(deps.Metrics, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "qianliyan_lag_records", Help: "Records of a partition that a consumer has not done yet.",
		}, []string{"topic", "partition", "consumer"})),
		age: observe.Register(deps.Metrics, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "qianliyan_age_seconds", Help: "Time from publishing a record to a consumer being done with it.",
			Buckets: []float64{.01, .025, .05, .1, .2, .3, .5, 1, 2, 5, 15, 60, 300, 3600, 86400},
		}, []string{"consumer"})),
	}
	for _, t := range Topics() {
		b.sent[t] = b.newMeter(t)
	}
	addr := kafka.TCP(cfg.Brokers...)
	b.client = &kafka.Client{Addr: addr, Transport: b.transport, Timeout: requestTimeout}
	b.fetcher = &kafka.Client{Addr: addr, Transport: b.transport}
	b.small = b.writer(addr, 1000, smallBatch)
	b.large = b.writer(addr, 1, int64(cfg.MaxRecord)+overhead)
	return b, nil
}

// writer is the only place a kafka.Writer is made: its zero values lose
// records (no acknowledgement asked for) and wait a second for each batch.
func (b *Bus) writer(addr net.Addr, records int, bytes int64) *kafka.Writer {
	return &kafka.Writer{
		Addr: addr, Transport: b.transport, Balancer: kafka.Murmur2Balancer{},
		RequiredAcks: kafka.RequireAll, Compression: kafka.Zstd,
		BatchSize: records, BatchBytes: bytes, BatchTimeout: b.cfg.BatchTimeout.D(),
		MaxAttempts: 3, WriteBackoffMin: 50 * time.Millisecond, WriteBackoffMax: 500 * time.Millisecond,
		WriteTimeout: requestTimeout, ReadTimeout: requestTimeout,
		ErrorLogger: kafka.LoggerFunc(func(f string, args ...any) { b.log.Debug(fmt.Sprintf(f, args...)) }),
	}
}

// Close sends what waits, then drops all connections. Group and Follow must
// have returned. Where the broker does not answer, Close gives up after ten
// seconds; what waited then was never acknowledged to anybody.
func (b *Bus) Close() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, w := range []*kafka.Writer{b.small, b.large} {
			w.Close() // never returns an error
		}
	}()
	select {
	case <-done:
	case <-time.After(closeTimeout):
		b.log.Warn("closed while records waited for the broker")
	}
	b.transport.CloseIdleConnections()
}

// Config is the configuration with its defaults filled in.
func (b *Bus) Config() Config { return b.cfg }

// name is a topic's or group's name on the broker.
func (b *Bus) name(s string) string { return b.cfg.Prefix + s }

// meter counts for a topic; topics outside Topics exist in tests only.
func (b *Bus) meter(topic string) *observe.Meter {
	if m := b.sent[topic]; m != nil {
		return m
	}
	return b.newMeter(topic)
}

func (b *Bus) newMeter(topic string) *observe.Meter {
	return observe.New(b.reg, "bus", topic).MayDiscard("buried").MayFail("too_large", "busy", "cancelled", "unknown", "broker")
}

// pause sleeps before try n (from 0), growing from 50 ms to Config.RetryMax. It
// reports whether ctx is still open.
func (b *Bus) pause(ctx context.Context, n int) bool {
	d := min(50*time.Millisecond<<min(n, 20), b.cfg.RetryMax.D())
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// short is an error on one line, for logs.
func short(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
