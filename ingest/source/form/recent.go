package form

import (
	"sync"
	"time"

	"qianliyan/ingest/item"
)

// recent remembers when a key was first submitted with certain words, so that
// a second press hands in the very same item. It forgets the older half when
// full: what is forgotten costs a revision, never a double.
type recent struct {
	mu   sync.Mutex
	max  int
	keep time.Duration
	at   map[recentKey]time.Time
}

type recentKey struct {
	key  string
	hash uint64
}

func newRecent(max int, keep time.Duration) *recent {
	return &recent{max: max, keep: keep, at: map[recentKey]time.Time{}}
}

// first is the moment it was first handed in: now, or earlier. The item must
// not have its Submitted set, which would make every press another item.
func (r *recent) first(it item.Item, now time.Time) time.Time {
	k := recentKey{it.NativeID, it.Hash()}
	r.mu.Lock()
	defer r.mu.Unlock()
	if t, ok := r.at[k]; ok && now.Sub(t) < r.keep {
		return t
	}
	if len(r.at) >= r.max {
		r.shrink(now)
	}
	r.at[k] = now
	return now
}

// shrink drops what is too old, and when that is not half, any others.
func (r *recent) shrink(now time.Time) {
	for k, t := range r.at {
		if now.Sub(t) >= r.keep {
			delete(r.at, k)
		}
	}
	for k := range r.at {
		if len(r.at) <= r.max/2 {
			return
		}
		delete(r.at, k)
	}
}
