package flinkssim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// The values of ResponseType in a webhook: the identity comes early, the data
// when it has been collected.
const (
	WebhookKYC            = "KYC"
	WebhookAccountsDetail = "GetAccountsDetail"
)

// The headers in which Flinks' documents show a webhook's signature.
const (
	HeaderAuthenticityKey = "flinks-authenticity-key"
	HeaderSignature       = "X-Flinks-Signature"
)

// A delivery that is not answered with exactly 200 is repeated, but not for ever.
const (
	webhookAttempts = 10
	webhookPause    = 30 * time.Minute
	webhookTimeout  = 30 * time.Second
)

// Webhook is where an instance sends its webhooks: at Flinks one address, set up
// by support. Without a URL nothing is sent, nor kept for later.
type Webhook struct {
	URL string `json:"url"`
	// Secret signs the body; without one nothing is signed.
	Secret string `json:"secret,omitempty"`
	// Client sends it, to trust a receiver of a test; by default one that trusts
	// what the machine trusts. Redirects are never followed.
	Client *http.Client `json:"-"`
}

// delivery is one webhook that waits to be sent.
type delivery struct {
	responseType string
	sess         *session
	due          time.Time
	attempts     int
}

// SetWebhook says where webhooks go from now on. Those that wait go there too.
func (s *Server) SetWebhook(to Webhook) error {
	if err := to.validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhook = to
	if to.URL == "" {
		s.deliveries = nil
	}
	return nil
}

func (to Webhook) validate() error {
	u, err := url.Parse(to.URL)
	if to.URL != "" && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https")) {
		return errors.New("webhook: it must be an absolute http or https URL")
	}
	return nil
}

// announce queues what a success is followed by. Called with the lock held.
func (s *Server) announce(sess *session) {
	if s.webhook.URL == "" {
		return
	}
	s.deliveries = append(s.deliveries,
		&delivery{responseType: WebhookKYC, sess: sess, due: s.clock.Now()},
		&delivery{responseType: WebhookAccountsDetail, sess: sess, due: sess.processingUntil})
}

// WaitingWebhooks returns the number of webhooks that are still to be sent, repeated
// ones included.
func (s *Server) WaitingWebhooks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.deliveries)
}

// DeliverWebhooks sends everything that is due by the simulator's clock, in
// order, and returns how many calls it made. Where the clock was moved over
// several repetitions, all of them are made. Nothing is sent behind the
// caller's back: a test calls it, and [Server.RunWebhooks] does by itself.
func (s *Server) DeliverWebhooks(ctx context.Context) int {
	sent := 0
	for ctx.Err() == nil {
		d := s.takeDue()
		if d == nil {
			return sent
		}
		s.attempt(ctx, d)
		sent++
	}
	return sent
}

// RunWebhooks sends what is due, looking every second, until ctx ends.
func (s *Server) RunWebhooks(ctx context.Context) {
	for wait(ctx, time.Second) == nil {
		s.DeliverWebhooks(ctx)
	}
}

// SendWebhook sends one now, once, whatever the queue holds, and returns how it
// was answered. The login must have been linked.
func (s *Server) SendWebhook(ctx context.Context, loginID, responseType string) (status int, err error) {
	if err := oneOf("responseType", responseType, WebhookKYC, WebhookAccountsDetail); err != nil {
		return 0, fmt.Errorf("sending a webhook: %w", err)
	}
	s.mu.Lock()
	l, to := s.findLogin(loginID), s.webhook
	if l == nil || to.URL == "" {
		s.mu.Unlock()
		return 0, fmt.Errorf("sending a webhook: login %s is not known, or no URL is set", mask(loginID))
	}
	sess := s.newSession(l)
	sess.phase, sess.readable, sess.cached = phaseAuthorized, true, true
	call := s.webhookCall(&delivery{responseType: responseType, sess: sess})
	s.mu.Unlock()
	return s.send(ctx, to, call), nil
}

// takeDue removes the delivery that is due for the longest.
func (s *Server) takeDue() *delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries = slices.DeleteFunc(s.deliveries, func(d *delivery) bool { return d.sess.login.deleted })
	var next *delivery
	for _, d := range s.deliveries {
		if !d.due.After(s.clock.Now()) && (next == nil || d.due.Before(next.due)) {
			next = d
		}
	}
	s.deliveries = slices.DeleteFunc(s.deliveries, func(d *delivery) bool { return d == next })
	return next
}

// attempt sends a delivery, and puts it back if it was not taken.
func (s *Server) attempt(ctx context.Context, d *delivery) {
	s.mu.Lock()
	to, call := s.webhook, s.webhookCall(d)
	s.mu.Unlock()
	status := s.send(ctx, to, call)
	s.mu.Lock()
	defer s.mu.Unlock()
	d.attempts++
	d.due = d.due.Add(webhookPause)
	if status != http.StatusOK && d.attempts < webhookAttempts && s.webhook.URL != "" {
		s.deliveries = append(s.deliveries, d)
	}
}

// webhookCall is one call, signed and ready to be sent without the lock.
type webhookCall struct {
	body   []byte
	header http.Header
	entry  *Entry
}

// webhookCall writes the body as the data is now. Called with the lock held.
func (s *Server) webhookCall(d *delivery) webhookCall {
	call := webhookCall{body: s.webhookBody(d), header: http.Header{}}
	call.header.Set("Content-Type", "application/json")
	if s.webhook.Secret != "" {
		mac := hmac.New(sha256.New, []byte(s.webhook.Secret))
		mac.Write(call.body)
		call.header.Set(s.knobs.WebhookHeader, base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	call.entry = s.journal.begin(Entry{
		Time: s.clock.Now(), Endpoint: "Webhook", Mode: d.responseType, InFlight: true,
		LoginID: d.sess.login.id, RequestID: d.sess.id, Headers: headerNames(call.header),
	})
	return call
}

// webhookBody returns the 200 of GetAccountsDetail and what kind of webhook it is.
func (s *Server) webhookBody(d *delivery) []byte {
	in := &dataRequest{}
	if d.responseType == WebhookKYC {
		in.WithTransactions = new(flexBool(false))
	}
	accounts, known := s.accountsOf(d.sess, in)
	if !known { // the selection went stale together with the account ids
		accounts = s.allAccounts(d.sess.login, in)
	}
	return encode(struct {
		ResponseType string `json:"ResponseType"`
		detailBody
	}{d.responseType, s.detailBody(d.sess, accounts)})
}

// send makes the call and writes the journal: 0 is no answer. What the receiver
// says is read and dropped.
func (s *Server) send(ctx context.Context, to Webhook, call webhookCall) (status int) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		call.entry.InFlight, call.entry.Status, call.entry.Committed = false, status, status == http.StatusOK
	}()
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(call.body))
	if err != nil {
		return 0
	}
	req.Header = call.header
	resp, err := to.client().Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxRequestBody))
	return resp.StatusCode
}

func (to Webhook) client() *http.Client {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment}}
	if to.Client != nil {
		client = new(*to.Client)
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}
