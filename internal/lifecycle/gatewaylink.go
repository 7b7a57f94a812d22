package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// endSealedSession forgets the session of a question that the customer cannot answer on the
// page any more.
func (s *state) endSealedSession() {
	if !s.ByGateway() || !s.reconnects() || !canResume(s.now, s.st) {
		s.st.Internal.SealedSession = ""
	}
}

// keepGatewayLink makes sure that there is a link to the gateway while the customer has to
// act. The link is computed from the key and the times in the status, so an edited URL does not last.
// They outlive a suspension and a gateway that is missing for a while: the link
// that the customer has then works again.
func (s *state) keepGatewayLink() {
	r := s.st.Reconnect
	if r == nil {
		return
	}
	if t := r.Link.Type; t != "" && s.ByGateway() != (t == v1alpha1.LinkGateway) {
		r.Link = v1alpha1.LinkStatus{}
	}
	if !s.ByGateway() {
		r.FinishTime = nil
		return
	}
	if r.FinishTime != nil && !hasFinished(s.now, s.st) {
		r.FinishTime = nil
	}
	r.Link.URL = ""
	if s.Gateway == nil || s.Connection.Spec.Suspend {
		return
	}
	if !s.linkStands(r.Link) {
		s.issueGatewayLink(&r.Link)
	}
	s.publishGatewayLink(&r.Link)
}

// hideGatewayLink removes the link to the gateway from an object that is being deleted. Its
// times stay: the page still says that it is the newest one.
func (s *state) hideGatewayLink() {
	if r := s.st.Reconnect; r != nil && r.Link.Type == v1alpha1.LinkGateway {
		r.Link.URL = ""
	}
}

// linkStands reports whether the recorded link works and no annotation asks for another. A
// life that is longer than the instance now grants comes from an edited status or an older
// spec. A key that is not known was removed, and the links that it signed do not work, nor
// do links that were revoked.
func (s *state) linkStands(l v1alpha1.LinkStatus) bool {
	return l.Type == v1alpha1.LinkGateway && l.IssueTime != nil && Pending(s.now, l.ExpirationTime) &&
		!l.ExpirationTime.After(l.IssueTime.Add(s.Gateway.lifetime())) &&
		s.Gateway.KnowsKey(l.KeyID) && !s.isRevokedLink(l) && l.Request == s.linkRequest()
}

// issueGatewayLink makes another link, which is always younger than the previous one: its
// time shows that the older link no longer works.
func (s *state) issueGatewayLink(l *v1alpha1.LinkStatus) {
	issued := Past(s.now)
	if last := l.IssueTime; last != nil && !last.Before(issued) {
		issued = Past(last.Add(time.Second))
	}
	if revoked := s.Instance.Revocation.noted(); issued.Time.Before(revoked) {
		issued = Past(revoked)
	}
	*l = v1alpha1.LinkStatus{
		Type: v1alpha1.LinkGateway, IssueTime: issued, ExpirationTime: Past(issued.Add(s.Gateway.lifetime())),
		Request: s.linkRequest(), KeyID: s.Gateway.SigningKey,
	}
}

// publishGatewayLink puts the link into the status, or announces the Secret for it.
func (s *state) publishGatewayLink(l *v1alpha1.LinkStatus) {
	if !s.LinkInSecret() {
		l.SecretName, l.URL = "", s.gatewayURL(*l)
		return
	}
	s.announceLinkSecret()
}

func (s *state) gatewayURL(l v1alpha1.LinkStatus) string {
	return s.Gateway.Link(LinkClaims{
		Connects: awaitsLogin(s.st), KeyID: l.KeyID, Issued: l.IssueTime.UTC(), Expires: l.ExpirationTime.UTC(),
	})
}

// gatewayLinkDue reports whether the link to the gateway has to be written into its
// Secret, which was announced.
func (s *state) gatewayLinkDue() bool {
	r := s.st.Reconnect
	return r != nil && s.deliversGatewayLink() && s.Gateway != nil && !s.Connection.Spec.Suspend &&
		s.linkStands(r.Link) && r.Link.SecretName == "" && !s.now.Before(s.SecretNotUntil) &&
		s.st.Internal.LinkSecretName == givenSecretName(s.Connection, LinkSecret)
}

// GatewayLink returns the link to the gateway that a DeliverLink writes, and when it stops
// working.
func GatewayLink(now time.Time, in Inputs) (url string, expires time.Time) {
	s := in.at(now)
	l := s.st.Reconnect.Link
	return s.gatewayURL(l), l.ExpirationTime.Time
}

// linkRequest returns the value of the link-requested-at annotation, as a status holds it.
func (s *state) linkRequest() string { return s.requestIn(v1alpha1.LinkRequestedAtAnnotation) }

// isRevokedLink reports whether the status of the instance ended the link of a connection.
func (s *state) isRevokedLink(l v1alpha1.LinkStatus) bool {
	return l.IssueTime.Time.Before(s.Instance.Revocation.noted())
}

// isRevokedPress reports whether the customer clicked the button of the page before the links
// were revoked.
func (s *state) isRevokedPress() bool {
	g := s.st.Internal.GatewayRequest
	return g != nil && g.RequestTime.Time.Before(s.Instance.Revocation.before(s.now))
}
