package flinkssim

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
)

// hugeBody is the size of the "huge" fault: valid JSON, and more than a client
// should ever take in.
const hugeBody = 100 << 20

// deliver sends the answer in the way that the fault wants it.
func deliver(ctx context.Context, w http.ResponseWriter, rep reply, fault *Fault) {
	if fault == nil {
		writeReply(w, rep)
		return
	}
	if wait(ctx, fault.Latency) != nil {
		panic(http.ErrAbortHandler)
	}
	if fault.RetryAfter > 0 {
		w.Header().Set("Retry-After", fault.retryAfterSeconds())
	}
	switch {
	case fault.Hang:
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	case fault.Drop != "":
		panic(http.ErrAbortHandler) // net/http closes the connection without a word
	case fault.BodyKind == BodyTruncated:
		truncate(w, rep)
	case fault.BodyKind == BodyEndless:
		stream(ctx, w, rep, 0)
	case fault.BodyKind == BodyHuge:
		stream(ctx, w, rep, hugeBody)
	default:
		writeReply(w, rep)
	}
}

// truncate announces the whole body and sends half of it.
func truncate(w http.ResponseWriter, rep reply) {
	w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)))
	rep.body = rep.body[:len(rep.body)/2]
	writeReply(w, rep)
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// stream sends one JSON object of the given size, or without an end for 0.
func stream(ctx context.Context, w http.ResponseWriter, rep reply, size int) {
	rep.body = []byte(`{"Padding":"`)
	writeReply(w, rep)
	chunk := bytes.Repeat([]byte("x"), 64<<10)
	for sent := 0; size == 0 || sent < size; sent += len(chunk) {
		if ctx.Err() != nil {
			return
		}
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
	_, _ = w.Write([]byte(`"}`))
}
