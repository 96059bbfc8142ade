package segment

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

//go:embed data/*.gz data/SHA256SUMS
var packed embed.FS

// files are the paths gojieba is opened with, and one hash over what decides
// how words are cut.
type files struct {
	dict, hmm, user, idf, stop string
	hash                       string
}

// unpack makes sure that dir holds all dictionaries as shipped, and the user
// words given. Files carry their hash in the name, so that versions live side
// by side and an older program on the same folder is not disturbed.
func unpack(dir, user string) (files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return files{}, err
	}
	var f files
	all := sha256.New()
	for _, part := range []struct {
		name string
		path *string
	}{{"jieba.dict.utf8", &f.dict}, {"hmm_model.utf8", &f.hmm}} {
		sum, err := shippedSum(part.name)
		if err != nil {
			return files{}, err
		}
		*part.path = filepath.Join(dir, part.name+"-"+sum[:12])
		if err := ensure(*part.path, sum, func() ([]byte, error) { return inflate(part.name) }); err != nil {
			return files{}, err
		}
		io.WriteString(all, sum)
	}
	// gojieba's keyword tables must exist and hold a line each.
	for _, part := range []struct {
		name, content string
		path          *string
	}{{"user.dict", user, &f.user}, {"idf", "的 1.0\n", &f.idf}, {"stop", "的\n", &f.stop}} {
		sum := sumOf([]byte(part.content))
		*part.path = filepath.Join(dir, part.name+"-"+sum[:12])
		if err := ensure(*part.path, sum, func() ([]byte, error) { return []byte(part.content), nil }); err != nil {
			return files{}, err
		}
	}
	io.WriteString(all, user)
	f.hash = hex.EncodeToString(all.Sum(nil))
	return f, nil
}

// ensure leaves at path a file whose SHA-256 is sum: the one there when it is
// sound, else content, written aside and renamed.
func ensure(path, sum string, content func() ([]byte, error)) error {
	if old, err := os.ReadFile(path); err == nil && sumOf(old) == sum {
		return nil
	}
	b, err := content()
	if err != nil {
		return err
	}
	if got := sumOf(b); got != sum {
		return fmt.Errorf("%s: content has hash %s, want %s", filepath.Base(path), got, sum)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".unpack-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(b); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

func inflate(name string) ([]byte, error) {
	b, err := packed.ReadFile("data/" + name + ".gz")
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return io.ReadAll(z)
}

// shippedSum is the hash SHA256SUMS gives for name.
func shippedSum(name string) (string, error) {
	b, err := packed.ReadFile("data/SHA256SUMS")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 2 && f[1] == name {
			return f[0], nil
		}
	}
	return "", fmt.Errorf("no hash of %s is shipped", name)
}

func sumOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
