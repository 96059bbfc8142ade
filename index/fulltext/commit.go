package fulltext

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Schema is the version of the fields on disk. It is raised when they change,
// and an index of another schema must be rebuilt.
const Schema = 1

// CommitFile is in every index that something was written to.
const CommitFile = "commit.json"

const (
	metaFile = "meta.json"
	lockFile = "lock"
)

// RebuildError says that the index on disk was written by another version and
// cannot be mixed with this one.
type RebuildError struct {
	Dir         string
	Found, Want string // schema and segmenter
}

// Error is read by the administrator.
func (e *RebuildError) Error() string {
	return fmt.Sprintf("全文索引 %s 是按“%s”建的，本程序用“%s”：请停止服务，运行 qianliyan index rebuild 重建全文索引（原文都在分析库中，不会丢失）", e.Dir, e.Found, e.Want)
}

// meta says by what the documents were made.
type meta struct {
	Schema    int    `json:"schema"`
	Segmenter string `json:"segmenter"`
}

func (m meta) String() string { return fmt.Sprintf("第%d版，分词 %s", m.Schema, m.Segmenter) }

// commit is what commit.json holds.
type commit struct {
	Offsets map[string]int64 `json:"offsets"` // partition → next offset
}

// checkMeta compares the folder's meta with want and writes it where there is
// none. A folder with shards but without meta is of unknown making.
func checkMeta(dir string, want meta, empty bool) error {
	path := filepath.Join(dir, metaFile)
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && empty:
		b, err := json.Marshal(want)
		if err != nil {
			return err
		}
		return writeDurably(path, b)
	case errors.Is(err, fs.ErrNotExist):
		return &RebuildError{dir, "无记录", want.String()}
	case err != nil:
		return fmt.Errorf("cannot read index version: %w", err)
	}
	var have meta
	if err := json.Unmarshal(b, &have); err != nil {
		return &RebuildError{dir, "记录已损坏", want.String()}
	}
	if have != want {
		return &RebuildError{dir, have.String(), want.String()}
	}
	return nil
}

// readCommit reads the offsets; none when nothing was ever committed. A
// damaged file is an error, not offset 0: the administrator decides.
func readCommit(dir string) (map[int]int64, error) {
	out := map[int]int64{}
	path := filepath.Join(dir, CommitFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read offsets: %w", err)
	}
	var c commit
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("全文索引的位置记录 %s 已损坏，请运行 qianliyan index rebuild 重建全文索引: %w", path, err)
	}
	for k, v := range c.Offsets {
		p, err := strconv.Atoi(k)
		if err != nil || v < 0 {
			return nil, fmt.Errorf("cannot read offsets %q: partition %q at %d", path, k, v)
		}
		out[p] = v
	}
	return out, nil
}

func writeCommit(dir string, offsets map[int]int64) error {
	c := commit{Offsets: make(map[string]int64, len(offsets))}
	for p, v := range offsets {
		c.Offsets[strconv.Itoa(p)] = v
	}
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return writeDurably(filepath.Join(dir, CommitFile), b)
}

// writeDurably replaces path by b: after a crash at any moment the file is
// the old one or the new one, whole.
func writeDurably(path string, b []byte) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("cannot write %q: %w", path, err)
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("cannot write %q: %w", path, err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// lock makes this process the owner of dir until the file is closed. The
// kernel lets go of it when the process dies, however it dies.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot lock index: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("全文索引 %s 正被另一个 qianliyan 进程使用：请先停止它: %w", dir, err)
	}
	return f, nil
}
