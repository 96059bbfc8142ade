package clickhouse

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
)

// mismatchError is a checksum that is not the pinned one.
type mismatchError struct{ file, got, want string }

func (e *mismatchError) Error() string {
	return fmt.Sprintf("%s 的校验和不对：得到 %s，应为 %s。文件可能被改动、下载不完整或版本不是 %s，已丢弃。请重新获取；%s",
		e.file, e.got, e.want, Version, remedy)
}

// unpack copies the library out of f, a package or the library itself, to out
// and verifies it. f is read once: nothing of an unverified file is run, so it
// may be unpacked while its checksum is computed.
func (g getter) unpack(ctx context.Context, f *os.File, out string) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	bar := g.bar.start("正在解压并校验 ClickHouse 引擎", st.Size())
	defer bar.done()
	whole := sha512.New()
	in := bufio.NewReaderSize(io.TeeReader(cancelReader{ctx, f}, io.MultiWriter(whole, bar)), 1<<20)
	magic, err := in.Peek(2)
	if err != nil {
		return err
	}
	if magic[0] != 0x1f || magic[1] != 0x8b { // not gzip: the library itself
		return g.save(in, f.Name(), out)
	}
	if err := g.untar(in, out); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	return compare(f.Name(), base64.StdEncoding.EncodeToString(whole.Sum(nil)), g.pkg.sha512)
}

// untar saves the library out of a package.
func (g getter) untar(in io.Reader, out string) error {
	z, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("其中没有 %s", libraryFile)
		}
		if err != nil {
			return err
		}
		if path.Base(h.Name) == libraryFile {
			return g.save(r, libraryFile, out)
		}
	}
}

// save writes the library to out and verifies it. It is on disk when save
// returns nil, as the rename that follows must not come first.
func (g getter) save(in io.Reader, name, out string) (err error) {
	f, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(out)
		}
	}()
	sum := sha256.New()
	// One byte more than expected is enough to see that it is another file.
	if _, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(in, g.pkg.size+1)); err != nil {
		return err
	}
	if err := compare(name, hex.EncodeToString(sum.Sum(nil)), g.pkg.sha256); err != nil {
		return err
	}
	return f.Sync()
}

func compare(file, got, want string) error {
	if got != want {
		return &mismatchError{file, got, want}
	}
	return nil
}

// cancelReader ends when its context does.
type cancelReader struct {
	ctx context.Context //nolint:containedctx // io.Reader has no place for one
	r   io.Reader
}

func (c cancelReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
