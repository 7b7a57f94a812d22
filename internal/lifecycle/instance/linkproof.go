package instance

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// proofPause is how long no customer is asked to link their bank, after one did and Flinks
// returned nothing that proves it.
const proofPause = time.Hour

// NoteProof returns the status of an instance after a customer linked their bank, and reports
// whether it differs. One proof shows for good that Flinks returns what proves a link, so that a
// login without one is then the trouble of that customer alone.
func NoteProof(now time.Time, generation int64, was *v1alpha1.InstanceStatus, proven bool) (st v1alpha1.InstanceStatus, changed bool) {
	switch {
	case was.LinkProofTime != nil, !proven && now.Before(LinksPausedUntil(was)):
		return st, false
	}
	st = *was.DeepCopy()
	st.LinkProofMissingTime = lifecycle.Past(now)
	if proven {
		st.LinkProofTime, st.LinkProofMissingTime = lifecycle.Past(now), nil
	}
	Inputs{Generation: generation}.recordProof(now, &st)
	return st, true
}

// LinksPausedUntil returns until when links of the gateway link no bank; zero if they do.
func LinksPausedUntil(st *v1alpha1.InstanceStatus) time.Time {
	if st.LinkProofTime != nil || st.LinkProofMissingTime == nil {
		return time.Time{}
	}
	return st.LinkProofMissingTime.Add(proofPause)
}

// recordProof records whether Flinks returned nothing that proves a link, and never did.
func (in Inputs) recordProof(now time.Time, st *v1alpha1.InstanceStatus) {
	missing := st.LinkProofTime == nil && st.LinkProofMissingTime != nil
	in.setWhileTrue(now, st, v1alpha1.ConditionLinkProofUnavailable, missing, v1alpha1.ReasonProofNotReturned)
}

// forgetProof forgets what Flinks returned for another instance, customerId or address.
func (in Inputs) forgetProof(st *v1alpha1.InstanceStatus) {
	if st.ProbedFingerprint != in.Keys {
		st.LinkProofTime, st.LinkProofMissingTime = nil, nil
	}
}
