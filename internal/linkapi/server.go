package linkapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// Handler serves a backend. It trusts whoever gets through to it: put it behind
// authentication and authorization.
func Handler(b Backend) http.Handler { return &Server{Backend: b} }

// Server is the http.Handler of a backend. It answers what it was asked with, and
// repeats nothing of that.
type Server struct {
	Backend Backend
	// Note is told how each call ended; may be nil. The operation is empty if there is
	// no such operation.
	Note func(Operation, Code)
}

// call reads a request and answers it.
type call func(ctx context.Context, b Backend, body []byte) (any, error)

var calls = map[Operation]call{
	OpView: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return asking(body, func(r linkRequest) (any, error) { return b.View(ctx, NewIdentifier(r.Token)) })
	},
	OpStart: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return asking(body, func(r linkRequest) (any, error) { return b.Start(ctx, NewIdentifier(r.Token)) })
	},
	OpConnect: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return asking(body, func(r linkRequest) (any, error) {
			url, err := b.Connect(ctx, NewIdentifier(r.Token))
			return connectAnswer{URL: url.Reveal()}, err
		})
	},
	OpFinish: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return asking(body, func(r finishRequest) (any, error) {
			return b.Finish(ctx, NewIdentifier(r.Token), NewIdentifier(r.LoginID), NewIdentifier(r.RequestID))
		})
	},
	OpWebhookKeys: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return asking(body, func(r keysRequest) (any, error) {
			keys, err := b.WebhookKeys(ctx, r.Instance)
			answer := keysAnswer{}
			for _, k := range keys {
				answer.Keys = append(answer.Keys, k.Reveal())
			}
			return answer, err
		})
	},
	OpNotify: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return asking(body, func(r notifyRequest) (any, error) {
			return notifyAnswer{}, b.Notify(ctx, r.Instance, NewIdentifier(r.LoginID))
		})
	},
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	name, _ := strings.CutPrefix(req.URL.Path, Path)
	op := Operation(name)
	handle, known := calls[op]
	if !known || req.URL.Path != Path+name {
		s.fail(w, "", CodeNotFound, http.StatusNotFound)
		return
	}
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		s.fail(w, op, CodeInvalid, http.StatusMethodNotAllowed)
		return
	}
	body, status := readBody(w, req)
	if status != http.StatusOK {
		s.fail(w, op, CodeInvalid, status)
		return
	}
	answer, err := handle(req.Context(), s.Backend, body)
	if err != nil {
		code, status := codeOf(err)
		s.fail(w, op, code, status)
		return
	}
	s.write(w, op, CodeOK, http.StatusOK, answer)
}

// readBody is the whole body of a request; status says what is wrong with it.
func readBody(w http.ResponseWriter, req *http.Request) (body []byte, status int) {
	media, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	switch {
	case err != nil || media != contentType, req.Header.Get("Content-Encoding") != "":
		return nil, http.StatusUnsupportedMediaType
	case req.URL.RawQuery != "":
		return nil, http.StatusBadRequest
	case req.ContentLength > maxBody:
		return nil, http.StatusRequestEntityTooLarge
	}
	body, err = io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		return nil, http.StatusRequestEntityTooLarge
	}
	return body, http.StatusOK
}

// asking decodes a body, which is one JSON object and holds nothing unknown. What
// encoding/json says about it may repeat it, and is dropped.
func asking[R any](body []byte, ask func(R) (any, error)) (any, error) {
	var r R
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || decoder.Decode(&r) != nil {
		return nil, ErrInvalid
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, ErrInvalid
	}
	return ask(r)
}

func (s *Server) fail(w http.ResponseWriter, op Operation, code Code, status int) {
	s.write(w, op, code, status, failure{Code: code})
}

func (s *Server) write(w http.ResponseWriter, op Operation, code Code, status int, answer any) {
	body, err := marshal(answer)
	if err != nil {
		body, code, status = []byte(`{"code":"Unavailable"}`), CodeUnavailable, http.StatusServiceUnavailable
	}
	if s.Note != nil {
		s.Note(op, code)
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // Whoever asked is gone if this fails.
}

// marshal writes JSON without the escapes for HTML, which make a URL six times longer.
// The error is ErrUnavailable.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil || b.Len() > maxBody {
		return nil, ErrUnavailable
	}
	return b.Bytes(), nil
}
