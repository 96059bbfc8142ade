package segment_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/yanyiwu/gojieba"

	"qianliyan/classify/segment"
	"qianliyan/classify/segment/segmenttest"
)

func TestCutKnownWords(t *testing.T) {
	s := segmenttest.Open(t)
	for text, want := range map[string]string{
		"幸福小区昨晚停水，居民无法做饭。":     "幸福|小区|昨晚|停水|，|居民|无法|做饭|。",
		"开发商拖欠工资三个月":           "开发商|拖欠工资|三个|月",
		"拨打12345政务服务热线":        "拨打|12345|政务服务热线",
		"A3区  LED灯\t坏了\r\n第二行": "A3|区| | |LED|灯|\t|坏|了|\r|\n|第二行",
	} {
		if got := strings.Join(s.Words(text), "|"); got != want {
			t.Errorf("Words(%q)\n got %s\nwant %s", text, got, want)
		}
	}
}

// strange inputs each broke gojieba itself or an offset computed from it.
var strange = []string{
	"", " ", "\x00", "停\x00水", "\xff\xfe", "停水\xe5\x81", "\xe5停水", "😀停水👨‍👩‍👧", "\ufeff停水", "\u200b",
	"\xed\xa0\x80", "\xf5\x80\x80\x80", "繁體字與異體字", "ｆｕｌｌ　ｗｉｄｔｈ１２３", "a.b.c...1.2.3", "\r\r\n\n", "￿\U0010ffff",
	"。。，，", "𠮷野家𡈽", strings.Repeat("啊", 5000), strings.Repeat("a", 5000), strings.Repeat("1", 5000),
}

func TestCutAddsUp(t *testing.T) {
	s := segmenttest.Open(t)
	for _, text := range strange {
		checkCut(t, s, text)
	}
}

func TestCutOneMegabyteWithoutBreak(t *testing.T) {
	s := segmenttest.Open(t)
	for _, unit := range []string{"停", "自来水", "x", "7", "😀", "\xff", "\x00", "，"} {
		checkCut(t, s, strings.Repeat(unit, (1<<20)/len(unit)))
	}
}

// A cut at a separator must leave the words as they would have been.
func TestLongTextIsCutAsItsParagraphs(t *testing.T) {
	s := segmenttest.Open(t)
	line := "尊敬的领导：我们小区从上周三开始停水，至今没有人来修。\n"
	one := s.Cut(line)
	many := s.Cut(strings.Repeat(line, 3000))
	if len(many) != 3000*len(one) {
		t.Fatalf("3000 lines gave %d words, one line gives %d", len(many), len(one))
	}
	for i, n := range many {
		if n != one[i%len(one)] {
			t.Fatalf("word %d has %d bytes, in the single line %d", i, n, one[i%len(one)])
		}
	}
}

func checkCut(t *testing.T, s *segment.Segmenter, text string) {
	t.Helper()
	runs := s.Cut(text)
	sum, valid := 0, utf8.ValidString(text)
	for _, n := range runs {
		if n <= 0 {
			t.Fatalf("Cut(%.40q) has a word of %d bytes", text, n)
		}
		if valid && !utf8.ValidString(text[sum:sum+n]) {
			t.Fatalf("Cut(%.40q) cuts a rune at byte %d", text, sum)
		}
		sum += n
	}
	if sum != len(text) {
		t.Fatalf("Cut(%.40q) adds up to %d of %d bytes", text, sum, len(text))
	}
}

func FuzzCut(f *testing.F) {
	for _, s := range strange {
		f.Add(s)
	}
	f.Add("某某街道办事处回复称：已派人处理（编号2021-03）。")
	s := segmenttest.Open(f)
	f.Fuzz(func(t *testing.T, text string) {
		checkCut(t, s, text)
		a, b := s.Cut(text), s.Cut(text)
		for i := range a {
			if a[i] != b[i] {
				t.Fatalf("two cuts of %q differ at word %d", text, i)
			}
		}
	})
}

func TestCutConcurrently(t *testing.T) {
	s := segmenttest.Open(t)
	text := strings.Repeat("业主委员会与物业公司就停车费问题发生纠纷。", 20)
	want := len(s.Cut(text))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if got := len(s.Cut(text)); got != want {
					t.Errorf("%d words, want %d", got, want)
				}
			}
		})
	}
	wg.Wait()
}

// Where gojieba's own folder does not exist, as on every machine but the one
// that built the program, only the unpacked files may be opened.
func TestOpenWithoutModuleFolder(t *testing.T) {
	paths := []*string{&gojieba.DICT_DIR, &gojieba.DICT_PATH, &gojieba.HMM_PATH, &gojieba.USER_DICT_PATH, &gojieba.IDF_PATH, &gojieba.STOP_WORDS_PATH}
	for _, p := range paths {
		old := *p
		*p = filepath.Join(t.TempDir(), "absent")
		t.Cleanup(func() { *p = old })
	}
	s, err := segment.Open(segment.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(s.Cut("市长热线无人接听")); got != 3 {
		t.Errorf("%d words, want 3", got)
	}
}

func TestUserDictChangesWordsAndVersion(t *testing.T) {
	dir := t.TempDir()
	own := filepath.Join(dir, "own.dict")
	if err := os.WriteFile(own, []byte("# 本县小区\n锦绣云栖里 n\n-市长热线\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := segment.Open(segment.Config{Dir: dir, UserDict: []string{own}})
	if err != nil {
		t.Fatal(err)
	}
	base := segmenttest.Open(t)
	if got := strings.Join(s.Words("锦绣云栖里停电"), "|"); got != "锦绣云栖里|停电" {
		t.Errorf("own word is cut into %s", got)
	}
	if got := strings.Join(s.Words("市长热线"), "|"); got == "市长热线" {
		t.Error("a word taken out is still one word")
	}
	if s.Version() == base.Version() {
		t.Errorf("version %s does not tell the user dictionary apart", s.Version())
	}
}
