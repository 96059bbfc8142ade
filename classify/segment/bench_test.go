package segment_test

import (
	"strings"
	"testing"

	"qianliyan/classify/segment/segmenttest"
)

// BenchmarkCut cuts a made-up letter of about 400 characters.
func BenchmarkCut(b *testing.B) {
	s := segmenttest.Open(b)
	text := strings.Repeat("尊敬的领导：您好！我是城东新区和顺家园的一名业主，小区交房已经两年，至今没有通天然气，"+
		"多次向物业公司和开发商反映，对方一直推诿。请问什么时候能够解决？另外小区门口的断头路何时打通，孩子上学很不方便。", 4)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s.Cut(text)
	}
}
