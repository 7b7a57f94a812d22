package lifecycle_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

var (
	seedFlag  = flag.Uint64("lifecycle.seed", 0, "take this one walk through the model")
	walksFlag = flag.Int("lifecycle.walks", 40, "how many walks to take through the model")
	stepsFlag = flag.Int("lifecycle.steps", 4000, "how long each of them is")
)

// TestModel walks at random through what can happen to a connection: to Flinks, the
// bank and the customer, to managers that die, overlap and read the past, and to the
// status. The promises of the operator are checked at every step.
func TestModel(t *testing.T) {
	if *seedFlag != 0 {
		newWalk(t, *seedFlag).run(*stepsFlag)
		return
	}
	for seed := range uint64(*walksFlag) {
		t.Run(strconv.FormatUint(seed+1, 10), func(t *testing.T) {
			t.Parallel()
			newWalk(t, seed+1).run(*stepsFlag)
		})
	}
}

// walk is one way through the model.
type walk struct {
	t    *testing.T
	seed uint64
	now  time.Time
	f    *remote
	rules
	safekeeping
	handouts
	linkPromises

	stored store
	// outside holds the inputs other than the object.
	outside lifecycle.Inputs
	// deleted is the policy object that was deleted last.
	deleted       *v1alpha1.RefreshPolicySpec
	secretProblem string
	limits        limits
	leader, other *manager
	otherLives    bool

	issued                     map[string]bool
	attempts, totalCalls, live int
	journal                    []string
}

func newWalk(t *testing.T, seed uint64) *walk {
	r := rand.New(rand.NewPCG(seed, 0))
	w := &walk{t: t, seed: seed, rules: newRules(), issued: map[string]bool{}}
	w.now = time.Unix(0, r.Int64N(century)).UTC()
	w.f = newRemote(r, w.now)
	w.safekeeping = newSafekeeping(w.f)
	c := newFixture(t).Connection
	c.UID = "uid-" + c.UID[:8]
	c.ResourceVersion = "1"
	c.Finalizers = []string{v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer}
	c.Spec.LoginIDSecretRef.Name = "login"
	w.stored = store{BankConnection: c, version: 1}
	w.outside.Instance.Host = identity.Host
	w.leader, w.other = &manager{walk: w, name: "leader"}, &manager{walk: w, name: "other"}
	w.leader.restart()
	w.edit(every(24*time.Hour, 24*time.Hour))
	return w
}

func (w *walk) log(format string, args ...any) {
	w.journal = append(w.journal, w.now.Format(time.RFC3339Nano)+" "+fmt.Sprintf(format, args...))
	w.journal = w.journal[max(0, len(w.journal)-60):]
}

// broken ends the walk.
func (w *walk) broken(format string, args ...any) {
	w.t.Helper()
	for _, line := range w.journal {
		w.t.Log(line)
	}
	w.t.Log(digest(&w.stored.Status))
	w.t.Fatalf("-lifecycle.seed=%d: "+format, append([]any{w.seed}, args...)...)
}

func (w *walk) run(steps int) {
	for i := range steps {
		w.step()
		if i%1000 == 999 {
			w.calmDown()
			w.quietDay()
			w.serves()
			w.servesPage()
			w.servesNightly()
			w.f.calm = false
		}
	}
	w.goes()
	w.t.Logf("%d live calls of %d, %d writes", w.live, w.totalCalls, w.writes)
}

// goes: an object that is deleted goes, in whatever state it is, and nothing is done
// for it but that.
func (w *walk) goes() {
	for range w.f.IntN(100) {
		w.step()
	}
	w.change(func(c *v1alpha1.BankConnection) {
		c.DeletionTimestamp = &metav1.Time{Time: w.now.Truncate(time.Second)}
		if w.f.chance(40) {
			c.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain
		}
		c.Generation++
	})
	live := w.live
	for range 50 {
		w.step()
	}
	w.secretProblem, w.f.down, w.limits, w.outside.Instance.Deletions = "", false, limits{}, lifecycle.Deletions{}
	w.outside.Instance.Problem = "" // It is resumed, and well.
	w.abandonsIfLost()
	for range 500 {
		if len(w.stored.Finalizers) == 0 {
			break
		}
		w.work()
	}
	if len(w.stored.Finalizers) > 0 {
		w.broken("the object never goes")
	}
	if w.live > live {
		w.broken("a live call for an object that goes")
	}
	if w.held && !w.lateFinalizer {
		w.broken("the object went and left its hold on the Secret")
	}
}

// step makes one event happen: mostly that a manager does its work.
func (w *walk) step() {
	if w.f.chance(75) {
		w.work()
		return
	}
	w.pass(w.f.upTo(oneOf(w.f, time.Second, time.Minute, time.Minute, 10*time.Minute)))
	events := []func(){
		w.personActs, w.personActs, w.personActs, w.requests, w.requests, w.requests, w.requestsSession, w.editsPolicy, w.editsRetention, w.suspends,
		w.namesPolicy, w.changesPolicyObject, w.changesPolicyObject,
		w.editsReconnect, w.editsReconnect, w.breaksHandouts, w.hints, w.reads, w.reads, w.asksLink, w.gatewayGoes, w.editsConnect,
		w.breaksFlinks, w.breaksSecret, w.breaksInstance, w.duplicates, w.corrupts, w.corrupts, w.wipes,
		w.swapsLogin, w.allowsRebind, w.allowsRebind, w.breaksHold, w.massDeletion,
		w.managersDie, w.managersOverlap, w.managersFreeze, w.wakesUp, w.longTime, w.limitsCalls, w.flips,
	}
	events[w.f.IntN(len(events))]()
}

// work lets time pass until a manager has something to do, and lets it do that.
func (w *walk) work() {
	m := w.leader
	if w.otherLives && !w.other.wake.IsZero() && (m.wake.IsZero() || w.other.wake.Before(m.wake)) {
		m = w.other
	}
	if m.wake.IsZero() {
		w.pass(time.Hour)
		return
	}
	if m.wake.After(w.now) {
		w.pass(m.wake.Sub(w.now))
	}
	m.wake = time.Time{}
	m.reconcile()
}

func (w *walk) pass(d time.Duration) {
	w.now = w.now.Add(d)
	w.f.advance(w.now)
}

func (w *walk) poke() {
	w.leader.poke()
	if w.otherLives {
		w.other.poke()
	}
}

// change writes as another program.
func (w *walk) change(change func(c *v1alpha1.BankConnection)) {
	c := w.stored.DeepCopy()
	change(c)
	w.stored.put(c)
	w.poke()
}

func (w *walk) edit(change func(*v1alpha1.BankConnectionSpec)) {
	w.switching = switching{}
	w.change(func(c *v1alpha1.BankConnection) {
		change(&c.Spec)
		if c.Spec.RefreshPolicy != nil {
			c.Spec.RefreshPolicyRef = nil // They exclude each other.
		}
		c.Generation++
	})
}

func (w *walk) personActs() {
	if url := w.customersLink(); strings.HasPrefix(url, gatewayURL) {
		w.usesLink()
		return
	} else if url != "" {
		w.log("customer %s", w.f.customerAnswers(w.now, url))
		return
	}
	w.log("customer %s", w.f.customerConnects(w.now))
}

func (w *walk) requests() {
	value := "request-" + strconv.Itoa(len(w.issued))
	w.issued[value] = true
	w.log("%s", value)
	w.change(func(c *v1alpha1.BankConnection) { metav1.SetMetaDataAnnotation(&c.ObjectMeta, requested, value) })
}

func (w *walk) editsPolicy() {
	interval := oneOf(w.f, time.Hour, 6*time.Hour, 24*time.Hour, 240*time.Hour)
	observe := oneOf(w.f, 5*time.Minute, time.Hour, 24*time.Hour, 720*time.Hour)
	w.log("refresh every %v, observe every %v", interval, observe)
	w.replans(func() { w.editsPolicyTo(interval, observe) })
}

func (w *walk) editsPolicyTo(interval, observe time.Duration) {
	w.switching = switching{}
	switch w.f.IntN(8) {
	case 6, 7:
		w.editsToNightly(observe)
	case 0:
		w.edit(manual)
	case 4:
		expression := oneOf(w.f, "0 * * * *", "30 2 * * *", "0 9 * * 1-5", "15 4 1 * *")
		w.log("schedule %s", expression)
		w.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy = cron(expression) })
	case 5:
		w.log("in office hours")
		w.edit(every(interval, observe))
		w.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy.AllowedWindows = office() })
	case 1:
		var spec v1alpha1.BankConnectionSpec
		every(interval, observe)(&spec)
		w.outside.Instance.Policy = spec.RefreshPolicy
		w.poke()
	default:
		w.edit(every(interval, observe))
	}
}

func (w *walk) suspends() {
	w.log("suspend or resume")
	w.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Suspend = !spec.Suspend && w.f.chance(40) })
}

func (w *walk) breaksFlinks() {
	w.f.down, w.f.gone = w.f.chance(15), w.f.chance(5)
	w.log("Flinks is down: %v, the login gone: %v", w.f.down, w.f.gone)
}

func (w *walk) breaksSecret() {
	w.secretProblem = oneOf(w.f, "", "", "", "", v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonLoginChanged)
	w.log("the Secret's problem: %q", w.secretProblem)
}

func (w *walk) breaksInstance() {
	w.outside.Instance.Problem = oneOf(w.f, "", "", "", "", "", v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonInstanceSuspended)
	w.log("the instance's problem: %q", w.outside.Instance.Problem)
	w.poke()
}

func (w *walk) duplicates() {
	w.outside.Duplicate = w.f.chance(10)
	w.log("duplicate: %v", w.outside.Duplicate)
	w.poke()
}

// wipes restores the object without its status.
func (w *walk) wipes() {
	w.tamper("all of it", func(st *v1alpha1.BankConnectionStatus) {
		*st = v1alpha1.BankConnectionStatus{ObservedGeneration: -1}
	})
}

func (w *walk) corrupts() {
	w.tamper("", func(st *v1alpha1.BankConnectionStatus) {
		what := corruptField(w.t, w.f.Rand, w.now, st)
		w.log("%s", what)
		if b := st.Binding; b != nil && len(b.LoginFingerprint) != 32 {
			b.LoginFingerprint = fmt.Sprintf("%032x", w.f.Uint64()) // The API server takes no other lengths.
		}
		if strings.HasPrefix(what, ".nextRefreshTime") {
			w.planned = &w.now // A plan that was brought forward is one.
		}
	})
}

// tamper changes the status behind the operator's back, one thing at a time.
func (w *walk) tamper(what string, change func(*v1alpha1.BankConnectionStatus)) {
	if w.isCorrupted(w.now, time.Hour) {
		return
	}
	w.log("the status is changed %s", what)
	w.corrupted, w.planned = w.now, nil
	if next := w.stored.Status.NextRefreshTime; next != nil {
		w.planned = &next.Time
	}
	w.unattended, w.attended, w.dataFixed = nil, nil, false
	w.linkMade = time.Time{}
	w.switching = switching{}
	if value := w.stored.Annotations[requested]; value != "" {
		w.repeats[value]++
	}
	c := w.stored.DeepCopy()
	change(&c.Status)
	w.stored.put(c)
	w.forgetsHandouts()
}

func (w *walk) managersDie() {
	w.log("leader restarts")
	w.leader.restart()
}

func (w *walk) managersOverlap() {
	w.otherLives = !w.otherLives
	w.log("other manager: %v", w.otherLives)
	if w.otherLives {
		w.other.restart()
	}
}

// managersFreeze: a process may stand still between any two of its lines.
func (w *walk) managersFreeze() {
	for _, m := range []*manager{w.leader, w.other} {
		d := w.f.upTo(30 * time.Minute)
		if !m.wake.IsZero() {
			m.wake = m.wake.Add(d)
		}
		if m.flight != nil {
			m.flight.done = m.flight.done.Add(d)
		}
	}
	w.log("the managers freeze")
}

func (w *walk) wakesUp() { w.poke() }

func (w *walk) longTime() {
	d := w.f.upTo(oneOf(w.f, time.Hour, 48*time.Hour, 2000*time.Hour))
	w.log("%v pass", d)
	w.pass(d)
}

// calmDown ends all trouble, and waits until the operator has seen to everything.
func (w *walk) calmDown() {
	w.f.calm, w.f.down, w.f.gone, w.otherLives, w.secretProblem = true, false, false, false, ""
	w.outside, w.limits = lifecycle.Inputs{Facts: lifecycle.Facts{Policy: w.outside.Policy, Instance: lifecycle.Instance{Host: identity.Host}}}, limits{}
	w.holdForbidden, w.readOnly = false, false
	w.rebinds()
	w.edit(every(8760*time.Hour, 720*time.Hour))
	w.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Suspend, spec.Reconnect = false, nil })
	w.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy.Type = v1alpha1.RefreshManual })
	if w.f.chance(50) {
		w.rests()
	}
	w.log("calm")
	for range 500 {
		if !w.leader.wake.IsZero() && w.leader.wake.Before(w.now.Add(48*time.Hour)) {
			w.work()
			continue
		}
		w.settled()
		return
	}
	w.broken("it never comes to rest")
}

// settled: nothing is left undone.
func (w *walk) settled() {
	st := &w.stored.Status
	if h, value := st.LastHandledRequest, w.stored.Annotations[requested]; value != "" && (h == nil || h.Value != value) {
		w.broken("request %q was never answered", value)
	}
	w.sessionSettled(st)
	if p := lifecycle.SessionMayBeOpen(w.now, st); p {
		w.broken("a session is still waited for")
	}
	if e := st.LastError; e != nil && e.Class == "config" && e.Code != "METHOD_NOT_AVAILABLE" && e.Code != "INVALID_REQUEST" {
		w.broken("the problem is over: %s", e.Code)
	}
	if st.Binding == nil {
		w.broken("the login is not bound")
	}
	if g := st.Internal.GatewayRequest; g != nil {
		w.broken("no reconcile handled %+v", g)
	}
	w.safe(st)
	if st.Nightly != nil {
		w.broken("nightly refresh is left on")
	}
	if w.link != nil || (w.session && w.stored.Spec.SessionHandOff == nil) {
		w.broken("a Secret is left over")
	}
}

// quietDay: an object that is left alone costs nothing, whatever restarts.
func (w *walk) quietDay() {
	writes, calls, end := w.writes, w.totalCalls, w.now.Add(24*time.Hour)
	for range 10 {
		w.pass(w.f.upTo(2 * time.Hour))
		w.leader.restart()
		w.work()
		if next := w.leader.wake; !next.IsZero() && next.Before(end) {
			w.broken("there is something to do on a quiet day at %v", next)
		}
	}
	if w.writes != writes || w.totalCalls != calls {
		w.broken("%d writes and %d calls on a quiet day", w.writes-writes, w.totalCalls-calls)
	}
}

// serves: whatever has been, a request brings new data now, and the schedule does
// the same from then on.
func (w *walk) serves() {
	w.pass(time.Hour)
	w.requests()
	for deadline := w.now.Add(time.Hour); !w.leader.wake.IsZero() && w.leader.wake.Before(deadline); {
		w.work()
	}
	if h := w.stored.Status.LastHandledRequest; h == nil || h.Result != v1alpha1.RequestSucceeded {
		w.broken("the request is %+v", h)
	}
	w.edit(every(24*time.Hour, 24*time.Hour))
	for deadline := w.now.Add(72 * time.Hour); w.now.Before(deadline); {
		w.work()
	}
	if age := w.now.Sub(w.stored.Status.LastRefreshTime.Time); age > 30*time.Hour {
		w.broken("the data is %v old", age)
	}
}
