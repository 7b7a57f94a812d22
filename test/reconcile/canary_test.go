package reconcile

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// checkCanaries looks for every secret of a test everywhere that the operator
// writes to. RequestIds may stand in one place: the reconnect link.
func (h *harness) checkCanaries() {
	sinks := map[string]string{
		"log":    logs.String(),
		"errors": strings.Join(h.errors, "\n"),
		"events": h.drainEvents(),
		"status": h.dump(false),
	}
	for _, canary := range h.canaries {
		h.rejectAll(sinks, canary)
	}
	sinks["status"] = h.dump(true)
	for _, e := range h.sim.Journal() {
		if e.RequestID != "" {
			h.reject(sinks, "a RequestId", e.RequestID)
		}
	}
}

func (h *harness) reject(sinks map[string]string, what, form string) {
	for sink, text := range sinks {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			h.t.Errorf("%s is in the %s", what, sink)
		}
	}
}

// forms are the spellings under which a secret could slip out.
func forms(secret string) []string {
	return []string{
		secret,
		strings.ReplaceAll(secret, "-", ""),
		hex.EncodeToString([]byte(secret)),
		url.QueryEscape(secret),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "=")[:40],
	}
}

func (h *harness) drainEvents() string {
	var all []string
	for {
		select {
		case e := <-h.events.Events:
			all = append(all, e)
		default:
			return strings.Join(all, "\n")
		}
	}
}

// dump is all that the operator wrote into the API of the test's namespace.
func (h *harness) dump(withoutLinks bool) string {
	ctx := context.WithoutCancel(h.ctx())
	var connections v1alpha1.BankConnectionList
	var instances v1alpha1.ClusterFlinksInstanceList
	for _, list := range []client.ObjectList{&connections, &instances} {
		if err := h.live.List(ctx, list, client.InNamespace(h.namespace)); err != nil {
			h.t.Errorf("listing: %v", err)
		}
	}
	for i := range connections.Items {
		if reconnect := connections.Items[i].Status.Reconnect; withoutLinks && reconnect != nil {
			reconnect.URL = ""
		}
	}
	text, err := json.Marshal([]any{connections, instances})
	if err != nil {
		h.t.Errorf("printing objects: %v", err)
	}
	return string(text)
}

// TestCanaryCheckFindsLeaks: a check that cannot fail is none.
func TestCanaryCheckFindsLeaks(t *testing.T) {
	const secret = "0e8f5a1c-2b7d-4c3e-9f60-123456789abc"
	for _, leak := range []string{
		"loginId=" + secret, strings.ToUpper(secret), strings.ReplaceAll(secret, "-", ""),
		base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)),
	} {
		probe := &testing.T{}
		(&harness{t: probe}).rejectAll(map[string]string{"log": leak}, secret)
		if !probe.Failed() {
			t.Errorf("%q was not found", leak)
		}
	}
}

func (h *harness) rejectAll(sinks map[string]string, secret string) {
	for _, form := range forms(secret) {
		h.reject(sinks, "a secret", form)
	}
}
