//go:build !unix

package clickhouse

import (
	"errors"
	"os"
)

// There is no libchdb for these systems. Library refuses before any of these
// is reached; they exist so that the program builds and can use a server.
var errSystem = errors.New("not on this operating system")

func dlopen(string) (uintptr, error) { return 0, errSystem }
func tryLock(*os.File) (bool, error) { return false, errSystem }
func diskFull(error) bool            { return false }
