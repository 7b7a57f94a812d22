package gateway

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// note is all that is kept of a webhook.
type note struct {
	kind, loginID, requestID string
	// lastRefresh as Flinks writes times: without a zone, so that they sort as text.
	lastRefresh string
}

var (
	errNotJSON = errors.New("gateway: the webhook is not one JSON object")

	errTooDeep = errors.New("gateway: the webhook is nested too deeply")
)

const (
	maxDepth = 64
	// maxKept is the longest text that is kept of a webhook.
	maxKept = 128
)

// parseNote reads one JSON object as a stream. A payload has megabytes of somebody's
// account data, so what is not looked for is never held: not even a whole string.
// It checks no more of the grammar than it needs; a signature vouches for the rest.
func parseNote(r io.Reader) (note, error) {
	s := &scanner{in: bufio.NewReader(r)}
	err := s.object()
	if err == nil {
		err = s.rest()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, errTooDeep) {
		err = errNotJSON
	}
	if err != nil {
		return note{}, err
	}
	return s.note, nil
}

// scanner walks through the text. path holds the names on the way to where it is, empty
// for the elements of lists.
type scanner struct {
	in   *bufio.Reader
	path []string
	note note
}

// keep stores a text if it is one of those that are looked for.
func (s *scanner) keep(value string) {
	switch len(s.path) {
	case 1:
		switch s.path[0] {
		case "ResponseType":
			s.note.kind = value
		case "RequestId":
			s.note.requestID = value
		case "LoginId":
			s.note.loginID = value
		}
	case 2:
		switch s.path[0] + "." + s.path[1] {
		case "Login.Id":
			s.note.loginID = value
		case "Login.LastRefresh":
			s.note.lastRefresh = value
		}
	}
}

// next is the next character that is no white space.
func (s *scanner) next() (byte, error) {
	for {
		b, err := s.in.ReadByte()
		if err != nil || (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
			return b, err
		}
	}
}

// expect reads one character that has to come.
func (s *scanner) expect(want byte) error {
	b, err := s.next()
	if err == nil && b != want {
		return errNotJSON
	}
	return err
}

// rest makes sure that nothing follows.
func (s *scanner) rest() error {
	_, err := s.next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		return errNotJSON
	}
	return err
}

func (s *scanner) object() error {
	if err := s.expect('{'); err != nil {
		return err
	}
	return s.members('}', func(first byte) error {
		if first != '"' {
			return errNotJSON
		}
		name, err := s.text()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		first, err = s.next()
		if err != nil {
			return err
		}
		return s.within(name, first)
	})
}

// members reads the members of an object or a list up to its end.
func (s *scanner) members(end byte, member func(first byte) error) error {
	b, err := s.next()
	if err != nil || b == end {
		return err
	}
	for {
		if err := member(b); err != nil {
			return err
		}
		b, err = s.next()
		if err != nil || b == end {
			return err
		}
		if b != ',' {
			return errNotJSON
		}
		if b, err = s.next(); err != nil {
			return err
		}
	}
}

// within reads a value that has a name.
func (s *scanner) within(name string, first byte) error {
	if len(s.path) == maxDepth {
		return errTooDeep
	}
	s.path = append(s.path, name)
	defer func() { s.path = s.path[:len(s.path)-1] }()
	return s.value(first)
}

func (s *scanner) value(first byte) error {
	switch first {
	case '"':
		text, err := s.text()
		if err == nil {
			s.keep(text)
		}
		return err
	case '{':
		if err := s.in.UnreadByte(); err != nil {
			return err
		}
		return s.object()
	case '[':
		return s.members(']', func(first byte) error { return s.within("", first) })
	}
	return s.literal(first)
}

// literal passes over a number, true, false or null.
func (s *scanner) literal(b byte) error {
	for {
		switch {
		case strings.IndexByte(",}]", b) >= 0:
			return s.in.UnreadByte()
		case strings.IndexByte(" \t\n\r", b) >= 0:
			return nil
		case strings.IndexByte(literals, b) < 0:
			return errNotJSON
		}
		var err error
		if b, err = s.in.ReadByte(); err != nil {
			return err
		}
	}
}

// literals are the characters of numbers, true, false and null.
const literals = "0123456789+-.Eaeflnrstu"

// text reads the rest of a string. One that is long, or has escapes, is nothing that is
// looked for: it is passed over, and given as empty.
func (s *scanner) text() (string, error) {
	var kept []byte
	plain := true
	for {
		b, err := s.in.ReadByte()
		switch {
		case err != nil:
			return "", err
		case b == '"' && plain:
			return string(kept), nil
		case b == '"':
			return "", nil
		case b < ' ':
			return "", errNotJSON
		case b == '\\':
			plain = false
			if _, err := s.in.ReadByte(); err != nil {
				return "", err
			}
		case len(kept) == maxKept:
			plain = false
		default:
			kept = append(kept, b)
		}
	}
}
