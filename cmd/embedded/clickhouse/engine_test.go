package clickhouse

import "testing"

func TestSmoke(t *testing.T) {
	c, _ := connect(t)
	must(t, c.Ping(t.Context()))
	do(t, c, "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x", "INSERT INTO t VALUES (1), (2)")
	if n := count(t, c, "SELECT count() FROM t"); n != 2 {
		t.Fatal(n)
	}
}
