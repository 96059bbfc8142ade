package run

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Folder is the data folder of one installation:
//
//	lock          held by the process that owns the folder
//	server.json   where that process answers; gone when it has stopped
//	secret.key    key of the hashes of phones and accounts
//	bus/          records of the broker in the process
//	ledger/       what was accepted
//	fulltext/     monthly shards; fulltext.new and .old during a rebuild, see Rebuild
//	columnar/     the engine's parts
//	segmenter/    unpacked dictionaries
//	inbox/        watched folders, one a source
type Folder struct {
	Path string
	lock *os.File
}

// Address says where a running server answers.
type Address struct {
	PID    int    `json:"pid"`
	Socket string `json:"socket"` // unix socket of the local interface
	HTTP   string `json:"http"`   // address of the pages, empty when none
}

// OpenFolder makes the folder if need be and takes its lock. A folder that
// another process owns is an *InUseError.
func OpenFolder(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open the lock of the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &InUseError{path}
		}
		return nil, fmt.Errorf("cannot lock the data folder: %w", err)
	}
	return &Folder{path, f}, nil
}

// InUseError says that another process owns the data folder.
type InUseError struct{ Path string }

// Error tells the user what to do.
func (e *InUseError) Error() string {
	return fmt.Sprintf("数据目录 %s 正被另一个千里眼进程使用：请先停掉它，或用 --data 换一个目录", e.Path)
}

// Dir is the path of one part of the folder.
func (f *Folder) Dir(part string) string { return filepath.Join(f.Path, part) }

// Announce writes where this process answers.
func (f *Folder) Announce(a Address) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	tmp := f.Dir("server.json.tmp")
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, f.Dir("server.json"))
}

// Close gives the folder back.
func (f *Folder) Close() error {
	os.Remove(f.Dir("server.json"))
	return f.lock.Close()
}

// running is where the server on the folder answers; an error of fs.ErrNotExist
// when none says so.
func running(path string) (Address, error) {
	var a Address
	b, err := os.ReadFile(filepath.Join(path, "server.json"))
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("cannot read server.json: %w", err)
	}
	return a, nil
}

// Key is the secret of the keyed hashes, made at the first start. Losing it
// means that a sender's later letters no longer count with his earlier ones.
func (f *Folder) Key() ([]byte, error) {
	key, err := Key(f.Path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	key = make([]byte, 32)
	rand.Read(key) // never fails, as its documentation says
	return key, writeSynced(f.Dir("secret.key"), []byte(hex.EncodeToString(key)+"\n"))
}

// Key reads the key of a folder that another process may own; the error is
// fs.ErrNotExist before its first start.
func Key(folder string) ([]byte, error) {
	path := filepath.Join(folder, "secret.key")
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s 已损坏：应为 64 个十六进制字符；请从备份恢复它", path)
	}
	return key, nil
}

// writeSynced puts a file in place whole or not at all.
func writeSynced(path string, b []byte) error {
	tmp, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = tmp.Write(b); err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

// socketPath is where the local interface listens: in the folder, or, as a
// socket's path may have at most 107 bytes, in a folder of its own under the
// system's temporary one.
func (f *Folder) socketPath() (string, error) {
	abs, err := filepath.Abs(f.Dir("local.sock"))
	if err != nil {
		return "", err
	}
	if len(abs) <= 100 {
		return abs, nil
	}
	dir, err := os.MkdirTemp("", "qianliyan")
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "local.sock"), nil
}
