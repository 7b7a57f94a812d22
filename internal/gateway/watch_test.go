package gateway

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"k8s.io/utils/clock"
)

// TestPanics: nobody is told what it was about, an answer that has begun does not look
// whole, and the log says where it was.
func TestPanics(t *testing.T) {
	t.Parallel()
	const secret = "5b5a1c7e-8d4e-4b0a-9f3a-0123456789ab"
	tests := map[string]struct {
		handler func(http.ResponseWriter)
		cut     bool
		logged  bool
	}{
		"before the answer": {handler: func(http.ResponseWriter) { panic(errors.New(secret)) }, logged: true},
		"within the answer": {
			handler: func(w http.ResponseWriter) {
				_, _ = w.Write([]byte("half"))
				panic(secret)
			},
			cut: true, logged: true,
		},
		"on purpose, within the answer": {
			handler: func(w http.ResponseWriter) {
				w.WriteHeader(http.StatusOK)
				panic(http.ErrAbortHandler)
			},
			cut: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			g := New(Config{Clock: clock.RealClock{}, Log: slog.New(slog.NewJSONHandler(&log, nil)), Limits: DefaultLimits()})
			server := httptest.NewUnstartedServer(nil)
			server.Config = NewServer(g.watched(http.NewServeMux(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { test.handler(w) })))
			server.Start()
			res, err := server.Client().Get(server.URL + "/" + secret)
			var body []byte
			if err == nil {
				body, err = io.ReadAll(res.Body)
			}
			server.Close()
			if cut := err != nil; cut != test.cut {
				t.Errorf("cut off is %v: %v", cut, err)
			}
			if !test.cut && res.StatusCode != http.StatusInternalServerError {
				t.Errorf("status %d", res.StatusCode)
			}
			if told := string(body) + log.String(); strings.Contains(told, secret) {
				t.Errorf("it is told what the panic was about: %s", told)
			}
			if logged := strings.Contains(log.String(), "watch_test.go"); logged != test.logged {
				t.Errorf("the log says where it was: %v\n%s", logged, log.String())
			}
			if n := valueOf(t, g.metrics.requests.WithLabelValues("none", "500")); n != 1 {
				t.Errorf("counted %v times", n)
			}
			if n := valueOf(t, g.metrics.inFlight); n != 0 {
				t.Errorf("%v in flight", n)
			}
		})
	}
}

// valueOf is the value of a counter or a gauge.
func valueOf(t *testing.T, m prometheus.Metric) float64 {
	t.Helper()
	var out dto.Metric
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.GetCounter().GetValue() + out.GetGauge().GetValue()
}
