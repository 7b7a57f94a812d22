package lifecycle

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// keysReason returns the reason that refused keys get on the object that a call was made
// for: most calls take the x-api-key alone.
func keysReason(err *flinks.Error) string {
	switch err.Op {
	case flinks.OpGenerateAuthorizeToken, flinks.OpObserve, flinks.OpRefresh, flinks.OpPollRefresh:
		return v1alpha1.ReasonInstanceNotReady
	case flinks.OpDeleteCard, flinks.OpSetScheduledRefresh:
		return v1alpha1.ReasonCardCredentialRefused
	default:
		return v1alpha1.ReasonAPIKeyRefused
	}
}

// SuspectsKeys reports whether an answer may mean that Flinks refuses the keys of the
// instance, so that they are to be tried. A proxy before Flinks may check them too.
func SuspectsKeys(err *flinks.Error) bool {
	denied := err.HTTPStatus == 401 || err.HTTPStatus == 403
	return err.Class == flinks.ClassInstance || denied && err.Class == flinks.ClassUnknown
}

// refusesCard reports whether an answer may mean that Flinks takes another key for the
// calls whose key the instance chooses. A code that is not known may mean anything.
func refusesCard(err *flinks.Error) bool {
	return (err.Op == flinks.OpDeleteCard || err.Op == flinks.OpSetScheduledRefresh) && !err.InSession &&
		err.Code != flinks.CodeUnrecognized && SuspectsKeys(err)
}

// IsCardRefused reports whether Flinks refused the key of spec.cardCredential to the newest
// such call of a connection.
func IsCardRefused(st *v1alpha1.BankConnectionStatus) bool {
	blocked := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionDeletionBlocked)
	return blocked != nil && blocked.Reason == v1alpha1.ReasonCardCredentialRefused ||
		st.LastError != nil && st.LastError.Code == v1alpha1.ReasonCardCredentialRefused
}
