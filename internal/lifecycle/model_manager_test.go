package lifecycle_test

import (
	"maps"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// store is an API server with one object.
type store struct {
	*v1alpha1.BankConnection
	version int
}

// put stores an object made from the newest version, and from no other.
func (s *store) put(c *v1alpha1.BankConnection) bool {
	if c.ResourceVersion != strconv.Itoa(s.version) {
		return false
	}
	s.version++
	c.ResourceVersion = strconv.Itoa(s.version)
	s.BankConnection = c
	return true
}

// manager does what internal/controller does with the decisions, and dies at any
// point of it.
type manager struct {
	*walk
	name   string
	cached *v1alpha1.BankConnection
	// Memory, which a restart loses.
	generation int64
	notUntil   time.Time
	hasSession bool
	isAsync    bool   // AuthorizeAsync tells how it ends
	nonce      string // of the live session that it opens
	// rebindAsked reports whether the rebind annotation was set.
	rebindAsked bool

	secretNotUntil time.Time
	// looked is the newest observe that was made for a refresh.
	looked lifecycle.Look

	flight *flight
	// poked: something happened since the object was last looked at.
	poked bool
	// wake is when it looks at the object again; zero if nothing is queued.
	wake time.Time
	// recent are the times of reconciles, and of calls, since the last event that
	// is not the manager's own.
	recent, calls []time.Time
}

// flight is a live call under way.
type flight struct {
	inputs  lifecycle.Inputs
	outcome lifecycle.Outcome
	session *liveSession
	done    time.Time
}

func (m *manager) restart() {
	*m = manager{walk: m.walk, name: m.name, cached: m.stored.BankConnection, wake: m.now}
}

// poke queues the object because of something that happened.
func (m *manager) poke() {
	m.wake, m.poked = m.now, true
	m.recent, m.calls = nil, nil
}

// look reads the inputs through a cache that may be behind.
func (m *manager) look() lifecycle.Inputs {
	if m.f.calm || m.f.chance(85) {
		m.cached = m.stored.BankConnection
	}
	if m.generation != m.cached.Generation {
		m.generation, m.notUntil, m.hasSession = m.cached.Generation, time.Time{}, m.hasSession && m.isAsync
		m.secretNotUntil, m.looked = time.Time{}, lifecycle.Look{}
	}
	w := m.outside
	m.hasSession = m.hasSession && m.nonce == nonceOf(m.cached)
	w.Connection, w.NotUntil, w.HasSession, w.RebindAsked = m.cached, m.notUntil, m.hasSession, m.rebindAsked
	w.IsAsync = m.isAsync
	w.SecretNotUntil, w.Look = m.secretNotUntil, m.looked
	w.Duplicate = w.Duplicate && m.cached.Status.Binding != nil
	return w
}

func (m *manager) reconcile() {
	m.recent = append(m.recent, m.now)
	if m.flight != nil {
		m.land()
		return
	}
	m.poked = false
	w := m.look()
	a, w := m.admit(w)
	m.decided(m, w, a)
	o := lifecycle.Outcome{Action: a, Identity: m.identity()}
	switch a := a.(type) {
	case lifecycle.Refresh:
		m.refresh(w, a)
		return
	case lifecycle.Observe:
		o = m.handsOff(w, m.observe(w, o))
	case lifecycle.Collect, lifecycle.Poll:
		w, o = m.followsUp(w, o)
	case lifecycle.SetNightlyRefresh:
		m.scheduleDecided(w, a)
		o = m.schedules(w, a, o)
	case lifecycle.Delete, lifecycle.Confirm, lifecycle.RemoveFinalizer:
		if o = m.deletes(w, o); lifecycle.ConfirmsDeletion(w.Connection, o) || lifecycle.Is[lifecycle.RemoveFinalizer](a) {
			m.release(w)
			return
		}
	case lifecycle.RemoveSecretFinalizer:
		m.letGo(w)
		return
	case lifecycle.DeliverLink, lifecycle.RevokeSecret:
		o = m.changesSecret(w, a, o)
	case lifecycle.Wait, lifecycle.ClaimDeletion, lifecycle.UnclaimDeletion:
	}
	if !m.f.calm && !lifecycle.Is[lifecycle.Wait](a) && m.f.chance(2) {
		m.log("%s dies after %T", m.name, a)
		m.restart()
		return
	}
	m.record(w, o)
}

func (m *manager) observe(w lifecycle.Inputs, o lifecycle.Outcome) lifecycle.Outcome {
	o.Problem = m.access(w.Connection)
	if o.Problem == v1alpha1.ReasonLoginChanged && lifecycle.MayRebind(m.now, w) {
		return lifecycle.Outcome{Action: o.Action, Superseded: &lifecycle.SupersededLogin{}}
	}
	if o.Problem != "" {
		return o
	}
	got := m.f.observe()
	got.Action, got.Identity = o.Action, o.Identity
	m.called(m)
	m.isAsync = m.isAsync && !brings(got)
	m.hasSession = m.hasSession || brings(got)
	if lifecycle.NeedsProtection(w.Connection, got) {
		got.Protection = m.hold(w.Connection)
	}
	return got
}

// followsUp asks what became of the newest live session.
func (m *manager) followsUp(w lifecycle.Inputs, o lifecycle.Outcome) (lifecycle.Inputs, lifecycle.Outcome) {
	if lifecycle.Is[lifecycle.Poll](o.Action) {
		return m.poll(w, o)
	}
	return w, m.collect(w, o)
}

func (m *manager) collect(w lifecycle.Inputs, o lifecycle.Outcome) lifecycle.Outcome {
	got := m.f.collect()
	if r := w.Connection.Status.Refresh; r != nil && r.State == v1alpha1.RefreshDispatched {
		got = m.f.followUp(m.now)
	}
	got.Action, got.Identity = o.Action, o.Identity
	m.called(m)
	return got
}

func (m *manager) poll(w lifecycle.Inputs, o lifecycle.Outcome) (lifecycle.Inputs, lifecycle.Outcome) {
	if o.Problem = m.access(w.Connection); o.Problem != "" {
		return w, o
	}
	got := m.f.poll(m.now)
	got.Action, got.Identity, got.Answered = o.Action, o.Identity, m.now
	m.called(m)
	f := &flight{inputs: w, outcome: got, session: m.f.background}
	m.readsLinkRules(f)
	m.seals(f)
	m.delivers(f)
	m.isAsync = got.Err != nil
	return f.inputs, f.outcome
}

func nonceOf(c *v1alpha1.BankConnection) string {
	if c.Status.Refresh == nil {
		return ""
	}
	return c.Status.Internal.Nonce
}

// deletes makes the call for it.
func (m *manager) deletes(w lifecycle.Inputs, o lifecycle.Outcome) lifecycle.Outcome {
	if lifecycle.Is[lifecycle.RemoveFinalizer](o.Action) {
		return o
	}
	m.within(false)
	m.calls = append(m.calls, m.now)
	switch o.Problem = m.access(w.Connection); {
	case o.Problem != "":
	case lifecycle.Is[lifecycle.Confirm](o.Action):
		got := m.f.observe()
		o.Err, o.Authorization = got.Err, got.Authorization
		if lifecycle.ConfirmsDeletion(w.Connection, o) && !m.f.gone {
			m.broken("the object goes, and its login is there")
		}
	case m.f.chance(5):
		o.Err = bareNotFound() // of a proxy
	case m.f.down:
		o.Err = noAnswer(flinks.OpDeleteCard)
	case m.f.chance(60):
		o.Err = refusal(flinks.OpDeleteCard, oneOf(m.f, flinks.CodeCardInUse, flinks.CodeTooManyRequests), false)
	case m.f.gone:
		o.Err = oneOf(m.f, bareNotFound(), refusal(flinks.OpDeleteCard, flinks.CodeInvalidLogin, false))
	}
	return o
}

// record writes what an outcome makes of the status, if that differs.
func (m *manager) record(w lifecycle.Inputs, o lifecycle.Outcome) {
	before := w.Connection.Status
	after := lifecycle.Record(m.now, w, o)
	if !equality.Semantic.DeepEqual(before, after) {
		if !m.write(w, after) {
			m.log("%s: conflict after %T", m.name, o.Action)
			if lifecycle.Is[lifecycle.Poll](o.Action) && o.Delivery.SecretName != "" && m.stored.Status.Internal.LinkSecretName == "" {
				m.link = nil
			}
			m.cached = m.stored.BankConnection
			m.wake = m.now.Add(time.Second)
			return
		}
		m.log("%s: %s → %s", m.name, summary(o), digest(&after))
		w.Connection = m.stored.BankConnection
	}
	m.outcomeRecorded(o)
	m.next(w, o)
}

// write stores a status; false if the object has changed. The cache learns of it
// sooner or later.
func (m *manager) write(w lifecycle.Inputs, st v1alpha1.BankConnectionStatus) bool {
	c := w.Connection.DeepCopy()
	c.Status = throughJSON(m.t, st)
	if !m.stored.put(c) {
		return false
	}
	m.wrote(&w.Connection.Status, w)
	if m.f.calm || m.f.chance(90) {
		m.cached = c
	}
	return true
}

func (m *manager) next(w lifecycle.Inputs, o lifecycle.Outcome) {
	m.hasSession = m.hasSession && lifecycle.WantsSession(&w.Connection.Status, o)
	m.nonce, w.HasSession, w.IsAsync = nonceOf(w.Connection), m.hasSession, m.isAsync
	w.Memory = lifecycle.Remember(m.now, w, o)
	m.looked, m.notUntil, m.secretNotUntil = w.Look, w.NotUntil, w.SecretNotUntil
	m.rebindAsked = m.rebindAsked && !lifecycle.Is[lifecycle.Observe](o.Action)
	w.RebindAsked = m.rebindAsked
	m.wake = time.Time{}
	if d := lifecycle.RequeueAfter(m.now, w); d > 0 {
		m.wake = m.now.Add(d)
	}
	if w.Instance != m.outside.Instance || w.Gateway != m.outside.Gateway || w.Connection.Generation != m.stored.Generation ||
		!maps.Equal(w.Connection.Annotations, m.stored.Annotations) ||
		!equality.Semantic.DeepEqual(w.Connection.Status.Internal.GatewayRequest, m.stored.Status.Internal.GatewayRequest) {
		m.wake = m.now.Add(time.Second) // The cache catches up, and says so.
	}
}

// refresh claims, and sends the live call if nothing comes between.
func (m *manager) refresh(w lifecycle.Inputs, a lifecycle.Refresh) {
	m.attempts++
	before := w.Connection
	st := lifecycle.Claim(m.now, w, a, "nonce-"+strconv.Itoa(m.attempts))
	if !m.write(w, st) {
		m.log("%s: claim in vain", m.name)
		m.cached = m.stored.BankConnection
		m.wake = m.now.Add(time.Second)
		return
	}
	w.Connection = m.stored.BankConnection
	m.claimed(m, before, w, a)
	o := lifecycle.Outcome{Action: a, Identity: m.identity(), AnnouncedLink: w.AnnouncesLink()}
	m.flight = &flight{inputs: w, outcome: o, done: m.now}
	m.wake = m.now
	pause := m.f.upTo(5 * time.Second)
	if !m.f.calm && m.f.chance(5) {
		pause = m.f.upTo(20 * time.Minute)
	}
	switch {
	case m.access(w.Connection) != "":
		m.flight.outcome.Problem = m.access(w.Connection)
		return
	case !m.f.calm && m.f.chance(4):
		m.log("%s dies after its claim", m.name)
		m.restart()
		return
	case pause > lifecycle.ClaimLifetime:
		m.flight.outcome.Err = notSent(flinks.OpRefresh)
		m.flight.done = m.now.Add(pause)
		m.wake = m.flight.done
		return
	}
	m.send(a, m.now.Add(pause))
}

func (m *manager) send(a lifecycle.Refresh, at time.Time) {
	m.sent(m, a, at)
	got := m.f.refresh(at)
	m.answered(a, got)
	got.Action, got.Identity, got.Protection = a, m.identity(), m.hold(m.stored.BankConnection)
	m.flight.outcome, m.flight.session = got.Outcome, got.opened
	m.flight.done = at.Add(got.after)
	m.flight.outcome.Answered = m.flight.done
	m.wake = m.flight.done
	if !m.f.calm && m.f.chance(5) {
		m.log("%s dies during its call", m.name)
		m.restart()
	}
}

// land records the outcome of a live call, on top of whatever else was written
// meanwhile, as long as the claim stands.
func (m *manager) land() {
	if m.now.Before(m.flight.done) {
		m.wake = m.flight.done
		return
	}
	done := m.flight
	m.flight = nil
	m.readsLinkRules(done)
	m.seals(done)
	m.delivers(done)
	if !m.f.calm && m.f.chance(5) {
		m.log("%s dies before it records %s", m.name, summary(done.outcome))
		m.restart()
		return
	}
	m.hasSession = brings(done.outcome)
	m.isAsync = done.session != nil && done.session == m.f.background && done.session.async
	nonce := done.inputs.Connection.Status.Internal.Nonce
	for !m.write(done.inputs, lifecycle.Record(m.now, done.inputs, done.outcome)) {
		latest := m.stored.BankConnection
		if r := latest.Status.Refresh; r == nil || latest.Status.Internal.Nonce != nonce || r.State != v1alpha1.RefreshClaimed {
			m.log("%s lost its claim", m.name)
			if done.outcome.Delivery.SecretName != "" {
				m.link = nil
			}
			m.wake = m.now.Add(time.Second)
			return
		}
		done.inputs.Connection, done.inputs.Policy = latest, m.outside.Policy
	}
	done.inputs.Connection = m.stored.BankConnection
	m.log("%s: %s → %s", m.name, summary(done.outcome), digest(&done.inputs.Connection.Status))
	m.recorded(done)
	m.outcomeRecorded(done.outcome)
	m.next(done.inputs, done.outcome)
	if m.poked {
		m.wake = m.now // It was queued again meanwhile.
	}
}
