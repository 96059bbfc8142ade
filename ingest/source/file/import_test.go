package file

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	utf16enc "golang.org/x/text/encoding/unicode"

	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

// letters is rows from…to of one made-up source.
func letters(from, to int) [][]string {
	var out [][]string
	for i := from; i < to; i++ {
		out = append(out, []string{
			fmt.Sprint(i), fmt.Sprintf("A000%d", i%7), fmt.Sprintf("第%d盏路灯不亮", i),
			time.Unix(1550145600+int64(i)*60, 0).In(item.Zone).Format("2006/1/2 15:04:05"), fmt.Sprintf("%d号门口，\n\t路灯坏了", i),
		})
	}
	return out
}

var letterHeader = []string{"留言编号", "留言用户", "留言主题", "留言时间", "留言详情"}

func csvBytes(t testing.TB, header []string, rows [][]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	must(t, w.WriteAll(append([][]string{header}, rows...)))
	return b.Bytes()
}

// inEveryFormat is the same rows as files of every format and encoding.
func inEveryFormat(t testing.TB, rows [][]string) map[string][]byte {
	t.Helper()
	utf8 := csvBytes(t, letterHeader, rows)
	sheet := [][]any{{"留言编号", "留言用户", "留言主题", "留言时间", "留言详情"}}
	var lines []string
	for _, r := range rows {
		at, err := time.ParseInLocation("2006/1/2 15:04:05", r[3], item.Zone)
		must(t, err)
		serial := at.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, item.Zone)).Seconds() / 86400
		id := 0
		_, err = fmt.Sscan(r[0], &id)
		must(t, err)
		sheet = append(sheet, []any{id, r[1], r[2], serial, r[4]})
		b, err := json.Marshal(map[string]any{"id": id, "user": r[1], "title": r[2], "time": at.Unix(), "text": r[4]})
		must(t, err)
		lines = append(lines, string(b))
	}
	le := utf16enc.UTF16(utf16enc.LittleEndian, utf16enc.UseBOM)
	return map[string][]byte{
		"a.csv":    utf8,
		"bom.csv":  append([]byte("\uFEFF"), utf8...),
		"gbk.csv":  encoded(t, simplifiedchinese.GB18030, string(utf8)),
		"u16.txt":  encoded(t, le, string(utf8)),
		"a.xlsx":   oneSheet(t, nil, sheet...),
		"a.jsonl":  []byte(strings.Join(lines, "\n")),
		"a.json":   []byte("[" + strings.Join(lines, ",\n") + "]"),
		"noending": utf8,
	}
}

// The same rows in whatever format are the same items: nine of ten files
// change nothing.
func TestFormatsAgree(t *testing.T) {
	g := newGate()
	files := inEveryFormat(t, letters(0, 40))
	first := true
	for name, data := range files {
		rep, err := Import(t.Context(), put(t, name, data), options(t, g))
		want := [3]int{0, 40, 0}
		if first {
			want = [3]int{40, 0, 0}
		}
		first = false
		if err != nil || tally(rep) != want || rep.Kind != "letters" {
			t.Errorf("%s: %+v, %v; want %v", name, rep, err, want)
		}
	}
}

// Overlapping files in any order, each several times, leave the same items.
func TestRepeatsAndOverlapsChangeNothing(t *testing.T) {
	var files [][]byte
	for _, r := range [][2]int{{0, 60}, {40, 100}, {20, 50}, {90, 120}} {
		for name, data := range inEveryFormat(t, letters(r[0], r[1])) {
			if name == "a.csv" || name == "a.xlsx" || name == "a.jsonl" {
				files = append(files, append([]byte(name+"\x00"), data...))
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		g := newGate()
		order := slices.Concat(files, files)
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, f := range order {
			name, data, _ := bytes.Cut(f, []byte{0})
			if rep, err := Import(t.Context(), put(t, string(name), data), options(t, g)); err != nil || rep.Rejected > 0 {
				t.Fatalf("%+v, %v", rep, err)
			}
		}
		if len(g.items) != 120 || len(g.hash) != 120 {
			t.Fatalf("%d items of %d ids, want 120", len(g.items), len(g.hash))
		}
	}
}

func TestTenTimes(t *testing.T) {
	g := newGate()
	// Rows without a number of their own: known by words and second.
	path := put(t, "a.csv", []byte("标题,内容,时间\n甲,一,2024-01-01 08:00:00\n甲,一,2024-01-01 09:00:00\n乙,二,\n乙,二,\n"))
	for i := range 10 {
		rep, err := Import(t.Context(), path, options(t, g))
		want := [3]int{0, 4, 0}
		if i == 0 {
			want = [3]int{3, 1, 0}
		}
		if err != nil || tally(rep) != want {
			t.Errorf("time %d: %+v, %v; want %v", i+1, rep, err, want)
		}
	}
}

// What was rejected can be corrected in the rejects file and fed again.
func TestRejectsAreFedAgain(t *testing.T) {
	g := newGate()
	good := letters(0, 3)
	bad := [][]string{
		{"007", "=1+1", "早上停电", "2019-02-30", "-5度还停电"},
		{"123456789012345678", "B", "停水", "昨天", "'带撇号'"},
	}
	path := put(t, "letters.csv", csvBytes(t, letterHeader, append(good, bad...)))
	rep, err := Import(t.Context(), path, options(t, g))
	if err != nil || tally(rep) != [3]int{3, 0, 2} || rep.RejectsFile != path+".rejects.csv" {
		t.Fatalf("%+v, %v", rep, err)
	}
	rows := readRejects(t, rep.RejectsFile)
	want := append([]string{"行号", "列", "值", "原因", "建议"}, letterHeader...)
	if !slices.Equal(rows[0], want) || rows[1][0] != "8" || rows[1][1] != "留言时间" || rows[1][5] != "'007" || rows[1][6] != "'=1+1" {
		t.Errorf("rejects %q", rows)
	}
	if info, err := os.Stat(rep.RejectsFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the rejects file: %v, %v; want it for its owner only", info.Mode(), err)
	}
	// As it is, the same two are rejected once more.
	rep2, err := Import(t.Context(), rep.RejectsFile, options(t, g))
	if err != nil || tally(rep2) != [3]int{0, 0, 2} || rep2.Kind != "letters" {
		t.Fatalf("%+v, %v", rep2, err)
	}
	// Corrected, and saved by Excel in its own encoding.
	text, err := os.ReadFile(rep.RejectsFile)
	must(t, err)
	fixed := strings.NewReplacer("\uFEFF", "", "2019-02-30,", "2019-02-28,", ",昨天,", ",2019-03-01,").Replace(string(text))
	must(t, os.WriteFile(rep.RejectsFile, encoded(t, simplifiedchinese.GBK, fixed), 0o600))
	rep3, err := Import(t.Context(), rep.RejectsFile, options(t, g))
	if err != nil || tally(rep3) != [3]int{2, 0, 0} {
		t.Fatalf("corrected: %+v, %v\n%s", rep3, err, fixed)
	}
	if it := g.items[3]; it.NativeID != "007" || it.Text != "-5度还停电" || g.items[4].NativeID != "123456789012345678" || g.items[4].Text != "'带撇号'" {
		t.Errorf("items %+v", g.items[3:])
	}
	// The original with its mistakes mended has none, and what was corrected by
	// hand stays.
	must(t, os.WriteFile(path, csvBytes(t, letterHeader, good), 0o600))
	if rep, err = Import(t.Context(), path, options(t, g)); err != nil || rep.RejectsFile != "" {
		t.Fatal(rep, err)
	}
	if _, err := os.Stat(RejectsPath(path)); err != nil {
		t.Errorf("the corrected file: %v", err)
	}
}

// A rejects file in which somebody has corrected rows is never replaced or
// removed; one that is as it was written is.
func TestCorrectedRejectsStay(t *testing.T) {
	g := newGate()
	bad := csvBytes(t, letterHeader, [][]string{{"1", "A1", "路灯不亮", "某日", "坏了"}, {"2", "A2", "路面不平", "2019/2/14", "坑洼"}})
	path := put(t, "a.csv", bad)
	run := func() Report {
		t.Helper()
		rep, err := Import(t.Context(), path, options(t, g))
		must(t, err)
		return rep
	}
	first := run().RejectsFile
	if again := run().RejectsFile; again != first || first != RejectsPath(path) {
		t.Fatalf("rejects at %q, then %q", first, again)
	}
	text, err := os.ReadFile(first)
	must(t, err)
	fixed := strings.Replace(string(text), "路灯不亮,某日", "路灯不亮,2019/2/15", 1)
	must(t, os.WriteFile(first, []byte(fixed), 0o600))
	for range 3 {
		if second := run().RejectsFile; second != path+".rejects-2.csv" {
			t.Errorf("beside a corrected file, rejects are at %q", second)
		}
	}
	must(t, os.WriteFile(path, csvBytes(t, letterHeader, letters(5, 6)), 0o600))
	if rep := run(); rep.RejectsFile != "" {
		t.Errorf("rejects at %q without any", rep.RejectsFile)
	}
	if b, err := os.ReadFile(first); err != nil || string(b) != fixed {
		t.Errorf("the corrected file is gone: %v", err)
	}
	if _, err := os.Stat(path + ".rejects-2.csv"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a stale file is left: %v", err)
	}
}

// A correction in our own column 值 is answered with where it belongs, and the
// row keeps its number.
func TestCorrectedValueColumn(t *testing.T) {
	g := newGate()
	path := put(t, "a.csv", csvBytes(t, letterHeader, append(letters(0, 4), []string{"9", "A1", "路灯不亮", "某日", "坏了"})))
	rep, err := Import(t.Context(), path, options(t, g))
	must(t, err)
	number := readRejects(t, rep.RejectsFile)[1][0]
	text, err := os.ReadFile(rep.RejectsFile)
	must(t, err)
	for _, c := range []struct {
		from, to string
		told     bool
	}{
		{"留言时间,某日", "留言时间,2019/2/15", true}, {"留言时间,某日", "留言时间,次日", false}, {"路灯不亮,某日", "路灯不亮,次日", false}, {"x", "x", false},
	} {
		corrected := put(t, "b.csv", []byte(strings.Replace(string(text), c.from, c.to, 1)))
		rep, err := Import(t.Context(), corrected, options(t, g))
		must(t, err)
		row := readRejects(t, rep.RejectsFile)[1]
		if told := row[4] == "请改右边原来的列“留言时间”，不是“值”这一列"; told != c.told || row[0] != number {
			t.Errorf("%s for %s: %q, want the number %s", c.to, c.from, row, number)
		}
	}
}

func TestRejectsOfJSON(t *testing.T) {
	g := newGate()
	path := put(t, "a.jsonl", []byte(`{"id":1,"title":"甲","time":1550145600,"who":{"phone":"13800001234"}}
{"id":2,"title":"乙","time":1550145600,"event_time":"昨天","tags":["a","b"]}
{"id":3,"title":"丙",,"time":1550145600}
`))
	rep, err := Import(t.Context(), path, options(t, g))
	if err != nil || tally(rep) != [3]int{1, 0, 2} {
		t.Fatalf("%+v, %v", rep, err)
	}
	text, err := os.ReadFile(rep.RejectsFile)
	must(t, err)
	fixed := strings.NewReplacer("昨天", "2019-02-13", `,,`+`""time`, `,""time`).Replace(string(text))
	must(t, os.WriteFile(rep.RejectsFile, []byte(fixed), 0o600))
	rep, err = Import(t.Context(), rep.RejectsFile, options(t, g))
	if err != nil || tally(rep) != [3]int{2, 0, 0} {
		t.Fatalf("%+v, %v\n%s", rep, err, fixed)
	}
	for _, it := range g.items {
		if it.Submitted.Unix() != 1550145600 {
			t.Errorf("%s was submitted at %v", it.Title, it.Submitted)
		}
	}
	if it := g.items[1]; it.NativeID != "2" || it.Extra[0].Value != `["a","b"]` {
		t.Errorf("item %+v", it)
	}
}

// Marks that stand for lost characters must be replaced before they are taken.
func TestRejectsWithLostCharacters(t *testing.T) {
	g := newGate()
	path := put(t, "a.csv", append(encoded(t, simplifiedchinese.GBK, "标题,内容\n甲,好好的一行\n乙,坏"), "\xFF\n"...))
	rep, err := Import(t.Context(), path, options(t, g))
	if err != nil || tally(rep) != [3]int{1, 0, 1} {
		t.Fatalf("%+v, %v", rep, err)
	}
	if rep, err = Import(t.Context(), rep.RejectsFile, options(t, g)); err != nil || tally(rep) != [3]int{0, 0, 1} {
		t.Fatalf("fed again uncorrected: %+v, %v", rep, err)
	}
}

func TestSecretRowsLeaveNoWords(t *testing.T) {
	g := newGate()
	path := put(t, "a.csv", []byte("标题,内容,时间\n甲,机密★一年,2024-01-01\n乙,x机密★一年,昨天\n\"丙机密★一年,y\n丁,z,2024-01-01\n"))
	rep, err := Import(t.Context(), path, options(t, g))
	if err != nil || tally(rep) != [3]int{1, 0, 3} {
		t.Fatalf("%+v, %v", rep, err)
	}
	text, err := os.ReadFile(rep.RejectsFile)
	must(t, err)
	for _, word := range []string{"机密★", "甲", "x机", "昨天", "丙"} {
		if bytes.Contains(text, []byte(word)) {
			t.Errorf("%q of a secret text stands in the rejects file:\n%s", word, text)
		}
	}
	// Fed again, there is nothing in them to read.
	if rep, err = Import(t.Context(), rep.RejectsFile, options(t, g)); err != nil || rep.Rows != 0 {
		t.Errorf("%+v, %v; want no rows", rep, err)
	}
}

func TestBatchesAreBounded(t *testing.T) {
	g := newGate()
	o := options(t, g)
	o.Limits = Limits{Batch: 7}
	var seen []Progress
	o.Progress = func(p Progress) { seen = append(seen, p) }
	data := csvBytes(t, letterHeader, letters(0, 30))
	if rep, err := Import(t.Context(), put(t, "a.csv", data), o); err != nil || rep.Accepted != 30 || g.largest != 7 || g.batches != 5 {
		t.Errorf("%+v, %v: %d batches of at most %d", rep, err, g.batches, g.largest)
	}
	last := seen[len(seen)-1]
	if last.Rows != 30 || last.Accepted != 30 || last.Bytes != int64(len(data)) || last.Total != int64(len(data)) {
		t.Errorf("progress ends with %+v", last)
	}
	g2 := newGate()
	o = options(t, g2)
	o.Limits = Limits{BatchBytes: setting.Size(300)}
	if _, err := Import(t.Context(), put(t, "a.csv", data), o); err != nil || g2.largest > 4 {
		t.Errorf("%v: batches of %d items though 300 bytes are enough", err, g2.largest)
	}
}

// An intake that is shut or fails is waited for; nothing is lost or doubled.
func TestImportWaitsForTheGate(t *testing.T) {
	var rows [][]string
	for i := range 20 {
		rows = append(rows, []string{fmt.Sprint(i), "路灯不亮"}) // no times: the year in a bubble is 2000
	}
	data := put(t, "a.csv", csvBytes(t, []string{"编号", "标题"}, rows))
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		o := options(t, g)
		calls := 0
		o.Accept = func(ctx context.Context, items []item.Item) ([]item.Outcome, error) {
			calls++
			switch {
			case calls <= 3:
				return nil, &item.Unavailable{Reason: "磁盘已满", After: time.Minute}
			case calls <= 6: // half of them fail
				out, err := g.accept(ctx, items[:len(items)/2])
				for range items[len(items)/2:] {
					out = append(out, item.Outcome{Status: item.Failed, Problem: &item.Problem{Reason: "没有存住"}})
				}
				return out, err
			}
			return g.accept(ctx, items)
		}
		var waits []string
		o.Progress = func(p Progress) { waits = append(waits, p.Waiting) }
		start := time.Now()
		rep, err := Import(t.Context(), data, o)
		if err != nil || tally(rep) != [3]int{20, 0, 0} || len(g.items) != 20 {
			t.Fatalf("%+v, %v", rep, err)
		}
		if time.Since(start) < 3*time.Minute || !slices.Contains(waits, "磁盘已满") || !slices.Contains(waits, "没有存住") || waits[len(waits)-1] != "" {
			t.Errorf("waited %v, told %q", time.Since(start), waits)
		}
		o.Accept = func(_ context.Context, items []item.Item) ([]item.Outcome, error) {
			out := make([]item.Outcome, len(items))
			for i := range out {
				out[i].Status = item.Failed
			}
			return out, nil
		}
		if _, err := Import(t.Context(), data, o); err == nil {
			t.Error("items that never succeed are let go")
		}
	})
}

func TestImportStops(t *testing.T) {
	data := csvBytes(t, letterHeader, letters(0, 50))
	ctx, cancel := context.WithCancel(t.Context())
	g := newGate()
	o := options(t, g)
	o.Limits = Limits{Batch: 10}
	o.Accept = func(ctx context.Context, items []item.Item) ([]item.Outcome, error) {
		cancel()
		return g.accept(ctx, items)
	}
	path := put(t, "a.csv", data)
	rep, err := Import(ctx, path, o)
	if !errors.Is(err, context.Canceled) || rep.Accepted != 10 {
		t.Errorf("%+v, %v; want it to stop after the batch under way", rep, err)
	}
	boom := errors.New("boom")
	o.Accept = func(context.Context, []item.Item) ([]item.Outcome, error) { return nil, boom }
	must(t, os.WriteFile(RejectsPath(path), []byte("from before"), 0o600))
	if _, err := Import(t.Context(), path, o); !errors.Is(err, boom) {
		t.Errorf("error of the gate: %v", err)
	}
	if b, _ := os.ReadFile(RejectsPath(path)); string(b) != "from before" {
		t.Error("an import that was broken off touched the rejects of an earlier one")
	}
	if _, err := Import(t.Context(), path, Options{Mappings: o.Mappings, Source: "s", Accept: func(context.Context, []item.Item) ([]item.Outcome, error) { return nil, nil }}); err == nil {
		t.Error("items without outcomes are let go")
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSeparators(t *testing.T) {
	for name, text := range map[string]string{
		"semicolon": "编号;标题;内容\n1;甲;一,二\n",
		"tab":       "编号\t标题\t内容\n1\t甲\t一,二\n",
		"bar":       "编号|标题|内容\n1|甲|一,二\n",
		"sep line":  "sep=;\r\n编号;标题;内容\r\n1;甲;一,二\r\n",
		"comma":     "编号,标题,内容\n1,甲,\"一,二\"\n",
		"title row": "某县来信一览,,\n,,\n编号,标题,内容\n1,甲,\"一,二\"\n编号,标题,内容\n,,\n",
	} {
		g, rep, err := run(t, "a.csv", []byte(text))
		if err != nil || len(g.items) != 1 || g.items[0].Text != "一,二" || g.items[0].NativeID != "1" {
			t.Errorf("%s: %+v, %+v, %v", name, g.items, rep, err)
		}
	}
}
