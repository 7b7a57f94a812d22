package link_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/link"
)

// ticketByHand makes a ticket as the documents tell applications to.
func ticketByHand(key, uid, challenge string, end int64) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write(fmt.Appendf(nil, "flinks-operator/link/ticket/v1\n%s\n%s\n%d", uid, challenge, end))
	return fmt.Sprintf("%d.%s", end, base64.RawURLEncoding.EncodeToString(h.Sum(nil)))
}

func TestVerifyTicket(t *testing.T) {
	now := time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)
	key, other := strings.Repeat("k", link.KeyBytes), strings.Repeat("o", link.KeyBytes)
	const otherUID = "00000000-0000-4000-8000-000000000000"
	challenge, stranger := link.Challenge("the browser"), link.Challenge("another browser")
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	good := ticketByHand(key, exampleUID, challenge, at(5*time.Minute))
	for name, tc := range map[string]struct {
		ticket string
		want   error
	}{
		"a ticket":                   {good, nil},
		"one that ends in a second":  {ticketByHand(key, exampleUID, challenge, at(time.Second)), nil},
		"one of ten minutes":         {ticketByHand(key, exampleUID, challenge, at(10*time.Minute)), nil},
		"one that is over":           {ticketByHand(key, exampleUID, challenge, at(0)), link.ErrExpired},
		"one that is too long":       {ticketByHand(key, exampleUID, challenge, at(10*time.Minute+time.Second)), link.ErrTooLong},
		"one for another browser":    {ticketByHand(key, exampleUID, stranger, at(time.Minute)), link.ErrForged},
		"one for another connection": {ticketByHand(key, otherUID, challenge, at(time.Minute)), link.ErrForged},
		"one of another application": {ticketByHand(other, exampleUID, challenge, at(time.Minute)), link.ErrForged},
		"one with a later end":       {strings.Replace(good, fmt.Sprint(at(5*time.Minute)), fmt.Sprint(at(6*time.Minute)), 1), link.ErrForged},
		"nothing":                    {"", link.ErrMalformed},
		"a time alone":               {fmt.Sprint(at(time.Minute)), link.ErrMalformed},
		"a time with a sign":         {"+" + good, link.ErrMalformed},
		"a short code":               {good[:len(good)-4], link.ErrMalformed},
		"a code with padding":        {good + "=", link.ErrMalformed},
		"too much":                   {good + strings.Repeat("A", 1<<10), link.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			if err := link.VerifyTicket(now, tc.ticket, exampleUID, challenge, []byte(key)); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	if made := link.Ticket([]byte(key), exampleUID, challenge, now.Add(5*time.Minute)); made != good {
		t.Error("a ticket that the package makes is another one")
	}
}

// TestTicketKeys: both keys count while they are rotated, and none that can be guessed.
func TestTicketKeys(t *testing.T) {
	now := time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)
	first, second, challenge := bytes.Repeat([]byte{1}, link.KeyBytes), bytes.Repeat([]byte{2}, link.KeyBytes), link.Challenge("a")
	ticket := link.Ticket(first, exampleUID, challenge, now.Add(time.Minute))
	verify := func(keys ...[]byte) error { return link.VerifyTicket(now, ticket, exampleUID, challenge, keys...) }
	if err := verify(second, first); err != nil {
		t.Errorf("with the previous key: %v", err)
	}
	if err := verify(first, second); err != nil {
		t.Errorf("with the next key: %v", err)
	}
	if err := verify(); !errors.Is(err, link.ErrForged) {
		t.Errorf("without a key: %v", err)
	}
	if err := verify(first, []byte("short")); !errors.Is(err, link.ErrKey) {
		t.Errorf("with a short key: %v", err)
	}
	if link.Challenge("a") == link.Challenge("b") {
		t.Error("a challenge does not tell browsers apart")
	}
}
