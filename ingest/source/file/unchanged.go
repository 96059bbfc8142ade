package file

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// The nanoseconds of a rejects file's time are a checksum of what Import wrote
// into it. Whoever saves the file again changes both, so that Import knows its
// own work from a file in which somebody has corrected rows, without a second
// file to go astray. Where a disk keeps no nanoseconds, or a copy lost them,
// the file counts as changed, which is the safe mistake.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func nanoseconds(sum uint32) int64 { return int64(sum % 1e9) }

// stamp gives the file at path its time.
func stamp(path string, sum uint32) error {
	now := time.Unix(time.Now().Unix(), nanoseconds(sum))
	return os.Chtimes(path, now, now)
}

// unchanged reports whether the file at path is as Import wrote it.
func unchanged(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false, err
	}
	sum := crc32.New(castagnoli)
	if _, err := io.Copy(sum, f); err != nil {
		return false, err
	}
	return int64(info.ModTime().Nanosecond()) == nanoseconds(sum.Sum32()), nil
}

// mostRejects is how many rejects files of one import may lie side by side.
const mostRejects = 100

// place is where the rejects file goes: the first of NAME.rejects.csv,
// NAME.rejects-2.csv, … that is not there, or is there as Import wrote it, which
// ours tells.
func (r *rejects) place() (path string, ours bool, err error) {
	stem, numbered := strings.CutSuffix(r.path, ".csv")
	for n := 1; n <= mostRejects; n++ {
		path = r.path
		if n > 1 {
			path = fmt.Sprintf("%s-%d", stem, n)
			if numbered {
				path += ".csv"
			}
		}
		ours, err = unchanged(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, false, nil
		case err != nil:
			return "", false, fmt.Errorf("cannot look at rejects file of an earlier import: %w", err)
		case ours:
			return path, true, nil
		}
	}
	return "", false, fmt.Errorf("cannot write rejects file: %d changed ones lie beside %s already, move them away", mostRejects, r.path)
}
