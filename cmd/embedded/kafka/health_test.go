package kafka

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestHealthyDisk(t *testing.T) {
	b := OpenTest(t)
	b.check()
	if err := b.Healthy(); err != nil {
		t.Errorf("Healthy on a good disk: %v", err)
	}
}

// TestFullDiskRecovers moves the threshold instead of the disk.
func TestFullDiskRecovers(t *testing.T) {
	b := OpenTest(t)
	b.check()
	set := func(n int64) {
		b.health.mu.Lock() // the probe reads it under this lock
		b.cfg.MinFree = n
		b.health.mu.Unlock()
		b.check()
	}
	set(1 << 60)
	err := b.Healthy()
	if !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "腾出空间后自动恢复") || !strings.Contains(err.Error(), b.cfg.Dir) {
		t.Errorf("Healthy without room: %v", err)
	}
	set(1)
	if err := b.Healthy(); err != nil {
		t.Errorf("Healthy with room again: %v", err)
	}
}

// TestBrokenDiskStaysBroken takes the probe's file away for a moment.
func TestBrokenDiskStaysBroken(t *testing.T) {
	b := OpenTest(t)
	name := filepath.Join(b.cfg.Dir, "probe")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(name, 0o700); err != nil { // cannot be opened for writing
		t.Fatal(err)
	}
	b.check()
	err := b.Healthy()
	if err == nil || errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "重新启动") {
		t.Errorf("Healthy on a broken disk: %v", err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	b.check()
	if again := b.Healthy(); again == nil || again.Error() != err.Error() {
		t.Errorf("Healthy after the first error: %v, want it for good", again)
	}
}

func TestWriteProbe(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "probe")
	for range 3 {
		if err := writeProbe(name); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(name); err != nil || info.Size() > 4096 {
		t.Errorf("the probe's file grows: %v %v", info.Size(), err)
	}
	if err := writeProbe(filepath.Join(dir, "no", "such")); err == nil {
		t.Error("a probe that cannot be written succeeds")
	}
	if _, err := freeBytes(filepath.Join(dir, "no")); err == nil {
		t.Error("free room of a missing folder")
	}
}

func TestRefusesWhileUnhealthy(t *testing.T) {
	b := OpenTest(t)
	gate := b.gate()
	if gate.When(kmsg.NewPtrProduceRequest()) {
		t.Error("refuses on a good disk")
	}
	b.health.mu.Lock()
	b.health.full = ErrDiskFull
	b.health.mu.Unlock()
	if !gate.When(kmsg.NewPtrProduceRequest()) {
		t.Error("takes records without room")
	}
}
