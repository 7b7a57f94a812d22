package manager

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// calls counts the calls to Flinks by operation and by code of the operator's catalogue.
// Both labels have a closed set of values that names no login.
var calls = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "flinks_operator_calls_total",
	Help: "Calls to Flinks by operation and code; OK for success.",
}, []string{"operation", "code"})

// otherLogins counts customers who came back with another login, by kind of instance.
var otherLogins = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "flinks_operator_other_logins_total",
	Help: "Logins that customers came back with instead of the bound one, by kind of instance.",
}, []string{"kind"})

func init() { metrics.Registry.MustRegister(calls, otherLogins) }

func countOtherLogin(of instance.Key) { otherLogins.WithLabelValues(string(of.Kind)).Inc() }

// countCalls observes the calls of the client.
func countCalls(op flinks.Operation) (ended func(*flinks.Error)) {
	return func(failure *flinks.Error) {
		code := flinks.CodeOK
		if failure != nil {
			code = failure.Code
		}
		calls.WithLabelValues(string(op), string(code)).Inc()
	}
}
