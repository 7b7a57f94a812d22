package reconcile

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

const otherGUID = "0e8f5a1c-2b7d-4c3e-9f60-123456789abc"

// TestBadSecrets: each Secret gets a precise condition, no call, no loop, and is
// forgiven as soon as it is mended.
func TestBadSecrets(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		data map[string][]byte // nil: there is no Secret
		want string
	}{
		"missing":              {nil, "False SecretNotFound"},
		"key missing":          {map[string][]byte{"other": []byte(otherGUID)}, "False SecretKeyNotFound"},
		"empty":                {map[string][]byte{"loginId": {}}, "False SecretInvalid"},
		"white space":          {map[string][]byte{"loginId": []byte(" \n")}, "False SecretInvalid"},
		"nearly 1 MiB":         {map[string][]byte{"loginId": []byte(strings.Repeat("a", 1<<20-100))}, "False SecretInvalid"},
		"1 MiB of white space": {map[string][]byte{"loginId": []byte(otherGUID + strings.Repeat("\n", 1<<20-200))}, "False SecretInvalid"},
		"not a GUID":           {map[string][]byte{"loginId": []byte("hunter2")}, "False SecretInvalid"},
		"a path":               {map[string][]byte{"loginId": []byte("../../v3/" + otherGUID)}, "False SecretInvalid"},
		"NUL":                  {map[string][]byte{"loginId": []byte(otherGUID[:35] + "\x00")}, "False SecretInvalid"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.createConnection("acme")
			login := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "acme-login"}, Data: tt.data}
			if tt.data != nil {
				h.create(login)
			}
			h.sim.ResetJournal()
			h.effects.names, h.effects.reads = nil, nil
			h.run(time.Hour)
			h.expect("acme", "Ready="+tt.want, "Stalled=", "Authorized=Unknown NotObserved")
			if calls := h.calls(); len(calls) != 0 {
				t.Errorf("calls: %v", calls)
			}
			if n := len(h.effects.names); n > 2 {
				t.Errorf("%d writes in an hour: %v", n, h.effects.names)
			}
			if n := len(h.effects.reads); n > 75 {
				t.Errorf("%d reads of the Secret in an hour", n)
			}
			login.Data = map[string][]byte{"loginId": []byte(h.seed("greatday_nomfa"))}
			if tt.data == nil {
				h.create(login)
			} else {
				h.update(login)
			}
			h.run(time.Minute)
			h.expect("acme", "Ready=True Refreshed")
		})
	}
}

// TestSecretsThatMayNotBeRead: a right that is withheld is said, and can be granted.
func TestSecretsThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.effects.forbidden = true
	h.run(time.Hour)
	h.expect("acme", "Ready=False SecretForbidden", "Stalled=")
	h.effects.forbidden = false
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed")
}

func TestForgivenSecrets(t *testing.T) {
	t.Parallel()
	for name, spell := range map[string]func(string) string{
		"trailing newline": func(id string) string { return id + "\n" },
		"CRLF and blanks":  func(id string) string { return "  " + id + " \r\n" },
		"BOM":              func(id string) string { return "\ufeff" + id },
		"upper case":       strings.ToUpper,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			login := h.seed("greatday_nomfa")
			h.connect("acme", spell(login))
			h.run(time.Minute)
			h.expect("acme", "Ready=True Refreshed")
			h.delete("acme")
			h.run(time.Minute)
			if state, _ := h.sim.Login(login); !h.gone("acme") || !state.Deleted {
				t.Errorf("gone %v, deleted %v", h.gone("acme"), state.Deleted)
			}
		})
	}
}

func TestBadInstances(t *testing.T) {
	t.Parallel()
	type instanceAndKeys = func(*v1alpha1.ClusterFlinksInstance, *corev1.Secret)
	tests := map[string]struct {
		change         instanceAndKeys
		instance, want string
	}{
		"Secret missing": {func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
			i.Spec.CredentialsSecretRef.Name = "absent"
		}, v1alpha1.ReasonCredentialsNotFound, "False InstanceNotReady"},
		"key missing": {func(_ *v1alpha1.ClusterFlinksInstance, s *corev1.Secret) {
			delete(s.Data, "apiKey")
		}, v1alpha1.ReasonCredentialsNotFound, "False InstanceNotReady"},
		"key with a line break": {func(_ *v1alpha1.ClusterFlinksInstance, s *corev1.Secret) {
			s.Data["secretKey"] = []byte("a\r\nX-Evil: b")
		}, v1alpha1.ReasonCredentialsInvalid, "False InstanceNotReady"},
		"wrong key": {func(_ *v1alpha1.ClusterFlinksInstance, s *corev1.Secret) {
			s.Data["secretKey"] = []byte(otherGUID)
		}, v1alpha1.ReasonInstanceRejected, "False InstanceNotReady"},
		"wrong customerId": {func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
			i.Spec.CustomerID = otherGUID
		}, v1alpha1.ReasonInstanceRejected, "False InstanceNotReady"},
		"no server listens": {func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
			i.Spec.Endpoints.API = "http://127.0.0.1:1"
		}, v1alpha1.ReasonFlinksUnavailable, "False InstanceNotReady"},
		"namespace not allowed": {func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
			i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
				Selector: metav1.LabelSelector{MatchLabels: map[string]string{"bank": "yes"}},
			}
		}, v1alpha1.ReasonCredentialsAccepted, "False NamespaceNotAllowed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newBareHarness(t)
			h.createInstance(tt.change)
			h.connect("acme", h.seed("greatday_nomfa"))
			h.probe()
			if got := h.instanceReason(); got != tt.instance {
				t.Errorf("instance: %q, want %q", got, tt.instance)
			}
			h.run(time.Hour)
			h.expect("acme", "Ready="+tt.want, "Stalled=")
			if n := h.calls()["Authorize cached"]; n != 0 {
				t.Errorf("%d calls for the connection", n)
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		t.Parallel()
		h := newBareHarness(t)
		h.connect("acme", h.seed("greatday_nomfa"))
		h.run(time.Hour)
		h.expect("acme", "Ready=False InstanceNotFound", "Stalled=")
	})
}

// TestRefusedKeysAreTheInstancesTrouble: keys that stop working are found by a
// connection, told by the instance, and no person is asked to fix a bank.
func TestRefusedKeysAreTheInstancesTrouble(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	keys := &corev1.Secret{}
	if err := h.direct.Get(t.Context(), types.NamespacedName{Namespace: h.namespace, Name: "keys"}, keys); err != nil {
		t.Fatal(err)
	}
	good := keys.Data["secretKey"]
	keys.Data["secretKey"] = []byte(otherGUID)
	h.update(keys)
	h.boot(nil) // Forgets the old key.
	h.run(48 * time.Hour)
	h.probe()
	if got := h.instanceReason(); got != v1alpha1.ReasonInstanceRejected {
		t.Errorf("instance: %q", got)
	}
	h.poke("acme")
	h.run(time.Second)
	h.expect("acme", "Ready=False InstanceNotReady", noActionRequired)

	keys.Data["secretKey"] = good
	h.update(keys)
	h.clock.SetTime(h.clock.Now().Add(2 * time.Minute))
	h.probe()
	h.poke("acme")
	h.run(2 * time.Hour)
	h.expect("acme", "Ready=True Refreshed")
}

func (h *harness) instanceReason() string {
	h.t.Helper()
	i := &v1alpha1.ClusterFlinksInstance{}
	if err := h.direct.Get(h.ctx(), types.NamespacedName{Name: h.instance()}, i); err != nil {
		h.t.Fatal(err)
	}
	ready := meta.FindStatusCondition(i.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return ""
	}
	return ready.Reason
}

// TestBadAnswers: what cannot be understood changes nothing that is known, is
// tried again with patience, and ends when Flinks is itself again.
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("another host was called: %s", r.URL.Path)
	}))
	t.Cleanup(elsewhere.Close)
	faults := map[string]flinkssim.Fault{
		"unknown FlinksCode":   {FlinksCode: "BRAND_NEW_CODE"},
		"HTML":                 {BodyKind: flinkssim.BodyHTML},
		"HTML 502":             {Status: 502, BodyKind: flinkssim.BodyHTML},
		"truncated":            {BodyKind: flinkssim.BodyTruncated},
		"empty":                {BodyKind: flinkssim.BodyEmpty},
		"garbage":              {BodyKind: flinkssim.BodyGarbage},
		"wrong types":          {BodyKind: flinkssim.BodyWrongType},
		"endless":              {BodyKind: flinkssim.BodyEndless},
		"100 MiB":              {BodyKind: flinkssim.BodyHuge},
		"redirect":             {Redirect: elsewhere.URL + "/v3/x/BankingServices/Authorize"},
		"200 with error body":  {Status: 200, FlinksCode: "RETRY_LATER"},
		"dropped":              {Drop: flinkssim.DropBeforeCommit},
		"dropped after effect": {Drop: flinkssim.DropAfterCommit},
		"throttled":            {FlinksCode: "TOO_MANY_REQUESTS", RetryAfter: 2 * time.Minute},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			fault.Endpoint, fault.Mode, fault.Times = "Authorize", "cached", -1
			h.fault(fault)
			h.connect("acme", h.seed("greatday_nomfa"))
			h.run(6 * time.Hour)
			h.expect("acme", "Ready=False FlinksUnavailable", noActionRequired, "Stalled=")
			if n := h.calls()["Authorize cached"]; n < 5 || n > 40 {
				t.Errorf("%d attempts in 6 hours", n)
			}
			if code := h.get("acme").Status.LastError.Code; strings.Contains(code, "BRAND") {
				t.Errorf("remote text in the status: %q", code)
			}
			h.sim.ClearFaults()
			h.run(7 * time.Hour)
			h.expect("acme", "Ready=True Refreshed")

			h.fault(fault)
			h.run(10 * 24 * time.Hour)
			h.expect("acme", "Ready=True Refreshed")
		})
	}
}

func TestLoginThatFlinksDoesNotKnow(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", otherGUID)
	h.run(24 * time.Hour)
	h.expect("acme", "Ready=False LoginGone", "Stalled=True LoginGone", "Authorized=False LoginGone")
	if n := h.calls()["Authorize cached"]; n > 25 {
		t.Errorf("%d attempts in a day", n)
	}
	h.delete("acme")
	h.run(time.Minute)
	if !h.gone("acme") || h.calls()["DeleteCard"] != 0 {
		t.Errorf("gone %v, calls %v", h.gone("acme"), h.calls())
	}
}

func TestSecretThatChangesToAnotherLogin(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first, second := h.seed("greatday_nomfa"), h.seed("sim_multichoice")
	h.connect("acme", first)
	h.run(time.Minute)
	login := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "acme-login"}, Data: map[string][]byte{"loginId": []byte(second)}}
	h.update(login)
	h.sim.ResetJournal()
	h.run(48 * time.Hour)
	h.expect("acme", "Ready=False LoginChanged")
	if calls := h.calls(); len(calls) != 0 {
		t.Errorf("calls: %v", calls)
	}
	h.delete("acme")
	h.run(time.Hour)
	h.expect("acme", "DeletionBlocked=True LoginChanged")
	for _, id := range []string{first, second} {
		if state, _ := h.sim.Login(id); state.Deleted {
			t.Error("a login was deleted")
		}
	}
}
