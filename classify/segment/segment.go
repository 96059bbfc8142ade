// Package segment cuts Chinese text into words, for the whole house: classify
// labels by these words, the full-text index stores them, and the query parser
// cuts questions the same way. It is the only importer of gojieba.
//
// # Promise
//
// Cut gives, for any input whatever, byte lengths of consecutive words that
// add up to the length of the input. Separators, line breaks, NUL and bytes
// that are not UTF-8 are words too (of length one for broken bytes), so that
// every offset into the original text can be computed from the lengths. The
// same text and the same Version give the same words.
//
// # Dictionaries
//
// gojieba looks for its dictionaries in its own source folder and panics where
// that is missing, so this package carries them (data/, licence beside them),
// unpacks them once into Config.Dir, checks size and hash at each Open, and
// renames whole files into place: two processes may start on one folder.
// The keyword tables of gojieba are not used; a one-line table stands in.
//
// User dictionaries hold one word a line: word, or "word tag", or
// "word frequency tag", "#" opens a comment. The shipped one is data/user.dict; the files of
// Config.UserDict come after it, and a later line on the same word replaces
// the earlier. "-word" takes a shipped user word out.
//
// # Cost
//
// A Segmenter holds about 100 MB outside Go's heap and takes about half a
// second to open. Open one per process and share it: Cut may be called from
// any number of goroutines. The memory is returned when the Segmenter is
// collected; there is nothing to close.
package segment

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/yanyiwu/gojieba"

	"qianliyan/classify/label"
)

// Config says where dictionaries live. The zero value is usable.
type Config struct {
	Dir      string   // folder the dictionaries are unpacked into; empty: the user's cache folder
	UserDict []string // paths of further user dictionaries, later lines win
}

// Segmenter cuts text. It is safe for concurrent use.
type Segmenter struct {
	jieba   *gojieba.Jieba
	version string
}

// engine is the release of gojieba that go.mod names and data/ was taken from.
const engine = "1.4.6"

// rules is raised when this package itself would cut an old text otherwise
// with unchanged dictionaries.
const rules = 1

// Open unpacks the dictionaries where needed and loads them. An error names
// the file or line at fault.
func Open(cfg Config) (*Segmenter, error) {
	dir := cfg.Dir
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("cannot find a folder for dictionaries: %w", err)
		}
		dir = filepath.Join(cache, "qianliyan", "segment")
	}
	user, err := userWords(cfg.UserDict)
	if err != nil {
		return nil, err
	}
	files, err := unpack(dir, user)
	if err != nil {
		return nil, fmt.Errorf("cannot unpack dictionaries into %q: %w", dir, err)
	}
	return &Segmenter{
		jieba:   gojieba.NewJieba(files.dict, files.hmm, files.user, files.idf, files.stop),
		version: fmt.Sprintf("gojieba-%s/%d/%s", engine, rules, files.hash[:12]),
	}, nil
}

// Version names the segmenter, its rules and all dictionaries in use. Words
// made under another Version must not be mixed with these in one index.
func (s *Segmenter) Version() string { return s.version }

// Cut is the words of text as byte lengths that add up to len(text); nil for
// the empty text.
func (s *Segmenter) Cut(text string) label.Runs {
	if text == "" {
		return nil
	}
	out := make(label.Runs, 0, len(text)/5+4)
	for rest := text; rest != ""; {
		var piece string
		piece, rest = chunk(rest)
		out = s.cut(out, piece)
	}
	// The finalizer of gojieba frees the tries: not while they are read.
	runtime.KeepAlive(s)
	return out
}

// Words is Cut with the words themselves.
func (s *Segmenter) Words(text string) []string { return s.Cut(text).Split(text) }

// cut appends the words of one chunk. gojieba answers in order and without
// gaps for clean text; should it ever leave a gap or overlap, the gap becomes
// a word and what overlaps is dropped, as the sum must hold.
func (s *Segmenter) cut(out label.Runs, piece string) label.Runs {
	at := 0
	for _, w := range s.jieba.Tokenize(clean(piece), gojieba.DefaultMode, true) {
		if w.Start < at || w.End <= w.Start || w.End > len(piece) {
			continue
		}
		if w.Start > at {
			out = append(out, w.Start-at)
		}
		out = append(out, w.End-w.Start)
		at = w.End
	}
	if at < len(piece) {
		out = append(out, len(piece)-at)
	}
	return out
}

// strip removes a comment and outer space from a dictionary line.
func strip(line string) string {
	if i := strings.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	return strings.TrimSpace(line)
}
