package lifecycle_test

import (
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// handouts are the Secrets that the operator writes, and what has to be remembered to
// see the promises about links and sessions kept.
type handouts struct {
	// link is what the Secret for the customer holds; nil if none exists.
	link *deliveredLink
	// session reports whether there is a Secret for applications.
	session bool
	// sessionRequests counts the requests for a session.
	sessionRequests int
	// readOnly: the operator may not write Secrets.
	readOnly bool
	// handedOff is the time of the data whose session the status records as last delivered.
	handedOff   metav1.Time
	handedOffAt time.Time
	// deliveryTime is when that session was delivered.
	deliveryTime metav1.Time
	// linkIssued is when the newest link was recorded; reissued are the live sessions
	// that followed it by themselves and reached the bank.
	linkIssued time.Time
	reissued   int
}

type deliveredLink struct {
	url      string
	answered time.Time
	// gateway reports whether the link leads to the gateway.
	gateway bool
}

// token is what the links of Flinks have besides the session.
const token = "authorizeToken=1&"

// editsConnect changes what the instance says of tokens in links.
func (w *walk) editsConnect() {
	w.outside.Instance.TokenInLinks = oneOf(w.f, "", v1alpha1.TokenRequired, v1alpha1.TokenNotRequired)
	w.outside.Instance.TokenInStatus = oneOf(w.f, "", v1alpha1.TokenAllowed, v1alpha1.TokenNever)
	w.outside.Instance.Reconnect = oneOf(w.f, "", v1alpha1.ReconnectSupported, v1alpha1.ReconnectUnsupported)
	w.log("reconnect: %s", w.outside.Instance.Reconnect)
	w.log("tokens in links: %s, in a status: %s", w.outside.Instance.TokenInLinks, w.outside.Instance.TokenInStatus)
	w.poke()
}

// readsLinkRules reads what the instance says of links once the bank asked.
func (m *manager) readsLinkRules(f *flight) {
	now, i := m.outside.Instance, &f.inputs.Instance
	f.inputs.Gateway, i.HasGateway = m.outside.Gateway, now.HasGateway
	i.TokenInLinks, i.TokenInStatus, i.Reconnect = now.TokenInLinks, now.TokenInStatus, now.Reconnect
}

// tokensKept: a direct link in the status has the token that the instance requires, and
// none where it may not stand.
func (w *walk) tokensKept(st *v1alpha1.BankConnectionStatus, inputs lifecycle.Inputs) {
	r := st.Reconnect
	if r == nil || r.Link.Type != v1alpha1.LinkDirect || r.Link.URL == "" {
		return
	}
	has := strings.Contains(r.Link.URL, token)
	switch i := inputs.Instance; {
	case i.Reconnect == v1alpha1.ReconnectUnsupported:
		w.broken("a link to a question that Flinks Connect does not show: %q", r.Link.URL)
	case has && i.TokenInStatus == v1alpha1.TokenNever:
		w.broken("a token is in the status: %q", r.Link.URL)
	case !has && i.TokenInLinks != v1alpha1.TokenNotRequired:
		w.broken("a dead link: %q", r.Link.URL)
	}
}

// editsReconnect changes spec.reconnect.
func (w *walk) editsReconnect() {
	most := int32(w.f.IntN(3) + 1)
	spec := &v1alpha1.ReconnectSpec{
		Link: v1alpha1.LinkSpec{
			Type:        oneOf(w.f, "", v1alpha1.LinkDirect, v1alpha1.LinkGateway),
			Destination: oneOf(w.f, v1alpha1.LinkInStatus, v1alpha1.LinkInSecret),
		},
		OnExpiry: oneOf(w.f, v1alpha1.WaitForRequest, v1alpha1.Reissue),
		Deadline: &metav1.Duration{Duration: oneOf(w.f, time.Hour, 72*time.Hour)},
	}
	if spec.OnExpiry == v1alpha1.Reissue {
		spec.MaxReissues = &most
	}
	var session *v1alpha1.SessionHandOff
	if w.f.chance(50) {
		session = &v1alpha1.SessionHandOff{Destination: v1alpha1.SessionInSecret}
	}
	w.log("%s links in %s, %s %d times; sessions: %v", spec.Link.Type, spec.Link.Destination, spec.OnExpiry, most, session != nil)
	accounts := oneOf(w.f, v1alpha1.AccountsAll, v1alpha1.AccountsAll, "")
	w.edit(func(s *v1alpha1.BankConnectionSpec) {
		s.Reconnect, s.SessionHandOff, s.Accounts = spec, session, accounts
	})
}

// requestsSession asks for a session that opens the data that is there.
func (w *walk) requestsSession() {
	w.sessionRequests++
	value := "session-" + strconv.Itoa(w.sessionRequests)
	w.log("%s", value)
	w.change(func(c *v1alpha1.BankConnection) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.SessionRequestedAtAnnotation, value)
	})
}

// sessionAnswered: a request for a session has one answer, which stands.
func (w *walk) sessionAnswered(before, st *v1alpha1.BankConnectionStatus) {
	was, is := before.LastHandledSessionRequest, st.LastHandledSessionRequest
	switch {
	case is == nil:
		if was != nil {
			w.broken("the answer to %q is lost", was.Value)
		}
	case was != nil && *was == *is:
	case (is.Result == v1alpha1.SessionRequestRefused || is.Result == v1alpha1.SessionRequestFailed) != (is.Reason != ""):
		w.broken("%+v", *is)
	case was != nil && was.Value == is.Value && was.Result != v1alpha1.SessionRequestInProgress && *was != *is && !w.isCorrupted(w.now, time.Hour):
		w.broken("the answer %+v became %+v", *was, *is)
	}
}

// sessionSettled: no request for a session is left without an answer.
func (w *walk) sessionSettled(st *v1alpha1.BankConnectionStatus) {
	h, value := st.LastHandledSessionRequest, w.stored.Annotations[v1alpha1.SessionRequestedAtAnnotation]
	if value != "" && (h == nil || h.Value != value || h.Result == v1alpha1.SessionRequestInProgress) {
		w.broken("request %q for a session: %+v", value, h)
	}
}

func (w *walk) breaksHandouts() {
	w.readOnly = w.f.chance(20)
	w.log("Secrets cannot be written: %v", w.readOnly)
}

// customersLink returns the link that the customer finds, wherever it is.
func (w *walk) customersLink() string {
	if r := w.stored.Status.Reconnect; r != nil && r.Link.URL != "" {
		return r.Link.URL
	}
	if w.link != nil {
		return w.link.url
	}
	return ""
}

// changesSecret does what an action that makes no call does to a Secret.
func (m *manager) changesSecret(w lifecycle.Inputs, a lifecycle.Action, o lifecycle.Outcome) lifecycle.Outcome {
	if revoke, ok := a.(lifecycle.RevokeSecret); ok {
		return m.withdraws(revoke, o)
	}
	return m.deliversGatewayLink(w, o)
}

// deliversGatewayLink puts the link to the gateway into a Secret. One that decides from an
// old cache is stopped by the API server.
func (m *manager) deliversGatewayLink(w lifecycle.Inputs, o lifecycle.Outcome) lifecycle.Outcome {
	switch {
	case w.Connection.ResourceVersion != m.stored.ResourceVersion:
	case m.readOnly:
		o.Delivery.Problem = v1alpha1.ReasonSecretWriteForbidden
	default:
		url, _ := lifecycle.GatewayLink(m.now, w)
		o.Delivery.SecretName, m.link = "link", &deliveredLink{url: url, answered: m.now, gateway: true}
	}
	return o
}

// delivers puts the link of a live call into a Secret.
func (m *manager) delivers(f *flight) {
	a := f.outcome.Authorization
	if a == nil || a.State != flinks.ChallengePending || f.inputs.ByGateway() {
		return
	}
	url := f.outcome.Link.URL
	if !f.inputs.TokenInLink() {
		url = strings.Replace(url, token, "", 1)
	}
	f.outcome.Link.URL = ""
	switch f.outcome.Link.Problem = f.inputs.LinkProblem(); {
	case f.outcome.Link.Problem != "":
	case f.inputs.TokenInLink() && !m.f.calm && m.f.chance(5):
		f.outcome.Link.Problem = v1alpha1.ReasonTokenNotIssued
	case !f.inputs.LinkInSecret():
		f.outcome.Link.URL = url
	case m.now.Sub(f.outcome.Answered) >= lifecycle.SessionIdle:
	case m.readOnly:
		f.outcome.Delivery.Problem = v1alpha1.ReasonSecretWriteForbidden
	default:
		f.outcome.Delivery.SecretName = "link"
		m.link = &deliveredLink{url: url, answered: f.outcome.Answered}
	}
}

// handsOff puts the session that an observe brought into a Secret.
func (m *manager) handsOff(w lifecycle.Inputs, o lifecycle.Outcome) lifecycle.Outcome {
	if _, wanted := lifecycle.HandOffOf(m.now, w.Connection, o); !wanted {
		return o
	}
	isNewest := w.Connection.ResourceVersion == m.stored.ResourceVersion
	st := &w.Connection.Status
	requested := st.LastHandledSessionRequest != nil && st.LastHandledSessionRequest.Result == v1alpha1.SessionRequestInProgress
	// A binding that was lost may come back with the same data: to the operator it is that of another login.
	boundSince := st.Binding != nil && !st.Binding.BoundTime.Before(&m.deliveryTime)
	if isNewest && !requested && !boundSince && m.corrupted.Before(m.handedOffAt) && st.Session.DataTime.Equal(&m.handedOff) {
		m.broken("the session for data of %v is handed out again", m.handedOff)
	}
	if m.readOnly {
		o.Delivery.Problem = v1alpha1.ReasonSecretWriteForbidden
		return o
	}
	// One that an old cache leads to may stay behind: it dies in minutes, as they all do.
	o.Delivery.SecretName, m.session = "session", m.session || isNewest
	return o
}

func (m *manager) withdraws(a lifecycle.RevokeSecret, o lifecycle.Outcome) lifecycle.Outcome {
	isLink := a.Secret == lifecycle.LinkSecret
	there := (isLink && m.link != nil) || (!isLink && m.session)
	switch {
	case !there:
	case m.readOnly:
		o.Delivery.Problem = v1alpha1.ReasonSecretWriteForbidden
	case isLink:
		m.link, o.Delivery.SecretName = nil, "link"
	default:
		m.session, o.Delivery.SecretName = false, "session"
	}
	if !isLink {
		m.handedOff = metav1.Time{} // It may be wanted again.
	}
	return o
}

// knownHandouts: there is no Secret that the status does not tell of, and none of an
// attempt that is over without the next decision being to delete it.
func (w *walk) knownHandouts() {
	st := &w.stored.Status
	if w.isCorrupted(w.now, time.Hour) {
		w.forgetsHandouts() // Also what an old cache has led to since.
	}
	if w.link != nil && st.Internal.LinkSecretName == "" {
		w.broken("a link in a Secret that the status does not record")
	}
	if w.session && st.Session == nil {
		w.broken("a session in a Secret that the status does not record")
	}
	if h := st.LastHandledSessionRequest; h != nil && h.Result == v1alpha1.SessionRequestInProgress {
		w.handedOff = metav1.Time{} // An application wants another one.
	}
	if s := st.Session; s != nil && s.IssueTime != nil && s.DataTime != nil {
		w.handedOff, w.handedOffAt, w.deliveryTime = *s.DataTime, w.now, *s.IssueTime
	}
}

// forgetsHandouts: a Secret that an edit removed from the status is lost; no open session
// needs it.
func (w *walk) forgetsHandouts() {
	st := &w.stored.Status
	if st.Internal.LinkSecretName == "" {
		w.link = nil
	}
	w.session = w.session && st.Session != nil
	w.reissued = 0
}

// withdrawn: a link that outlived its session is deleted before anything else.
func (w *walk) withdrawn(m *manager, inputs lifecycle.Inputs, a lifecycle.Action) {
	st := &inputs.Connection.Status
	isNewest := inputs.Connection.ResourceVersion == w.stored.ResourceVersion
	if w.link == nil || st.Refresh == nil || !isNewest || lifecycle.Is[lifecycle.RevokeSecret](a) || lifecycle.Is[lifecycle.DeliverLink](a) || m.now.Before(m.secretNotUntil) {
		return
	}
	waits := st.Refresh.State == v1alpha1.RefreshClaimed || st.Refresh.State == v1alpha1.RefreshUnknown
	deleting := !inputs.Connection.DeletionTimestamp.IsZero()
	if w.isLinkDead(m, inputs) && !waits && !deleting && !w.isCorrupted(m.now, time.Hour) {
		w.broken("%T, while a link of %v ago is in its Secret", a, m.now.Sub(w.link.answered))
	}
}

// isLinkDead reports whether the link in the Secret is of no use any more.
func (w *walk) isLinkDead(m *manager, inputs lifecycle.Inputs) bool {
	expired := m.now.Sub(w.link.answered) >= lifecycle.SessionIdle
	if inputs.ByGateway() && inputs.LinkInSecret() {
		// The next link to the gateway replaces it.
		r := inputs.Connection.Status.Reconnect
		return r == nil || expired && r.Link.Type != v1alpha1.LinkGateway
	}
	return expired || w.link.gateway
}

// reissueClaimed: the customer is asked again only if that is wanted, once for each
// link, and when they cannot be busy with it any more.
func (w *walk) reissueClaimed(st *v1alpha1.BankConnectionStatus, inputs lifecycle.Inputs) {
	spec, r := inputs.Connection.Spec.Reconnect, st.Reconnect
	if spec == nil || spec.OnExpiry != v1alpha1.Reissue || inputs.ByGateway() {
		w.broken("an unattended refresh while the customer is asked")
		return
	}
	if r.Question.IssueCount < 1 || r.Question.IssueCount > *spec.MaxReissues {
		w.broken("link number %d by itself, of 1+%d", r.Question.IssueCount+1, *spec.MaxReissues)
	}
	if r.Link.URL != "" || r.Link.SecretName != "" || r.Question.ExpirationTime != nil {
		w.broken("the customer is asked again while the link works")
	}
	if w.isCorrupted(w.now, time.Hour) || w.linkIssued.Before(w.corrupted) {
		return
	}
	if w.reissued > 0 {
		w.broken("%d live sessions for one link", w.reissued+1)
	}
	if d := w.now.Sub(w.linkIssued); d < 25*time.Minute {
		w.broken("the customer is asked again after %v", d)
	}
}

// mayReissue reports whether a plan may exist while the customer has to act.
func (w *walk) mayReissue(st *v1alpha1.BankConnectionStatus) bool {
	spec := w.stored.Spec.Reconnect
	return spec != nil && spec.OnExpiry == v1alpha1.Reissue && spec.Link.Type != v1alpha1.LinkGateway && st.Reconnect != nil && st.Reconnect.Question.IssueCount <= *spec.MaxReissues
}

// overdue: the deadline counts from when the customer first had to act, or had to act
// again.
func (w *walk) overdue(before, st *v1alpha1.BankConnectionStatus) {
	was, is := before.Reconnect, st.Reconnect
	if !before.LastRefreshTime.Equal(st.LastRefreshTime) {
		return
	}
	if was == nil || is == nil || was.Reason == v1alpha1.ReasonConnectRequired || was.StartTime == nil || was.StartTime.Before(&metav1.Time{Time: w.corrupted}) {
		return
	}
	if !was.StartTime.After(w.now) && !was.StartTime.Equal(is.StartTime) {
		w.broken("the customer is wanted since %v, not since %v", is.StartTime, was.StartTime)
	}
}
