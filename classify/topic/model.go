package topic

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// Model is a trained topic model. It never changes and may be shared.
//
// # File
//
// gzip over little-endian: the magic "QLTM" and a format number (uint16), the
// number of classes (uint8) and their names (uint8 length and bytes; the empty
// name stands for texts of no topic), per class bias, slope and shift
// (float32), the view factors (float32), the number of features (uint32) and
// the greatest weight of each class (float32); then column by column for all
// features, ordered by hash: the upper 32 bits of the hash as distance to the
// one before (uvarint), the view and idf (uint8 each), and one int8 a class.
type Model struct {
	classes []string
	bias    []float32
	slope   []float32 // calibration: logit = slope·margin + shift
	shift   []float32
	factor  [views]float32
	scale   []float32 // weight of an int8 step, by class
	table   table
	idf     []float32
	view    []view
	weight  []int8 // features × classes
	version string
}

const (
	magic  = "QLTM"
	format = 1
	// idfStep is the resolution of the stored inverse document frequency.
	idfStep = 1.0 / 16
)

// fingerprint is what the model keeps of a feature's hash.
func fingerprint(h uint64) uint32 { return uint32(h >> 32) }

// Classes lists the names the model answers with; the empty name stands for
// texts of no topic.
func (m *Model) Classes() []string { return append([]string(nil), m.classes...) }

// Features is how many features the model knows.
func (m *Model) Features() int { return len(m.idf) }

// Version is a hash of the model file.
func (m *Model) Version() string { return m.version }

// Read loads a model file.
func Read(r io.Reader) (*Model, error) {
	raw, err := io.ReadAll(io.LimitReader(r, 256<<20))
	if err != nil {
		return nil, fmt.Errorf("cannot read topic model: %w", err)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("cannot read topic model: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(z, 256<<20))
	if err != nil {
		return nil, fmt.Errorf("cannot read topic model: %w", err)
	}
	m, err := decode(body)
	if err != nil {
		return nil, fmt.Errorf("cannot read topic model: %w", err)
	}
	sum := sha256.Sum256(raw)
	m.version = hex.EncodeToString(sum[:6])
	return m, nil
}

// cursor reads a model body and remembers the first failure.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.bad = true
		return make([]byte, max(0, min(n, 8)))
	}
	out := c.b[:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) u8() int     { return int(c.take(1)[0]) }
func (c *cursor) u32() uint32 { return binary.LittleEndian.Uint32(c.take(4)) }

func (c *cursor) floats(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = math.Float32frombits(c.u32())
		if f := float64(out[i]); math.IsNaN(f) || math.IsInf(f, 0) {
			c.bad = true
		}
	}
	return out
}

var errModel = errors.New("文件损坏或不是主题模型，请用 classify train topic 重新训练")

func decode(b []byte) (*Model, error) {
	c := &cursor{b: b}
	if string(c.take(len(magic))) != magic {
		return nil, errModel
	}
	if v := binary.LittleEndian.Uint16(c.take(2)); v != format {
		return nil, fmt.Errorf("model format %d is not %d", v, format)
	}
	m := &Model{}
	k := c.u8()
	if k < 2 || k > maxClasses {
		return nil, errModel
	}
	for range k {
		m.classes = append(m.classes, strings.Clone(string(c.take(c.u8()))))
	}
	m.bias, m.slope, m.shift = c.floats(k), c.floats(k), c.floats(k)
	copy(m.factor[:], c.floats(int(views)))
	n := int(c.u32())
	m.scale = c.floats(k)
	if c.bad || n < 1 || n > len(c.b) {
		return nil, errModel
	}
	return m, m.decodeFeatures(c, n, k)
}

func (m *Model) decodeFeatures(c *cursor, n, k int) error {
	hashes := make([]uint32, n)
	var last uint64
	for i := range hashes {
		d, size := binary.Uvarint(c.b)
		last += d
		if size <= 0 || last > math.MaxUint32 || i > 0 && d == 0 {
			return errModel
		}
		c.b = c.b[size:]
		hashes[i] = uint32(last)
	}
	m.view, m.idf = make([]view, n), make([]float32, n)
	for i, v := range c.take(n) {
		if view(v) >= views {
			return errModel
		}
		m.view[i] = view(v)
	}
	for i, v := range c.take(n) {
		m.idf[i] = float32(v) * idfStep
	}
	if c.bad {
		return errModel
	}
	m.weight = make([]int8, n*k)
	for class := range k {
		for i, v := range c.take(n) {
			if c.bad {
				return errModel
			}
			m.weight[i*k+class] = int8(v)
		}
	}
	if len(c.b) != 0 {
		return errModel
	}
	m.table = newTable(hashes)
	return nil
}

// Write writes the model file. Equal models give equal bytes.
func (m *Model) Write(w io.Writer) error {
	b := []byte(magic)
	b = binary.LittleEndian.AppendUint16(b, format)
	k := len(m.classes)
	b = append(b, byte(k))
	for _, name := range m.classes {
		b = append(append(b, byte(len(name))), name...)
	}
	for _, list := range [][]float32{m.bias, m.slope, m.shift, m.factor[:]} {
		b = appendFloats(b, list)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.idf)))
	b = appendFloats(b, m.scale)
	var last uint32
	for _, h := range m.table.hashes {
		b = binary.AppendUvarint(b, uint64(h-last))
		last = h
	}
	for _, v := range m.view {
		b = append(b, byte(v))
	}
	for _, f := range m.idf {
		b = append(b, quantIDF(f))
	}
	for class := range k {
		for i := range m.idf {
			b = append(b, byte(m.weight[i*k+class]))
		}
	}
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(b); err != nil {
		return err
	}
	return z.Close()
}

func appendFloats(b []byte, list []float32) []byte {
	for _, f := range list {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}

func quantIDF(f float32) byte { return byte(max(0, min(255, math.Round(float64(f)/idfStep)))) }

// table finds a feature by its fingerprint: open addressing, at most half
// full, behind a bitmap small enough to stay in the processor's cache, as most
// of what is looked up is unknown.
type table struct {
	hashes []uint32 // ascending
	slots  []slot
	mask   uint32
	maybe  []uint64 // bit f>>bitShift is set when some fingerprint f is known
}

// slot holds one feature; index is 0 when it is empty, else one too large.
type slot struct {
	hash  uint32
	index int32
}

// bitShift leaves 23 bits of a fingerprint: a bitmap of one megabyte.
const bitShift = 9

func newTable(hashes []uint32) table {
	size := 1
	for size < 2*len(hashes) {
		size *= 2
	}
	t := table{hashes, make([]slot, size), uint32(size - 1), make([]uint64, 1<<(32-bitShift-6))}
	for i, h := range hashes {
		at := h & t.mask
		for t.slots[at].index != 0 {
			at = (at + 1) & t.mask
		}
		t.slots[at] = slot{h, int32(i + 1)}
		t.maybe[h>>(bitShift+6)] |= 1 << (h >> bitShift & 63)
	}
	return t
}

// find is the index of the feature with hash h, -1 when the model knows none.
func (t *table) find(h uint64) int32 {
	f := fingerprint(h)
	if t.maybe[f>>(bitShift+6)]&(1<<(f>>bitShift&63)) == 0 {
		return -1
	}
	for at := f & t.mask; ; at = (at + 1) & t.mask {
		switch s := t.slots[at]; {
		case s.index == 0:
			return -1
		case s.hash == f:
			return s.index - 1
		}
	}
}
