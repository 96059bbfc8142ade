package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// Version is the npm version of the library this package was written for.
// Another one is refused: its functions have not been looked at (see guard).
const Version = "26.7.3-stable.1"

// EnvLibrary names the environment variable that points at libchdb.so. What it
// names is used as it is.
const EnvLibrary = "CHDB_LIB"

// LibraryOptions say where the library may come from.
type LibraryOptions struct {
	// From is a .tgz of the npm package or the .so in it, for machines without
	// a network. It is read only when the library is not in the cache yet.
	From string

	// Progress gets a progress bar when it is a terminal, else a line every
	// few seconds. nil is silent.
	Progress io.Writer
}

// Library finds libchdb.so and returns its path: $CHDB_LIB, else the user's
// cache folder, libchdb/VERSION/libchdb.so. When it is in neither place it is
// put into the cache, from o.From or else by the npm client, which knows the
// user's registry and proxy: 178 MB to load, 566 MB on disk. Checksums of
// package and library are verified before it appears under its name, so a
// library in the cache is whole. Several processes may call it at once; one
// gets it and the others wait.
//
// Errors are sentences for the user, in Chinese, with the remedy.
func Library(ctx context.Context, o LibraryOptions) (string, error) {
	if path := os.Getenv(EnvLibrary); path != "" {
		if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
			return "", fmt.Errorf("环境变量 %s 指向的文件 %s 不存在或不可读。请改正或删除该变量", EnvLibrary, path)
		}
		return filepath.Abs(path)
	}
	p, ok := packages[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return "", fmt.Errorf("内置的 ClickHouse 引擎不支持 %s/%s。请在配置中填写一台 ClickHouse 服务器的地址", runtime.GOOS, runtime.GOARCH)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("找不到用户缓存目录（%w）。请设置环境变量 XDG_CACHE_HOME，或用 %s 指定 libchdb.so", err, EnvLibrary)
	}
	g := getter{pkg: p, dir: filepath.Join(cache, "libchdb", Version), from: o.From, bar: progress{w: o.Progress}}
	return g.get(ctx)
}

// npmPackage is one published package and what is known of its content.
type npmPackage struct {
	name     string
	download int64  // bytes of the .tgz
	size     int64  // bytes of libchdb.so
	sha512   string // of the .tgz, base64, as npm publishes it (dist.integrity)
	sha256   string // of libchdb.so, hexadecimal
}

// packages has a line for every platform the library is published for.
var packages = map[string]npmPackage{
	"linux/amd64": {
		name:     "@chdb/lib-linux-x64-gnu",
		download: 177_817_999,
		size:     566_330_096,
		sha512:   "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
		sha256:   "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5",
	},
}

// libraryFile is the library's name, in the package and in the cache.
const libraryFile = "libchdb.so"

// remedy ends most errors of getting the library.
const remedy = "也可以在另一台机器上执行 npm pack，再用 --clickhouse-library 指定得到的 .tgz 文件"

// getter puts one package into one folder.
type getter struct {
	pkg  npmPackage
	dir  string
	from string
	bar  progress
}

// cached is the library's place, and whether it is there. Its size tells a
// file that was cut short by hand; the checksum was verified before.
func (g getter) cached() (string, bool) {
	path := filepath.Join(g.dir, libraryFile)
	st, err := os.Stat(path)
	return path, err == nil && st.Mode().IsRegular() && st.Size() == g.pkg.size
}

// get returns the library's path in the folder, putting it there first if it
// must.
func (g getter) get(ctx context.Context) (string, error) {
	if path, ok := g.cached(); ok {
		return path, nil
	}
	if err := os.MkdirAll(g.dir, 0o755); err != nil {
		return "", fmt.Errorf("无法建立缓存目录 %s：%w。请检查该目录的权限，或用环境变量 XDG_CACHE_HOME 换一个位置", g.dir, err)
	}
	unlock, err := g.lock(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	path, ok := g.cached()
	if ok { // the process we waited for got it
		return path, nil
	}
	// Only the holder of the lock writes here: older ones were killed.
	stale, _ := filepath.Glob(filepath.Join(g.dir, "get-*"))
	for _, d := range stale {
		os.RemoveAll(d)
	}
	tmp, err := os.MkdirTemp(g.dir, "get-")
	if err != nil {
		return "", fmt.Errorf("无法写入缓存目录 %s：%w", g.dir, err)
	}
	defer os.RemoveAll(tmp)
	if err := g.fetch(ctx, tmp); err != nil {
		if diskFull(err) {
			return "", fmt.Errorf("磁盘空间不足：%s 所在的磁盘需要约 800 MB 空闲空间（%w）。请腾出空间后重试", g.dir, err)
		}
		return "", err
	}
	if err := os.Rename(filepath.Join(tmp, libraryFile), path); err != nil {
		return "", fmt.Errorf("无法保存 %s：%w", path, err)
	}
	return path, nil
}

// fetch leaves the verified library in tmp.
func (g getter) fetch(ctx context.Context, tmp string) error {
	source := g.from
	if source == "" {
		var err error
		if source, err = g.npmPack(ctx, tmp); err != nil {
			return err
		}
	}
	f, err := os.Open(source)
	if err != nil {
		return fmt.Errorf("无法打开引擎文件：%w。请检查 --clickhouse-library 的路径", err)
	}
	defer f.Close()
	out := filepath.Join(tmp, libraryFile)
	var wrong *mismatchError
	switch err := g.unpack(ctx, f, out); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("已取消获取 ClickHouse 引擎：%w", context.Cause(ctx))
	case errors.As(err, &wrong), diskFull(err):
		return err
	default:
		return fmt.Errorf("引擎文件 %s 已损坏或不完整：%w。请重新获取该文件；%s", source, err, remedy)
	}
}
