package bus

import (
	"context"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// FollowOptions shape the batches of Follow. Zero values mean 1000 records,
// 100 ms and 8 MiB.
type FollowOptions struct {
	MaxRecords int           // most records of a batch
	Linger     time.Duration // how long the first record of a batch waits for more
	MaxBytes   int           // a batch is closed when its values reach this size
	Consumer   string        // who reads: label of lag and age; "follow" when empty
}

// Follow reads all partitions of topic until ctx ends, and then returns nil.
//
// from is the next offset to read of each partition; a partition without an
// entry starts at its first record, and so does one whose offset was trimmed,
// which is logged and counted. handle is called by one goroutine with records of
// any partitions, those of one partition in order, and with next: the offsets to
// start from once these records are durable, for every partition, the caller's
// to keep. There are no records, only offsets, when the last ones of a partition
// were damaged and buried. It is called again with the same arguments, after a growing pause,
// until it returns nil or ctx ends. Meanwhile the next batch is read.
//
// An offset beyond the end of its partition is an *OffsetError.
func (b *Bus) Follow(ctx context.Context, topic string, from map[int]int64, opt FollowOptions,
	handle func(ctx context.Context, recs []Record, next map[int]int64) error,
) error {
	fill(&opt.MaxRecords, 1000)
	fill(&opt.Linger, 100*time.Millisecond)
	fill(&opt.MaxBytes, 8<<20)
	fill(&opt.Consumer, "follow")
	next, err := b.start(ctx, topic, from)
	if err != nil || next == nil {
		return err
	}
	who := b.consumer(topic, opt.Consumer)
	chunks, batches := make(chan chunk), make(chan batch)
	g, gctx := errgroup.WithContext(ctx)
	pos := map[int]*position{}
	for p := range next {
		at, ok := from[p]
		if !ok {
			at = -1
		}
		pos[p] = b.position(topic, p, opt.Consumer)
		t := &tail{b: b, topic: topic, part: p, next: at, pos: pos[p], meter: who.meter}
		g.Go(func() error {
			return t.run(gctx, func(ctx context.Context, c chunk) error {
				select {
				case chunks <- c:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		})
	}
	g.Go(func() error { collect(gctx, opt, next, chunks, batches); return nil })
	g.Go(func() error {
		for {
			select {
			case <-gctx.Done():
				return nil
			case got := <-batches:
				if !who.handle(gctx, got.recs, func() error { return handle(gctx, got.recs, maps.Clone(got.next)) }) {
					return nil
				}
				for p, n := range got.next {
					pos[p].sawDone(n)
				}
			}
		}
	})
	if err := g.Wait(); ctx.Err() == nil {
		return err
	}
	return nil
}

// start is the first next of a Follow: from where given and still there, else
// the first record. Every offset is held against the log before anything is
// handled. nil without an error means that ctx ended.
func (b *Bus) start(ctx context.Context, topic string, from map[int]int64) (map[int]int64, error) {
	until := time.Now().Add(b.cfg.GuardWait.D())
	for n := 0; ; n++ {
		bounds, err := b.Bounds(ctx, topic)
		if err == nil {
			if err = fits(topic, from, bounds); err == nil {
				next := make(map[int]int64, len(bounds))
				for p, bound := range bounds {
					next[p] = max(from[p], bound.First)
				}
				return next, nil
			}
			if time.Now().After(until) {
				return nil, err
			}
		} else {
			until = time.Now().Add(b.cfg.GuardWait.D())
		}
		if n == 3 {
			b.log.Warn("cannot begin to read, trying again", "topic", topic, "err", short(err))
		}
		if !b.pause(ctx, n) {
			return nil, nil
		}
	}
}

// fits is an *OffsetError for the first offset beyond the end of its partition.
func fits(topic string, from map[int]int64, bounds map[int]Bound) error {
	for _, p := range slices.Sorted(maps.Keys(from)) {
		if at := from[p]; at > bounds[p].Last {
			return &OffsetError{topic, p, at, bounds[p]}
		}
	}
	return nil
}

// batch is what one call of a Follow handler gets.
type batch struct {
	recs  []Record
	next  map[int]int64
	bytes int
}

// collect makes batches of chunks. A batch goes out when it is full or its first
// record waited long enough, and grows on while the handler is busy: the more
// there is to do, the larger the batches.
func collect(ctx context.Context, opt FollowOptions, next map[int]int64, in <-chan chunk, out chan<- batch) {
	next = maps.Clone(next)
	var cur batch
	var rest chunk              // what did not fit cur
	ripe, moved := false, false // moved: offsets went on without records
	timer := time.NewTimer(opt.Linger)
	defer timer.Stop()
	full := func() bool { return len(cur.recs) >= opt.MaxRecords || cur.bytes >= opt.MaxBytes }
	for {
		if len(rest.recs) > 0 && !full() {
			if len(cur.recs) == 0 {
				ripe = false
				timer.Reset(opt.Linger)
			}
			rest = cur.take(rest, opt, next)
			continue
		}
		from, to := in, out
		if full() {
			from = nil
		}
		if len(cur.recs) == 0 && !moved || !ripe && !full() {
			to = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			ripe = true
		case c := <-from:
			if rest = c; len(c.recs) == 0 && next[c.part] != c.next {
				next[c.part] = c.next
				if len(cur.recs) == 0 && !moved {
					ripe = false
					timer.Reset(opt.Linger)
				}
				moved = true
			}
		case to <- batch{recs: cur.recs, next: maps.Clone(next), bytes: cur.bytes}:
			cur, moved = batch{}, false
		}
	}
}

// take moves records of c to the batch until it is full, and returns the others.
func (b *batch) take(c chunk, opt FollowOptions, next map[int]int64) chunk {
	n := 0
	for n < len(c.recs) && len(b.recs) < opt.MaxRecords && b.bytes < opt.MaxBytes {
		b.recs = append(b.recs, c.recs[n])
		b.bytes += len(c.recs[n].Value)
		n++
	}
	if c.recs = c.recs[n:]; len(c.recs) > 0 {
		next[c.part] = c.recs[0].Offset
	} else {
		next[c.part] = c.next
	}
	return c
}
