package ledger

import "encoding/binary"

// maxOlder bounds the hashes kept of an item beside that of its latest
// version. An item with more versions is a source that numbers badly.
const maxOlder = 31

// Hashes is a set of hashes of versions, those added first in front, eight
// bytes each, big endian. It is a string so that entries compare by ==.
type Hashes string

// Has reports whether hash is among them.
func (h Hashes) Has(hash uint64) bool { return h.index(hash) >= 0 }

// Add is h with hash at its end; where there are too many the first is
// dropped. A hash that is there already stays where it is.
func (h Hashes) Add(hash uint64) Hashes {
	if h.Has(hash) {
		return h
	}
	if over := len(h) - (maxOlder-1)*8; over > 0 {
		h = h[over:]
	}
	return h + Hashes(binary.BigEndian.AppendUint64(nil, hash))
}

func (h Hashes) without(hash uint64) Hashes {
	i := h.index(hash)
	if i < 0 {
		return h
	}
	return h[:i] + h[i+8:]
}

func (h Hashes) index(hash uint64) int {
	var want [8]byte
	binary.BigEndian.PutUint64(want[:], hash)
	for i := 0; i+8 <= len(h); i += 8 {
		if string(h[i:i+8]) == string(want[:]) {
			return i
		}
	}
	return -1
}
