package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

const (
	// openingPeriod is how long openings of Flinks Connect count as one.
	openingPeriod = 30 * time.Minute
	// maxConnectDuration is how long after an opening a login can have been linked by it.
	maxConnectDuration = time.Hour
)

// OpenConnect returns the status to write before the customer gets a way into Flinks Connect to
// link their bank; false if nothing has to be written.
func OpenConnect(now time.Time, in Inputs) (st v1alpha1.BankConnectionStatus, ok bool) {
	opened := in.Connection.Status.Internal.ConnectOpenTime
	if in.Connection.Status.Binding != nil {
		return st, false
	}
	if opened != nil && !Pending(now, opened) && now.Before(opened.Add(openingPeriod)) {
		return st, false
	}
	st = *in.Connection.Status.DeepCopy()
	st.Internal.ConnectOpenTime = Past(now)
	return st, true
}

// endConnect forgets that the customer opened Flinks Connect, once a login is bound.
func (s *state) endConnect() {
	if s.st.Binding != nil {
		s.st.Internal.ConnectOpenTime = nil
	}
}

// maxUnverified is how many logins that were not kept a status holds.
const maxUnverified = 10

// RefuseLogin returns the demand that the status says that a login was not kept, and that the
// customer returned with one. A login that it names already is not named again.
func RefuseLogin(fingerprint, reason string) StatusChange {
	return func(now time.Time, in Inputs) (v1alpha1.BankConnectionStatus, bool) {
		st := *in.Connection.Status.DeepCopy()
		refused := travel(now, &st, v1alpha1.JourneyReturned)
		if j := journeyOf(&st); j != nil && j.State == v1alpha1.JourneyReturned && j.Reason != reason {
			j.Reason, refused = reason, true
		}
		if !slices.ContainsFunc(st.UnverifiedLogins, isUnverified(fingerprint)) {
			all := slices.Concat(st.UnverifiedLogins, []v1alpha1.UnverifiedLogin{{LoginFingerprint: fingerprint, RefusalTime: *Past(now)}})
			st.UnverifiedLogins, refused = all[max(0, len(all)-maxUnverified):], true
		}
		return st, refused
	}
}

func isUnverified(fingerprint string) func(v1alpha1.UnverifiedLogin) bool {
	return func(l v1alpha1.UnverifiedLogin) bool { return l.LoginFingerprint == fingerprint }
}

// acceptLogin forgets that a login was not kept, because it is bound now.
func (s *state) acceptLogin(fingerprint string) {
	s.st.UnverifiedLogins = slices.DeleteFunc(s.st.UnverifiedLogins, isUnverified(fingerprint))
	if len(s.st.UnverifiedLogins) == 0 {
		s.st.UnverifiedLogins = nil
	}
}

// TagMatch is what the tag in the data of a login says.
type TagMatch int

// The matches of a tag.
const (
	// TagAbsent: the data has no tag.
	TagAbsent TagMatch = iota
	// TagOfLink: the tag is that of the link in question.
	TagOfLink
	// TagOfOther: the tag is another one.
	TagOfOther
)

// LinkEvidence is what the data of one session says about a login that a browser named.
type LinkEvidence struct {
	// Reported reports whether the session is the one that Flinks Connect reported to the
	// browser. Otherwise the operator opened it.
	Reported bool
	// SameLogin reports whether the data belongs to the login that the browser named.
	SameLogin bool
	Tag       TagMatch
	// LastRefresh is when the data was read from the bank; zero if Flinks does not say.
	LastRefresh time.Time
	// Issued is when the link was made.
	Issued time.Time
}

// Proof is what evidence amounts to.
type Proof int

// The proofs.
const (
	// ProofMissing: the evidence neither proves nor refutes that the login was linked with the
	// link.
	ProofMissing Proof = iota
	// Proven: the login was linked with the link.
	Proven
	// Refuted: it was not.
	Refuted
)

// JudgeLink returns what evidence proves about a login. One of two proofs is enough: the tag of
// the link, or the session that Flinks Connect reported, with data that was read from the bank
// after the customer opened Flinks Connect.
func JudgeLink(now time.Time, st *v1alpha1.BankConnectionStatus, e LinkEvidence) Proof {
	tooOld := !e.LastRefresh.IsZero() && e.LastRefresh.Before(e.Issued.Add(-ClockSkew))
	switch {
	case !e.SameLogin, e.Tag == TagOfOther, tooOld:
		return Refuted
	case !e.Reported && e.Tag == TagOfLink:
		return Proven
	case e.Reported && IsFromConnect(now, st, e.LastRefresh):
		return Proven
	}
	return ProofMissing
}

// IsFromConnect reports whether data that was read from the bank at a time can come from the
// Flinks Connect that the customer opened.
func IsFromConnect(now time.Time, st *v1alpha1.BankConnectionStatus, lastRefresh time.Time) bool {
	opened := st.Internal.ConnectOpenTime
	return opened != nil && now.Before(opened.Add(maxConnectDuration)) && !lastRefresh.Before(opened.Add(-ClockSkew))
}

// ShowsNoProof reports whether a login without a proof shows that Flinks returns none: the customer
// linked it just now, and the browser named no session, or one that must be open and cannot be
// read.
func ShowsNoProof(now time.Time, st *v1alpha1.BankConnectionStatus, lastRefresh time.Time, named bool) bool {
	return IsFromConnect(now, st, lastRefresh) && (!named || now.Before(lastRefresh.Add(SessionIdle)))
}

// IsSessionLost reports whether an error means that the session which Flinks Connect reported
// gives no data, now or later: it has ended, or was never one of a login that the bank let in.
func IsSessionLost(err *flinks.Error) bool {
	if err == nil {
		return false
	}
	lost := []flinks.Class{flinks.ClassUser, flinks.ClassGone, flinks.ClassConfig, flinks.ClassData}
	return slices.Contains(lost, err.Class) || err.Code == flinks.CodeSessionExpired || err.Code == flinks.CodeSessionNonexistent
}
