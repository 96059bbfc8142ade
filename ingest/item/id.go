package item

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"time"
)

// NewID is the ID of the text that source calls nativeID: the first 128 bits
// of SHA-256 over both, each preceded by its length.
func NewID(source, nativeID string) ID {
	h := sha256.New()
	writeString(h, source)
	writeString(h, nativeID)
	return ID(hex.EncodeToString(h.Sum(nil)[:16]))
}

// ContentID is the native id of a text whose source gives none: a hash of the
// normalised title and text and the submitted second. See the package comment
// for what that means for repeats.
func ContentID(title, text string, submitted time.Time) string {
	h := sha256.New()
	writeString(h, Normalize(title))
	writeString(h, Normalize(text))
	writeTime(h, submitted.Truncate(time.Second))
	return "content:" + hex.EncodeToString(h.Sum(nil)[:16])
}

// Valid reports whether id has the form of an ID.
func (id ID) Valid() bool {
	if len(id) != 32 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Hash is 64 bits over everything the source said of it. Two versions of an
// item with equal hashes are the same version: what ingest itself sets
// (ID, Received, Day, Revision) is left out.
func (it Item) Hash() uint64 {
	h := sha256.New()
	for _, s := range []string{string(it.Channel), it.Source, it.NativeID, it.Title, it.Text, it.Unit, it.Citizen, it.Sender} {
		writeString(h, s)
	}
	for _, list := range [][]string{it.Places, it.Attachments} {
		writeInt(h, len(list))
		for _, s := range list {
			writeString(h, s)
		}
	}
	writeTime(h, it.Event)
	writeTime(h, it.Submitted)
	if it.Urgent {
		writeInt(h, 1)
	}
	writeInt(h, len(it.Extra))
	for _, f := range it.Extra {
		writeString(h, f.Name)
		writeString(h, f.Value)
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

func writeString(h hash.Hash, s string) {
	writeInt(h, len(s))
	h.Write([]byte(s))
}

func writeInt(h hash.Hash, n int) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}

func writeTime(h hash.Hash, t time.Time) {
	if t.IsZero() {
		writeInt(h, 0)
		return
	}
	writeInt(h, int(t.UnixMilli()))
}
