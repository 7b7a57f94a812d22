package browser

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// ErrClosed: Chromium has ended, or was closed.
var ErrClosed = errors.New("the browser is closed")

// pipe speaks the DevTools protocol: JSON messages, each with a zero byte behind.
type pipe struct {
	to      io.WriteCloser
	handle  func(message)
	closed  chan struct{}
	writing sync.Mutex

	mu      sync.Mutex
	last    int
	waiting map[int]chan message
}

// message is a call, its answer, or an event.
type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *protocolError  `json:"error,omitempty"`
}

// protocolError is Chromium's refusal of a call.
type protocolError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *protocolError) Error() string { return e.Message }

// newPipe begins to read; events go to handle, one after the other. It must not
// call back.
func newPipe(to io.WriteCloser, from io.Reader, handle func(message)) *pipe {
	p := &pipe{to: to, handle: handle, closed: make(chan struct{}), waiting: map[int]chan message{}}
	go p.read(bufio.NewReader(from))
	return p
}

func (p *pipe) read(from *bufio.Reader) {
	defer close(p.closed)
	for {
		raw, err := from.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(bytes.TrimSuffix(raw, []byte{0}), &m) != nil {
			continue
		}
		if m.Method != "" {
			p.handle(m)
			continue
		}
		if answer := p.take(m.ID); answer != nil {
			answer <- m
		}
	}
}

func (p *pipe) take(id int) chan message {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := p.waiting[id]
	delete(p.waiting, id)
	return answer
}

func (p *pipe) expect() (id int, answer chan message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	answer = make(chan message, 1)
	p.waiting[p.last] = answer
	return p.last, answer
}

// call makes one call and waits for its answer, which goes into result unless
// that is nil. sessionID names a page, or nothing for the browser itself.
func (p *pipe) call(ctx context.Context, sessionID, method string, params, result any) error {
	raw, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	id, answer := p.expect()
	defer p.take(id)
	if err := p.write(message{ID: id, SessionID: sessionID, Method: method, Params: raw}); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case m := <-answer:
		if m.Error != nil {
			return fmt.Errorf("%s: %w", method, m.Error)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	case <-p.closed:
		return fmt.Errorf("%s: %w", method, ErrClosed)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
}

func (p *pipe) write(m message) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	_, err = p.to.Write(append(raw, 0))
	return err
}
