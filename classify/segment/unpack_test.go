package segment

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestUnpackRepairsDamage(t *testing.T) {
	dir := t.TempDir()
	f, err := unpack(dir, "甲乙\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{f.dict, f.user} {
		if err := os.WriteFile(path, []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	again, err := unpack(dir, "甲乙\n")
	if err != nil || again != f {
		t.Fatalf("unpacked again to %+v (%v), want %+v", again, err, f)
	}
	if b, _ := os.ReadFile(f.user); string(b) != "甲乙\n" {
		t.Errorf("user dictionary holds %q", b)
	}
	if st, err := os.Stat(f.dict); err != nil || st.Size() != 5071204 {
		t.Errorf("dictionary is not whole: %v %v", st, err)
	}
}

func TestUnpackAtOnceFromManySides(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := unpack(dir, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	left, err := filepath.Glob(filepath.Join(dir, ".unpack-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestUnpackIntoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := unpack(path, ""); err == nil {
		t.Error("unpacking into a file is no error")
	}
}

func TestEnsureRefusesOtherContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	err := ensure(path, strings.Repeat("0", 64), func() ([]byte, error) { return []byte("x"), nil })
	if err == nil || !strings.Contains(err.Error(), "hash") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("wrong content was put in place")
	}
}

// The version in Version and in NOTICE must be the one built in.
func TestVersionIsTheModules(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	notice, err := os.ReadFile("data/NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	const want = "yanyiwu/gojieba v" + engine
	if !strings.Contains(string(mod), want) || !strings.Contains(string(notice), want) {
		t.Errorf("go.mod or data/NOTICE does not speak of %s", want)
	}
}
