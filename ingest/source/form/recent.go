package form

import (
	"sync"
	"time"

	"qianliyan/ingest/item"
)

// recent remembers when a report was first submitted, so that a second press
// hands in the very same item, and what each opened form filed last. It
// forgets the older half when full: what is forgotten costs a revision, or a
// word on a receipt, never a double.
type recent struct {
	mu    sync.Mutex
	max   int
	keep  time.Duration
	at    map[string]time.Time // by native id
	forms map[string]filing    // by key
}

// filing is what a form filed.
type filing struct {
	nativeID, number string
	at               time.Time
}

func newRecent(most int, keep time.Duration) *recent {
	return &recent{max: most, keep: keep, at: map[string]time.Time{}, forms: map[string]filing{}}
}

// first is the moment it was first handed in: now, or earlier.
func (r *recent) first(it item.Item, now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t, ok := r.at[it.NativeID]; ok && now.Sub(t) < r.keep {
		return t
	}
	if len(r.at) >= r.max {
		shrink(r.at, r.max/2, func(t time.Time) bool { return now.Sub(t) >= r.keep })
	}
	r.at[it.NativeID] = now
	return now
}

// filed notes what the form of this key filed, and gives the number of what it
// filed before when that was another report.
func (r *recent) filed(key, nativeID, number string, now time.Time) (before string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f, ok := r.forms[key]; ok && now.Sub(f.at) < r.keep && f.nativeID != nativeID {
		before = f.number
	}
	if len(r.forms) >= r.max {
		shrink(r.forms, r.max/2, func(f filing) bool { return now.Sub(f.at) >= r.keep })
	}
	r.forms[key] = filing{nativeID, number, now}
	return before
}

// shrink drops what is too old, and when more than left remain, any others.
func shrink[V any](m map[string]V, left int, old func(V) bool) {
	for k, v := range m {
		if old(v) {
			delete(m, k)
		}
	}
	for k := range m {
		if len(m) <= left {
			return
		}
		delete(m, k)
	}
}
