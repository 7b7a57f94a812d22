package dataclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"time"
)

// Data is an answer of the data API that was not read yet. It is for one goroutine.
//
// Accounts is the usual way to read it. Read gives the whole JSON document instead, which also names
// the bank.
type Data struct {
	// ETag is for Query.IfNoneMatch of the next read.
	ETag string
	// Time is when the bank gave Flinks the data; zero if that is not known.
	Time time.Time

	ctx    context.Context // of the request
	body   io.ReadCloser
	limits limits
	// total and held are the bytes that came, and those since the last account.
	total, held int
	err         error
}

func newData(ctx context.Context, res *http.Response, l limits) *Data {
	d := &Data{ETag: res.Header.Get("ETag"), ctx: ctx, body: res.Body, limits: l}
	if t, err := http.ParseTime(res.Header.Get("Last-Modified")); err == nil {
		d.Time = t
	}
	return d
}

// isWhole reports whether the end of a body can be told from a connection that broke.
func isWhole(res *http.Response) bool {
	return res.ContentLength >= 0 || slices.Contains(res.TransferEncoding, "chunked")
}

// Read implements io.Reader. The error is io.EOF only at the end of a whole answer; for one that ended
// before, it is ErrCutOff.
func (d *Data) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.body.Read(p)
	d.total, d.held = d.total+n, d.held+n
	switch {
	case err == io.EOF:
		d.err = io.EOF
	case err != nil && d.ctx.Err() != nil:
		d.err = fmt.Errorf("%w: %w", ErrCutOff, context.Cause(d.ctx))
	case err != nil:
		d.err = ErrCutOff
	case d.total > d.limits.data:
		d.err = ErrAnswer
	}
	return n, d.err
}

// Close ends the reading. An answer that was not read to its end is discarded.
func (d *Data) Close() error { return d.body.Close() }

// Accounts iterates over the accounts, each a JSON object as Flinks has it, and closes the data at
// the end. If the last pair has an error, the answer was not whole: treat the accounts that came
// before it as nothing. It can be iterated over once.
func (d *Data) Accounts() iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		defer func() { _ = d.Close() }()
		w := walk{in: json.NewDecoder(&perAccount{d}), data: d, yield: yield}
		if err := w.document(); err != nil && !w.stopped {
			yield(nil, err)
		}
	}
}

// perAccount reads no more of data than an account may have, until the next one begins.
type perAccount struct{ data *Data }

// Read implements io.Reader.
func (a *perAccount) Read(p []byte) (int, error) {
	if a.data.held > a.data.limits.account {
		return 0, ErrAnswer
	}
	return a.data.Read(p)
}

// walk reads a document of the data API. Its errors contain nothing of it.
type walk struct {
	in    *json.Decoder
	data  *Data
	yield func(json.RawMessage, error) bool
	// stopped is true once the caller wants no more.
	stopped bool
}

// errStopped ends a walk of which the caller wants no more.
var errStopped = errors.New("dataclient: stopped")

func (w *walk) document() error {
	if err := w.expect(json.Delim('{')); err != nil {
		return err
	}
	found := false
	for w.in.More() {
		name, err := w.in.Token()
		switch {
		case err != nil:
			return w.cause(err)
		case name != "Accounts":
			err = w.skip()
		case found:
			return ErrAnswer
		default:
			found = true
			err = w.accounts()
		}
		if err != nil {
			return err
		}
	}
	if err := w.expect(json.Delim('}')); err != nil {
		return err
	}
	_, err := w.in.Token()
	switch {
	case err == nil || !found:
		return ErrAnswer
	case err == io.EOF:
		return nil
	}
	return w.cause(err)
}

func (w *walk) accounts() error {
	if err := w.expect(json.Delim('[')); err != nil {
		return err
	}
	for w.in.More() {
		var account json.RawMessage
		if err := w.in.Decode(&account); err != nil {
			return w.cause(err)
		}
		w.data.held = 0
		if !w.yield(account, nil) {
			w.stopped = true
			return errStopped
		}
	}
	return w.expect(json.Delim(']'))
}

func (w *walk) skip() error {
	var value json.RawMessage
	return w.cause(w.in.Decode(&value))
}

func (w *walk) expect(want json.Delim) error {
	got, err := w.in.Token()
	if err == nil && got != want {
		return ErrAnswer
	}
	return w.cause(err)
}

// cause returns why an answer cannot be read: texts of encoding/json quote it.
func (w *walk) cause(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrCutOff):
		return err
	}
	return ErrAnswer
}
