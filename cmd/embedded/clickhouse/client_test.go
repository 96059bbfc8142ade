package clickhouse

import (
	"context"
	"errors"
	"io"
	"math/big"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
)

// compressions are those of ClickHouse's own framing, all that are needed.
var compressions = []ch.CompressionMethod{ch.CompressionNone, ch.CompressionLZ4, ch.CompressionZSTD}

// TestBatch writes and reads a row of every type the product might use.
func TestBatch(t *testing.T) {
	for _, m := range compressions {
		t.Run(m.String(), func(t *testing.T) {
			c, _ := connect(t, func(o *ch.Options) { o.Compression = &ch.Compression{Method: m} })
			do(t, c, `CREATE TABLE items (id UInt64, ts DateTime64(3, 'Asia/Shanghai'), day Date, topic LowCardinality(String),
				place LowCardinality(Nullable(String)), urgency Enum8('一般' = 1, '紧急' = 2), tags Array(LowCardinality(String)),
				extra Map(String, String), n Nullable(Int32), score Decimal(18, 4), ip IPv4, ok Bool, f Float64,
				evidence Nested(word String, at Int32), text String, made String DEFAULT 'x')
				ENGINE = ReplacingMergeTree(id) PARTITION BY toYYYYMM(ts) ORDER BY (topic, id)`)
			type row struct {
				ID      uint64            `ch:"id"`
				TS      time.Time         `ch:"ts"`
				Day     time.Time         `ch:"day"`
				Topic   string            `ch:"topic"`
				Place   *string           `ch:"place"`
				Urgency string            `ch:"urgency"`
				Tags    []string          `ch:"tags"`
				Extra   map[string]string `ch:"extra"`
				N       *int32            `ch:"n"`
				OK      bool              `ch:"ok"`
				F       float64           `ch:"f"`
				Word    []string          `ch:"evidence.word"`
				At      []int32           `ch:"evidence.at"`
				Text    string            `ch:"text"`
			}
			zone, err := time.LoadLocation("Asia/Shanghai")
			must(t, err)
			place, n := "东关街道", int32(-7)
			want := []row{
				{
					1, time.Date(2026, 3, 4, 5, 6, 7, 89e6, zone), time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC), "城乡建设", &place, "紧急",
					[]string{"噪音", "扰'民\\"},
					map[string]string{"键": "值"},
					&n, true, 1.5,
					[]string{"路灯"},
					[]int32{3},
					"夜间施工\x00噪音\n换行",
				},
				{
					2, time.Date(2026, 12, 31, 23, 59, 59, 999e6, zone), time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), "", nil, "一般",
					[]string{},
					map[string]string{},
					nil, false, -0.25,
					[]string{},
					[]int32{},
					strings.Repeat("长", 100_000),
				},
			}
			columns := "id, ts, day, topic, place, urgency, tags, extra, n, ok, f, evidence.word, evidence.at, text"
			b, err := c.PrepareBatch(t.Context(), "INSERT INTO items ("+columns+")")
			must(t, err)
			for _, r := range want {
				must(t, b.AppendStruct(&r))
			}
			must(t, b.Send())
			var got []row
			must(t, c.Select(t.Context(), &got, "SELECT "+columns+" FROM items ORDER BY id"))
			if len(got) != len(want) {
				t.Fatalf("got %d rows", len(got))
			}
			for i := range want {
				if !got[i].TS.Equal(want[i].TS) || !got[i].Day.Equal(want[i].Day) {
					t.Errorf("times %v %v, want %v %v", got[i].TS, got[i].Day, want[i].TS, want[i].Day)
				}
				got[i].TS, got[i].Day = want[i].TS, want[i].Day
				if !reflect.DeepEqual(got[i], want[i]) {
					t.Errorf("got %+.300v\nwant %+.300v", got[i], want[i])
				}
			}
			if n := count(t, c, "SELECT count() FROM items WHERE made = 'x'"); n != 2 {
				t.Errorf("%d rows have the default, want 2", n)
			}
		})
	}
}

// TestTypes reads values of types that a re-encoding go-between would break.
func TestTypes(t *testing.T) {
	c, _ := connect(t)
	for sql, want := range map[string]any{ // nil: it arrives
		"SELECT INTERVAL 1 DAY":                    "1 Day",
		"SELECT toInt256(7)":                       big.NewInt(7),
		"SELECT (1., 2.)::Point":                   nil,
		"SELECT '1.5'::Decimal(9, 2)":              nil,
		"SELECT '::1'::IPv6":                       nil,
		"SELECT 1::Dynamic":                        nil,
		"SELECT '{\"a\": {\"b\": 1}}'::JSON":       nil,
		"SELECT 'x'::Variant(String, UInt8)":       nil,
		"SELECT tuple(1, 'a')":                     nil,
		"SELECT NULL":                              nil,
		"SELECT []":                                nil,
		"SELECT map('a', [1, 2])":                  nil,
		"SELECT toFixedString('ab', 2)":            "ab",
		"SELECT toLowCardinality('噪音')":            "噪音",
		"SELECT finalizeAggregation(uniqState(1))": uint64(1),
		"SELECT 1; ":                               uint8(1),
		"SELECT 1 -- end":                          uint8(1),
		"(SELECT toInt8(1)) EXCEPT (SELECT 2)":     nil,
		"EXISTS TABLE system.one":                  uint8(1),
		"SHOW TABLES FROM system LIKE 'one'":       "one",
		"EXPLAIN AST SELECT 1":                     nil,
		"SELECT toIPv4('10.1.2.3')":                nil,
	} {
		rows, err := c.Query(t.Context(), sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		for n := 0; rows.Next(); n++ {
			v := reflect.New(rows.ColumnTypes()[0].ScanType())
			if err := rows.Scan(v.Interface()); err != nil {
				t.Errorf("%s: %v", sql, err)
			} else if got := v.Elem().Interface(); want != nil && n == 0 && !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %v (%T), want %v", sql, got, got, want)
			}
		}
		if err := rows.Err(); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestParameters: values go beside the statement, whatever is in them.
func TestParameters(t *testing.T) {
	c, db := connect(t)
	in := "引号' 反斜杠\\ \t \n \x00 {x:Int8} ? $1 @x -- ; FORMAT CSV"
	var s string
	var id uint64
	var list []string
	var ts time.Time
	must(t, c.QueryRow(t.Context(), "SELECT {s:String}, {id:UInt64}, {list:Array(String)}, {ts:DateTime64(3, 'UTC')}",
		ch.Named("s", in), ch.Named("id", 7), ch.Named("list", []string{"x'y", "噪音", ""}), ch.Named("ts", time.Unix(1_700_000_000, 0).UTC()),
	).Scan(&s, &id, &list, &ts))
	if s != in || id != 7 || !reflect.DeepEqual(list, []string{"x'y", "噪音", ""}) || ts.Unix() != 1_700_000_000 {
		t.Errorf("got %q, %d, %q, %v", s, id, list, ts)
	}
	must(t, c.QueryRow(t.Context(), "SELECT ?, ?", in, 41).Scan(&s, new(uint8)))
	if s != in {
		t.Errorf("? gave %q", s)
	}
	var none *string
	must(t, c.QueryRow(t.Context(), "SELECT {s:Nullable(String)}", ch.Named("s", nil)).Scan(&none))
	if none != nil {
		t.Errorf("NULL came as %q", *none)
	}
	if n := count(t, c, "SELECT count() FROM system.one WHERE empty({list:Array(String)}) OR has({list:Array(String)}, 'a')", ch.Named("list", []string{})); n != 1 {
		t.Errorf("an empty list selects %d rows, want 1", n)
	}
	do(t, c, "CREATE TABLE p (x String) ENGINE = MergeTree ORDER BY x")
	must(t, c.Exec(t.Context(), "INSERT INTO p VALUES ({s:String})", ch.Named("s", in)))
	ctx := ch.Context(t.Context(), ch.WithParameters(ch.Parameters{"d": db, "t": "p"}))
	must(t, c.QueryRow(ctx, "SELECT x FROM {d:Identifier}.{t:Identifier}").Scan(&s))
	if s != in {
		t.Errorf("stored %q", s)
	}
}

// TestNothingLeaks: settings and databases end with their request.
func TestNothingLeaks(t *testing.T) {
	c, db := connect(t)
	ask := func(ctx context.Context) (size, name string) {
		must(t, c.QueryRow(ctx, "SELECT toString(getSetting('max_block_size')), currentDatabase()").Scan(&size, &name))
		return
	}
	size, _ := ask(t.Context())
	if got, _ := ask(ch.Context(t.Context(), ch.WithSettings(ch.Settings{"max_block_size": 77}))); got != "77" {
		t.Errorf("max_block_size is %s, want 77", got)
	}
	do(t, c, "USE system", "SET max_block_size = 78", "CREATE TEMPORARY TABLE tmp (x UInt8)")
	if got, name := ask(t.Context()); got != size || name != db {
		t.Errorf("later request has max_block_size %s in %s, want %s in %s", got, name, size, db)
	}
	if err := c.Exec(t.Context(), "SELECT * FROM tmp"); code(err) != 60 {
		t.Errorf("a temporary table outlived its request: %v", err)
	}
	for name, want := range map[string]int32{"no_such_setting": 115, "max_block_size": 0} {
		if err := c.Exec(ch.Context(t.Context(), ch.WithSettings(ch.Settings{name: 5})), "SELECT 1"); code(err) != want {
			t.Errorf("%s: %v, want code %d", name, err, want)
		}
	}
}

// TestErrors: failures are typed, whenever they come.
func TestErrors(t *testing.T) {
	for _, m := range compressions {
		t.Run(m.String(), func(t *testing.T) {
			c, _ := connect(t, func(o *ch.Options) { o.Compression = &ch.Compression{Method: m} })
			do(t, c, "CREATE TABLE few (x UInt8, CONSTRAINT few CHECK x < 5) ENGINE = MergeTree ORDER BY x")
			for sql, want := range map[string]int32{
				"SELEC 1": 62, "": 62, "SELECT 1; SELECT 2": 62, "SELECT * FROM nope.nope": 81, "SELECT * FROM nope": 60, "SELECT nope": 47,
				"SELECT throwIf(number = 3) FROM numbers(5)": 395, "INSERT INTO nope VALUES (1)": 60, "SELECT {x:Int8}": 456, "DROP TABLE nope": 60,
				"INSERT INTO few VALUES (9)": 469,
			} {
				if err := c.Exec(t.Context(), sql); code(err) != want {
					t.Errorf("%q: %v, want code %d", sql, err, want)
				}
			}
			b, err := c.PrepareBatch(t.Context(), "INSERT INTO few")
			must(t, err)
			must(t, b.Append(uint8(1)))
			must(t, b.Append(uint8(9)))
			if err := b.Send(); code(err) != 469 {
				t.Errorf("batch: %v, want code 469", err)
			}
			if n := count(t, c, "SELECT count() FROM few"); n != 0 {
				t.Errorf("%d rows of refused inserts stay", n)
			}
			if _, err := c.PrepareBatch(t.Context(), "INSERT INTO nope"); code(err) != 60 {
				t.Errorf("PrepareBatch: %v, want code 60", err)
			}
			late := "SELECT number, throwIf(number = 3000000) FROM numbers(5000000) SETTINGS max_threads = 1"
			rows, err := c.Query(t.Context(), late)
			must(t, err)
			n := 0
			for rows.Next() {
				n++
			}
			if code(rows.Err()) != 395 || n == 0 {
				t.Errorf("after %d rows: %v, want code 395 after some", n, rows.Err())
			}
			_, err = c.Query(ch.Context(t.Context(), ch.WithSettings(ch.Settings{"wait_end_of_query": 1})), late)
			if code(err) != 395 {
				t.Errorf("wait_end_of_query: %v, want code 395 at once", err)
			}
			must(t, c.Ping(t.Context()))
		})
	}
}

// TestNotOffered: what the engine cannot do is said, not ignored.
func TestNotOffered(t *testing.T) {
	gzip, _ := connect(t, func(o *ch.Options) { o.Compression = &ch.Compression{Method: ch.CompressionGZIP} })
	do(t, gzip, "CREATE TABLE z (x UInt8) ENGINE = MergeTree ORDER BY x")
	b, err := gzip.PrepareBatch(t.Context(), "INSERT INTO z")
	must(t, err)
	must(t, b.Append(uint8(1)))
	if err := b.Send(); code(err) != 48 {
		t.Errorf("gzip: %v, want code 48", err)
	}
	table, err := ext.NewTable("ids", ext.Column("id", "UInt64"))
	must(t, err)
	if err := gzip.Exec(ch.Context(t.Context(), ch.WithExternalTable(table)), "SELECT 1"); code(err) != 48 {
		t.Errorf("external table: %v, want code 48", err)
	}
	if err := gzip.Exec(ch.Context(t.Context(), ch.WithSettings(ch.Settings{"session_id": "a"})), "SELECT 1"); code(err) != 48 {
		t.Errorf("session_id: %v, want code 48", err)
	}
}

// TestEmptyResult: names and types come without rows as well.
func TestEmptyResult(t *testing.T) {
	c, _ := connect(t)
	do(t, c, "CREATE TABLE e (id UInt64, topic LowCardinality(String)) ENGINE = MergeTree ORDER BY id")
	rows, err := c.Query(t.Context(), "SELECT id, topic AS t, [1.5] FROM e WHERE id > {id:UInt64};", ch.Named("id", 3))
	must(t, err)
	if got := rows.Columns(); !reflect.DeepEqual(got, []string{"id", "t", "[1.5]"}) {
		t.Errorf("columns %q", got)
	}
	if rows.Next() || rows.Err() != nil {
		t.Errorf("a row, or %v", rows.Err())
	}
	rows, err = c.Query(t.Context(), "SHOW TABLES LIKE 'nothing'")
	must(t, err)
	if rows.Next() || rows.Err() != nil {
		t.Errorf("a row, or %v", rows.Err())
	}
}

// TestFormats: whole texts in and out, as exports use them.
func TestFormats(t *testing.T) {
	c, _ := connect(t)
	do(t, c, "CREATE TABLE f (n UInt64, s String DEFAULT '无') ENGINE = MergeTree ORDER BY n")
	must(t, c.InsertFormat(t.Context(), "JSONEachRow", "INSERT INTO f", strings.NewReader(`{"n":1}{"n":2,"s":"x"}`)))
	do(t, c, "INSERT INTO f FORMAT JSONEachRow {\"n\":3}\n{\"n\":4}", "INSERT INTO f (n) SELECT number + 5 FROM numbers(3)", "INSERT INTO f VALUES (8, 'a;b'), (9, 'FORMAT CSV')")
	r, err := c.QueryFormat(t.Context(), "CSV", "SELECT n, s FROM f ORDER BY n")
	must(t, err)
	got, err := io.ReadAll(r)
	must(t, err)
	must(t, r.Close())
	want := "1,\"无\"\n2,\"x\"\n3,\"无\"\n4,\"无\"\n5,\"无\"\n6,\"无\"\n7,\"无\"\n8,\"a;b\"\n9,\"FORMAT CSV\"\n"
	if string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r, err = c.QueryFormat(t.Context(), "CSV", "SELECT throwIf(number = 3000000) FROM numbers(5000000)")
	must(t, err)
	if _, err = io.Copy(io.Discard, r); code(err) != 395 {
		t.Errorf("late error: %v, want code 395", err)
	}
	r.Close()
	if err := c.InsertFormat(t.Context(), "JSONEachRow", "INSERT INTO f", io.MultiReader(strings.NewReader(`{"n":77}`), failing{})); err == nil {
		t.Error("a body that fails was stored")
	}
	if n := count(t, c, "SELECT count() FROM f WHERE n = 77"); n != 0 {
		t.Error("rows of a body that fails stay")
	}
}

// failing is a body whose sender went away.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the sender is gone") }

// TestConcurrent: eight writers and readers at once, each sees its own rows.
func TestConcurrent(t *testing.T) {
	c, _ := connect(t)
	do(t, c, "CREATE TABLE w (g UInt32, i UInt64) ENGINE = MergeTree ORDER BY (g, i)")
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for k := range 5 {
				b, err := c.PrepareBatch(t.Context(), "INSERT INTO w")
				if err != nil {
					t.Error(err)
					return
				}
				for i := range 200 {
					if err := b.Append(uint32(g), uint64(k*200+i)); err != nil {
						t.Error(err)
					}
				}
				if err := b.Send(); err != nil {
					t.Error(err)
				}
				var n uint64
				err = c.QueryRow(t.Context(), "SELECT count() FROM w WHERE g = {g:UInt32}", ch.Named("g", g)).Scan(&n)
				if err != nil || n != uint64((k+1)*200) {
					t.Errorf("writer %d sees %d rows after batch %d: %v", g, n, k, err)
				}
			}
		})
	}
	wg.Wait()
	if n := count(t, c, "SELECT count() FROM w"); n != 8000 {
		t.Errorf("%d rows, want 8000", n)
	}
}

// TestSendTwice: the same batch again is stored once, other rows twice.
func TestSendTwice(t *testing.T) {
	c, _ := connect(t)
	do(t, c, "CREATE TABLE once (x UInt64) ENGINE = MergeTree ORDER BY x", "CREATE TABLE each (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 0")
	for _, x := range []struct {
		table, token string
		value, want  uint64
	}{
		{"once", "a", 1, 1},
		{"once", "a", 1, 1},
		{"once", "b", 1, 2},
		{"once", "", 5, 3},
		{"once", "", 5, 3},
		{"once", "", 6, 4},
		{"each", "", 5, 1},
		{"each", "", 5, 2},
	} {
		ctx := t.Context()
		if x.token != "" {
			ctx = ch.Context(ctx, ch.WithSettings(ch.Settings{"insert_deduplication_token": x.token}))
		}
		b, err := c.PrepareBatch(ctx, "INSERT INTO "+x.table)
		must(t, err)
		must(t, b.Append(x.value))
		must(t, b.Send())
		if n := count(t, c, "SELECT count() FROM "+x.table); n != x.want {
			t.Errorf("%s: %d rows after token %q value %d, want %d", x.table, n, x.token, x.value, x.want)
		}
	}
	for name, want := range map[string]string{"fsync_after_insert": "1", "fsync_part_directory": "1"} {
		var got string
		must(t, c.QueryRow(t.Context(), "SELECT value FROM system.merge_tree_settings WHERE name = '"+name+"'").Scan(&got))
		if got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
