package doctor

import (
	"context"
	"fmt"

	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
)

// DeadLetters reads every dead letter the broker holds, the latest of each id.
// What arrives during the call may be left out.
func DeadLetters(ctx context.Context, b *bus.Bus) ([]Dead, error) {
	bounds, err := b.Bounds(ctx, bus.Dead)
	if err != nil {
		return nil, fmt.Errorf("cannot ask for the dead letters: %w", err)
	}
	from, end, left := map[int]int64{}, map[int]int64{}, 0
	for p, x := range bounds {
		from[p], end[p] = x.First, x.Last
		if x.First < x.Last {
			left++
		}
	}
	if left == 0 {
		return nil, nil
	}
	latest := map[item.ID]Dead{}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	err = b.Follow(reading, bus.Dead, from, bus.FollowOptions{Consumer: "doctor"}, func(_ context.Context, recs []bus.Record, next map[int]int64) error {
		for _, r := range recs {
			latest[r.Key] = Dead{r.Key, r.Headers[bus.HeaderSource], r.Headers[bus.HeaderDay], r.Headers[bus.HeaderDeadStage], r.Headers[bus.HeaderDeadReason]}
		}
		for p, n := range next {
			if n < end[p] {
				return nil
			}
		}
		stop()
		return nil
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the dead letters: %w", err)
	}
	out := make([]Dead, 0, len(latest))
	for _, d := range latest {
		out = append(out, d)
	}
	return out, nil
}
