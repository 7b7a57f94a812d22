package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// hideGatewayLink removes a link to the gateway from a status, so that it is not taken for
// a link to Flinks.
func (s *state) hideGatewayLink() {
	if r := s.st.Reconnect; r != nil && (ByGateway(s.Connection) || r.LinkIssueTime != nil) {
		r.URL = ""
	}
}

// keepGatewayLink makes sure that there is a link to the gateway while the customer has to
// act. The link is computed from the times in the status, so an edited URL does not last.
// These times outlive a suspension and a gateway that is missing for a while: the link
// that the customer has then works again.
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

// linkStands reports whether the recorded link works and no annotation asks for another. A
// life that is longer than the instance now grants comes from an edited status or an older
// spec.
func (s *state) linkStands(r *v1alpha1.ReconnectStatus) bool {
	return r.LinkIssueTime != nil && Pending(s.now, r.LinkExpirationTime) &&
		!r.LinkExpirationTime.After(r.LinkIssueTime.Add(s.Gateway.lifetime())) &&
		r.LinkRequest == s.linkRequest()
}

// issueGatewayLink makes another link, which is always younger than the previous one: its
// time shows that the older link no longer works.
func (s *state) issueGatewayLink(r *v1alpha1.ReconnectStatus) {
	issued := Past(s.now)
	if last := r.LinkIssueTime; last != nil && !last.Before(issued) {
		issued = Past(last.Add(time.Second))
	}
	r.LinkIssueTime = issued
	r.LinkExpirationTime = Past(issued.Add(s.Gateway.lifetime()))
	r.LinkRequest = s.linkRequest()
}

// maxRequestValue is how many characters of an annotation a status holds.
const maxRequestValue = 64

// linkRequest returns the value of the link-requested-at annotation, as a status holds it.
func (s *state) linkRequest() string {
	value := []rune(s.Connection.Annotations[v1alpha1.LinkRequestedAtAnnotation])
	return string(value[:min(len(value), maxRequestValue)])
}
