// Package arbitrary makes objects that the schemas of the API let in, of the bytes of a fuzz
// target. It starts from an object that is written by hand and changes it, one field after the
// other, as long as schema and rules accept it.
package arbitrary

// Source is where choices come from. Once its bytes are used up, each choice is the first.
type Source struct{ rest []byte }

// NewSource returns the source of some bytes.
func NewSource(b []byte) *Source { return &Source{b} }

// More reports whether any bytes are left.
func (s *Source) More() bool { return len(s.rest) > 0 }

// N returns a number below n, which is at least 1 and at most 65,536.
func (s *Source) N(n int) int {
	chosen := int(s.next())
	if n > 256 {
		chosen = chosen<<8 | int(s.next())
	}
	return chosen % n
}

// Chance reports whether one of n cases is the one; not once the bytes are used up.
func (s *Source) Chance(n int) bool { return s.N(n) == n-1 }

func (s *Source) next() byte {
	if len(s.rest) == 0 {
		return 0
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	return b
}

// OneOf returns one of some values.
func OneOf[T any](s *Source, all ...T) T { return all[s.N(len(all))] }
