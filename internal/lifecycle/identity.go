package lifecycle

import (
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// A loginId identifies a login only together with the instance and the customerId. What
// was recorded under other ones does not hold for the login that a connection now names,
// and no call to Flinks is needed to know that.

// isRenamed reports whether the instance of a bound connection now has another name at
// Flinks, or another customerId, than the binding.
func (s *state) isRenamed() bool {
	b, i := s.st.Binding, s.Instance
	return b != nil && i.Name != "" && (b.Instance != i.Name || !strings.EqualFold(b.CustomerID, i.CustomerID))
}

// isGoneElsewhere reports whether the recorded error says that another customerId or
// instance than the present one does not know the login. An observe asks the present one.
func (s *state) isGoneElsewhere() bool {
	e, i := s.st.LastError, s.Instance
	return loginGone(s.st) && e.Identity != "" && i.Name != "" && e.Identity != flinks.CustomerFingerprint(i.Name, i.CustomerID)
}

// forgetElsewhere forgets that another customerId did not know the login, once the present
// one was asked, whatever it answered.
func (s *state) forgetElsewhere(o Outcome) {
	if s.isGoneElsewhere() && Is[Observe](o.Action) {
		s.st.LastError = nil
	}
}

// noteIdentity records the instance and customerId that do not know the login of a
// connection that was never bound. For a bound connection the binding says it.
func (s *state) noteIdentity(o Outcome) {
	if s.st.Binding == nil && loginGone(s.st) && o.Err != nil && o.Err.Class == flinks.ClassGone && o.Identity.Instance != "" {
		s.st.LastError.Identity = flinks.CustomerFingerprint(o.Identity.Instance, o.Identity.CustomerID)
	}
}
