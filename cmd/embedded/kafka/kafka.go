package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
)

// Config says where the broker keeps its records.
type Config struct {
	// Dir is the broker's folder. One process at a time may have it open.
	Dir string
	// MinFree is how many bytes must be free on the disk; below that no records
	// are taken. Zero means 256 MiB.
	MinFree int64
	// MaxRecord is the largest record of any topic in bytes, as in the bus. Zero
	// means 16 MiB.
	MaxRecord int64
	// Log gets what a person should know; nil drops it.
	Log *slog.Logger
}

// Broker is a running broker. All methods may be called concurrently.
type Broker struct {
	cfg     Config
	log     *slog.Logger
	cluster *kfake.Cluster
	lock    *os.File
	socket  string
	tempDir string // of the socket, when it is not in Config.Dir
	health  health
	faults  faults
	stop    context.CancelFunc
	probing sync.WaitGroup
	closing sync.Once
}

// advertised is what the broker tells its clients to dial; Dial ignores it. The
// port is one nobody listens on, should a client dial it without Dial.
const advertised = "127.0.0.1:1"

// Open starts a broker on cfg.Dir, making the folder if needed. Errors are in
// Chinese: the person who starts the program reads them.
func Open(cfg Config) (*Broker, error) {
	if cfg.Dir == "" {
		return nil, errors.New("消息服务没有数据目录")
	}
	if cfg.MinFree == 0 {
		cfg.MinFree = 256 << 20
	}
	if cfg.MaxRecord == 0 {
		cfg.MaxRecord = 16 << 20
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	b := &Broker{cfg: cfg, log: cfg.Log.With("stage", "broker")}
	if err := b.open(); err != nil {
		b.release()
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	b.probing.Go(func() { b.probe(ctx) })
	return b, nil
}

func (b *Broker) open() error {
	if err := os.MkdirAll(b.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("不能建立消息目录 %q: %w", b.cfg.Dir, err)
	}
	if err := b.acquire(); err != nil {
		return err
	}
	if err := b.placeSocket(); err != nil {
		return err
	}
	b.check() // a disk that is full or broken now closes intake before the first record
	cluster, err := kfake.NewCluster(
		kfake.Ports(1), kfake.ListenFn(b.listen), kfake.ClusterID("qianliyan"), kfake.WithLogger(logger{b.log}),
		kfake.DataDir(filepath.Join(b.cfg.Dir, "log")), kfake.SyncWrites(),
		kfake.GroupMinSessionTimeout(time.Second),
		kfake.BrokerConfigs(map[string]string{
			"log.retention.ms":          "-1",
			"log.retention.bytes":       "-1",
			"log.segment.bytes":         strconv.Itoa(4 << 20), // what Trim frees, and start need not read
			"message.max.bytes":         strconv.FormatInt(b.cfg.MaxRecord+1<<20, 10),
			"offsets.retention.minutes": strconv.Itoa(1 << 30),
		}))
	if err != nil {
		return fmt.Errorf("不能打开消息目录 %q: %w", b.cfg.Dir, err)
	}
	b.cluster = cluster
	cluster.Fault(b.gate())
	debug.FreeOSMemory() // kfake read every segment to find its place
	return nil
}

// acquire takes the lock on the folder.
func (b *Broker) acquire() error {
	name := filepath.Join(b.cfg.Dir, "lock")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("不能锁定消息目录 %q: %w", b.cfg.Dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		owner, _ := os.ReadFile(name)
		return fmt.Errorf("消息目录 %q 正被另一个千里眼进程（进程号 %s）使用：请先停止它，或者换一个数据目录", b.cfg.Dir, owner)
	}
	b.lock = f
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("不能写消息目录 %q: %w", b.cfg.Dir, err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0); err != nil && !errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("不能写消息目录 %q: %w", b.cfg.Dir, err)
	}
	return nil
}

// placeSocket chooses where the socket lies. The kernel takes 108 bytes with
// the final zero, and a file of an earlier run may be left.
func (b *Broker) placeSocket() error {
	dir := filepath.Join(b.cfg.Dir, "run")
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	var err error
	if len(filepath.Join(dir, "b.sock")) < 104 {
		err = os.MkdirAll(dir, 0o700)
	} else {
		dir, err = os.MkdirTemp("", "qianliyan-") // made with mode 0700
		b.tempDir = dir
	}
	if err != nil {
		return fmt.Errorf("不能建立消息服务的套接字目录: %w", err)
	}
	b.socket = filepath.Join(dir, "b.sock")
	if err := os.Remove(b.socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("不能删除旧的套接字: %w", err)
	}
	return nil
}

// Close stops the broker after writing what it holds. Records acknowledged
// before are safe without it; after it the next start is faster.
func (b *Broker) Close() error {
	b.closing.Do(func() {
		b.stop()
		b.probing.Wait()
		b.release()
	})
	return nil
}

func (b *Broker) release() {
	if b.cluster != nil {
		b.cluster.Close()
	}
	if b.tempDir != "" {
		os.RemoveAll(b.tempDir)
	}
	if b.lock != nil {
		b.lock.Close() // gives the lock back
	}
}

// Addr is the broker's address, to be reached through Dial only.
func (b *Broker) Addr() string { return advertised }

// Dial connects to the broker whatever the address; it has the form of
// net.Dialer.DialContext.
func (b *Broker) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", b.socket)
}

func (b *Broker) listen(network, address string) (net.Listener, error) {
	l, err := net.Listen("unix", b.socket)
	if err != nil {
		return nil, err
	}
	return listener{l}, nil
}

// listener has the form of address that kfake tells its clients.
type listener struct{ net.Listener }

func (listener) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "tcp" }
func (address) String() string  { return advertised }

// Trim drops the records of a partition before the offset, except the last one.
// topic is the name on the broker, prefix included. Disk space comes back in
// segments of 4 MiB. Trimming what is trimmed does nothing. After a crash some
// of the records may be there again.
func (b *Broker) Trim(ctx context.Context, topic string, partition int, before int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	info := b.cluster.PartitionInfo(topic, int32(partition))
	if info == nil {
		return fmt.Errorf("cannot trim %s/%d: %w", topic, partition, kerr.UnknownTopicOrPartition)
	}
	before = min(before, info.HighWatermark-1)
	if before <= info.LogStartOffset {
		return nil
	}
	if err := b.cluster.DeleteRecords(topic, int32(partition), before); err != nil {
		return fmt.Errorf("cannot trim %s/%d before %d: %w", topic, partition, before, err)
	}
	return nil
}

// Bytes is what the records of all partitions take on disk, about; it is also
// what the next start reads into memory.
func (b *Broker) Bytes() int64 {
	var n int64
	_ = filepath.WalkDir(filepath.Join(b.cfg.Dir, "log"), func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // trimmed meanwhile
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}

// logger passes on what kfake says. It warns where it could not write.
type logger struct{ log *slog.Logger }

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.log.Error(fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		l.log.Warn(fmt.Sprintf(format, args...))
	}
}
