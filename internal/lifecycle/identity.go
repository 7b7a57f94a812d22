package lifecycle

import (
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// A loginId means a login only together with the instance and the customer. What was
// found out under others is not true of the login that a connection names now, and that
// is known without asking Flinks.

// isRenamed reports whether the instance of a bound connection has another name at
// Flinks, or another customer, than that of the binding.
func (s *state) isRenamed() bool {
	b, i := s.st.Binding, s.Instance
	return b != nil && i.Name != "" && (b.Instance != i.Name || !strings.EqualFold(b.CustomerID, i.CustomerID))
}

// isGoneElsewhere reports whether the login is unknown to another customer or instance
// than those of now. An observe finds out about these.
func (s *state) isGoneElsewhere() bool {
	e, i := s.st.LastError, s.Instance
	return loginGone(s.st) && e.Identity != "" && i.Name != "" && e.Identity != flinks.CustomerFingerprint(i.Name, i.CustomerID)
}

// forgetElsewhere forgets what another customer did not know, once the one of now was
// asked, whatever came of it.
func (s *state) forgetElsewhere(o Outcome) {
	if s.isGoneElsewhere() && o.Action.Kind == Observe {
		s.st.LastError = nil
	}
}

// noteIdentity notes who does not know the login of a connection that was never bound. A
// binding says that itself.
func (s *state) noteIdentity(o Outcome) {
	if s.st.Binding == nil && loginGone(s.st) && o.Err != nil && o.Err.Class == flinks.ClassGone && o.Identity.Instance != "" {
		s.st.LastError.Identity = flinks.CustomerFingerprint(o.Identity.Instance, o.Identity.CustomerID)
	}
}
