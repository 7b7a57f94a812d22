package reconcile

import (
	"context"
	"encoding/json"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// checkCanaries looks for every secret of a test everywhere that the operator
// writes to. RequestIds may stand in the reconnect link, wherever that is, and in
// the Secret for the session; authorize tokens in a link in its Secret.
func (h *harness) checkCanaries() {
	sinks := map[string]string{
		"log":    logs.String()[h.logStart:],
		"errors": strings.Join(h.errors, "\n"),
		"events": h.eventsSoFar(),
		"audit":  h.records.String(),
		"status": h.dump(false),
		"Secret": h.handouts(true),
	}
	for _, canary := range h.canaries {
		h.reject(sinks, "a secret", canary)
	}
	sinks["Secret"] = h.handouts(false)
	for _, token := range h.tokens {
		h.rejectPlain(sinks, "an authorize token", token)
	}
	sinks["status"] = h.dump(true)
	for _, e := range h.sim.Journal() {
		if e.RequestID != "" {
			h.rejectPlain(sinks, "a RequestId", e.RequestID)
		}
	}
}

// rejectPlain looks for the plain spelling only: there are many of these secrets.
func (h *harness) rejectPlain(sinks map[string]string, what, secret string) {
	for sink, text := range sinks {
		if strings.Contains(text, secret) {
			h.t.Errorf("%s is in the %s", what, sink)
		}
	}
}

func (h *harness) reject(sinks map[string]string, what, secret string) {
	for sink, text := range sinks {
		if testenv.Leaks(text, secret) {
			h.t.Errorf("%s is in the %s", what, sink)
		}
	}
}

// drainEvents returns the events since its last call.
func (h *harness) drainEvents() string {
	before := len(h.told)
	h.eventsSoFar()
	return strings.Join(h.told[before:], "\n")
}

// eventsSoFar returns every event so far.
func (h *harness) eventsSoFar() string {
	for {
		select {
		case e := <-h.events.Events:
			h.told = append(h.told, e)
		default:
			return strings.Join(h.told, "\n")
		}
	}
}

// dump returns all that the operator wrote into the API of the test's namespace.
func (h *harness) dump(withoutLinks bool) string {
	ctx := context.WithoutCancel(h.ctx())
	var connections v1alpha1.BankConnectionList
	var instances v1alpha1.ClusterFlinksInstanceList
	var policies v1alpha1.RefreshPolicyList
	for _, list := range []client.ObjectList{&connections, &instances, &policies} {
		if err := h.live.List(ctx, list, client.InNamespace(h.namespace)); err != nil {
			h.t.Errorf("listing: %v", err)
		}
	}
	for i := range connections.Items {
		if reconnect := connections.Items[i].Status.Reconnect; withoutLinks && reconnect != nil {
			reconnect.Link.URL = ""
		}
	}
	text, err := json.Marshal([]any{connections, instances, policies})
	if err != nil {
		h.t.Errorf("printing objects: %v", err)
	}
	return string(text)
}
