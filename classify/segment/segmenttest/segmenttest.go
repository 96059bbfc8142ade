// Package segmenttest lends tests the one segmenter of their process.
package segmenttest

import (
	"sync"
	"testing"

	"qianliyan/classify/segment"
)

var shared = sync.OnceValues(func() (*segment.Segmenter, error) {
	return segment.Open(segment.Config{})
})

// Open returns the segmenter with the shipped dictionaries, unpacked into the
// user's cache folder. Every call in a process returns the same one.
func Open(t testing.TB) *segment.Segmenter {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
