package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	defaultLinkLifetime = 7 * 24 * time.Hour
	// What the API accepts; a value that got past its validation must make neither a
	// link that never works nor one that always does.
	minLinkLifetime = time.Hour
	maxLinkLifetime = 90 * 24 * time.Hour
)

// Gateway makes links to the page of an instance's gateway.
type Gateway struct {
	// Lifetime of a link; zero for the default.
	Lifetime time.Duration
	// Link is the whole link that claims make up; empty if there is none. Equal
	// claims make equal links.
	Link func(LinkClaims) string
}

// LinkClaims are what a link to the gateway says, next to whose it is.
type LinkClaims struct {
	// Connects is true if the bank is linked for the first time.
	Connects bool
	// Issued and Expires have whole seconds.
	Issued, Expires time.Time
}

func (g *Gateway) lifetime() time.Duration {
	if g.Lifetime == 0 {
		return defaultLinkLifetime
	}
	return clamp(g.Lifetime, minLinkLifetime, maxLinkLifetime).Truncate(time.Second)
}

// lacksGateway is true if links are to lead to a gateway and the instance, which is
// known, has none that the operator can serve.
func (w World) lacksGateway() bool {
	return ByGateway(w.Connection) && w.Gateway == nil && w.Instance.Problem != v1alpha1.ReasonInstanceNotFound
}

// hideGatewayLink takes a link to the gateway out of a status, before what is left is taken
// for one to Flinks.
func hideGatewayLink(w World, st *v1alpha1.BankConnectionStatus) {
	if r := st.Reconnect; r != nil && (ByGateway(w.Connection) || r.LinkIssueTime != nil) {
		r.URL = ""
	}
}

// keepGatewayLink makes sure that there is a link to the gateway while the person is
// wanted. It follows from what the status says of it, so nobody can put another into
// its place. What the link says outlives a suspension, and a gateway that is gone for
// a while: the one that the person has works again then.
func keepGatewayLink(now time.Time, w World, st *v1alpha1.BankConnectionStatus) {
	r := st.Reconnect
	if r == nil {
		return
	}
	if !ByGateway(w.Connection) {
		r.LinkIssueTime, r.LinkExpirationTime, r.LinkRequest = nil, nil, ""
		r.SealedSession, r.FinishTime = "", nil
		return
	}
	if r.SealedSession != "" && !canResume(now, st) {
		r.SealedSession = ""
	}
	if r.FinishTime != nil && !hasFinished(now, st) {
		r.FinishTime = nil
	}
	if w.Gateway == nil || w.Connection.Spec.Suspend {
		return
	}
	if !w.linkStands(now, r) {
		w.issueGatewayLink(now, r)
	}
	r.URL = w.Gateway.Link(LinkClaims{
		Connects: awaitsLogin(st), Issued: r.LinkIssueTime.UTC(), Expires: r.LinkExpirationTime.UTC(),
	})
}

// linkStands is true while the link that is on record works, and nobody wants another.
// A life that is longer than the instance grants now is somebody else's idea.
func (w World) linkStands(now time.Time, r *v1alpha1.ReconnectStatus) bool {
	return r.LinkIssueTime != nil && pending(now, r.LinkExpirationTime) &&
		!r.LinkExpirationTime.After(r.LinkIssueTime.Add(w.Gateway.lifetime())) &&
		r.LinkRequest == w.linkRequest()
}

// issueGatewayLink makes another link, which is always younger than the one before:
// that is how the older one is known not to work any more.
func (w World) issueGatewayLink(now time.Time, r *v1alpha1.ReconnectStatus) {
	issued := past(now)
	if last := r.LinkIssueTime; last != nil && !last.Before(issued) {
		issued = past(last.Add(time.Second))
	}
	r.LinkIssueTime = issued
	r.LinkExpirationTime = past(issued.Add(w.Gateway.lifetime()))
	r.LinkRequest = w.linkRequest()
}

// linkRequest is the value of the link-requested-at annotation, as a status holds it.
func (w World) linkRequest() string {
	value := []rune(w.Connection.Annotations[v1alpha1.LinkRequestedAtAnnotation])
	return string(value[:min(len(value), maxRequestValue)])
}

// endWaitForLogin: nobody is asked to link a bank for which there is no page, or that
// is linked.
func endWaitForLogin(w World, st *v1alpha1.BankConnectionStatus) {
	if !awaitsLogin(st) {
		return
	}
	if st.Binding != nil || !ByGateway(w.Connection) || w.lacksGateway() {
		st.Reconnect = nil
	}
}

// wantLogin notes that the person has to link their bank first. That there is no
// Secret yet is no trouble then.
func wantLogin(st *v1alpha1.BankConnectionStatus) {
	st.LastError = nil
	if !awaitsLogin(st) {
		wantPerson(st, v1alpha1.ReasonConnectRequired)
	}
}

// lacksLogin is true if there is no login yet, and the person can link their bank on
// the gateway's page.
func (w World) lacksLogin(o Outcome) bool {
	return o.Problem == v1alpha1.ReasonSecretNotFound && w.status().Binding == nil &&
		ByGateway(w.Connection) && w.Gateway != nil
}

// hasFinished is true while the operator looks for what a person brought about who came
// through Flinks Connect.
func hasFinished(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	r := st.Reconnect
	return r != nil && r.FinishTime != nil && now.Before(r.FinishTime.Add(processingTime))
}
