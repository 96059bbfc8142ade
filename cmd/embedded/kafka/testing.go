package kafka

import "testing"

// OpenTest is a broker on a temporary folder that ends with the test. It takes
// records however full the disk is.
func OpenTest(t testing.TB) *Broker {
	t.Helper()
	b, err := Open(Config{Dir: t.TempDir(), MinFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}
