package reconcile

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// takes plays a person who opens a session of a login that she only knows by its loginId: her
// link gives her an authorize token and a tag, and Flinks has stored the password.
func (v *openedLink) takes(login string, cached bool) (requestID string) {
	v.t.Helper()
	frame := v.frames().Query()
	return v.authorize(frame.Get("authorizeToken"), map[string]any{"LoginId": login, "MostRecentCached": cached, "Tag": frame.Get("tag")})
}

// authorize calls Flinks as another program does.
func (h *harness) authorize(token string, call map[string]any) (requestID string) {
	h.t.Helper()
	body, err := json.Marshal(call)
	if err != nil {
		h.t.Fatal(err)
	}
	address := h.url + "/v3/" + h.sim.Credentials().CustomerID + "/BankingServices/Authorize"
	req, err := http.NewRequestWithContext(h.ctx(), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Flinks-Auth-Key", token)
	res, err := (&http.Transport{}).RoundTrip(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		RequestID string `json:"RequestId"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.RequestID == "" {
		h.t.Fatalf("Flinks answers %d without a session: %v", res.StatusCode, err)
	}
	h.canaries = append(h.canaries, answer.RequestID)
	return answer.RequestID
}

// TestBoundLoginIsNotTaken: a person with a link of an older connection gives the login of
// another person her own tag, without their password. The login stays with the connection that
// is bound to it, in either reading of what a tag belongs to.
func TestBoundLoginIsNotTaken(t *testing.T) {
	t.Parallel()
	for _, scope := range []string{flinkssim.TagScopeLogin, flinkssim.TagScopeSession} {
		for name, cached := range map[string]bool{"a live session": false, "a cached one": true} {
			t.Run(scope+", "+name, func(t *testing.T) {
				t.Parallel()
				h := newGatewayHarness(t)
				v := h.awaitLogin()
				h.knobs(func(k *flinkssim.Knobs) { k.TagScope = scope })
				victim := h.seed("greatday_nomfa")
				h.connect("victim", victim)
				h.run(time.Minute)
				h.expect("victim", "Ready=True Refreshed")

				request := v.takes(victim, cached)
				h.clock.SetTime(h.clock.Now().Add(time.Minute))
				h.sim.ResetJournal()
				view := v.waitsFor(victim, request)
				if view.State != linkapi.StateBlocked || view.Reason != v1alpha1.ReasonDuplicateLogin {
					t.Errorf("the page shows %+v", view)
				}
				if calls := h.calls(); len(calls) != 0 {
					t.Errorf("Flinks was asked about another's login: %v", calls)
				}
				h.expectEvent(v1alpha1.ReasonDuplicateLogin)
				h.run(time.Hour)
				if c := h.get("acme"); c.Status.Binding != nil || h.secret("acme-login") != nil {
					t.Errorf("the login was taken: %+v", c.Status)
				}
				h.expect("victim", "Ready=True Refreshed")
				h.delete("victim")
				h.run(time.Hour)
				h.expectDeleted(victim, true)
			})
		}
	}
}

// waitsFor repeats the end of a session for as long as the page says that it is being worked on.
func (v *openedLink) waitsFor(login, requestID string) linkapi.View {
	v.t.Helper()
	for range 40 {
		view, err := v.service.Finish(v.ctx(), v.visit, linkapi.NewIdentifier(login), linkapi.NewIdentifier(requestID))
		if err != nil {
			v.t.Fatal(err)
		}
		if view.State != linkapi.StateWorking {
			return view
		}
		v.clock.SetTime(v.clock.Now().Add(3 * time.Second))
	}
	v.t.Fatal("it does not come to an end")
	return linkapi.View{}
}

// TestBoundLoginIsNotBoundTwice: two people link one login at the same time, each with a link of
// their own, so that both Secrets exist before either is bound. The first binding stays the only
// one, the second connection says why, and neither calls Flinks without end.
func TestBoundLoginIsNotBoundTwice(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.createConnection("acme", byGateway, handOff)
	login := h.seed("greatday_nomfa")
	h.connect("victim", login)
	h.run(time.Minute)
	h.expect("victim", "Ready=True Refreshed")
	h.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "acme-login", Labels: map[string]string{v1alpha1.PurposeLabel: v1alpha1.PurposeLogin}},
		Data:       map[string][]byte{"loginId": []byte(login)},
	})
	h.poke("acme")
	h.run(time.Minute)
	h.expect("acme", "Ready=False DuplicateLogin", "Stalled=True DuplicateLogin", noActionRequired)
	h.expect("victim", "Ready=True Refreshed")
	if c := h.get("acme"); c.Status.Binding != nil || h.secret("acme-session") != nil {
		t.Errorf("it is bound: %+v", c.Status)
	}
	h.sim.ResetJournal()
	version := h.get("acme").ResourceVersion
	h.run(2 * time.Hour)
	if calls := h.calls(); calls["Authorize cached"] > 2 || h.get("acme").ResourceVersion != version {
		t.Errorf("while it waits: %v, %s after %s", calls, h.get("acme").ResourceVersion, version)
	}
	h.delete("victim")
	h.run(time.Hour)
	h.expectDeleted(login, true)
	h.poke("acme")
	h.run(time.Hour)
	h.expect("acme", "Ready=False LoginGone")
	h.delete("acme")
	h.run(time.Hour)
	h.expectGone("acme")
}
