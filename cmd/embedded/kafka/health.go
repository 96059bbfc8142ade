package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// ErrDiskFull is part of Healthy's error while there is too little room; it
// ends by itself. Any other error of Healthy lasts until the next start.
var ErrDiskFull = errors.New("磁盘空间不足")

// probeEvery bounds how long records may be acknowledged that a failing disk
// does not keep.
const probeEvery = time.Second

// health is the verdict on the disk.
type health struct {
	mu     sync.Mutex
	broken error // for good
	full   error // while it lasts
}

func (h *health) get() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken != nil {
		return h.broken
	}
	return h.full
}

// Healthy is nil while the broker's disk takes records and keeps them. Its
// error is Chinese, for pages and readyz: what is wrong and what to do. While it
// is not nil the broker refuses every record.
func (b *Broker) Healthy() error { return b.health.get() }

// probe checks the disk until ctx ends.
func (b *Broker) probe(ctx context.Context) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.check()
		}
	}
}

// check writes, syncs and reads back a block, and looks at the free room.
func (b *Broker) check() {
	err := writeProbe(filepath.Join(b.cfg.Dir, "probe"))
	free, ferr := freeBytes(b.cfg.Dir)
	h := &b.health
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.full
	switch {
	case h.broken != nil: // stays
	case err != nil && !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT):
		h.broken = fmt.Errorf("磁盘写不进或读不回（目录 %s）：%w。已停止接收；请检查磁盘，然后重新启动", b.cfg.Dir, err)
		b.log.Error("disk probe failed, intake is closed until the next start", "err", err)
	case err != nil || ferr == nil && free < b.cfg.MinFree:
		h.full = fmt.Errorf("%w：目录 %s 所在磁盘只剩 %d MB，至少要 %d MB。已暂停接收；腾出空间后自动恢复",
			ErrDiskFull, b.cfg.Dir, free>>20, b.cfg.MinFree>>20)
		if was == nil {
			b.log.Error("disk is full, intake is closed", "free", free, "need", b.cfg.MinFree)
		}
	default:
		if h.full = nil; was != nil {
			b.log.Info("disk has room again, intake is open", "free", free)
		}
	}
}

// writeProbe proves that the disk keeps what is synced to it. The block differs
// each time, so that an old one is not taken for it.
func writeProbe(name string) error {
	want := bytes.Repeat([]byte(time.Now().Format("2006-01-02T15:04:05.000000000 ")), 16)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(want, 0)
	if err == nil {
		err = f.Sync()
	}
	got := make([]byte, len(want))
	if err == nil {
		_, err = f.ReadAt(got, 0)
	}
	if err == nil && !bytes.Equal(got, want) {
		err = errors.New("the disk gave back other bytes than were written")
	}
	return errors.Join(err, f.Close())
}

// freeBytes is the room on dir's disk for this user.
func freeBytes(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * st.Bsize, nil
}
