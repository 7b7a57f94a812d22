package reconcile

import (
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// linkedBank is what a customer who linked a bank brings back, at a Flinks that reads the contract
// in one of its ways.
type linkedBank struct {
	tags string
	// forgets makes the browser name no session, as older pages of Connect do.
	forgets bool
	// pause is how long after Flinks Connect was opened the login is named.
	pause time.Duration
	want  linkapi.State
}

// TestEitherProofIsEnough: the tag is found wherever Flinks leaves it, and the session that
// Connect reported does without a tag.
func TestEitherProofIsEnough(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]linkedBank{
		"tags of sessions":                      {tags: flinkssim.TagScopeSession, want: linkapi.StateDone},
		"tags of logins":                        {tags: flinkssim.TagScopeLogin, want: linkapi.StateDone},
		"tags of logins, no session":            {tags: flinkssim.TagScopeLogin, forgets: true, want: linkapi.StateDone},
		"no tags":                               {tags: flinkssim.TagScopeNone, want: linkapi.StateDone},
		"tags of sessions, no session":          {tags: flinkssim.TagScopeSession, forgets: true, want: linkapi.StateBlocked},
		"no tags, no session":                   {tags: flinkssim.TagScopeNone, forgets: true, want: linkapi.StateBlocked},
		"no tags, long after Connect":           {tags: flinkssim.TagScopeNone, pause: time.Hour, want: linkapi.StateNotVerified},
		"tags of logins, long after Connect":    {tags: flinkssim.TagScopeLogin, pause: time.Hour, want: linkapi.StateDone},
		"tags of sessions, at the last moment":  {tags: flinkssim.TagScopeSession, pause: 7 * time.Minute, want: linkapi.StateDone},
		"tags of sessions, the session is over": {tags: flinkssim.TagScopeSession, pause: 40 * time.Minute, want: linkapi.StateNotVerified},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			v := h.awaitLogin()
			h.knobs(func(k *flinkssim.Knobs) { k.TagScope = row.tags })
			login := v.links("Greatday")
			if row.forgets {
				v.session = ""
			}
			h.clock.SetTime(h.clock.Now().Add(row.pause))
			view := v.untilKept(login)
			if view.State != row.want || (h.get("acme").Status.Binding != nil) != (row.want == linkapi.StateDone) {
				t.Errorf("the page shows %+v, bound: %+v", view, h.get("acme").Status.Binding)
			}
		})
	}
}

// untilKept repeats the end as the page does, while the leader does its work.
func (v *openedLink) untilKept(login string) linkapi.View {
	v.t.Helper()
	for range 40 {
		view, err := v.service.Finish(v.ctx(), v.visit, linkapi.NewIdentifier(login), linkapi.NewIdentifier(v.session))
		if err != nil {
			v.t.Fatal(err)
		}
		if view.State != linkapi.StateWorking {
			return view
		}
		v.poke("acme")
		v.run(3 * time.Second)
	}
	v.t.Fatal("it does not come to an end")
	return linkapi.View{}
}

// unboundLogin is a login that no connection is bound to, and a person who knows its loginId.
type unboundLogin struct {
	// tags is what the login or its session keeps of a tag.
	tags string
	// takes opens a session of the login, or none.
	takes func(v *openedLink, login string) (session string)
	want  linkapi.State
}

// TestUnboundLoginOfAnother pins how far a login is exposed that no connection is bound to:
// a person who knows its loginId and has a link can take it while Flinks has its password, by a
// live session. What contacts no bank proves nothing.
func TestUnboundLoginOfAnother(t *testing.T) {
	t.Parallel()
	none := func(*openedLink, string) string { return "" }
	cached := func(v *openedLink, login string) string { return v.takes(login, true) }
	live := func(v *openedLink, login string) string { return v.takes(login, false) }
	hidden := func(v *openedLink, login string) string { v.takes(login, false); return "" }
	for name, row := range map[string]unboundLogin{
		"named, tags of logins":                              {flinkssim.TagScopeLogin, none, linkapi.StateNotVerified},
		"named, tags of sessions":                            {flinkssim.TagScopeSession, none, linkapi.StateNotVerified},
		"named, no tags":                                     {flinkssim.TagScopeNone, none, linkapi.StateNotVerified},
		"a cached session, tags of logins":                   {flinkssim.TagScopeLogin, cached, linkapi.StateNotVerified},
		"a cached session, tags of sessions":                 {flinkssim.TagScopeSession, cached, linkapi.StateNotVerified},
		"a cached session, no tags":                          {flinkssim.TagScopeNone, cached, linkapi.StateNotVerified},
		"a live session that is not named, tags of sessions": {flinkssim.TagScopeSession, hidden, linkapi.StateBlocked},
		"a live session, tags of logins":                     {flinkssim.TagScopeLogin, live, linkapi.StateDone},
		"a live session, tags of sessions":                   {flinkssim.TagScopeSession, live, linkapi.StateDone},
		"a live session, no tags":                            {flinkssim.TagScopeNone, live, linkapi.StateDone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			v := h.awaitLogin()
			h.knobs(func(k *flinkssim.Knobs) { k.TagScope = row.tags })
			// A day old: its platform never gave it a BankConnection, or has not yet.
			login := h.seed("greatday_nomfa")
			v.session = row.takes(v, login)
			h.clock.SetTime(h.clock.Now().Add(time.Minute))
			view := v.untilKept(login)
			if view.State != row.want || (h.secret("acme-login") != nil) != (row.want == linkapi.StateDone) {
				t.Errorf("the page shows %+v", view)
			}
		})
	}
}

// TestSessionThatIsNotTheirs: a session proves nothing of another login, and one that a person
// made up proves nothing.
func TestSessionThatIsNotTheirs(t *testing.T) {
	t.Parallel()
	for name, session := range map[string]func(h *harness, v *openedLink, login string) string{
		"of another login": func(_ *harness, v *openedLink, _ string) string {
			v.links("Greatday")
			return v.session
		},
		"made up": func(*harness, *openedLink, string) string { return strangeLogin },
		"from before the press": func(h *harness, v *openedLink, login string) string {
			session := v.takes(login, false)
			h.clock.SetTime(h.clock.Now().Add(20 * time.Minute))
			return session
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			v := h.awaitLogin()
			login := h.seed("greatday_nomfa")
			v.session = session(h, v, login)
			v.frames()
			if view := v.waits(login); view.State != linkapi.StateNotVerified || h.secret("acme-login") != nil {
				t.Errorf("the page shows %+v", view)
			}
		})
	}
}

// TestNoProofAtTheInstance: where Flinks returns nothing that proves a link, the instance says so,
// and no other customer is asked for a password in vain. One proof ends that for good.
func TestNoProofAtTheInstance(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	login := v.links("Greatday")
	session := v.session
	v.session = ""
	if view := v.waits(login); view.State != linkapi.StateBlocked || view.Reason != v1alpha1.ReasonProofNotReturned {
		t.Errorf("the page shows %+v", view)
	}
	h.expectProof(v1alpha1.ReasonProofNotReturned)
	h.expectEvent(v1alpha1.ReasonProofNotReturned)
	if view := v.looks(linkapi.StateBlocked); view.Reason != v1alpha1.ReasonProofNotReturned {
		t.Errorf("the page of the next one shows %+v", view)
	}
	if _, err := v.service.Connect(h.ctx(), v.visit); !errors.Is(err, linkapi.ErrNotNow) {
		t.Errorf("the next one is asked for a password: %v", err)
	}
	h.probe()
	h.expectProof(v1alpha1.ReasonProofNotReturned)

	h.clock.SetTime(h.clock.Now().Add(time.Hour))
	login = v.links("Greatday")
	if v.session == session {
		t.Fatal("it is the same session")
	}
	v.awaitSecret(login)
	h.expectProof("")
	h.createConnection("beta", byGateway)
	h.run(time.Second)
	w := &openedLink{harness: h, replica: v.replica, service: v.service, visit: linkapi.Visit{Token: h.tokenOf("beta")}}
	other := w.links("greatday_nomfa")
	w.session = ""
	if view := w.waits(other); view.State != linkapi.StateNotVerified {
		t.Errorf("the page shows %+v", view)
	}
	h.expectProof("")
}

// expectProof asserts what the instance says of the proofs of links.
func (h *harness) expectProof(reason string) {
	h.t.Helper()
	i := &v1alpha1.ClusterFlinksInstance{}
	if err := h.live.Get(h.ctx(), client.ObjectKey{Name: h.instance()}, i); err != nil {
		h.t.Fatal(err)
	}
	var got string
	if c := meta.FindStatusCondition(i.Status.Conditions, v1alpha1.ConditionLinkProofUnavailable); c != nil {
		got = c.Reason
	}
	if got != reason {
		h.t.Errorf("the instance says %q, want %q", got, reason)
	}
}

// TestLoginThatIsNotKeptIsReported: the platform learns of a login that stays at Flinks, once, and
// can have it deleted by giving it a connection of its own.
func TestLoginThatIsNotKeptIsReported(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	login := h.seed("greatday_nomfa")
	for range 2 {
		if view := v.waits(login); view.State != linkapi.StateNotVerified {
			t.Fatalf("the page shows %+v", view)
		}
		h.clock.SetTime(h.clock.Now().Add(time.Minute))
	}
	if told := h.drainEvents(); strings.Count(told, v1alpha1.ReasonLoginNotVerified) != 1 {
		t.Errorf("events: %s", told)
	}
	h.run(time.Hour)
	reported := h.get("acme").Status.UnverifiedLogins
	if len(reported) != 1 || h.get("acme").Status.Binding != nil {
		t.Fatalf("reported: %+v", reported)
	}
	h.connect("orphan", login)
	h.run(time.Minute)
	if b := h.get("orphan").Status.Binding; b == nil || b.LoginFingerprint != reported[0].LoginFingerprint {
		t.Errorf("bound to %+v, reported: %+v", b, reported)
	}
	h.delete("orphan")
	h.run(time.Hour)
	h.expectDeleted(login, true)
	v.finishes(strangeLogin, linkapi.StateNotVerified) // Flinks does not know it.
	if n := len(h.get("acme").Status.UnverifiedLogins); n != 1 {
		t.Errorf("%d logins are reported", n)
	}
}

// TestReportedLoginThatIsBoundAfterAll is reported no more.
func TestReportedLoginThatIsBoundAfterAll(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	login := h.seed("greatday_nomfa")
	v.waits(login)
	if n := len(h.get("acme").Status.UnverifiedLogins); n != 1 {
		t.Fatalf("%d logins are reported", n)
	}
	h.put("acme-login", map[string]string{"loginId": login})
	h.poke("acme")
	h.run(time.Minute)
	if st := h.get("acme").Status; st.Binding == nil || len(st.UnverifiedLogins) != 0 || st.Internal.ConnectOpenTime != nil {
		t.Errorf("status: %+v", st)
	}
}
