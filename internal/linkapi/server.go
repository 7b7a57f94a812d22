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

// Handler returns the handler of a backend. It answers every caller: put it behind
// authentication and authorization.
func Handler(b Backend) http.Handler { return &Server{Backend: b} }

// Server is the http.Handler of a backend. No error answer contains anything of the
// request.
type Server struct {
	Backend Backend
	// OnCall is called with the result of each call; may be nil. The operation is empty if
	// the request names none that exists.
	OnCall func(Operation, Code)
}

// handler decodes the body of a request, makes the call and returns the answer.
type handler func(ctx context.Context, b Backend, body []byte) (any, error)

var handlers = map[Operation]handler{
	OpView: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return decodeThen(body, func(r linkRequest) (any, error) { return b.View(ctx, r.visit()) })
	},
	OpOpen: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return decodeThen(body, func(r linkRequest) (any, error) { return b.Open(ctx, r.visit()) })
	},
	OpLogo: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return decodeThen(body, func(r linkRequest) (any, error) {
			logo, err := b.Logo(ctx, r.visit())
			return logoAnswer{Logo: logo}, err
		})
	},
	OpStart: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return decodeThen(body, func(r linkRequest) (any, error) { return b.Start(ctx, r.visit()) })
	},
	OpProve: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return decodeThen(body, func(r proveRequest) (any, error) { return b.Prove(ctx, r.visit(), NewIdentifier(r.Ticket)) })
	},
	OpConnect: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return decodeThen(body, func(r linkRequest) (any, error) {
			url, err := b.Connect(ctx, r.visit())
			return connectAnswer{URL: url.Reveal()}, err
		})
	},
	OpFinish: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return decodeThen(body, func(r finishRequest) (any, error) {
			if len(r.AccountIDs) > MaxAccounts {
				return nil, ErrInvalid
			}
			return b.Finish(ctx, r.visit(), NewIdentifier(r.LoginID), NewIdentifier(r.RequestID), identifiers(r.AccountIDs)...)
		})
	},
	OpWebhookKeys: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return decodeThen(body, func(r keysRequest) (any, error) {
			keys, err := b.WebhookKeys(ctx, r.Instance)
			answer := keysAnswer{}
			for _, k := range keys {
				answer.Keys = append(answer.Keys, k.Reveal())
			}
			return answer, err
		})
	},
	OpNotify: func(ctx context.Context, b Backend, body []byte) (any, error) {
		return decodeThen(body, func(r notifyRequest) (any, error) {
			return notifyAnswer{}, b.Notify(ctx, r.Instance, NewIdentifier(r.LoginID))
		})
	},
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	name, _ := strings.CutPrefix(req.URL.Path, Path)
	op := Operation(name)
	handle, known := handlers[op]
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

// readBody returns the whole body of a request, or else the status of the answer.
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

// decodeThen decodes a body, which must be one JSON object without unknown members, and
// calls do with it. It drops the errors of encoding/json, which may quote the body.
func decodeThen[R any](body []byte, do func(R) (any, error)) (any, error) {
	var r R
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || decoder.Decode(&r) != nil {
		return nil, ErrInvalid
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, ErrInvalid
	}
	return do(r)
}

func (s *Server) fail(w http.ResponseWriter, op Operation, code Code, status int) {
	s.write(w, op, code, status, errorAnswer{Code: code})
}

func (s *Server) write(w http.ResponseWriter, op Operation, code Code, status int, answer any) {
	body, err := marshal(answer, maxAnswer(op))
	if err != nil {
		body, code, status = []byte(`{"code":"Unavailable"}`), CodeUnavailable, http.StatusServiceUnavailable
	}
	if s.OnCall != nil {
		s.OnCall(op, code)
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // It fails if the client has closed the connection.
}
