package topic

import (
	"bytes"
	"compress/gzip"
	"math/rand/v2"
	"slices"
	"testing"

	"qianliyan/classify/label"
)

// tiny is a model of two classes and three features.
func tiny() *Model {
	m := &Model{
		classes: []string{"", "甲"}, bias: []float32{0, 1}, slope: []float32{1, 2}, shift: []float32{0, 0.5},
		scale: []float32{0.5, 0.25}, idf: []float32{1, 2, 3}, view: []view{0, 2, 3}, weight: []int8{1, -1, 127, -127, 0, 5},
		table: newTable([]uint32{5, 700, 1 << 31}),
	}
	for v := range m.factor {
		m.factor[v] = 1
	}
	return m
}

func TestModelRoundTrip(t *testing.T) {
	var a, b bytes.Buffer
	if err := tiny().Write(&a); err != nil {
		t.Fatal(err)
	}
	first := bytes.Clone(a.Bytes())
	m, err := Read(&a)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, b.Bytes()) {
		t.Error("a model read and written again differs")
	}
	if m.Version() == "" || !slices.Equal(m.weight, tiny().weight) || !slices.Equal(m.idf, tiny().idf) {
		t.Errorf("read %+v", m)
	}
}

func TestTableAgainstMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	known := map[uint32]int32{}
	var hashes []uint32
	for range 5000 {
		hashes = append(hashes, rng.Uint32()%20000*214013)
	}
	slices.Sort(hashes)
	hashes = slices.Compact(hashes)
	for i, h := range hashes {
		known[h] = int32(i)
	}
	table := newTable(hashes)
	for i := range uint64(20000) {
		h := uint64(uint32(i) * 214013)
		want, ok := known[uint32(h)]
		if !ok {
			want = -1
		}
		if got := table.find(h<<32 | 7); got != want {
			t.Fatalf("find(%x) = %d, want %d", h, got, want)
		}
	}
}

// Damage must be an error, never a panic or a model that panics later.
func FuzzDecode(f *testing.F) {
	var buf bytes.Buffer
	if err := tiny().Write(&buf); err != nil {
		f.Fatal(err)
	}
	z, err := gzip.NewReader(&buf)
	if err != nil {
		f.Fatal(err)
	}
	var plain bytes.Buffer
	if _, err := plain.ReadFrom(z); err != nil {
		f.Fatal(err)
	}
	f.Add(plain.Bytes())
	f.Add(plain.Bytes()[:20])
	f.Add([]byte("QLTM"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decode(b)
		if err != nil {
			return
		}
		s := newPool(m).get()
		m.infer(s, "停水", "停水了", label.Runs{6}, label.Runs{6, 3})
	})
}

func TestReadGarbage(t *testing.T) {
	var empty bytes.Buffer
	z := gzip.NewWriter(&empty)
	z.Close()
	for name, b := range map[string][]byte{"nothing": nil, "text": []byte("not a model"), "empty": empty.Bytes()} {
		if _, err := Read(bytes.NewReader(b)); err == nil {
			t.Errorf("%s is read as a model", name)
		}
	}
}

func FuzzExtract(f *testing.F) {
	f.Add("停水", "停水了\xff", uint8(3))
	f.Fuzz(func(t *testing.T, title, text string, n uint8) {
		var a, b features
		runs := label.Runs{int(n), 3, 1, 500}
		a.extract(title, text, runs, runs)
		b.extract("别的", "别的文字", nil, nil)
		b.extract(title, text, runs, runs)
		for v := range views {
			if !slices.Equal(a.of[v], b.of[v]) {
				t.Fatalf("view %d depends on what was extracted before", v)
			}
		}
	})
}
