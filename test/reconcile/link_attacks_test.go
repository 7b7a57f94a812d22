package reconcile

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const strangeLogin = "b0debb48-f9f1-46c6-80a4-08d7dd88d478"

// namedLogin is one that a person with a link names, and what the page then shows.
type namedLogin struct {
	login func(h *harness, v *openedLink) string
	want  linkapi.State
	why   string
}

// TestLoginsThatAreNotKept: a person with a link can name any login. The operator keeps only one
// that was linked with this very link.
func TestLoginsThatAreNotKept(t *testing.T) {
	t.Parallel()
	expectNotKept(t, map[string]namedLogin{
		"another person's": {func(h *harness, _ *openedLink) string {
			return h.seed("greatday_nomfa")
		}, linkapi.StateNotVerified, ""},
		"another person's with a tag": {func(h *harness, _ *openedLink) string {
			id := h.sim.SeedLogin(flinkssim.SeedOptions{Username: "greatday_nomfa", LastRefresh: h.clock.Now(), Tag: "order-7"})
			h.canaries = append(h.canaries, id)
			return id
		}, linkapi.StateNotVerified, ""},
		"linked with another link": {func(h *harness, _ *openedLink) string {
			others := h.claims()
			others.UID = "00000000-0000-4000-8000-000000000000"
			id := h.sim.SeedLogin(flinkssim.SeedOptions{
				Username: "greatday_nomfa", LastRefresh: h.clock.Now(),
				Tag: linkKeys(h.t).Tag(others),
			})
			h.canaries = append(h.canaries, id)
			return id
		}, linkapi.StateNotVerified, ""},
		"linked with the link before": {func(h *harness, v *openedLink) string {
			id := v.links("greatday_nomfa")
			h.edit("acme", func(c *v1alpha1.BankConnection) {
				metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.LinkRequestedAtAnnotation, "1")
			})
			h.run(time.Second)
			v.finishes(id, linkapi.StateLinkReplaced)
			v.visit = linkapi.Visit{Token: h.token()}
			return id
		}, linkapi.StateNotVerified, ""},
		"one that Flinks does not know": {func(*harness, *openedLink) string {
			return strangeLogin
		}, linkapi.StateNotVerified, ""},
		"one of another customer of Flinks": {func(h *harness, _ *openedLink) string {
			other := flinkssim.New(flinkssim.Options{Clock: h.clock, Instance: "elsewhere"})
			server := httptest.NewServer(other.Handler())
			h.t.Cleanup(server.Close)
			return other.SeedLogin(flinkssim.SeedOptions{Username: "greatday_nomfa", LastRefresh: h.clock.Now()})
		}, linkapi.StateNotVerified, ""},
		"one whose bank still asks": {func(h *harness, v *openedLink) string {
			id := h.seed("Greatday")
			v.takes(id, false)
			return id
		}, linkapi.StateNotVerified, ""},
		"one of another connection, whose bank still asks": {func(h *harness, _ *openedLink) string {
			id := h.seed("Greatday")
			h.connect("other", id)
			h.run(time.Minute)
			h.request("other", "1")
			h.run(time.Second)
			return id
		}, linkapi.StateBlocked, v1alpha1.ReasonDuplicateLogin},
		"one that was deleted": {func(h *harness, _ *openedLink) string {
			id := h.seed("greatday_nomfa")
			h.connect("other", id)
			h.run(time.Hour)
			h.delete("other")
			h.run(time.Hour)
			h.expectDeleted(id, true)
			h.clock.SetTime(h.clock.Now().Add(time.Minute))
			return id
		}, linkapi.StateNotVerified, ""},
	})
}

// TestSecretsThatAreNotChanged: the operator never changes a Secret that exists.
func TestSecretsThatAreNotChanged(t *testing.T) {
	t.Parallel()
	expectNotKept(t, map[string]namedLogin{
		"while there is a Secret with another": {func(h *harness, v *openedLink) string {
			id := v.links("greatday_nomfa")
			h.put("acme-login", map[string]string{"loginId": strangeLogin})
			return id
		}, linkapi.StateOtherLogin, ""},
		"while there is a Secret with something else": {func(h *harness, v *openedLink) string {
			id := v.links("greatday_nomfa")
			h.put("acme-login", map[string]string{"password": "hunter2"})
			return id
		}, linkapi.StateBlocked, v1alpha1.ReasonSecretKeyNotFound},
		"while there is a Secret that holds no login": {func(h *harness, v *openedLink) string {
			id := v.links("greatday_nomfa")
			h.put("acme-login", map[string]string{"loginId": "hunter2"})
			return id
		}, linkapi.StateBlocked, v1alpha1.ReasonSecretInvalid},
		"where no Secret may be written": {func(_ *harness, v *openedLink) string {
			v.replica.effects.readOnly = true
			return v.links("greatday_nomfa")
		}, linkapi.StateBlocked, v1alpha1.ReasonSecretWriteForbidden},
		"where no policy bounds what is written": {func(_ *harness, v *openedLink) string {
			v.replica.effects.unguarded = true
			return v.links("greatday_nomfa")
		}, linkapi.StateBlocked, v1alpha1.ReasonSecretWriteUnguarded},
	})
}

func expectNotKept(t *testing.T, tests map[string]namedLogin) {
	t.Helper()
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			v := h.awaitLogin()
			login := tc.login(h, v)
			before := h.contents("acme-login")
			view := v.waits(login)
			if view.State != tc.want || view.Reason != tc.why {
				t.Errorf("the page shows %+v", view)
			}
			if after := h.contents("acme-login"); after != before {
				t.Error("the Secret was changed")
			}
			if tc.why == v1alpha1.ReasonSecretWriteForbidden || tc.why == v1alpha1.ReasonSecretWriteUnguarded {
				h.expectEvent(tc.why)
			}
			if g := h.get("acme").Status.Internal.GatewayRequest; g != nil {
				t.Errorf("a request is left: %+v", g)
			}
		})
	}
}

// waits repeats the end as waitsFor does, with the session of the page if it has one.
func (v *openedLink) waits(login string) linkapi.View {
	v.t.Helper()
	return v.waitsFor(login, v.session)
}

// put makes a Secret of the application's own.
func (h *harness) put(name string, data map[string]string) {
	h.t.Helper()
	h.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name}, StringData: data})
}

func (h *harness) contents(name string) string {
	h.t.Helper()
	s := h.secret(name)
	if s == nil {
		return ""
	}
	return s.String()
}

// TestSecretOfTheSameLogin: a Secret that another call made, perhaps of this very page, is no obstacle.
func TestSecretOfTheSameLogin(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	login := v.links("greatday_nomfa")
	h.put("acme-login", map[string]string{"loginId": strings.ToUpper(login) + "\n"})
	for range 20 {
		v.finishes(login, linkapi.StateWorking)
		h.clock.SetTime(h.clock.Now().Add(3 * time.Second))
		if h.get("acme").Status.Internal.GatewayRequest != nil {
			break
		}
	}
	h.run(time.Second)
	v.looks(linkapi.StateDone)
}

// TestWhatIsNoIdentifier goes no further.
func TestWhatIsNoIdentifier(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	for _, bad := range []string{"", "1", "null", strangeLogin[1:], strangeLogin + "0", "{" + strangeLogin + "}", strings.Repeat("a", 2000), "../../DeleteCard"} {
		_, err := v.service.Finish(h.ctx(), v.visit, linkapi.NewIdentifier(bad), linkapi.Identifier{})
		if !errors.Is(err, linkapi.ErrInvalid) {
			t.Errorf("a loginId of %d bytes: %v", len(bad), err)
		}
		if bad == "" {
			continue
		}
		_, err = v.service.Finish(h.ctx(), v.visit, linkapi.NewIdentifier(strangeLogin), linkapi.NewIdentifier(bad))
		if !errors.Is(err, linkapi.ErrInvalid) {
			t.Errorf("a requestId of %d bytes: %v", len(bad), err)
		}
	}
	if calls := h.calls(); len(calls) != 0 {
		t.Errorf("calls: %v", calls)
	}
}

// TestReconnectByAStranger: with the link alone, a person finds out no more than that the
// login is another one, and changes nothing but what the status tells of the link
// and of logins that were not kept.
func TestReconnectByAStranger(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.askOverdue()
	v := h.openLink()
	v.starts(linkapi.StateWorking)
	h.run(time.Second)
	before := h.get("acme").Status
	h.sim.ResetJournal()
	v.finishes(strangeLogin, linkapi.StateOtherLogin)
	v.finishes(h.seed("greatday_nomfa"), linkapi.StateOtherLogin)
	if calls := h.calls(); len(calls) != 0 {
		t.Errorf("calls: %v", calls)
	}
	after := h.get("acme").Status
	for _, st := range []*v1alpha1.BankConnectionStatus{&before, &after} {
		st.Link, st.UnverifiedLogins = nil, nil
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the status has changed (-before +after):\n%s", diff)
	}
	v.looks(linkapi.StateResume)
}
