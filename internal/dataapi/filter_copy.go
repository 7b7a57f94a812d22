package dataapi

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// next returns the next token.
func (f *filter) next() (json.Token, error) {
	t, err := f.in.Token()
	f.from.sinceToken = 0
	return t, err
}

func (f *filter) delimiter(want json.Delim) error {
	t, err := f.next()
	if err == nil && t != want {
		err = ErrMalformed
	}
	return err
}

// object reads an object and copies its braces; member reads the value behind each name.
func (f *filter) object(member func(name string) error) error {
	if err := f.delimiter('{'); err != nil {
		return err
	}
	return f.rest(member)
}

// rest does as object does, behind the brace.
func (f *filter) rest(member func(name string) error) error {
	outer := f.isFirst
	f.isFirst = true
	f.put("{")
	for f.in.More() {
		t, err := f.next()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if err := member(name); err != nil {
			return err
		}
		if f.failed != nil {
			return f.failed
		}
	}
	f.put("}")
	f.isFirst = outer
	return f.delimiter('}')
}

// named writes a name, and copies the value behind it.
func (f *filter) named(name string, value func() error) error {
	if !f.isFirst {
		f.put(",")
	}
	f.isFirst = false
	if err := f.text(name); err != nil {
		return err
	}
	f.put(":")
	return value()
}

// copied copies a member of an account, unless it is one that is hidden.
func (f *filter) copied(name string) error {
	if isHidden(name) {
		return f.skip()
	}
	return f.named(name, f.value)
}

func isHidden(name string) bool {
	return slices.ContainsFunc(hidden, func(h string) bool { return len(h) == len(name) && strings.EqualFold(h, name) })
}

// isPlain reports whether a text is the same in JSON, between its quotes.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// scalar copies a value that is no object and no array.
func (f *filter) scalar() error {
	t, err := f.next()
	if err != nil {
		return err
	}
	if _, compound := t.(json.Delim); compound {
		return ErrMalformed
	}
	return f.token(t)
}

// skip reads a value and copies nothing of it.
func (f *filter) skip() error {
	before := f.to
	f.to = toNowhere
	err := f.value()
	f.to = before
	return err
}

// value copies a value of any kind.
func (f *filter) value() error {
	t, err := f.next()
	if err != nil {
		return err
	}
	if f.depth++; f.depth > maxDepth {
		return ErrTooLarge
	}
	defer func() { f.depth-- }()
	switch t {
	case json.Delim('{'):
		return f.rest(f.copied)
	case json.Delim('['):
		return f.array()
	}
	return f.token(t)
}

func (f *filter) array() error {
	f.put("[")
	for i := 0; f.in.More(); i++ {
		if i > 0 {
			f.put(",")
		}
		if err := f.value(); err != nil {
			return err
		}
		if f.failed != nil {
			return f.failed
		}
	}
	f.put("]")
	return f.delimiter(']')
}

// token copies a scalar.
func (f *filter) token(t json.Token) error {
	switch t := t.(type) {
	case string:
		return f.text(t)
	case json.Number:
		f.put(t.String())
	case bool:
		if t {
			f.put("true")
		} else {
			f.put("false")
		}
	case nil:
		f.put("null")
	default:
		return ErrMalformed
	}
	return f.tooMuch()
}

// text copies a string. One that is dropped may be anything.
func (f *filter) text(s string) error {
	if f.to == toNowhere {
		return nil
	}
	if f.data.Reveals(s) {
		return ErrReveals
	}
	if isPlain(s) {
		f.put(`"`)
		f.put(s)
		f.put(`"`)
		return f.tooMuch()
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		return ErrMalformed
	}
	f.write(quoted)
	return f.tooMuch()
}

func (f *filter) put(s string) { f.write([]byte(s)) }

func (f *filter) write(p []byte) {
	switch f.to {
	case toHeld:
		f.held.write(p)
	case toOutput:
		if _, err := f.out.Write(p); err != nil && f.failed == nil {
			f.failed = err
		}
	case toNowhere:
	}
}

// tooMuch returns an error if more is held than may be.
func (f *filter) tooMuch() error {
	if f.held.size > maxHeld {
		return ErrTooLarge
	}
	return f.failed
}

// held is text that waits for a decision. It grows in pieces, which are used again, so that no
// copies of it are left to the garbage collector.
type held struct {
	chunks, free [][]byte
	size         int
}

const chunkSize = 64 << 10

func (h *held) write(p []byte) {
	h.size += len(p)
	for len(p) > 0 {
		last := len(h.chunks) - 1
		if last < 0 || len(h.chunks[last]) == chunkSize {
			h.chunks = append(h.chunks, h.fresh())
			last++
		}
		n := min(chunkSize-len(h.chunks[last]), len(p))
		h.chunks[last], p = append(h.chunks[last], p[:n]...), p[n:]
	}
}

func (h *held) fresh() []byte {
	if n := len(h.free); n > 0 {
		chunk := h.free[n-1]
		h.free = h.free[:n-1]
		return chunk[:0]
	}
	return make([]byte, 0, chunkSize)
}

func (h *held) clear() {
	h.free = append(h.free, h.chunks...)
	h.chunks, h.size = h.chunks[:0], 0
}

// bounded reads no more than maxAnswer, and no more than maxToken between two tokens.
type bounded struct {
	from              io.Reader
	total, sinceToken int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.total > maxAnswer || b.sinceToken > maxToken {
		return 0, ErrTooLarge
	}
	n, err := b.from.Read(p)
	b.total, b.sinceToken = b.total+n, b.sinceToken+n
	return n, err
}
