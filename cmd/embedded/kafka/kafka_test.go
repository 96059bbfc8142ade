package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"qianliyan/cmd/embedded/kafka"
	"qianliyan/ingest/bus"
	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string) *kafka.Broker {
	t.Helper()
	br, err := kafka.Open(kafka.Config{Dir: dir, MinFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { br.Close() })
	return br
}

func client(t *testing.T, br *kafka.Broker) *bus.Bus {
	t.Helper()
	b, err := bus.Open(bus.Config{Partitions: 1, PublishTimeout: setting.Duration(time.Second)}, bus.Deps{Dial: br.Dial})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

func send(t *testing.T, b *bus.Bus, n, size int) {
	t.Helper()
	for range n {
		if err := b.Publish(t.Context(), bus.Raw, []bus.Record{{Key: item.NewID("t", "1"), Value: noise(size)}}); err != nil {
			t.Fatal(err)
		}
	}
}

// noise does not compress, so that segments fill.
func noise(n int) []byte {
	out := make([]byte, n)
	x := uint32(n)
	for i := range out {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		out[i] = byte(x)
	}
	return out
}

func bounds(t *testing.T, b *bus.Bus) bus.Bound {
	t.Helper()
	got, err := b.Bounds(t.Context(), bus.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return got[0]
}

func TestRecordsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	br := open(t, dir)
	b := client(t, br)
	send(t, b, 5, 100)
	b.Close()
	br.Close()
	b = client(t, open(t, dir))
	if got := bounds(t, b); got != (bus.Bound{First: 0, Last: 5}) {
		t.Errorf("after a restart the partition holds %+v, want 5 records", got)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	br := open(t, dir)
	_, err := kafka.Open(kafka.Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("opening a folder twice: %v, want an error naming folder and process", err)
	}
	if err := client(t, br).Ping(t.Context()); err != nil {
		t.Errorf("the first broker suffered: %v", err)
	}
	br.Close()
	open(t, dir).Close() // and the lock is given back
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		br, err := kafka.Open(kafka.Config{Dir: dir})
		if err == nil {
			br.Close()
			t.Errorf("Open(%q) succeeds", dir)
		} else if !strings.Contains(err.Error(), "目录") {
			t.Errorf("Open(%q): %v, want a sentence about the folder", dir, err)
		}
	}
}

// TestLongFolder opens a folder whose name is too long for a socket.
func TestLongFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("长目录", 12))
	br := open(t, dir)
	send(t, client(t, br), 1, 10)
}

func TestNobodyElseReachesIt(t *testing.T) {
	dir := t.TempDir()
	br := open(t, dir)
	if c, err := net.Dial("tcp", br.Addr()); err == nil {
		c.Close()
		t.Error("the broker listens on TCP")
	}
	info, err := os.Stat(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder has mode %v, want 0700", info.Mode().Perm())
	}
}

func TestTrim(t *testing.T) {
	dir := t.TempDir()
	br := open(t, dir)
	b := client(t, br)
	if err := br.Trim(t.Context(), bus.Raw, 0, 10); err != nil { // empty
		t.Error(err)
	}
	send(t, b, 20, 900<<10)
	before := size(t, dir)
	for _, c := range []struct{ before, first int64 }{
		{0, 0}, {12, 12}, {5, 12}, {12, 12}, {20, 19}, {1 << 40, 19}, // the last record stays
	} {
		if err := br.Trim(t.Context(), bus.Raw, 0, c.before); err != nil {
			t.Fatalf("Trim before %d: %v", c.before, err)
		}
		if got := bounds(t, b); got != (bus.Bound{First: c.first, Last: 20}) {
			t.Errorf("Trim before %d leaves %+v, want first %d", c.before, got, c.first)
		}
	}
	if after := size(t, dir); after > before/3 {
		t.Errorf("%d bytes of %d are left after trimming all but one of 20 records", after, before)
	}
	if err := br.Trim(t.Context(), "no.such", 0, 1); err == nil {
		t.Error("Trim of a topic that does not exist succeeds")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := br.Trim(ended, bus.Raw, 0, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Trim with an ended context: %v", err)
	}
	b.Close()
	br.Close()
	b = client(t, open(t, dir))
	if got := bounds(t, b); got.Last != 20 {
		t.Errorf("after a restart offsets go on at %d, want 20", got.Last)
	}
}

// size is what the segments take.
func size(t *testing.T, dir string) int64 {
	t.Helper()
	n := int64(0)
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(p) != ".dat" {
			return err
		}
		info, err := d.Info()
		n += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFailProduce(t *testing.T) {
	br := kafka.OpenTest(t)
	b := client(t, br)
	asked := 0
	br.FailProduce(func() error {
		if asked++; asked < 3 {
			return errors.New("not now")
		}
		return nil
	})
	send(t, b, 1, 10) // the client tries again
	if asked != 3 {
		t.Errorf("asked %d times, want 3", asked)
	}
	br.FailProduce(nil)
	send(t, b, 1, 10)
	if got := bounds(t, b); got.Last != 2 {
		t.Errorf("%d records, want 2: what is refused is not written", got.Last)
	}
}

func TestControl(t *testing.T) {
	br := kafka.OpenTest(t)
	b := client(t, br)
	seen := make(chan int16, 1)
	br.Control(kmsg.ListOffsets.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		select {
		case seen <- r.Key():
		default:
		}
		return nil, nil, false
	})
	bounds(t, b)
	if got := <-seen; got != kmsg.ListOffsets.Int16() {
		t.Errorf("control saw a request of kind %d", got)
	}
}

func TestBytes(t *testing.T) {
	br := kafka.OpenTest(t)
	b := client(t, br)
	before := br.Bytes()
	send(t, b, 1, 500<<10)
	if after := br.Bytes(); after < before+400<<10 {
		t.Errorf("%d bytes after a record of 500 KiB, %d before", after, before)
	}
}
