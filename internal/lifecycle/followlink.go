package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// The states that follow from a link itself, and from what Flinks says about a new login.
const (
	// LinkExpired: the link is too old.
	LinkExpired LinkState = "LinkExpired"
	// LinkReplaced: a newer link exists.
	LinkReplaced LinkState = "LinkReplaced"
	// LinkNotVerified: Flinks does not confirm the login that the browser named.
	LinkNotVerified LinkState = "NotVerified"
)

// FollowLink returns what a customer who opens a genuine link finds, and whether the link
// is the newest one, which alone allows the customer to act. If the connection waits for
// no customer, every link shows that, whatever its age; only a revoked one shows nothing of
// the connection.
func FollowLink(now time.Time, in Inputs, link LinkClaims, expired bool) (v LinkView, open bool) {
	v = ViewLink(now, in)
	st := &in.Connection.Status
	switch {
	case link.Issued.Before(in.Instance.Revocation.before(now)):
		if st.Reconnect != nil && !isNewestLink(st.Reconnect, link) {
			return LinkView{State: LinkReplaced}, false
		}
		return LinkView{State: LinkExpired}, false
	case link.Connects && st.Binding != nil:
		if v.State != LinkBlocked {
			v = LinkView{State: LinkDone}
		}
		return v, false
	case st.Reconnect == nil:
		return v, false
	case expired:
		return LinkView{State: LinkExpired}, false
	case !isNewestLink(st.Reconnect, link):
		return LinkView{State: LinkReplaced}, false
	}
	return v, true
}

// isNewestLink reports whether a link is the one that the status records. Its key is
// compared, too: a stolen key that no longer signs makes no link that works.
func isNewestLink(r *v1alpha1.ReconnectStatus, link LinkClaims) bool {
	connects := r.Reason == v1alpha1.ReasonConnectRequired
	return r.Link.IssueTime != nil && r.Link.IssueTime.Time.Equal(link.Issued) && r.Link.KeyID == link.KeyID && link.Connects == connects
}

// WithoutLogin returns what a customer who went through Flinks Connect finds if Flinks
// answers an observe of their login with an error; nil if Flinks gave no answer.
func WithoutLogin(err *flinks.Error) LinkState {
	switch {
	case err == nil:
		return LinkUnavailable
	case err.Class == flinks.ClassGone, err.Class == flinks.ClassUser:
		return LinkNotVerified
	case err.Class == flinks.ClassPending, err.Code == flinks.CodeConcurrentSession, err.Code == flinks.CodeCardInUse:
		return LinkWorking // The session of Flinks Connect may not have ended yet.
	}
	return LinkUnavailable
}

// WithoutData returns what a customer finds if Flinks answers with an error when it is
// asked for the data of their login. Each attempt opens another session.
func WithoutData(err *flinks.Error) LinkState {
	switch {
	case err == nil:
		return LinkUnavailable
	case err.Class == flinks.ClassUser, err.Class == flinks.ClassGone:
		return LinkNotVerified
	case err.Code == flinks.CodeSessionExpired, err.Code == flinks.CodeSessionNonexistent, err.Code == flinks.CodeCardInUse:
		return LinkWorking
	}
	return LinkUnavailable
}
