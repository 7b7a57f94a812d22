package lifecycle

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// ByGateway reports whether the customer's link leads to the gateway: because the connection says
// so, or because it says nothing and its instance has one. While there is no instance, a
// connection that says nothing stays with what it has.
func (f Facts) ByGateway() bool {
	switch linkSpec(f.Connection).Type {
	case v1alpha1.LinkGateway:
		return true
	case v1alpha1.LinkDirect:
		return false
	}
	if f.lacksInstance() {
		return usesGateway(&f.Connection.Status)
	}
	return f.Instance.HasGateway
}

// usesGateway reports whether a status holds anything that only the gateway's page can use.
func usesGateway(st *v1alpha1.BankConnectionStatus) bool {
	r := st.Reconnect
	return st.Internal.SealedSession != "" || r != nil && (r.Link.Type == v1alpha1.LinkGateway || r.Link.Type == "" && awaitsLogin(st))
}

// LinkInSecret reports whether the next link goes into a Secret.
func (f Facts) LinkInSecret() bool {
	return linkSpec(f.Connection).Destination == v1alpha1.LinkInSecret ||
		!f.ByGateway() && f.TokenInLink() && f.Instance.TokenInStatus == v1alpha1.TokenNever
}

// TokenInLink reports whether a direct link works only with an authorize token.
func (f Facts) TokenInLink() bool { return f.Instance.TokenInLinks != v1alpha1.TokenNotRequired }

// AnnouncesLink reports whether the claim of a refresh announces the Secret for its link.
func (f Facts) AnnouncesLink() bool { return f.LinkInSecret() && !f.ByGateway() && f.reconnects() }

// reconnects reports whether Flinks Connect goes on with a session that waits for the customer.
func (f Facts) reconnects() bool { return f.Instance.Reconnect != v1alpha1.ReconnectUnsupported }

// LinkProblem returns the reason why the direct link of a claimed attempt would not work, or can be
// put nowhere; empty if neither is so. A Secret is written only if it was announced, and the instance may have
// been changed since.
func (f Facts) LinkProblem() string {
	if !f.reconnects() {
		return v1alpha1.ReasonReconnectUnsupported
	}
	if f.LinkInSecret() && f.Connection.Status.Internal.LinkSecretName == "" {
		return v1alpha1.ReasonInstanceChanged
	}
	return ""
}

// fitsStatus reports whether a direct link may stand in a status, and works.
func (f Facts) fitsStatus(url string) bool {
	if !f.reconnects() {
		return false
	}
	if flinks.HasAuthorizeToken(url) {
		return f.Instance.TokenInStatus != v1alpha1.TokenNever
	}
	return !f.TokenInLink()
}

func linkSpec(c *v1alpha1.BankConnection) v1alpha1.LinkSpec {
	if c.Spec.Reconnect == nil {
		return v1alpha1.LinkSpec{}
	}
	return c.Spec.Reconnect.Link
}

// dropUnfitLink removes a direct link from the status that the instance, which was changed
// since, does not allow there, or does not take. One in a Secret is not read again: it
// stays until its question expires.
func (s *state) dropUnfitLink() {
	r := s.st.Reconnect
	if r == nil || r.Link.Type != v1alpha1.LinkDirect || r.Link.URL == "" || s.lacksInstance() || s.fitsStatus(r.Link.URL) {
		return
	}
	r.Link = v1alpha1.LinkStatus{}
	reason := v1alpha1.ReasonInstanceChanged
	if !s.reconnects() {
		reason = v1alpha1.ReasonReconnectUnsupported
	}
	s.setCondition(v1alpha1.ConditionLinkNotIssued, isTrue, reason)
}

// noteLinkProblem records why there is no direct link to a question that the bank asked.
func (s *state) noteLinkProblem(reason string) {
	if reason != "" {
		s.setCondition(v1alpha1.ConditionLinkNotIssued, isTrue, reason)
	}
}

// keepLinkProblem keeps the reason why there is no link to the newest question until there is
// one, or the customer does not have to act.
func (s *state) keepLinkProblem() {
	reason, r := s.linkProblem(), s.st.Reconnect
	lacks := r != nil && !s.ByGateway() && r.Link.URL == "" && r.Link.SecretName == ""
	s.setWhileTrue(v1alpha1.ConditionLinkNotIssued, lacks && reason != "", reason)
}

// linkProblem returns the recorded reason why there is no link; empty if there is none.
func (s *state) linkProblem() string {
	failed := meta.FindStatusCondition(s.st.Conditions, v1alpha1.ConditionLinkNotIssued)
	if failed == nil {
		return ""
	}
	switch failed.Reason {
	case v1alpha1.ReasonTokenNotIssued, v1alpha1.ReasonLinkInvalid, v1alpha1.ReasonInstanceChanged, v1alpha1.ReasonReconnectUnsupported:
		return failed.Reason
	}
	return ""
}

// lacksInstance reports whether there is no such instance: what it says of links is not known.
func (f Facts) lacksInstance() bool { return f.Instance.Problem == v1alpha1.ReasonInstanceNotFound }
