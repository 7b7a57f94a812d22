package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

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
	return r.LinkIssueTime != nil && Pending(s.now, r.LinkExpirationTime) &&
		!r.LinkExpirationTime.After(r.LinkIssueTime.Add(s.Gateway.lifetime())) &&
		r.LinkRequest == s.linkRequest()
}

// issueGatewayLink makes another link, which is always younger than the one before:
// that is how the older one is known not to work any more.
func (s *state) issueGatewayLink(r *v1alpha1.ReconnectStatus) {
	issued := Past(s.now)
	if last := r.LinkIssueTime; last != nil && !last.Before(issued) {
		issued = Past(last.Add(time.Second))
	}
	r.LinkIssueTime = issued
	r.LinkExpirationTime = Past(issued.Add(s.Gateway.lifetime()))
	r.LinkRequest = s.linkRequest()
}

// maxRequestValue is how much of an annotation a status holds.
const maxRequestValue = 64

// linkRequest is the value of the link-requested-at annotation, as a status holds it.
func (s *state) linkRequest() string {
	value := []rune(s.Connection.Annotations[v1alpha1.LinkRequestedAtAnnotation])
	return string(value[:min(len(value), maxRequestValue)])
}
