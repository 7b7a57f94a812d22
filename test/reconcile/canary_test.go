package reconcile

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// checkCanaries looks for every secret of a test everywhere that the operator
// writes to.
func (h *harness) checkCanaries() {
	for _, leak := range h.leaks() {
		h.t.Error(leak)
	}
}

// leaks says which secrets are where they must not be. RequestIds may stand in a direct link,
// wherever that is, and in the Secret for the session; authorize tokens in a direct link.
func (h *harness) leaks() (found []string) {
	sinks := map[string]string{
		"log":    logs.String()[h.logStart:],
		"errors": strings.Join(h.errors, "\n"),
		"events": h.eventsSoFar(),
		"audit":  h.records.String(),
		"status": h.dump(false),
		"Secret": h.handouts(true),
	}
	look := func(what, secret string, in func(text, secret string) bool) {
		for sink, text := range sinks {
			if in(text, secret) {
				found = append(found, what+" is in the "+sink)
			}
		}
	}
	for _, canary := range h.canaries {
		look("a secret", canary, testenv.Leaks)
	}
	sinks["Secret"], sinks["status"] = h.handouts(false), h.dump(true)
	// There are many of these secrets, so only their plain spelling is looked for.
	for _, token := range h.tokens {
		look("an authorize token", token, strings.Contains)
	}
	for _, e := range h.sim.Journal() {
		if e.RequestID != "" {
			look("a RequestId", e.RequestID, strings.Contains)
		}
	}
	return found
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

// dump returns all that the operator wrote into the API of the test's namespace, with direct
// links or without.
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
		if reconnect := connections.Items[i].Status.Reconnect; withoutLinks && reconnect != nil && reconnect.Link.Type == v1alpha1.LinkDirect {
			reconnect.Link.URL = ""
		}
	}
	text, err := json.Marshal([]any{connections, instances, policies})
	if err != nil {
		h.t.Errorf("printing objects: %v", err)
	}
	return string(text)
}

// TestTheCanaryFindsTokens: a token may stand in the direct link of the status, and nowhere else.
func TestTheCanaryFindsTokens(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.ask()
	u, err := url.Parse(h.sent())
	if err != nil || !strings.Contains(h.dump(false), u.Query().Get("authorizeToken")) {
		t.Fatalf("there is no token in the link: %v", err)
	}
	token := u.Query().Get("authorizeToken")
	if found := h.leaks(); len(found) > 0 {
		t.Fatalf("found in a direct link: %v", found)
	}
	inStatus := func(change func(*v1alpha1.BankConnectionStatus)) (undo func()) {
		before := h.get("acme").Status
		h.writeStatus(func(st *v1alpha1.BankConnectionStatus) { change(st) })
		return func() { h.writeStatus(func(st *v1alpha1.BankConnectionStatus) { *st = before }) }
	}
	for place, leak := range map[string]func() (undo func()){
		"an event": func() func() {
			h.told = append(h.told, "the link is "+u.String())
			return func() { h.told = h.told[:len(h.told)-1] }
		},
		"an error": func() func() {
			h.errors = append(h.errors, "GET "+u.String())
			return func() { h.errors = nil }
		},
		"an annotation": func() func() {
			note := func(value string) {
				h.edit("acme", func(c *v1alpha1.BankConnection) {
					metav1.SetMetaDataAnnotation(&c.ObjectMeta, "example.com/link", value)
				})
			}
			note(u.String())
			return func() { note("") }
		},
		"a condition": func() func() {
			return inStatus(func(st *v1alpha1.BankConnectionStatus) { st.Conditions[0].Message = token })
		},
		"a link to the gateway": func() func() {
			return inStatus(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect.Link.Type = v1alpha1.LinkGateway })
		},
		"the sealed session": func() func() {
			return inStatus(func(st *v1alpha1.BankConnectionStatus) { st.Internal.SealedSession = token })
		},
	} {
		undo := leak()
		if len(h.leaks()) == 0 {
			t.Errorf("not found in %s", place)
		}
		undo()
	}
}

// writeStatus changes the status behind the operator's back.
func (h *harness) writeStatus(change func(*v1alpha1.BankConnectionStatus)) {
	h.t.Helper()
	c := h.get("acme")
	change(&c.Status)
	if err := h.direct.Status().Update(h.ctx(), c); err != nil {
		h.t.Fatal(err)
	}
}
