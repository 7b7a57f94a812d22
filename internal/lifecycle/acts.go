package lifecycle

import (
	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
)

// Acts returns what people and applications did that is recorded by the change from one status
// to another. The process that wrote the change is the only one that finds it.
func Acts(before, after *v1alpha1.BankConnectionStatus) []audit.Act {
	var acts []audit.Act
	done := func(did bool, action audit.Action) {
		if did {
			acts = append(acts, audit.Act{Action: action, Outcome: audit.Succeeded})
		}
	}
	done(isProvenNow(before, after), audit.ProofPresented)
	done(isPressed(before, after), audit.RefreshRequested)
	done(len(supersededEvents(before, after)) > 0, audit.LoginSuperseded)
	done(after.Binding != nil && (before.Binding == nil || before.Binding.LoginFingerprint != after.Binding.LoginFingerprint), audit.LoginBound)
	acts = append(acts, requestActs(before.LastHandledRequest, after.LastHandledRequest)...)
	return append(acts, sessionActs(before.LastHandledSessionRequest, after.LastHandledSessionRequest)...)
}

// isProvenNow reports whether the application vouched for a browser.
func isProvenNow(before, after *v1alpha1.BankConnectionStatus) bool {
	was, is := before.Internal.LinkUse, after.Internal.LinkUse
	return is != nil && is.ProofTime != nil && (was == nil || !is.ProofTime.Equal(was.ProofTime) || is.Challenge != was.Challenge)
}

// isPressed reports whether a customer clicked the button that starts a live session.
func isPressed(before, after *v1alpha1.BankConnectionStatus) bool {
	was, is := clickTime(before), clickTime(after)
	return is != nil && !is.Equal(was)
}

// requestActs returns the act of a refresh-requested-at value that was accepted or refused. One
// that was accepted can be refused afterwards, just before the live call.
func requestActs(before, after *v1alpha1.HandledRequest) []audit.Act {
	isNew := after != nil && (before == nil || before.Value != after.Value)
	switch {
	case after == nil:
	case after.Result == v1alpha1.RequestRefused && (isNew || before.Result != v1alpha1.RequestRefused):
		return []audit.Act{{Action: audit.RefreshRequested, Outcome: audit.Refused, Reason: after.Reason}}
	case isNew:
		return []audit.Act{{Action: audit.RefreshRequested, Outcome: audit.Succeeded}}
	}
	return nil
}

// sessionActs returns the act of a session-requested-at value that was accepted or refused.
func sessionActs(before, after *v1alpha1.HandledSessionRequest) []audit.Act {
	switch {
	case after == nil || before != nil && before.Value == after.Value:
		return nil
	case after.Result == v1alpha1.SessionRequestRefused:
		return []audit.Act{{Action: audit.SessionRequested, Outcome: audit.Refused, Reason: after.Reason}}
	}
	return []audit.Act{{Action: audit.SessionRequested, Outcome: audit.Succeeded}}
}

// PartingAct returns the act that ends with the removal of the finalizer, for a reason.
func PartingAct(reason string) audit.Act {
	switch reason {
	case v1alpha1.ReasonLoginDeleted:
		return audit.Act{Action: audit.LoginDeleted, Outcome: audit.Succeeded}
	case v1alpha1.ReasonLoginAbandoned:
		return audit.Act{Action: audit.LoginAbandoned, Outcome: audit.Succeeded}
	}
	return audit.Act{Action: audit.LoginLeft, Outcome: audit.Succeeded, Reason: reason}
}
