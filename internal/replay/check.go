package replay

import (
	"context"
	"io"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Run is one run of the operator, as recorded in the logs.
type Run struct {
	// Audit is the audit log of the API server, with the objects of the operator's API.
	Audit io.Reader
	// Operator is the operator's user name.
	Operator string
	// Exchanges with one Flinks.
	Exchanges []Exchange
	// Namespaces of the connections to that Flinks; empty for all.
	Namespaces []string
}

// Check computes each status and each call of a run again.
func Check(ctx context.Context, run Run) (*Report, error) {
	h, err := readHistory(run.Audit, run.Operator)
	if err != nil {
		return nil, err
	}
	c := &checker{history: h, calls: calls(ctx, run.Exchanges), guesses: guesses(), claims: map[types.UID]lifecycle.Refresh{}, sessions: map[string]string{}}
	for _, call := range c.calls {
		if call.login != "" && call.session != "" {
			c.sessions[call.session] = call.login
		}
	}
	report := newReport()
	for i := range h.writes {
		w := &h.writes[i]
		if len(run.Namespaces) == 0 || slices.Contains(run.Namespaces, w.read.Namespace) {
			c.checkWrite(w, report)
		}
	}
	return report, nil
}

type checker struct {
	history *history
	calls   []*call
	guesses []guess
	// claims holds the refresh that the newest claim of each connection was written for.
	claims map[types.UID]lifecycle.Refresh
	// sessions holds the login of each RequestId.
	sessions map[string]string
}

// match is a way to compute the status that was written.
type match struct {
	guess guess
	way
}

func (c *checker) checkWrite(w *statusWrite, report *Report) {
	candidates := c.callsBefore(w)
	nearest := newDifference()
	for _, g := range c.guesses {
		for _, late := range instants {
			g.late = late
			if m, ok := c.try(w, g, candidates, nearest); ok {
				c.accept(w, m, report)
				return
			}
		}
	}
	report.unexplained(w, nearest)
}

func (c *checker) accept(w *statusWrite, m match, report *Report) {
	if m.claim != nil {
		c.claims[w.read.UID] = *m.claim
	}
	if m.call != nil {
		m.call.used = true
		report.Calls++
	}
	report.explained(m.guess)
}

// callsBefore returns the calls that a write may record, the newest first, and nil for
// none.
func (c *checker) callsBefore(w *statusWrite) []*call {
	var found []*call
	for _, call := range slices.Backward(c.calls) {
		if !call.used && !call.ended.After(w.received) && c.concerns(call, w) && w.received.Sub(call.ended) < time.Minute {
			found = append(found, call)
		}
		if len(found) == 3 {
			break
		}
	}
	return append(found, nil)
}

// concerns reports whether a call was made for the login of a connection. A token is not
// requested for a login, so only a refused one matters.
func (c *checker) concerns(call *call, w *statusWrite) bool {
	if call.op == flinks.OpGenerateAuthorizeToken {
		return call.err != nil
	}
	binding := w.after.Binding
	if binding == nil {
		binding = w.read.Status.Binding
	}
	if binding == nil {
		return call.op == flinks.OpObserve
	}
	login := call.login
	if login == "" {
		login = c.sessions[call.session]
	}
	id, err := flinks.ParseLoginID([]byte(login))
	return err == nil && id.Fingerprint(binding.Instance, binding.CustomerID) == binding.LoginFingerprint
}

// try computes the status under one guess, in every way that the operator has.
func (c *checker) try(w *statusWrite, g guess, candidates []*call, nearest *difference) (match, bool) {
	now := w.received.Add(-g.late)
	after := &v1alpha1.BankConnection{Status: w.after}
	inputs := c.history.inputs(now, w.read, after, w.version-1, g)
	for _, computed := range c.ways(w, inputs, g, now, candidates) {
		if equality.Semantic.DeepEqual(computed.status, w.after) {
			return match{guess: g, way: computed}, true
		}
		if len(g.names()) <= 1 {
			nearest.note(computed.status, w.after)
		}
	}
	return match{}, false
}

// way is one way to a status.
type way struct {
	status v1alpha1.BankConnectionStatus
	// call is the one that the status records; nil if none exists.
	call *call
	// claim is the refresh that the status claims; nil if it claims none.
	claim *lifecycle.Refresh
}

func (c *checker) ways(w *statusWrite, inputs lifecycle.Inputs, g guess, now time.Time, candidates []*call) []way {
	var all []way
	if action, ok := c.claims[w.read.UID]; ok && isClaimed(&w.read.Status) {
		for _, call := range candidates {
			all = append(all, c.recorded(w, inputs, g, now, action, call)...)
		}
	}
	for _, call := range candidates {
		decided := now
		if call != nil {
			decided = call.began
		}
		inputs.IsAsync = call != nil && call.op == flinks.OpPollRefresh
		action := lifecycle.Decide(decided, inputs)
		if refresh, ok := action.(lifecycle.Refresh); ok && w.after.Refresh != nil && call == nil {
			status := lifecycle.Claim(now, inputs, refresh, w.after.Internal.Nonce)
			all = append(all, way{status: status, claim: &refresh})
			continue
		}
		all = append(all, c.recorded(w, inputs, g, now, action, call)...)
	}
	return append(all, requested(w, inputs, now)...)
}

func isClaimed(st *v1alpha1.BankConnectionStatus) bool {
	return st.Refresh != nil && st.Refresh.State == v1alpha1.RefreshClaimed
}

// requested returns the statuses that the link API writes, in the browser and with the report that the
// status names.
func requested(w *statusWrite, inputs lifecycle.Inputs, now time.Time) []way {
	challenge := ""
	if use := w.after.Internal.LinkUse; use != nil {
		challenge = use.Challenge
	}
	changes := []lifecycle.StatusChange{
		lifecycle.OpenLink, lifecycle.RequestRefresh, lifecycle.RequestObserve, lifecycle.FinishLink, lifecycle.OpenConnect,
		lifecycle.ProveLink(challenge), lifecycle.InBrowser(challenge, lifecycle.UseLink),
		lifecycle.InBrowser(challenge, lifecycle.RequestRefresh), lifecycle.InBrowser(challenge, lifecycle.OpenConnect),
		lifecycle.InBrowser(challenge, lifecycle.ScheduleByLink(lifecycle.OpenConnect)),
		lifecycle.InBrowser(challenge, lifecycle.ScheduleByLink(lifecycle.UseLink)),
	}
	if r := w.after.Internal.ReportedSelection; r != nil {
		changes = append(changes,
			lifecycle.ReportSelection(r.LoginFingerprint, r.AccountIDs, lifecycle.UseLink),
			lifecycle.ReportSelection(r.LoginFingerprint, r.AccountIDs, lifecycle.FinishLink),
		)
	}
	if n := len(w.after.UnverifiedLogins); n > 0 && w.after.Link != nil {
		changes = append(changes, lifecycle.RefuseLogin(w.after.UnverifiedLogins[n-1].LoginFingerprint, w.after.Link.Reason))
	}
	if w.after.Link != nil {
		for _, change := range changes {
			changes = append(changes, lifecycle.Travel(w.after.Link.State, change))
		}
	}
	var all []way
	for _, change := range changes {
		if status, ok := change(now, inputs); ok {
			all = append(all, way{status: status})
		}
	}
	return all
}

// recorded returns the record of an action and of the call that was made for it, if the
// two belong together.
func (c *checker) recorded(w *statusWrite, inputs lifecycle.Inputs, g guess, now time.Time, action lifecycle.Action, call *call) []way {
	if !belongs(action, call) {
		return nil
	}
	o := lifecycle.Outcome{Action: action, Problem: g.outcome}
	if g.superseded {
		o.Superseded = &lifecycle.SupersededLogin{}
	}
	o.AnnouncedLink = lifecycle.Is[lifecycle.Refresh](action) && inputs.AnnouncesLink()
	if call != nil {
		o.Err, o.Authorization, o.Accounts, o.Answered = call.err, call.authorization, call.accounts, call.ended
	}
	i := inputs.Instance
	o.Identity = lifecycle.Identity{Instance: i.Name, CustomerID: i.CustomerID, Host: i.Host}
	c.fillFromStatus(w, g, inputs, &o)
	if call != nil && call.op == flinks.OpSetScheduledRefresh && g.superseded {
		o.Superseded.SwitchedOff, o.Err = lifecycle.IsSwitchedOff(w.read.Status.Binding, o), nil
	}
	return []way{{status: lifecycle.Record(now, inputs, o), call: call}}
}

// belongs reports whether an action makes the call.
func belongs(action lifecycle.Action, call *call) bool {
	if call == nil {
		return true
	}
	change, _ := action.(lifecycle.SetNightlyRefresh)
	return slices.Contains(operations(action), call.op) && call.active == change.Active
}

// operations returns the calls that an action may make.
func operations(action lifecycle.Action) []flinks.Operation {
	switch action.(type) {
	case lifecycle.Observe:
		// It switches off nightly refresh of a login that is given up.
		return []flinks.Operation{flinks.OpGenerateAuthorizeToken, flinks.OpObserve, flinks.OpSetScheduledRefresh}
	case lifecycle.Confirm:
		return []flinks.Operation{flinks.OpGenerateAuthorizeToken, flinks.OpObserve}
	case lifecycle.Refresh:
		return []flinks.Operation{flinks.OpGenerateAuthorizeToken, flinks.OpRefresh}
	case lifecycle.Delete:
		return []flinks.Operation{flinks.OpGenerateAuthorizeToken, flinks.OpDeleteCard}
	case lifecycle.Poll:
		return []flinks.Operation{flinks.OpGenerateAuthorizeToken, flinks.OpPollRefresh}
	case lifecycle.Collect:
		return []flinks.Operation{flinks.OpGetAccountsDetail, flinks.OpGetAccountsDetailAsync}
	case lifecycle.SetNightlyRefresh:
		return []flinks.Operation{flinks.OpSetScheduledRefresh}
	default:
		return nil
	}
}

// fillFromStatus adds what only the status itself holds: random and sealed values, and
// which Secrets were written.
func (c *checker) fillFromStatus(w *statusWrite, g guess, inputs lifecycle.Inputs, o *lifecycle.Outcome) {
	if b := w.after.Binding; b != nil {
		o.Identity = lifecycle.Identity{Instance: b.Instance, CustomerID: b.CustomerID, Fingerprint: b.LoginFingerprint, Host: inputs.Instance.Host}
		if holds(w.read, *o) != g.held {
			o.Protection = &lifecycle.SecretProtection{SecretName: w.read.Spec.LoginIDSecretRef.Name, Forbidden: hasCondition(&w.after, v1alpha1.ConditionSecretUnprotected) != "", Inherited: b.NotBefore != nil}
		}
	}
	o.Delivery.Problem = hasCondition(&w.after, v1alpha1.ConditionSecretNotDelivered)
	o.Delivery.SecretName = deliveredSecret(w, o)
	if r := w.after.Reconnect; (lifecycle.Is[lifecycle.Refresh](o.Action) || lifecycle.Is[lifecycle.Poll](o.Action)) && r != nil {
		o.Link = lifecycle.SessionLink{URL: r.Link.URL, SealedSession: w.after.Internal.SealedSession}
		if inputs.ByGateway() {
			o.Link.URL = ""
		} else {
			o.Link.Problem = hasCondition(&w.after, v1alpha1.ConditionLinkNotIssued)
		}
	}
}

// deliveredSecret returns the Secret that was written or deleted before a status was
// written; empty if none was.
func deliveredSecret(w *statusWrite, o *lifecycle.Outcome) string {
	switch a := o.Action.(type) {
	case lifecycle.Refresh, lifecycle.Poll, lifecycle.DeliverLink:
		if r := w.after.Reconnect; r != nil {
			return r.Link.SecretName
		}
	case lifecycle.Observe:
		if a.HandOff && w.after.Session != nil && w.after.Session.ExpirationTime != nil {
			return lifecycle.DeliveredSecretName(w.read, lifecycle.SessionSecret)
		}
	case lifecycle.RevokeSecret:
		if o.Delivery.Problem == "" {
			return lifecycle.DeliveredSecretName(w.read, a.Secret)
		}
	default:
	}
	return ""
}

// holds reports whether the login Secret gets its finalizer before an outcome is recorded.
func holds(c *v1alpha1.BankConnection, o lifecycle.Outcome) bool {
	reads := lifecycle.Is[lifecycle.Observe](o.Action) || lifecycle.Is[lifecycle.Refresh](o.Action)
	return reads && o.Problem == "" && lifecycle.NeedsProtection(c, o)
}

// hasCondition returns the reason of a condition; empty if it is not there.
func hasCondition(st *v1alpha1.BankConnectionStatus, kind string) string {
	for _, condition := range st.Conditions {
		if condition.Type == kind {
			return condition.Reason
		}
	}
	return ""
}
