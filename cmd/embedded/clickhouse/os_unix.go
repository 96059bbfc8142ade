//go:build unix

package clickhouse

import (
	"errors"
	"os"
	"syscall"

	"github.com/ebitengine/purego"
)

// dlopen loads a shared library without offering its symbols to others: it
// carries its own copies of compression and crypto code.
func dlopen(path string) (uintptr, error) {
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

// tryLock takes the lock of f, which closing f frees; false when another
// process, or another open of the file in this one, holds it.
func tryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// diskFull reports whether err says that the disk has no room.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
