package flinkssim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// ControlHandler serves the control API, in JSON. It belongs on a port of its
// own: it shows ids in clear and has no keys, so clients of the API must never be
// able to reach it.
//
//	GET    /healthz
//	GET    /knobs                         PUT /knobs       {"profile":"kind","throttleStatus":429}
//	PUT    /keys                          {"apiKey":"…","keepOld":true}
//	DELETE /keys                          ends what keepOld went on accepting
//	GET    /journal?endpoint=&loginId=    DELETE /journal
//	GET    /faults                        POST /faults     {"endpoint":"Authorize","status":503}
//	                                      DELETE /faults
//	GET    /clock                         POST /clock      {"advance":"8m"}
//	GET    /logins                        POST /logins     {"username":"Greatday"}
//	GET    /logins/{loginId}              POST /logins/{loginId}/complete-mfa
//	GET    /live                          sums of live sessions, and overlaps
//	POST   /nightly                       runs the nightly refresh once
//	POST   /tokens                        mints an authorize token
//	PUT    /users/{username}/password     {"password":"changed at the bank"}
//	PUT    /webhook                       {"url":"https://…","secret":"…"}
//	POST   /webhook/send                  {"loginId":"…","responseType":"GetAccountsDetail"}
//	POST   /webhook/deliver               sends what is due
func (s *Server) ControlHandler() http.Handler {
	mux := http.NewServeMux()
	for pattern, act := range s.controls() {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			body, err := act(r)
			writeControl(w, body, err)
		})
	}
	return mux
}

type control func(*http.Request) (any, error)

func (s *Server) controls() map[string]control {
	return map[string]control{
		"GET /healthz":    func(*http.Request) (any, error) { return done, nil },
		"GET /knobs":      func(*http.Request) (any, error) { return s.Knobs(), nil },
		"PUT /knobs":      s.controlKnobs,
		"PUT /keys":       s.controlKeys,
		"DELETE /keys":    func(*http.Request) (any, error) { s.RetireOldKeys(); return done, nil },
		"GET /journal":    s.controlJournal,
		"DELETE /journal": func(*http.Request) (any, error) { s.ResetJournal(); return s.Journal(), nil },
		"GET /faults":     func(*http.Request) (any, error) { return s.Faults(), nil },
		"POST /faults":    s.controlFault,
		"DELETE /faults":  func(*http.Request) (any, error) { s.ClearFaults(); return s.Faults(), nil },
		"GET /clock":      func(*http.Request) (any, error) { return clockBody{Now: s.Now()}, nil },
		"POST /clock":     s.controlClock,
		"GET /logins":     func(*http.Request) (any, error) { return s.Logins(), nil },
		"POST /logins":    s.controlSeed,
		"GET /logins/{loginId}": func(r *http.Request) (any, error) {
			return s.controlLogin(r.PathValue("loginId"))
		},
		"POST /logins/{loginId}/complete-mfa": func(r *http.Request) (any, error) {
			if err := s.CompleteMFA(r.PathValue("loginId")); err != nil {
				return nil, err
			}
			return s.controlLogin(r.PathValue("loginId"))
		},
		"GET /live":     func(*http.Request) (any, error) { return s.LiveStats(), nil },
		"POST /nightly": func(*http.Request) (any, error) { return map[string]int{"tried": s.RunNightly()}, nil },
		"POST /tokens": func(*http.Request) (any, error) {
			return map[string]string{"token": s.MintAuthorizeToken()}, nil
		},
		"PUT /users/{username}/password": s.controlPassword,
		"PUT /webhook":                   s.controlWebhook,
		"POST /webhook/send":             s.controlSendWebhook,
		"POST /webhook/deliver": func(r *http.Request) (any, error) {
			return map[string]int{"sent": s.DeliverWebhooks(r.Context()), "waiting": s.WaitingWebhooks()}, nil
		},
	}
}

// done is the answer of what has nothing to tell.
var done = map[string]string{"status": "ok"}

type clockBody struct {
	Now     time.Time `json:"now"`
	Advance string    `json:"advance,omitempty"`
}

func (s *Server) controlKnobs(r *http.Request) (any, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody))
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	var bad error
	err = s.SetKnobs(func(k *Knobs) {
		next := *k
		if bad = json.Unmarshal(raw, &next); bad == nil {
			*k = next
		}
	})
	if bad != nil {
		return nil, bad
	}
	return s.Knobs(), err
}

func (s *Server) controlKeys(r *http.Request) (any, error) {
	var in struct {
		Keys
		KeepOld bool `json:"keepOld"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	s.ReplaceKeys(in.Keys, in.KeepOld)
	return done, nil
}

func (s *Server) controlJournal(r *http.Request) (any, error) {
	endpoint, loginID := r.URL.Query().Get("endpoint"), r.URL.Query().Get("loginId")
	out := []Entry{}
	for _, e := range s.Journal() {
		if (endpoint == "" || strings.EqualFold(endpoint, e.Endpoint)) &&
			(loginID == "" || strings.EqualFold(loginID, e.LoginID)) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (s *Server) controlFault(r *http.Request) (any, error) {
	var f Fault
	if err := readControl(r, &f); err != nil {
		return nil, err
	}
	if err := s.InjectFault(f); err != nil {
		return nil, err
	}
	return s.Faults(), nil
}

func (s *Server) controlClock(r *http.Request) (any, error) {
	var in clockBody
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(in.Advance)
	if err != nil {
		return nil, fmt.Errorf("reading advance: %w", err)
	}
	if err := s.Advance(d); err != nil {
		return nil, err
	}
	return clockBody{Now: s.Now()}, nil
}

func (s *Server) controlSeed(r *http.Request) (any, error) {
	var o SeedOptions
	if err := readControl(r, &o); err != nil {
		return nil, err
	}
	return s.controlLogin(s.SeedLogin(o))
}

func (s *Server) controlLogin(loginID string) (any, error) {
	state, ok := s.Login(loginID)
	if !ok {
		return nil, fmt.Errorf("login %s is not known", mask(loginID))
	}
	return state, nil
}

func (s *Server) controlPassword(r *http.Request) (any, error) {
	var in struct {
		Password string `json:"password"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	s.SetBankPassword(r.PathValue("username"), in.Password)
	return done, nil
}

func (s *Server) controlWebhook(r *http.Request) (any, error) {
	var in Webhook
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	if err := s.SetWebhook(in); err != nil {
		return nil, err
	}
	return done, nil
}

func (s *Server) controlSendWebhook(r *http.Request) (any, error) {
	in := struct {
		LoginID      string `json:"loginId"`
		ResponseType string `json:"responseType"`
	}{ResponseType: WebhookAccountsDetail}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	status, err := s.SendWebhook(r.Context(), in.LoginID, in.ResponseType)
	return map[string]int{"status": status}, err
}

// readControl reads a body strictly: a misspelt field in a control request is an error.
func readControl(r *http.Request, into any) error {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody))
	if err != nil {
		return fmt.Errorf("reading the request: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil && len(raw) > 0 {
		return fmt.Errorf("reading the request: %w", err)
	}
	return nil
}

func writeControl(w http.ResponseWriter, body any, err error) {
	status := http.StatusOK
	if err != nil {
		status, body = http.StatusBadRequest, map[string]string{"error": err.Error()}
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(append(encode(body), '\n'))
}
