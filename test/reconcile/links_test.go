package reconcile

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/linkservice"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// Where browsers are.
const (
	anAddress = "203.0.113.207"
	aNetwork  = anAddress + "/32"
)

// openedLink is the link of a customer, at a replica that does not lead.
type openedLink struct {
	*harness
	replica *incarnation
	service *linkservice.Service
	visit   linkapi.Visit
	// session is the one that Flinks Connect last reported to the page.
	session string
	// accounts are those that the customer selected there.
	accounts []linkapi.Identifier
}

// openLink opens the link that the status has now.
func (h *harness) openLink(interfere ...func(*effects)) *openedLink {
	h.t.Helper()
	var disturb func(*effects)
	if len(interfere) > 0 {
		disturb = interfere[0]
	}
	v := &openedLink{harness: h, replica: h.incarnate(disturb)}
	v.service = v.replica.linkService
	v.visit = linkapi.Visit{Token: h.token(), Client: linkapi.NewIdentifier(aNetwork)}
	h.canaries = append(h.canaries, anAddress)
	return v
}

func (h *harness) token() linkapi.Identifier {
	h.t.Helper()
	return h.tokenOf("acme")
}

func (h *harness) tokenOf(name string) linkapi.Identifier {
	h.t.Helper()
	token, ok := strings.CutPrefix(h.get(name).Status.Reconnect.Link.URL, gatewayURL+"/c/")
	if !ok {
		h.t.Fatalf("there is no link (status: %+v)", h.get(name).Status)
	}
	return linkapi.NewIdentifier(token)
}

// awaitLogin creates a connection without a login, which waits for a person.
func (h *harness) awaitLogin(change ...func(*v1alpha1.BankConnection)) *openedLink {
	h.t.Helper()
	h.createConnection("acme", append([]func(*v1alpha1.BankConnection){byGateway}, change...)...)
	h.run(time.Second)
	h.expect("acme", "UserActionRequired=True ConnectRequired")
	h.sim.ResetJournal()
	return h.openLink()
}

func (v *openedLink) looks(want linkapi.State) linkapi.View {
	v.t.Helper()
	got, err := v.service.View(v.ctx(), v.visit)
	v.sees("a look", got, err, want)
	return got
}

func (v *openedLink) starts(want linkapi.State) {
	v.t.Helper()
	got, err := v.service.Start(v.ctx(), v.visit)
	v.sees("a press", got, err, want)
	v.poke("acme")
}

func (v *openedLink) finishes(login string, want linkapi.State) linkapi.View {
	v.t.Helper()
	got, err := v.service.Finish(v.ctx(), v.visit, linkapi.NewIdentifier(login), linkapi.NewIdentifier(v.session), v.accounts...)
	v.sees("an end", got, err, want)
	v.poke("acme")
	return got
}

func (v *openedLink) sees(what string, got linkapi.View, err error, want linkapi.State) {
	v.t.Helper()
	if err != nil || got.State != want {
		v.t.Fatalf("%s shows %+v, %v, not %s (status: %+v)", what, got, err, want, v.get("acme").Status)
	}
}

// frames opens Flinks Connect.
func (v *openedLink) frames() *url.URL {
	v.t.Helper()
	got, err := v.service.Connect(v.ctx(), v.visit)
	if err != nil {
		v.t.Fatal(err)
	}
	u, err := url.Parse(got.Reveal())
	if err != nil {
		v.t.Fatal(err)
	}
	return u
}

// links goes through all of Flinks Connect.
func (v *openedLink) links(username string) (login string) {
	v.t.Helper()
	result, err := (&flinkssim.Person{Username: username}).Link(v.ctx(), v.frames().String())
	if err != nil {
		v.t.Fatal(err)
	}
	v.canaries, v.session = append(v.canaries, result.LoginID, result.RequestID), result.RequestID
	v.accounts = nil
	for _, id := range result.AccountIDs {
		v.accounts = append(v.accounts, linkapi.NewIdentifier(id))
	}
	return result.LoginID
}

// awaitSecret repeats the end as a page does, while Flinks collects the data.
func (v *openedLink) awaitSecret(login string) {
	v.t.Helper()
	for range 20 {
		if v.secret("acme-login") != nil {
			return
		}
		v.finishes(login, linkapi.StateWorking)
		v.clock.SetTime(v.clock.Now().Add(3 * time.Second))
	}
	v.t.Fatal("the login is not kept")
}

// TestLinkABank: a person links their bank, whatever it asks them, and the connection
// is ready a moment later.
func TestLinkABank(t *testing.T) {
	t.Parallel()
	for _, username := range []string{"greatday_nomfa", "Greatday", "sim_multichoice"} {
		t.Run(username, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			v := h.awaitLogin(func(c *v1alpha1.BankConnection) {
				c.Spec.Reconnect.Language, c.Spec.Reconnect.RedirectURL = "fr", "https://app.example.com/banks?done=1"
			})
			view := v.looks(linkapi.StateConnect)
			if view.Reason != v1alpha1.ReasonConnectRequired || view.Language != "fr" || view.ConnectOrigin != h.url ||
				view.ReturnURL != "https://app.example.com/banks?done=1&connection=acme" {
				t.Errorf("the page shows %+v", view)
			}
			if names, reads := v.replica.effects.names, v.replica.effects.reads; len(names)+len(reads) != 0 {
				t.Errorf("a look does %v and reads %v", names, reads)
			}
			login := v.links(username)
			v.awaitSecret(login)
			h.run(time.Second)
			v.looks(linkapi.StateDone)
			h.expect("acme", "Ready=True Refreshed", noActionRequired)
			h.assertLogin(login)
			v.finishes(login, linkapi.StateDone)
			v.finishes(h.seed("another_user"), linkapi.StateOtherLogin)
			if calls := h.calls(); calls["Authorize live"] != 0 || calls["Authorize cached"] != 1 {
				t.Errorf("calls: %v", calls)
			}
			uid := h.get("acme").UID
			h.delete("acme")
			h.run(time.Hour)
			h.expectDeleted(login, true)
			// The garbage collector deletes the Secret of an object that is gone.
			if s := h.secret("acme-login"); len(s.OwnerReferences) != 1 || s.OwnerReferences[0].UID != uid || len(s.Finalizers) != 0 {
				t.Errorf("the Secret is %v", s.ObjectMeta)
			}
		})
	}
}

// assertLogin asserts what the Secret with a new login looks like. It has no owner, because a
// restore gives the owner another UID.
func (h *harness) assertLogin(login string) {
	h.t.Helper()
	s := h.secret("acme-login")
	if s == nil {
		h.t.Fatal("there is no Secret")
	}
	if string(s.Data["loginId"]) != login || len(s.Data) != 1 || s.Type != corev1.SecretTypeOpaque {
		h.t.Errorf("it holds %d values", len(s.Data))
	}
	if s.Labels["app.kubernetes.io/managed-by"] != "flinks-operator" || s.Labels[v1alpha1.PurposeLabel] != "login" || len(s.OwnerReferences) != 0 {
		h.t.Errorf("labels: %v, owners: %v", s.Labels, s.OwnerReferences)
	}
}

// TestLinkedBankOfRetainedLogin: a login that outlives its connection is in a Secret that
// does so too.
func TestLinkedBankOfRetainedLogin(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin(func(c *v1alpha1.BankConnection) { c.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain })
	login := v.links("greatday_nomfa")
	v.awaitSecret(login)
	h.run(time.Second)
	h.assertLogin(login)
	h.delete("acme")
	h.run(time.Minute)
	h.expectDeleted(login, false)
}

// TestLinkedBankThatIsKeptAfterAll: a person who changes their mind keeps the loginId too, for
// Flinks would not tell it again.
func TestLinkedBankThatIsKeptAfterAll(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	login := v.links("greatday_nomfa")
	v.awaitSecret(login)
	h.run(time.Second)
	h.assertLogin(login)
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain })
	h.delete("acme")
	h.run(time.Minute)
	h.expectDeleted(login, false)
	if s := h.secret("acme-login"); s == nil || len(s.OwnerReferences) != 0 || len(s.Finalizers) != 0 {
		t.Errorf("the Secret is %v", s.ObjectMeta)
	}
}

// TestWhatConnectIsOpenedWith: a token of its own each time, the tag of the link, and
// nothing that the browser could have chosen.
func TestWhatConnectIsOpenedWith(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin(func(c *v1alpha1.BankConnection) {
		c.Spec.Reconnect.RedirectURL = "https://app.example.com/banks" // Not for Flinks.
	})
	first, second := v.frames().Query(), v.frames().Query()
	if first.Get("authorizeToken") == "" || first.Get("authorizeToken") == second.Get("authorizeToken") {
		t.Error("the token is not a new one")
	}
	claims := h.claims()
	for key, want := range map[string]string{
		"tag": linkKeys(t).Tag(claims), "redirectUrl": gatewayURL + "/landed", "jsRedirect": "true", "demo": "true",
		"language": "", "requestId": "", "resumeSelectedAccounts": "",
	} {
		if got := first.Get(key); got != want {
			t.Errorf("%s is %q", key, got)
		}
	}
	if c := h.get("acme"); strings.Contains(h.dump(false), first.Get("authorizeToken")) || c.Status.Binding != nil {
		t.Errorf("status: %+v", c.Status)
	}
}

// TestReconnect: a press starts one session, however often it is made and at how many
// replicas; the question is answered in the frame, and everybody is done.
func TestReconnect(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.askOverdue()
	v, w := h.openLink(), h.openLink()
	v.looks(linkapi.StateStart)
	if _, err := v.service.Connect(h.ctx(), v.visit); !errors.Is(err, linkapi.ErrNotNow) {
		t.Errorf("connecting without a question: %v", err)
	}
	v.starts(linkapi.StateWorking)
	v.starts(linkapi.StateWorking)
	w.starts(linkapi.StateWorking)
	h.run(time.Second)
	w.looks(linkapi.StateResume)
	v.starts(linkapi.StateResume)
	frame := w.frames()
	q := frame.Query()
	if q.Get("requestId") == "" || q.Get("authorizeToken") == "" || q.Has("tag") || q.Get("redirectUrl") != gatewayURL+"/landed" {
		t.Errorf("Connect is opened with %d parameters", len(q))
	}
	h.answer(frame.String())
	v.finishes(login, linkapi.StateWorking)
	h.run(time.Minute)
	v.looks(linkapi.StateDone)
	w.looks(linkapi.StateDone)
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
	if calls := h.calls(); calls["Authorize live"] != 1 {
		t.Errorf("calls: %v", calls)
	}
}

// TestReconnectWithoutQuestion: the bank lets Flinks in at once.
func TestReconnectWithoutQuestion(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.askOverdue()
	if err := h.sim.InjectFault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", Status: 503}); err != nil {
		t.Fatal(err)
	}
	v := h.openLink()
	v.starts(linkapi.StateWorking)
	h.run(time.Second)
	if view, err := v.service.View(h.ctx(), v.visit); err != nil || view.State == linkapi.StateDone || view.State == linkapi.StateStart {
		t.Errorf("while the outcome is unknown: %+v, %v", view, err)
	}
}

// TestReconnectWithNewPassword: no session helps, so the person goes through all of
// Connect, with the same login.
func TestReconnectWithNewPassword(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, byGateway)
	h.run(time.Minute)
	h.sim.SetBankPassword("greatday_nomfa", "Otherday")
	h.request("acme", "1")
	h.run(time.Minute)
	h.expect("acme", "UserActionRequired=True CredentialsRejected")
	v := h.openLink()
	v.looks(linkapi.StateConnect)
	v.starts(linkapi.StateConnect)
	other, err := (&flinkssim.Person{Username: "Greatday"}).Link(h.ctx(), v.frames().String())
	if err != nil {
		t.Fatal(err)
	}
	h.canaries = append(h.canaries, other.LoginID)
	v.finishes(other.LoginID, linkapi.StateOtherLogin)
	v.looks(linkapi.StateConnect)
	same, err := (&flinkssim.Person{Username: "greatday_nomfa", Password: "Otherday"}).Link(h.ctx(), v.frames().String())
	if err != nil || same.LoginID != login {
		t.Fatalf("the login is another one: %v", err)
	}
	v.finishes(login, linkapi.StateWorking)
	h.run(time.Minute)
	v.looks(linkapi.StateDone)
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
	if got := string(h.secret("acme-login").Data["loginId"]); got != login {
		t.Error("the Secret was changed")
	}
}
