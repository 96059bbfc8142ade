package clickhouse

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// npmPack lets the npm client load the package into dir. Registry, proxy and
// login are the user's own settings, which npm reads.
func (g getter) npmPack(ctx context.Context, dir string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("获取 ClickHouse 引擎需要 npm，但本机没有安装。请安装 Node.js（自带 npm）后重试；%s", remedy)
	}
	c := exec.CommandContext(ctx, npm, "pack", "--silent", "--pack-destination", dir, g.pkg.name+"@"+Version)
	c.Dir = dir // away from package.json and .npmrc of whatever folder we are in
	c.WaitDelay = 5 * time.Second
	var said strings.Builder
	c.Stderr = &said
	// npm is silent while it works and writes its file at the end: the bar can
	// say honestly what is under way and for how long, not how far it is.
	done := g.bar.spin(fmt.Sprintf("正在用 npm 下载 ClickHouse 引擎（约 %d MB，仅第一次需要）", g.pkg.download/1_000_000))
	err = c.Run()
	done()
	if ctx.Err() != nil {
		return "", fmt.Errorf("已取消下载 ClickHouse 引擎：%w", context.Cause(ctx))
	}
	if err != nil {
		return "", fmt.Errorf("npm 没能下载 %s@%s（%w）：%s。请检查网络和 npm 的 registry、proxy 设置后重试；%s",
			g.pkg.name, Version, err, lastLines(said.String(), 3), remedy)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if len(files) != 1 {
		return "", fmt.Errorf("npm pack 结束了，但没有留下 .tgz 文件。请升级 npm 后重试；%s", remedy)
	}
	return files[0], nil
}

// lastLines is the end of what a program said, on one line.
func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	if s = strings.Join(lines[max(0, len(lines)-n):], " "); s == "" {
		return "npm 没有说明原因"
	}
	return s
}
