package clickhouse

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// lock waits until no other process is getting the library.
func (g getter) lock(ctx context.Context) (unlock func(), err error) {
	path := filepath.Join(g.dir, ".lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("无法写入缓存目录 %s：%w", g.dir, err)
	}
	said := false
	for {
		free, err := tryLock(f)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("无法锁定 %s：%w", path, err)
		}
		if free {
			return func() { f.Close() }, nil
		}
		if !said {
			said = true
			g.bar.say("另一个进程正在获取 ClickHouse 引擎，等待它完成……")
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("已取消等待 ClickHouse 引擎：%w", context.Cause(ctx))
		case <-time.After(100 * time.Millisecond):
		}
	}
}
