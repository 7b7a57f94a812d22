package flinkssim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// receiver stands for the customer's server: it keeps what it was sent, and
// answers as it is told, 200 in the end.
type receiver struct {
	url string

	mu      sync.Mutex
	answers []int
	got     []received
}

type received struct {
	body    string
	header  http.Header
	kind    string
	login   string
	request string
	tag     string
}

func newReceiver(t *testing.T, answers ...int) *receiver {
	t.Helper()
	r := &receiver{answers: answers}
	web := httptest.NewServer(r)
	t.Cleanup(web.Close)
	r.url = web.URL + "/hook"
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	raw, _ := io.ReadAll(req.Body)
	var body struct {
		ResponseType, RequestID, Tag string
		Login                        struct{ ID string }
	}
	_ = json.Unmarshal(raw, &body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, received{string(raw), req.Header, body.ResponseType, body.Login.ID, body.RequestID, body.Tag})
	status := 200
	if len(r.answers) > 0 {
		status, r.answers = r.answers[0], r.answers[1:]
	}
	w.Header().Set("Location", "/elsewhere")
	w.WriteHeader(status)
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) kinds() []string {
	kinds := []string{}
	for _, d := range r.all() {
		kinds = append(kinds, d.kind)
	}
	return kinds
}

// webhooked returns a simulator whose webhooks go to a receiver.
func webhooked(t *testing.T, r *receiver) *harness {
	t.Helper()
	h := newNight(t)
	if err := h.SetWebhook(Webhook{URL: r.url, Secret: "whs-secret"}); err != nil {
		t.Fatal(err)
	}
	return h
}

func wantKinds(t *testing.T, r *receiver, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, r.kinds()); diff != "" {
		t.Errorf("webhooks (-want +got):\n%s", diff)
	}
}

func TestConnectIsFollowedByWebhooks(t *testing.T) {
	r := newReceiver(t)
	h := webhooked(t, r)
	linked, err := Person{Username: "Greatday"}.Link(t.Context(), h.connectURL("tag", "t-7"))
	if err != nil {
		t.Fatal(err)
	}
	h.DeliverWebhooks(t.Context())
	wantKinds(t, r, WebhookKYC)
	h.pass(h.Knobs().ProcessingDuration)
	h.DeliverWebhooks(t.Context())
	h.DeliverWebhooks(t.Context())
	wantKinds(t, r, WebhookKYC, WebhookAccountsDetail)
	if body := r.all()[0].body; strings.Contains(body, `"Debit"`) || !strings.Contains(body, `"Holder"`) {
		t.Errorf("an early webhook has the identity and no transactions: %.300s", body)
	}
	for _, d := range r.all() {
		if d.login != linked.LoginID || d.request != linked.RequestID || d.tag != "t-7" {
			t.Errorf("got login %s, request %s, tag %q", d.login, d.request, d.tag)
		}
	}
	h.details(linked.RequestID)
	want := `{"ResponseType":"GetAccountsDetail",` + h.poll(linked.RequestID).body[1:]
	if got := r.all()[1].body; got != want {
		t.Errorf("the body is not that of GetAccountsDetail:\n%.300s\n%.300s", got, want)
	}
}

func TestOnlyConnectAndTheNightAreFollowedByWebhooks(t *testing.T) {
	r := newReceiver(t)
	h := webhooked(t, r)
	asking := h.SeedLogin(SeedOptions{Username: "Greatday", Scheduled: true})
	quiet := h.SeedLogin(SeedOptions{Scheduled: true})
	h.authorize(liveCall(quiet))
	h.authorize(cachedCall(quiet))
	if n := h.WaitingWebhooks(); n != 0 {
		t.Errorf("got %d webhooks for calls of the API", n)
	}
	h.pass(time.Hour)
	h.RunNightly()
	h.pass(time.Minute)
	h.DeliverWebhooks(t.Context())
	wantKinds(t, r, WebhookKYC, WebhookAccountsDetail)
	for _, d := range r.all() {
		if d.login != quiet {
			t.Errorf("got a webhook for %s; the night of %s failed, and a failure is not announced", d.login, asking)
		}
	}
}

func TestAWebhookIsSigned(t *testing.T) {
	r := newReceiver(t)
	h := webhooked(t, r)
	id := h.seed(DefaultUsername)
	send := func() received {
		t.Helper()
		if status, err := h.SendWebhook(t.Context(), id, WebhookKYC); status != 200 || err != nil {
			t.Fatalf("got %d, %v", status, err)
		}
		all := r.all()
		return all[len(all)-1]
	}
	d := send()
	mac := hmac.New(sha256.New, []byte("whs-secret"))
	mac.Write([]byte(d.body))
	if got, want := d.header.Get("flinks-authenticity-key"), base64.StdEncoding.EncodeToString(mac.Sum(nil)); got != want {
		t.Errorf("got signature %q, want %q", got, want)
	}
	if d.header.Get("X-Flinks-Signature") != "" || d.header.Get("Content-Type") != "application/json" {
		t.Errorf("got headers %v", d.header)
	}
	if err := h.SetKnobs(func(k *Knobs) { k.WebhookHeader = HeaderSignature }); err != nil {
		t.Fatal(err)
	}
	if d := send(); d.header.Get("X-Flinks-Signature") == "" || d.header.Get("flinks-authenticity-key") != "" {
		t.Errorf("got headers %v", d.header)
	}
	if err := h.SetWebhook(Webhook{URL: r.url}); err != nil {
		t.Fatal(err)
	}
	if d := send(); d.header.Get("X-Flinks-Signature") != "" {
		t.Error("without a secret nothing is signed")
	}
}

func TestAWebhookIsRepeated(t *testing.T) {
	r := newReceiver(t, 500, 202, 204, 302, 401)
	h := webhooked(t, r)
	h.SeedLogin(SeedOptions{Scheduled: true})
	h.RunNightly()
	for range 36 {
		h.DeliverWebhooks(t.Context())
		h.pass(10 * time.Minute)
	}
	got := []string{}
	for _, e := range h.Journal() {
		if e.Mode == WebhookKYC {
			got = append(got, fmt.Sprint(e.Time.Sub(start), " ", e.Status, " ", e.Committed))
		}
	}
	want := []string{"0s 500 false", "30m0s 204 false", "1h0m0s 401 false", "1h30m0s 200 true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if h.WaitingWebhooks() != 0 {
		t.Error("everything was taken in the end")
	}
}

func TestAWebhookIsGivenUp(t *testing.T) {
	r := newReceiver(t, slices.Repeat([]int{503}, 100)...)
	h := webhooked(t, r)
	h.SeedLogin(SeedOptions{Scheduled: true})
	h.RunNightly()
	h.pass(4*time.Hour + 29*time.Minute)
	if n := h.DeliverWebhooks(t.Context()); n != 9+9 {
		t.Errorf("got %d calls, want nine each before four and a half hours", n)
	}
	h.pass(24 * time.Hour)
	if n := h.DeliverWebhooks(t.Context()); n != 1+1 || h.WaitingWebhooks() != 0 {
		t.Errorf("got %d calls and %d waiting, want the tenth each and none", n, h.WaitingWebhooks())
	}
}

func TestAReceiverThatIsGone(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	web.Close()
	h := newNight(t)
	if err := h.SetWebhook(Webhook{URL: web.URL}); err != nil {
		t.Fatal(err)
	}
	id := h.SeedLogin(SeedOptions{Scheduled: true})
	h.RunNightly()
	h.DeliverWebhooks(t.Context())
	if e := h.last(); e.Endpoint != "Webhook" || e.Mode != WebhookKYC || e.Status != 0 || e.Committed || e.InFlight || e.LoginID != id {
		t.Errorf("got %+v", e)
	}
	if h.WaitingWebhooks() != 2 {
		t.Errorf("got %d waiting, want both", h.WaitingWebhooks())
	}
	h.deleteCard(id)
	h.pass(time.Hour)
	h.deleteCard(id)
	if n := h.DeliverWebhooks(t.Context()); n != 0 || h.WaitingWebhooks() != 0 {
		t.Errorf("got %d calls: the login is deleted", n)
	}
}

func TestWebhooksGoNowhereByDefault(t *testing.T) {
	h := newNight(t)
	id := h.SeedLogin(SeedOptions{Scheduled: true})
	h.RunNightly()
	if h.WaitingWebhooks() != 0 {
		t.Error("nothing must be kept for a receiver that may come")
	}
	if _, err := h.SendWebhook(t.Context(), id, WebhookKYC); err == nil {
		t.Error("want an error: there is no URL")
	}
	for _, bad := range []string{"ftp://x/", "/hook", "http://", "%"} {
		if h.SetWebhook(Webhook{URL: bad}) == nil {
			t.Errorf("%s must be refused", bad)
		}
	}
}

func TestControlWebhook(t *testing.T) {
	r := newReceiver(t)
	h, at := newControl(t)
	h.turn("nightlyWorks", "true")
	if a := h.send("PUT", at+"/webhook", `{"url":"`+r.url+`","secret":"s"}`); a.status != 200 {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	id := h.SeedLogin(SeedOptions{Scheduled: true})
	if a := h.send("POST", at+"/webhook/send", `{"loginId":"`+id+`"}`); a.body != "{\"status\":200}\n" {
		t.Errorf("got %s", a.body)
	}
	h.RunNightly()
	if a := h.send("POST", at+"/webhook/deliver", ""); a.body != "{\"sent\":1,\"waiting\":1}\n" {
		t.Errorf("got %s", a.body)
	}
	wantKinds(t, r, WebhookAccountsDetail, WebhookKYC)
	for _, bad := range []string{
		`{"loginId":"` + newGUID() + `"}`, `{"loginId":"` + id + `","responseType":"PayEvent"}`, `{"login":"` + id + `"}`,
	} {
		if a := h.send("POST", at+"/webhook/send", bad); a.status != 400 {
			t.Errorf("%s: got %d %s", bad, a.status, a.body)
		}
	}
	if a := h.send("PUT", at+"/webhook", `{"url":"nowhere"}`); a.status != 400 {
		t.Errorf("got %d", a.status)
	}
}
