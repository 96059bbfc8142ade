package search

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
	"qianliyan/query/filter"
)

var update = flag.Bool("update", false, "write testdata/scoreboard.txt anew")

// standing asks a question and returns where the
// right letter stands among the first ten; 0 is nowhere.
func standing(t testing.TB, s *Searcher, words string, want item.ID, loose bool) int {
	t.Helper()
	r := ask(t, s, Request{Filter: filter.Filter{Words: words}, Sort: Relevance, Size: 10, Loose: loose})
	for i, h := range r.Hits {
		if h.ID == want {
			return i + 1
		}
	}
	return 0
}

func rows(t *testing.T, name string) [][]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "relevance", name))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for line := range strings.Lines(string(b)) {
		out = append(out, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return out
}

// TestScoreboard holds the places of the right letters against a golden that
// a reviewer can judge: a change of ranking shows its price line by line.
func TestScoreboard(t *testing.T) {
	var letters []label.Labeled
	ids := map[string]item.ID{}
	for _, r := range rows(t, "letters.tsv") {
		n, err := strconv.Atoi(r[0])
		if err != nil {
			t.Fatal(err)
		}
		l := letter(n, r[1], r[2])
		letters, ids[r[0]] = append(letters, l), l.Item.ID
	}
	s := searcher(t, letters...)
	var b strings.Builder
	fmt.Fprintln(&b, "# place of the right letter: all words / any word; 0 is not among ten")
	var exact, loose float64
	questions := rows(t, "questions.tsv")
	reciprocal := func(place int) float64 {
		if place == 0 {
			return 0
		}
		return 1 / float64(place)
	}
	for _, q := range questions {
		e, l := standing(t, s, q[1], ids[q[0]], false), standing(t, s, q[1], ids[q[0]], true)
		fmt.Fprintf(&b, "%d\t%d\t%s\n", e, l, q[1])
		exact, loose = exact+reciprocal(e), loose+reciprocal(l)
	}
	n := float64(len(questions))
	fmt.Fprintf(&b, "mean reciprocal rank\t%.3f\t%.3f\n", exact/n, loose/n)
	golden := filepath.Join("testdata", "scoreboard.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("ranking has changed (go test -update, then read the diff):\n%s", b.String())
	}
}

// BenchmarkKnownItem asks the titles of real letters and looks for the letter
// itself, whose title is kept out of the index: figures, no verdict.
func BenchmarkKnownItem(b *testing.B) {
	dir := os.Getenv("QIANLIYAN_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	var titles []string
	var all []label.Labeled
	seen := map[string]bool{}
	for _, name := range []string{"letters-topic/train.jsonl", "letters-matters/letters.jsonl", "letters-reply/letters.jsonl", "letters-unlabelled/letters.jsonl"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			b.Skipf("no letters: set QIANLIYAN_DATA to the data folder (%v)", err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var l struct{ Title, Text string }
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
				b.Fatal(err)
			}
			if l.Text == "" || seen[l.Text] {
				continue
			}
			seen[l.Text] = true
			all, titles = append(all, letter(len(all), "", l.Text)), append(titles, l.Title)
		}
	}
	s := searcher(b, all...)
	const questions = 1000
	for b.Loop() {
		var sum float64
		found, asked := 0, 0
		for i := 0; i < len(titles) && asked < questions; i += len(titles)/questions + 1 {
			words := strings.Map(func(r rune) rune {
				if strings.ContainsRune(`"“”「」『』()（）|｜:：-－＂`, r) {
					return ' '
				}
				return r
			}, titles[i])
			if strings.TrimSpace(words) == "" {
				continue
			}
			asked++
			if p := standing(b, s, words, all[i].Item.ID, true); p > 0 {
				sum += 1 / float64(p)
				found++
			}
		}
		b.ReportMetric(sum/float64(asked), "mrr@10")
		b.ReportMetric(float64(found)/float64(asked), "recall@10")
		b.ReportMetric(float64(len(all)), "letters")
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*asked), "ms/question")
	}
}
