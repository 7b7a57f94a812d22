package reconcile

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// The simulator takes the strictest reading of everything that Flinks leaves to the
// instance. What does not get along with that yet takes a kinder one by these functions,
// each of which names the subject.

// nightsWork makes Flinks' nightly refresh work, or not.
func (h *harness) nightsWork(work bool) {
	h.t.Helper()
	h.knobs(func(k *flinkssim.Knobs) { k.NightlyWorks = work })
}

// readings are both ways to read what Flinks leaves open.
var readings = map[string]func(*flinkssim.Knobs){
	"strict": (*flinkssim.Knobs).Strict,
	"kind":   (*flinkssim.Knobs).Kind,
}

// eachReading runs a test with either.
func eachReading(t *testing.T, start func(*testing.T) *harness, run func(*harness)) {
	t.Helper()
	for name, reading := range readings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t)
			h.knobs(reading)
			run(h)
		})
	}
}

// TestMainJobInEachReading: bind, refresh, the bank's question, the answer, the data and
// the deletion.
func TestMainJobInEachReading(t *testing.T) {
	t.Parallel()
	eachReading(t, newHarness, (*harness).bindsAsksAndDeletes)
}

func (h *harness) bindsAsksAndDeletes() {
	h.t.Helper()
	login := h.ask(inSecret, handOff)
	h.run(2 * time.Minute)
	h.answer(string(h.secret(linkSecret).Data["url"]))
	h.run(3 * time.Minute)
	h.expect("acme", "Ready=True Refreshed", noActionRequired, "Authorized=True Authorized", "DataFresh=True DataFresh")
	c := h.get("acme")
	if len(c.Status.Accounts) == 0 || c.Status.LastHandledRequest.Result != v1alpha1.RequestSucceeded || h.secret(sessionSecret) == nil {
		h.t.Errorf("status: %+v", c.Status)
	}
	h.delete("acme")
	h.run(time.Hour)
	h.expectDeleted(login, true)
	h.assertOneSession()
	if state, _ := h.sim.Login(login); state.LiveOpened != 1 || state.Prompts != 1 || state.Answers != 1 {
		h.t.Errorf("at Flinks: %+v", state)
	}
}

// says is what an instance says of itself where a knob of the simulator makes it one that is not as
// instances are by default.
var says = map[flinkssim.Alternative]func(*harness){
	{Knob: "cardCredential", Value: "secretKey"}: func(h *harness) { h.chooseCard(v1alpha1.CardSecretKey) },
	{Knob: "authorizeAsync", Value: "true"}:      func(h *harness) { h.edited(saysAsync) },
	{Knob: "asyncDuration", Value: "1m"}:         (*harness).async,
}

// TestMainJobUnderEachKnob: the same under each other value of each knob, alone. Without reconnect there is
// no link to a question, which has tests of its own.
func TestMainJobUnderEachKnob(t *testing.T) {
	t.Parallel()
	for _, other := range flinkssim.Alternatives() {
		if other.Knob == "reconnectEnabled" {
			continue
		}
		t.Run(other.Knob+"="+other.Value, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.knobs(func(k *flinkssim.Knobs) {
				if err := k.Set(other.Knob, other.Value); err != nil {
					t.Fatal(err)
				}
			})
			if say := says[other]; say != nil {
				say(h)
			}
			h.bindsAsksAndDeletes()
		})
	}
}

// TestRefreshInEachReading: no person is needed.
func TestRefreshInEachReading(t *testing.T) {
	t.Parallel()
	eachReading(t, newHarness, func(h *harness) {
		login := h.seed("greatday_nomfa")
		h.connect("acme", login, scheduled(24*time.Hour))
		h.run(72 * time.Hour)
		h.expect("acme", "Ready=True Refreshed", noActionRequired, "DataFresh=True DataFresh")
		if c := h.get("acme"); len(c.Status.Accounts) == 0 {
			h.t.Errorf("status: %+v", c.Status)
		}
		h.delete("acme")
		h.run(time.Hour)
		h.expectDeleted(login, true)
		h.assertOneSession()
	})
}

// TestRefusalsInEachReading: what the bank says is understood in whatever form it comes.
func TestRefusalsInEachReading(t *testing.T) {
	t.Parallel()
	for user, want := range map[string][]string{
		"test_disabled_account":    {"Ready=True UserActionRequired", "UserActionRequired=True LoginLocked"},
		"sim_newaccount":           {"Ready=True UserActionRequired", "UserActionRequired=True BankActionRequired"},
		"test_service_unavailable": {"Ready=True Refreshed", noActionRequired},
		"sim_maintenance":          {"Ready=True Refreshed", noActionRequired},
		"sim_disabled_institution": {"Ready=True Refreshed", noActionRequired},
		"no longer the password":   {"Ready=True UserActionRequired", "UserActionRequired=True CredentialsRejected"},
		"no such login":            {"Ready=False LoginGone", "Stalled=True LoginGone"},
	} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			eachReading(t, newHarness, func(h *harness) { h.refused(user, want) })
		})
	}
}

func (h *harness) refused(user string, want []string) {
	h.t.Helper()
	login := strangeLogin
	switch user {
	case "no such login":
	case "no longer the password":
		login = h.seed("greatday_nomfa")
		h.sim.SetBankPassword("greatday_nomfa", "Otherday")
	default:
		login = h.seed(user)
	}
	h.connect("acme", login)
	h.run(time.Minute)
	h.request("acme", "1")
	h.run(time.Minute)
	h.expect("acme", want...)
	if n := h.calls()["Authorize live"]; n > 1 {
		h.t.Errorf("%d live calls", n)
	}
}

// TestPersonAnswersInMinute14: the session is that of a person who opened the link in
// minute 7 of 8, and answers in two steps.
func TestPersonAnswersInMinute14(t *testing.T) {
	t.Parallel()
	eachReading(t, newHarness, func(h *harness) {
		login := h.seed("sim_textorcall")
		h.connect("acme", login, inSecret)
		h.run(time.Minute)
		h.request("acme", "1")
		h.run(7 * time.Minute)
		walk, err := flinkssim.Person{}.Begin(h.ctx(), string(h.secret(linkSecret).Data["url"]))
		for err == nil && !walk.Done() {
			h.run(7 * time.Minute)
			err = walk.Next(h.ctx())
		}
		if err != nil {
			h.t.Fatal(err)
		}
		h.run(10 * time.Minute)
		h.expect("acme", "Ready=True Refreshed", noActionRequired)
		if n := h.calls()["Authorize live"]; n != 1 {
			h.t.Errorf("%d live calls", n)
		}
		h.assertOneSession()
	})
}

// TestGatewayInEachReading: a person links a bank on the page, and answers it there.
func TestGatewayInEachReading(t *testing.T) {
	t.Parallel()
	eachReading(t, newGatewayHarness, func(h *harness) {
		v := h.awaitLogin() // with the tags of logins
		login := v.links("Greatday")
		v.awaitSecret(login)
		h.run(10 * time.Minute)
		h.expect("acme", "Ready=True Refreshed", noActionRequired)
		h.request("acme", "1")
		h.run(10 * time.Minute)
		h.expect("acme", "UserActionRequired=True LinkExpired")
		v.visit = linkapi.Visit{Token: h.token()}
		v.starts(linkapi.StateWorking)
		h.run(time.Second)
		v.looks(linkapi.StateResume)
		h.answer(v.frames().String())
		v.finishes(login, linkapi.StateWorking)
		h.run(time.Minute)
		v.looks(linkapi.StateDone)
		h.expect("acme", "Ready=True Refreshed", noActionRequired)
		h.delete("acme")
		h.run(time.Hour)
		h.expectDeleted(login, true)
		h.assertOneSession()
	})
}
