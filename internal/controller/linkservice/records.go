package linkservice

import (
	"cmp"
	"errors"
	"net/netip"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/controller/trail"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	// recordPace is how long the same thing is not recorded again, if it changes nothing.
	recordPace = time.Hour
	// recordsPerHour bounds such records of one connection: who holds a link may have any
	// number of addresses.
	recordsPerHour = 60
)

// browserOf returns the browser of a visit as audit records have it.
func (s *Service) browserOf(visit linkapi.Visit) *audit.Client {
	network, err := netip.ParsePrefix(visit.Client.Reveal())
	if err != nil {
		return &audit.Client{}
	}
	keyID, pseudonym := s.Keys().Pseudonym(s.Clock.Now(), network.Masked().String())
	return &audit.Client{KeyID: keyID, Pseudonym: pseudonym}
}

// record records what was done with a link, once it is done.
func (s *Service) record(q linkRequest, acts ...audit.Act) {
	trail.OfConnection(s.Audit, q.connection(), q.browser, acts...)
}

// recordOnce records what changed nothing, unless the same was recorded within the hour.
func (s *Service) recordOnce(q linkRequest, act audit.Act, login string) {
	now, uid := s.Clock.Now(), q.connection().UID
	_, isNew := s.recorded.next(now, sighting{uid: uid, link: q.claims.Issued.Unix(), browser: *q.browser, act: act, login: login}, recordPace)
	if isNew && s.records.allow(now, uid, recordsPerHour).IsZero() {
		s.record(q, act)
	}
}

// recordOpening records that a browser shows the page of a link. A link that does not work any
// more, or is used in another browser, was opened in vain.
func (s *Service) recordOpening(q linkRequest) {
	switch q.page.State {
	case linkapi.StateLinkExpired, linkapi.StateLinkReplaced, linkapi.StateInUse:
		s.recordRefusal(q, audit.LinkOpened, string(q.page.State), "")
	default:
		s.recordOnce(q, audit.Act{Action: audit.LinkOpened, Outcome: audit.Succeeded}, "")
	}
}

func (s *Service) recordRefusal(q linkRequest, action audit.Action, reason, login string) {
	s.recordOnce(q, audit.Act{Action: action, Outcome: audit.Refused, Reason: reason}, login)
}

// recordRefusedLogin records that a login which a browser named is not kept, if the page says so.
func (s *Service) recordRefusedLogin(q linkRequest, id flinks.LoginID, page linkapi.View) {
	switch page.State {
	case linkapi.StateNotVerified, linkapi.StateOtherLogin, linkapi.StateBlocked:
		s.recordRefusal(q, audit.LoginLinked, cmp.Or(page.Reason, string(page.State)), q.fingerprint(id))
	default:
	}
}

// reasonOfTicket returns why a ticket does not count.
func reasonOfTicket(err error) string {
	for _, r := range []struct {
		err    error
		reason string
	}{
		{link.ErrForged, "TicketForged"}, {link.ErrExpired, "TicketExpired"}, {link.ErrTooLong, "TicketTooLong"},
	} {
		if errors.Is(err, r.err) {
			return r.reason
		}
	}
	return "TicketMalformed"
}
