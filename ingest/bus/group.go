package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// Group reads topic as a member of group until ctx ends, and then returns nil.
// handle gets records of one partition in order, at most Config.MaxBatch; when
// it returns nil they are committed. When it returns an error it is called again
// with the same records, after a growing pause. Several partitions are handled
// concurrently. A partition the group never read starts at its first record.
//
// Records come at least once: those handled but not committed when a member
// dies, or when partitions move to another member, come again. The context of
// handle ends when its partition moves; a handler must then return soon. A
// commit carries the generation of the group, so a member that lost a partition
// cannot move its offset back.
//
// A committed offset beyond the end of its partition is an *OffsetError.
func (b *Bus) Group(ctx context.Context, group, topic string, handle func(ctx context.Context, recs []Record) error) error {
	session := b.cfg.SessionTimeout.D()
	cg, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: b.name(group), Brokers: b.cfg.Brokers, Topics: []string{b.name(topic)}, Dialer: b.dialer,
		SessionTimeout: session, RebalanceTimeout: session, HeartbeatInterval: session / 6,
		JoinGroupBackoff: min(500*time.Millisecond, session/6), StartOffset: kafka.FirstOffset,
		WatchPartitionChanges: true, PartitionWatchInterval: 5 * time.Second, Timeout: requestTimeout,
	})
	if err != nil {
		return fmt.Errorf("cannot join group %q: %w", group, err)
	}
	defer b.leave(cg, group)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m := &member{b: b, topic: topic, who: b.consumer(topic, group), fn: handle, fatal: cancel}
	for fails := 0; ; {
		gen, err := cg.Next(ctx)
		if ctx.Err() != nil {
			if fatal := context.Cause(ctx); errors.Is(fatal, ErrOffsetBeyondEnd) {
				return fatal
			}
			return nil
		}
		if err != nil { // kafka-go pauses by itself
			if fails++; fails == 4 {
				b.log.Warn("cannot join group", "name", group, "err", short(err))
			}
			continue
		}
		fails = 0
		parts := gen.Assignments[b.name(topic)]
		b.log.Debug("joined group", "name", group, "topic", topic, "partitions", len(parts))
		for _, a := range parts {
			gen.Start(func(gctx context.Context) { m.partition(ctx, gctx, gen, a) })
		}
	}
}

// leave closes cg, with a deadline: kafka-go's Close has been seen to hang.
func (b *Bus) leave(cg *kafka.ConsumerGroup, group string) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		cg.Close() // never returns an error
	}()
	select {
	case <-done:
	case <-time.After(2 * closeTimeout):
		b.log.Warn("left group without saying so", "name", group)
	}
}

// member is this process in a group.
type member struct {
	b     *Bus
	topic string
	who   *consumer
	fn    func(ctx context.Context, recs []Record) error
	fatal context.CancelCauseFunc
}

// partition handles one partition for as long as the generation lasts. Its
// return ends the generation for all partitions of this member, so it returns
// early only when a commit failed: the group then starts again from what is
// committed.
func (m *member) partition(ctx, gctx context.Context, gen *kafka.Generation, a kafka.PartitionAssignment) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(gctx, cancel)()
	pos := m.b.position(m.topic, a.ID, m.who.name)
	defer pos.forget()
	at := a.Offset
	if at == kafka.FirstOffset {
		at = -1
	}
	t := &tail{b: m.b, topic: m.topic, part: a.ID, next: at, pos: pos, meter: m.who.meter}
	chunks := make(chan chunk)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()
	reading.Go(func() {
		err := t.run(ctx, func(ctx context.Context, c chunk) error {
			select {
			case chunks <- c:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			m.fatal(err)
		}
	})
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-chunks:
			if !m.chunk(ctx, gen, c, pos) {
				return
			}
		}
	}
}

// chunk handles and commits what one fetch brought. It reports whether to go on.
func (m *member) chunk(ctx context.Context, gen *kafka.Generation, c chunk, pos *position) bool {
	for len(c.recs) > 0 || c.next > 0 {
		recs, next := c.recs, c.next
		if len(recs) > m.b.cfg.MaxBatch {
			recs = recs[:m.b.cfg.MaxBatch]
			next = c.recs[len(recs)].Offset
		}
		if len(recs) > 0 && !m.who.handle(ctx, recs, func() error { return m.fn(ctx, recs) }) {
			return false
		}
		// Also when ctx just ended: what is done need not be done again.
		err := gen.CommitOffsets(map[string]map[int]int64{m.b.name(m.topic): {c.part: next}})
		if err != nil {
			m.who.meter.Error("commit")
			m.b.log.Info("cannot commit, joining the group again", "name", m.who.name, "topic", m.topic,
				"partition", c.part, "offset", next, "err", short(err))
			return false
		}
		pos.sawDone(next)
		if c.recs = c.recs[len(recs):]; len(c.recs) == 0 {
			return true
		}
	}
	return true
}
