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
func (s *state) lacksGateway() bool {
	return ByGateway(s.Connection) && s.Gateway == nil && s.Instance.Problem != v1alpha1.ReasonInstanceNotFound
}

// hideGatewayLink takes a link to the gateway out of a status, before what is left is taken
// for one to Flinks.
func (s *state) hideGatewayLink() {
	if r := s.st.Reconnect; r != nil && (ByGateway(s.Connection) || r.LinkIssueTime != nil) {
		r.URL = ""
	}
}

// keepGatewayLink makes sure that there is a link to the gateway while the person is
// wanted. It follows from what the status says of it, so nobody can put another into
// its place. What the link says outlives a suspension, and a gateway that is gone for
// a while: the one that the person has works again then.
func (s *state) keepGatewayLink() {
	r := s.st.Reconnect
	if r == nil {
		return
	}
	if !ByGateway(s.Connection) {
		r.LinkIssueTime, r.LinkExpirationTime, r.LinkRequest = nil, nil, ""
		r.SealedSession, r.FinishTime = "", nil
		return
	}
	if r.SealedSession != "" && !canResume(s.now, s.st) {
		r.SealedSession = ""
	}
	if r.FinishTime != nil && !hasFinished(s.now, s.st) {
		r.FinishTime = nil
	}
	if s.Gateway == nil || s.Connection.Spec.Suspend {
		return
	}
	if !s.linkStands(r) {
		s.issueGatewayLink(r)
	}
	r.URL = s.Gateway.Link(LinkClaims{
		Connects: awaitsLogin(s.st), Issued: r.LinkIssueTime.UTC(), Expires: r.LinkExpirationTime.UTC(),
	})
}

// linkStands is true while the link that is on record works, and nobody wants another.
// A life that is longer than the instance grants now is somebody else's idea.
func (s *state) linkStands(r *v1alpha1.ReconnectStatus) bool {
	return r.LinkIssueTime != nil && pending(s.now, r.LinkExpirationTime) &&
		!r.LinkExpirationTime.After(r.LinkIssueTime.Add(s.Gateway.lifetime())) &&
		r.LinkRequest == s.linkRequest()
}

// issueGatewayLink makes another link, which is always younger than the one before:
// that is how the older one is known not to work any more.
func (s *state) issueGatewayLink(r *v1alpha1.ReconnectStatus) {
	issued := past(s.now)
	if last := r.LinkIssueTime; last != nil && !last.Before(issued) {
		issued = past(last.Add(time.Second))
	}
	r.LinkIssueTime = issued
	r.LinkExpirationTime = past(issued.Add(s.Gateway.lifetime()))
	r.LinkRequest = s.linkRequest()
}

// linkRequest is the value of the link-requested-at annotation, as a status holds it.
func (s *state) linkRequest() string {
	value := []rune(s.Connection.Annotations[v1alpha1.LinkRequestedAtAnnotation])
	return string(value[:min(len(value), maxRequestValue)])
}

// endWaitForLogin: nobody is asked to link a bank for which there is no page, or that
// is linked.
func (s *state) endWaitForLogin() {
	if !awaitsLogin(s.st) {
		return
	}
	if s.st.Binding != nil || !ByGateway(s.Connection) || s.lacksGateway() {
		s.st.Reconnect = nil
	}
}

// wantLogin notes that the person has to link their bank first. That there is no
// Secret yet is no trouble then.
func (s *state) wantLogin() {
	s.st.LastError = nil
	if !awaitsLogin(s.st) {
		s.wantPerson(v1alpha1.ReasonConnectRequired)
	}
}

// lacksLogin is true if there is no login yet, and the person can link their bank on
// the gateway's page.
func (s *state) lacksLogin(o Outcome) bool {
	return o.Problem == v1alpha1.ReasonSecretNotFound && s.st.Binding == nil &&
		ByGateway(s.Connection) && s.Gateway != nil
}

// hasFinished is true while the operator looks for what a person brought about who came
// through Flinks Connect.
func hasFinished(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	r := st.Reconnect
	return r != nil && r.FinishTime != nil && now.Before(r.FinishTime.Add(processingTime))
}
