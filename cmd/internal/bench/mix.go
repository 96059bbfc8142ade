package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"qianliyan/ingest/item"
)

// mixLength is about the characters of a mixed text; longer sentences than
// maxSentence are left out, so that few texts are much longer.
const (
	mixLength   = 375
	maxSentence = 100
)

// Mix makes n items from the letters of a JSONL file (fields title and text):
// each is a title and about 400 characters of sentences drawn from the whole
// file, so that there are as many different items as wanted with the words,
// lengths and punctuation of real ones. The same file, n and seed give the
// same items.
func Mix(path string, n int, seed uint64) ([]item.Item, error) {
	titles, sentences, err := readLetters(path)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, 7))
	channels := item.Channels()
	start := time.Date(2026, 7, 1, 8, 0, 0, 0, item.Zone)
	out := make([]item.Item, n)
	for i := range out {
		var b strings.Builder
		for length := 0; length < mixLength; {
			s := sentences[rng.IntN(len(sentences))]
			b.WriteString(s)
			length += utf8.RuneCountInString(s)
		}
		ch := channels[rng.IntN(len(channels))]
		out[i] = item.Item{
			Channel: ch, Source: "bench-" + string(ch), NativeID: fmt.Sprintf("%d-%d", seed, i),
			Title: titles[rng.IntN(len(titles))], Text: b.String(),
			Submitted: start.Add(time.Duration(i) * 90 * 24 * time.Hour / time.Duration(n)),
		}
	}
	return out, nil
}

func readLetters(path string) (titles, sentences []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("读不到语料 %s：%w", path, err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20)
	for line := 1; s.Scan(); line++ {
		var letter struct{ Title, Text string }
		if err := json.Unmarshal(s.Bytes(), &letter); err != nil {
			return nil, nil, fmt.Errorf("%s 第 %d 行不是 JSON：%w", path, line, err)
		}
		titles = append(titles, letter.Title)
		for x := range strings.SplitAfterSeq(letter.Text, "。") {
			if n := utf8.RuneCountInString(x); n >= 4 && n <= maxSentence {
				sentences = append(sentences, x)
			}
		}
	}
	if err := s.Err(); err != nil {
		return nil, nil, fmt.Errorf("读语料 %s 出错：%w", path, err)
	}
	if len(titles) == 0 || len(sentences) == 0 {
		return nil, nil, fmt.Errorf("%s 里没有带 title 和 text 的行", path)
	}
	return titles, sentences, nil
}
