package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A ticket says that an application vouches for a browser: the person who uses it is the
// customer of a BankConnection. The application signs it with a key of its own. A ticket
// answers the challenge of one browser for one link, so it is of no use in another browser.

// MaxTicketLife is how far ahead the end of a ticket may be.
const MaxTicketLife = 10 * time.Minute

// maxTicketLength is more than the length of any ticket.
const maxTicketLength = 128

// ErrTooLong: the end of the ticket is too far ahead.
var ErrTooLong = fmt.Errorf("link: the ticket is valid for more than %v", MaxTicketLife)

const (
	visitorUse = "flinks-operator/link/visitor/v1"
	ticketUse  = "flinks-operator/link/ticket/v1"
)

// Challenge returns what a ticket for a visitor has to answer. It is a hash, so that someone who
// knows the challenge does not know the visitor's secret.
func Challenge(visitor string) string {
	sum := sha256.Sum256([]byte(visitorUse + "\n" + visitor))
	return encoding.EncodeToString(sum[:])
}

// Ticket returns a ticket, as an application makes it: the Unix time of its end, a period,
// and the HMAC-SHA256 of four lines in base64url without padding. The lines are the use of
// the ticket, the UID of the BankConnection, the challenge and the time.
func Ticket(key []byte, uid, challenge string, expires time.Time) string {
	end := strconv.FormatInt(expires.Unix(), 10)
	return end + "." + encoding.EncodeToString(ticketMAC(key, uid, challenge, end))
}

// VerifyTicket verifies a ticket with any of the keys of the application. The error is ErrKey,
// ErrMalformed, ErrForged, ErrExpired or ErrTooLong, and contains nothing of the ticket.
func VerifyTicket(now time.Time, ticket, uid, challenge string, keys ...[]byte) error {
	end, mac, _ := strings.Cut(ticket, ".")
	seconds, err := strconv.ParseInt(end, 10, 64)
	if err != nil || len(ticket) > maxTicketLength || strconv.FormatInt(seconds, 10) != end {
		return ErrMalformed
	}
	raw, err := encoding.DecodeString(mac)
	if err != nil || len(raw) != sha256.Size {
		return ErrMalformed
	}
	signed := false
	for _, key := range keys {
		if len(key) < KeyBytes {
			return ErrKey
		}
		signed = hmac.Equal(raw, ticketMAC(key, uid, challenge, end)) || signed
	}
	switch expires := time.Unix(seconds, 0); {
	case !signed:
		return ErrForged
	case !now.Before(expires):
		return ErrExpired
	case expires.After(now.Add(MaxTicketLife)):
		return ErrTooLong
	}
	return nil
}

func ticketMAC(key []byte, uid, challenge, end string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(h, "%s\n%s\n%s\n%s", ticketUse, uid, challenge, end) // A hash does not fail.
	return h.Sum(nil)
}
