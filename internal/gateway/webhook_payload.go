package gateway

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// webhookPayload is what the gateway keeps of the payload of a webhook.
type webhookPayload struct {
	// The members ResponseType, RequestId and LoginId of the root.
	responseType, requestID, rootLoginID string
	// The members Id and LastRefresh of Login.
	login struct{ id, lastRefresh string }
}

// loginID returns the login that a webhook is about.
func (p webhookPayload) loginID() string {
	if p.login.id != "" {
		return p.login.id
	}
	return p.rootLoginID
}

// errNotJSON reports a body that is not one JSON object, or nested more deeply than any
// payload.
var errNotJSON = errors.New("gateway: the webhook is not one JSON object")

const (
	maxDepth = 64
	// maxKept is the length of the longest text that the gateway keeps, as the payload
	// spells it.
	maxKept = 256
)

// parsePayload reads one JSON object as a stream. A payload has megabytes of a customer's
// account data, so the parser holds nothing that the gateway does not need: not even a
// whole string. It checks no more of the grammar than it needs, because a signature proves
// that Flinks wrote the text.
func parsePayload(r io.Reader) (webhookPayload, error) {
	s := &scanner{in: bufio.NewReader(r)}
	err := s.object()
	if err == nil {
		err = s.rest()
	}
	if errors.Is(err, io.EOF) {
		err = errNotJSON
	}
	if err != nil {
		return webhookPayload{}, err
	}
	return s.payload, nil
}

// scanner walks through the text. path has the names of the members on the way to the
// current value; the elements of lists have empty names.
type scanner struct {
	in   *bufio.Reader
	path []string
	// payload has what was found so far.
	payload webhookPayload
	// buffer of the last text.
	buffer []byte
}

// keep stores the value at path if the gateway needs it; empty for a value that is not a
// text. If a member comes twice, the last one counts.
func (s *scanner) keep(value string) {
	switch {
	case len(s.path) == 1:
		s.keepTop(s.path[0], value)
	case len(s.path) != 2 || s.path[0] != "Login":
	case s.path[1] == "Id":
		s.payload.login.id = value
	case s.path[1] == "LastRefresh":
		s.payload.login.lastRefresh = value
	}
}

func (s *scanner) keepTop(name, value string) {
	switch name {
	case "ResponseType":
		s.payload.responseType = value
	case "RequestId":
		s.payload.requestID = value
	case "LoginId":
		s.payload.rootLoginID = value
	case "Login":
		s.payload.login.id, s.payload.login.lastRefresh = "", ""
	}
}

// next returns the next character that is not white space.
func (s *scanner) next() (byte, error) {
	for {
		b, err := s.in.ReadByte()
		if err != nil || (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
			return b, err
		}
	}
}

// expect reads a character, which must be want.
func (s *scanner) expect(want byte) error {
	b, err := s.next()
	if err == nil && b != want {
		return errNotJSON
	}
	return err
}

// rest checks that only white space follows.
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

// within reads the value of a member.
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

// literal skips a number, true, false or null.
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

// text reads the rest of a string. It skips a long one, which the gateway does not need,
// and returns an empty one for it.
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

// unquote decodes a string, by encoding/json if it is not plain ASCII without escapes.
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
