package kafka_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"qianliyan/cmd/embedded/kafka"
	"qianliyan/ingest/bus"
)

// smallDisk is a folder on a disk of its own of that many MiB.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("cannot make a small disk (needs root): %v", err)
	}
	t.Cleanup(func() {
		// Detached: after a write that failed kfake keeps a file open.
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestFullDisk fills a real disk, once down to the threshold and once to the
// last byte. Whatever was acknowledged must be there afterwards.
func TestFullDisk(t *testing.T) {
	for name, minFree := range map[string]int64{"threshold": 8 << 20, "last byte": 1} {
		t.Run(name, func(t *testing.T) {
			dir := smallDisk(t, "32m")
			ballast := filepath.Join(dir, "ballast")
			if err := os.WriteFile(ballast, noise(16<<20), 0o600); err != nil {
				t.Fatal(err)
			}
			br, err := kafka.Open(kafka.Config{Dir: filepath.Join(dir, "bus"), MinFree: minFree})
			if err != nil {
				t.Fatal(err)
			}
			defer br.Close()
			b := client(t, br)
			acked := fillUp(t, b)
			for br.Healthy() == nil { // the probe comes by every second
				time.Sleep(10 * time.Millisecond)
			}
			if err := br.Healthy(); !errors.Is(err, kafka.ErrDiskFull) || !strings.Contains(err.Error(), "腾出空间") {
				t.Errorf("Healthy on a full disk: %v", err)
			}
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
			for br.Healthy() != nil {
				time.Sleep(10 * time.Millisecond)
			}
			send(t, b, 1, 1000)
			b.Close()
			br.Close()
			again := client(t, open(t, filepath.Join(dir, "bus")))
			if got := bounds(t, again); got.Last < acked+1 {
				t.Errorf("%d records are there, %d were acknowledged", got.Last, acked+1)
			}
			again.Close()
		})
	}
}

// fillUp publishes until the broker refuses, and counts what it took.
func fillUp(t *testing.T, b *bus.Bus) (acked int64) {
	t.Helper()
	for range 1000 {
		if b.Publish(t.Context(), bus.Raw, []bus.Record{{Key: "k", Value: noise(100 << 10)}}) != nil {
			return acked
		}
		acked++
	}
	t.Fatal("the disk does not fill")
	return acked
}
