package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/guid"
)

// Fields are read tolerantly, because the documentation shows the same field absent,
// null, and in several types. Names match without case; unknown fields are ignored; of
// a repeated field the last one counts. Text behind the JSON value makes the body
// unreadable: two answers in one are no definite answer.

// looseString takes a string. null and absent leave it empty; any other type sets bad.
type looseString struct {
	text string
	bad  bool
}

// UnmarshalJSON never fails, so that one odd field does not hide the others.
func (s *looseString) UnmarshalJSON(raw []byte) error {
	*s = looseString{}
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	if err := json.Unmarshal(raw, &s.text); err != nil {
		s.bad = true
	}
	return nil
}

func (s looseString) present() bool { return s.bad || s.text != "" }

// looseInt takes a number, or a string that holds one. Anything else leaves it 0.
type looseInt int

// UnmarshalJSON never fails.
func (i *looseInt) UnmarshalJSON(raw []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	if err != nil {
		n = 0
	}
	*i = looseInt(n)
	return nil
}

// looseBool takes true, or a string that says so. Anything else leaves it false.
type looseBool bool

// UnmarshalJSON never fails.
func (b *looseBool) UnmarshalJSON(raw []byte) error {
	*b = looseBool(strings.EqualFold(strings.Trim(string(raw), `"`), "true"))
	return nil
}

// envelope has the fields that every JSON object of Flinks may have. Message is read for the few
// wordings that change the meaning of a code, and dropped.
type envelope struct {
	HTTPStatusCode looseInt    `json:"HttpStatusCode"`
	FlinksCode     looseString `json:"FlinksCode"`
	Message        looseString `json:"Message"`
	RequestID      looseString `json:"RequestId"`
	Institution    looseString `json:"Institution"`
}

func (e *envelope) common() *envelope { return e }

// enveloped is any body that embeds envelope.
type enveloped interface{ common() *envelope }

// isFlinks reports whether the JSON is an answer of Flinks, not of a proxy. Both fields are
// Flinks' own; "StatusCode" and "Message" alone are what common API gateways print.
func (e *envelope) isFlinks() bool {
	return e.HTTPStatusCode != 0 || e.FlinksCode.present()
}

// inSession reports whether there is a RequestId. An all-zero GUID is how the backend
// prints "none".
func (e *envelope) inSession() bool {
	return e.RequestID.present() && strings.Trim(e.RequestID.text, "0-") != ""
}

func (e *envelope) session() flinks.RequestID {
	id, err := flinks.ParseRequestID([]byte(e.RequestID.text))
	if err != nil || !e.inSession() {
		return flinks.RequestID{}
	}
	return id
}

// wireLogin is Login of Authorize and the data answers. Username is personal data and
// therefore not declared.
type wireLogin struct {
	ID                 looseString `json:"Id"`
	LastRefresh        looseString `json:"LastRefresh"`
	IsScheduledRefresh looseBool   `json:"IsScheduledRefresh"`
}

// shape is how well a body could be decoded.
type shape int

const (
	shapeNone    shape = iota // no JSON object
	shapePartial              // a JSON object in which some field has the wrong type
	shapeFull
)

func decode(body []byte, into enveloped) shape {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\uFEFF")))
	if len(body) == 0 || body[0] != '{' {
		return shapeNone
	}
	err := json.Unmarshal(body, into)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return shapeFull
	case errors.As(err, &wrongType):
		return shapePartial
	default:
		return shapeNone
	}
}

const flinksTime = "2006-01-02T15:04:05.9999999"

// parseTime reads Flinks' zone-less UTC; a zone is accepted too. Absent, null and year 1
// mean never, which is the zero time. ok is false for anything else.
func parseTime(s looseString) (t time.Time, ok bool) {
	if s.bad {
		return time.Time{}, false
	}
	if s.text == "" {
		return time.Time{}, true
	}
	if len(s.text) > 40 {
		return time.Time{}, false
	}
	t, err := time.Parse(flinksTime, s.text)
	if err != nil {
		t, err = time.Parse(time.RFC3339Nano, s.text)
	}
	if err != nil {
		return time.Time{}, false
	}
	if t.Year() <= 1 {
		return time.Time{}, true
	}
	return t.UTC(), true
}

const maxInstitution = 64

// institutionName keeps a bank's name if it looks like one. The field is free text, so
// anything that might carry an identifier is dropped whole.
func institutionName(s looseString) string {
	n := 0
	for _, r := range s.text {
		if n++; n > maxInstitution || !isNameRune(r) {
			return ""
		}
	}
	if guid.In(s.text) {
		return ""
	}
	return strings.TrimSpace(s.text)
}

func isNameRune(r rune) bool {
	return unicode.Is(unicode.Latin, r) || r >= '0' && r <= '9' || strings.ContainsRune(" .&'()_-", r)
}

// letters keeps s if it is 1 to limit ASCII letters.
func letters(s looseString, limit int) string {
	if len(s.text) > limit {
		return ""
	}
	for _, r := range s.text {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return ""
		}
	}
	return s.text
}
