package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"qianliyan/classify/label"
	"qianliyan/cmd/internal/config"
	"qianliyan/cmd/internal/observe"
	"qianliyan/index/fulltext"
)

// rebuildBatch is how many items Rebuild hands to the index at once: what one
// flush takes.
const rebuildBatch = 1000

// Folders of a rebuild. partNew is being filled, or whole and about to take the
// place of the index; partOld is the index it replaced.
const (
	partText = "fulltext"
	partNew  = "fulltext.new"
	partOld  = "fulltext.old"
)

// Rebuilt is what a Rebuild did.
type Rebuilt struct {
	Items int   `json:"items"`   // in the new index
	Took  int64 `json:"took_ms"` // milliseconds, the opening of the engine included
}

// Rebuild makes the full-text index of cfg.Data anew from the columnar store, with
// the words as the segmenter cuts them now. It needs the folder for itself: while
// a server runs it is an *InUseError. The bus is not touched.
//
// The old index stays in its place until the new one is whole and on disk; after
// an error or a kill the next start finds the old one or the new one, and the
// next Rebuild begins from the start. progress, which may be nil, is told how
// many items of how many are in.
func Rebuild(ctx context.Context, cfg config.Config, log *slog.Logger, progress func(done, total int64)) (out Rebuilt, err error) {
	start := time.Now()
	if _, err := os.Stat(filepath.Join(cfg.Data, "lock")); errors.Is(err, fs.ErrNotExist) {
		return out, fmt.Errorf("%s 还不是数据目录：请用 --data 指对目录", cfg.Data)
	}
	n := &Node{cfg: cfg, log: log, metrics: observe.Registry()}
	defer func() { err = errors.Join(err, n.close()) }()
	if n.folder, err = OpenFolder(cfg.Data); err != nil {
		return out, err
	}
	n.onClose(n.folder.Close)
	if err := settleSwap(n.folder); err != nil {
		return out, err
	}
	for _, open := range []func(context.Context) error{n.openColumnar, n.openPipeline} {
		if err := open(ctx); err != nil {
			return out, err
		}
	}
	if out.Items, err = n.fillNew(ctx, progress); err != nil {
		return out, errors.Join(fmt.Errorf("重建没有完成，原来的全文索引没有动: %w", err), os.RemoveAll(n.folder.Dir(partNew)))
	}
	out.Took = time.Since(start).Milliseconds()
	return out, swap(n.folder)
}

// fillNew makes partNew, whole and closed, and returns how many items it has.
func (n *Node) fillNew(ctx context.Context, progress func(done, total int64)) (items int, err error) {
	// The offsets first: an item that comes in after them comes again.
	next, err := n.columnar.Offsets(ctx)
	if err != nil {
		return 0, err
	}
	counts, err := n.columnar.CountByDay(ctx)
	if err != nil {
		return 0, err
	}
	total := int64(0)
	for _, c := range counts {
		total += int64(c.N)
	}
	if err := n.source(total); err != nil {
		return 0, err
	}
	x, err := n.fulltextIn(partNew, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	err = n.columnar.Each(ctx, rebuildBatch, func(batch []label.Labeled) error {
		if err := x.Write(ctx, batch, nil); err != nil {
			return err
		}
		if items += len(batch); progress != nil {
			progress(int64(items), total)
		}
		return nil
	})
	if err != nil {
		return items, err
	}
	if int64(items) < total {
		return items, fmt.Errorf("分析库有 %d 条，只读到 %d 条：请再运行一次；仍不行，请检查磁盘", total, items)
	}
	return items, x.Write(ctx, nil, next)
}

// source refuses to replace an index that has items by one of an empty store:
// then the index is all that is left.
func (n *Node) source(total int64) error {
	if total > 0 {
		return nil
	}
	_, err := os.Stat(filepath.Join(n.folder.Dir(partText), fulltext.CommitFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, errors.New("分析库是空的，没有可以用来重建的信息：请先恢复分析库的备份，或检查 --data 和 columnar 配置；如果只是刚开始用、还没有入库，删掉 fulltext 目录再启动即可"))
}

// swap puts partNew in the place of the index. Between the two renames there is
// no index; settleSwap ends what a kill leaves there.
func swap(f *Folder) error {
	if err := os.RemoveAll(f.Dir(partOld)); err != nil {
		return err
	}
	if err := os.Rename(f.Dir(partText), f.Dir(partOld)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := syncFolder(f.Path); err != nil {
		return err
	}
	return finishSwap(f)
}

func finishSwap(f *Folder) error {
	if err := os.Rename(f.Dir(partNew), f.Dir(partText)); err != nil {
		return err
	}
	// The old one goes only when the new name is on disk.
	if err := syncFolder(f.Path); err != nil {
		return err
	}
	return os.RemoveAll(f.Dir(partOld))
}

// settleSwap brings the folder of a rebuild that was killed into order:
//
//	fulltext  new  old
//	   no     yes  yes   killed between the renames: new is whole, it takes the place
//	   yes    –    yes   killed while old was being removed: it is removed
//	   any    yes  no    killed before new was whole: it is removed
//	   no     no   yes   not a rebuild's doing: left alone
func settleSwap(f *Folder) error {
	has := func(part string) bool {
		_, err := os.Stat(f.Dir(part))
		return err == nil
	}
	switch text, made, old := has(partText), has(partNew), has(partOld); {
	case !text && made && old:
		return finishSwap(f)
	case text && old:
		return errors.Join(os.RemoveAll(f.Dir(partNew)), os.RemoveAll(f.Dir(partOld)))
	case made:
		return os.RemoveAll(f.Dir(partNew))
	}
	return nil
}

// syncFolder makes renames in a folder outlast a power cut.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
