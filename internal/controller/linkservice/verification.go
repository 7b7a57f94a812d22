package linkservice

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// verification is how far the verification of a new login got. Flinks gives all of it again.
type verification struct {
	// login is the fingerprint of the login, issued the time of the link.
	login  string
	issued time.Time
	// reported is the session that the browser says Flinks Connect ended with; zero if it names
	// none.
	reported flinks.RequestID
	// asked reports whether the reported session is of no more use.
	asked bool
	// requestID opens the data of the login; zero before there is such a session.
	requestID flinks.RequestID
	// async reports whether Flinks answered that it is still fetching the data.
	async bool
	// linked reports whether the data said that it was linked with this link.
	linked bool
	// notUntil holds back the next call.
	notUntil time.Time
	// busy reports whether another request makes the calls.
	busy bool
}

// verifications are those of all connections that are being linked. They are safe for
// concurrent use.
type verifications struct {
	mu   sync.Mutex
	made map[types.UID]verification
}

// begin returns how far a verification got, to go on with it; false if another request does, or
// the next call has to wait. Another login, session or link starts from the beginning.
func (s *verifications) begin(now time.Time, uid types.UID, claim verification) (v verification, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v = s.made[uid]
	if v.busy {
		return v, false
	}
	if v.login != claim.login || !v.issued.Equal(claim.issued) || !v.reported.Equal(claim.reported) {
		v = claim
	}
	if now.Before(v.notUntil) {
		return v, false
	}
	if s.made == nil {
		s.made = map[types.UID]verification{}
	}
	makeRoom(s.made, uid, func(v verification) bool { return !v.busy && !now.Before(v.notUntil.Add(lifecycle.SessionIdle)) })
	busy := v
	busy.busy = true
	s.made[uid] = busy
	return v, true
}

// ofReported reports whether the session is the one that the browser named.
func (v *verification) ofReported() bool {
	return !v.requestID.IsZero() && !v.asked && v.requestID.Equal(v.reported)
}

// giveUpReported turns to a session that the operator opens itself.
func (v *verification) giveUpReported() {
	v.asked, v.async, v.requestID = true, false, flinks.RequestID{}
}

func (s *verifications) end(uid types.UID, v verification) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made[uid] = v
}
