package columnar

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

// county is n made-up letters over the given days, of the length of real ones.
func county(n, days int) []label.Labeled {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	words := strings.Fields("路灯 停水 小区 物业 施工 噪声 夜间 学校 收费 村道 积水 医保 报销 工资 拖欠 垃圾 清运 公交 站点 河道 排污 请 尽快 处理 反映 多次 无人 解决 群众 希望")
	out := make([]label.Labeled, n)
	for i := range out {
		var b strings.Builder
		for b.Len() < 600 {
			b.WriteString(words[r.IntN(len(words))])
		}
		l := letter(i)
		l.Item.NativeID, l.Item.Text = fmt.Sprint("c", i), b.String()
		l.Item.ID = item.NewID(l.Item.Source, l.Item.NativeID)
		l.Item.Submitted = base.Add(time.Duration(r.IntN(days*24*60)) * time.Minute)
		l.Item.Day = l.Item.Submitted.Format(time.DateOnly)
		out[i] = l
	}
	return out
}

// BenchmarkWrite says what one item costs, from label.Labeled to disk.
func BenchmarkWrite(b *testing.B) {
	for _, c := range []struct{ batch, days int }{{1000, 1}, {10_000, 1}, {10_000, 30}, {1000, 3650}, {10_000, 3650}} {
		b.Run(fmt.Sprintf("batch=%d/days=%d", c.batch, c.days), func(b *testing.B) {
			s := open(b)
			items := county(c.batch, c.days)
			version, before := base, cpu(b)
			for b.Loop() {
				version = version.Add(time.Second)
				for i := range items {
					items[i].At = version // or the engine knows the batch
				}
				if err := s.Write(b.Context(), items, map[int]int64{0: 1}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(c.batch)*float64(b.N)/b.Elapsed().Seconds(), "items/s")
			b.ReportMetric(float64(c.batch)*float64(b.N)/(cpu(b)-before).Seconds(), "items/cpu-s")
		})
	}
}

// cpu is what this process, the engine in it included, has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFill is the conversion alone.
func BenchmarkFill(b *testing.B) {
	items := county(1000, 30)
	var r record
	for b.Loop() {
		for _, l := range items {
			r.fill(l, base)
		}
	}
	b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "items/s")
}

// BenchmarkRead says how long a page waits for items it knows by ID.
func BenchmarkRead(b *testing.B) {
	s := open(b)
	seed := county(1000, 700)
	write(b, s, seed, nil)
	// The engine itself makes the rest: a thousand times each, under new ids.
	err := s.conn.Exec(b.Context(), `INSERT INTO items SELECT items.* REPLACE (lower(hex(MD5(concat(id, toString(n))))) AS id, day + n % 20 AS day)
		FROM items CROSS JOIN (SELECT number AS n FROM numbers(1, 999)) AS many SETTINGS max_insert_threads = 2`)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 20} {
		b.Run(fmt.Sprintf("items=%d", n), func(b *testing.B) {
			for b.Loop() {
				ids := make([]item.ID, n)
				for i := range ids {
					ids[i] = seed[r.IntN(len(seed))].Item.ID
				}
				if rows, err := s.Items(b.Context(), ids); err != nil || len(rows) == 0 {
					b.Fatal(len(rows), err)
				}
			}
		})
	}
	b.Run("CountByDay", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.CountByDay(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
