package gateway

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// note is all that is kept of a webhook, by where it stands in the payload.
type note struct {
	kind, requestID, loginID string
	login                    struct{ id, lastRefresh string }
}

// who is the login that a webhook is about.
func (n note) who() string {
	if n.login.id != "" {
		return n.login.id
	}
	return n.loginID
}

// errNotJSON: not one JSON object, or one that is nested more deeply than any payload.
var errNotJSON = errors.New("gateway: the webhook is not one JSON object")

const (
	maxDepth = 64
	// maxKept is the longest text that is kept of a webhook, as it is written there.
	maxKept = 256
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
	if errors.Is(err, io.EOF) {
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
	// buffer of the last text.
	buffer []byte
}

// keep stores a value if it is one of those that are looked for; empty for one that is
// no text. What comes twice counts as it comes last.
func (s *scanner) keep(value string) {
	switch {
	case len(s.path) == 1:
		s.keepTop(s.path[0], value)
	case len(s.path) != 2 || s.path[0] != "Login":
	case s.path[1] == "Id":
		s.note.login.id = value
	case s.path[1] == "LastRefresh":
		s.note.login.lastRefresh = value
	}
}

func (s *scanner) keepTop(name, value string) {
	switch name {
	case "ResponseType":
		s.note.kind = value
	case "RequestId":
		s.note.requestID = value
	case "LoginId":
		s.note.loginID = value
	case "Login":
		s.note.login.id, s.note.login.lastRefresh = "", ""
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
		return errNotJSON
	}
	s.path = append(s.path, name)
	defer func() { s.path = s.path[:len(s.path)-1] }()
	return s.value(first)
}

func (s *scanner) value(first byte) error {
	s.keep("")
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
	if strings.IndexByte(literals, first) < 0 {
		return errNotJSON
	}
	return s.literal(first)
}

// literal passes over a number, true, false or null.
func (s *scanner) literal(b byte) error {
	for strings.IndexByte(literals, b) >= 0 {
		var err error
		if b, err = s.in.ReadByte(); err != nil {
			return err
		}
	}
	return s.in.UnreadByte()
}

// literals are the characters of numbers, true, false and null.
const literals = "0123456789+-.Eaeflnrstu"

// text reads the rest of a string. One that is long is nothing that is looked for: it is
// passed over, and given as empty.
func (s *scanner) text() (string, error) {
	kept := s.buffer[:0]
	kept = append(kept, '"')
	for plain, escaped := true, false; ; {
		b, err := s.in.ReadByte()
		switch {
		case err != nil:
			return "", err
		case b < ' ':
			return "", errNotJSON
		case len(kept) <= maxKept:
			kept = append(kept, b)
		}
		if b == '"' && !escaped {
			s.buffer = kept
			return unquote(kept, plain)
		}
		escaped = b == '\\' && !escaped
		plain = plain && b != '\\' && b < utf8.RuneSelf
	}
}

// unquote leaves to encoding/json what is not plain.
func unquote(quoted []byte, plain bool) (text string, err error) {
	switch {
	case len(quoted) > maxKept:
		return "", nil
	case plain:
		return string(quoted[1 : len(quoted)-1]), nil
	case json.Unmarshal(quoted, &text) != nil:
		return "", errNotJSON
	}
	return text, nil
}
