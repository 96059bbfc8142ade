package label

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
)

// Runs is a list of byte lengths; on the wire base64 of unsigned varints.
type Runs []int

// MarshalJSON writes the packed form.
func (r Runs) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, len(r)+8)
	for _, n := range r {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return json.Marshal(base64.RawStdEncoding.EncodeToString(b))
}

// UnmarshalJSON reads the packed form.
func (r *Runs) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	p, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return err
	}
	out := make(Runs, 0, len(p))
	for len(p) > 0 {
		n, k := binary.Uvarint(p)
		if k <= 0 || n > 1<<40 {
			return errors.New("word lengths are damaged")
		}
		out = append(out, int(n))
		p = p[k:]
	}
	*r = out
	return nil
}

// Split cuts s into its words. Lengths that do not add up to s give nil: the
// words belong to another text.
func (r Runs) Split(s string) []string {
	sum := 0
	for _, n := range r {
		sum += n
	}
	if sum != len(s) {
		return nil
	}
	out := make([]string, len(r))
	for i, n := range r {
		out[i], s = s[:n], s[n:]
	}
	return out
}
