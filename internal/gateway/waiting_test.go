package gateway

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/flinks-operator/flinks-operator/internal/session"
)

// TestUntil: nobody is told to come back too soon.
func TestUntil(t *testing.T) {
	t.Parallel()
	tests := map[time.Duration][2]string{
		-time.Hour:                   {"in a minute.", "dans une minute."},
		0:                            {"in a minute.", "dans une minute."},
		time.Minute:                  {"in a minute.", "dans une minute."},
		time.Minute + 1:              {"in 2 minutes.", "dans 2 minutes."},
		90 * time.Minute:             {"in 90 minutes.", "dans 90 minutes."},
		90*time.Minute + time.Second: {"in 2 hours.", "dans 2 heures."},
		23*time.Hour + time.Second:   {"in 24 hours.", "dans 24 heures."},
		36*time.Hour + time.Second:   {"in 2 days.", "dans 2 jours."},
		7 * 24 * time.Hour:           {"in 7 days.", "dans 7 jours."},
	}
	for wait, want := range tests {
		if en, fr := englishTexts.until(wait), frenchTexts.until(wait); en != "Try again "+want[0] || fr != "Réessayez "+want[1] {
			t.Errorf("%v: %q and %q", wait, en, fr)
		}
	}
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ own, accepted, want string }{
		"nothing":                        {want: "en"},
		"the connection's own":           {own: "fr", accepted: "en-CA", want: "fr"},
		"one that there is not":          {own: "de", accepted: "fr", want: "fr"},
		"the browser's":                  {accepted: "fr-CA, fr;q=0.9, en;q=0.8", want: "fr"},
		"the best, not the first":        {accepted: "en;q=0.3, fr;q=0.7", want: "fr"},
		"the first of two":               {accepted: "fr;q=0.7, en;q=0.7", want: "fr"},
		"one that is refused":            {accepted: "fr;q=0, de", want: "en"},
		"refused in full":                {accepted: "fr;q=0.000", want: "en"},
		"letters of any size":            {accepted: "FR-ca", want: "fr"},
		"others first":                   {accepted: "de-DE,de;q=0.9,fr;q=0.1,*;q=0.05", want: "fr"},
		"a quality that is none":         {accepted: "fr;q=much, en;q=0.1", want: "en"},
		"a quality that is not a number": {accepted: "fr;q=NaN, en;q=0.1", want: "en"},
		"a quality above all":            {accepted: "fr;q=7, en", want: "en"},
		"garbage":                        {accepted: ";;,q=,\x00", want: "en"},
		"a name that merely begins so":   {accepted: "frr", want: "en"},
	}
	for name, test := range tests {
		if got := negotiate(test.own, test.accepted); got != test.want {
			t.Errorf("%s: %s, not %s", name, got, test.want)
		}
	}
}

// lookout is an operator that is only looked at.
type lookout struct {
	session.Backend

	view session.View
}

func (l lookout) Look(context.Context, session.Identifier) (session.View, error) { return l.view, nil }

// TestWaitingPages: who has to wait is told how long, and can look again.
func TestWaitingPages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for _, state := range []session.State{session.StateWait, session.StateUnavailable} {
		body := get(t, now, session.View{State: state, Until: now.Add(10 * time.Minute)}, "GET", "/c/"+strings.Repeat("a", 88), "")
		for _, want := range []string{`<time datetime="2026-11-20T12:10:00Z">Try again in 10 minutes.</time>`, `<button id="go"`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %s in\n%s", state, want, body)
			}
		}
	}
}

// TestLandedAgain: when the landing page is loaded again its address says nothing any
// more, and the page leads back to the link.
func TestLandedAgain(t *testing.T) {
	t.Parallel()
	body := get(t, time.Time{}, session.View{State: session.StateConnect}, "POST", "/landed", `{"loginId":"","requestId":""}`)
	if want := `{"state":"Connect","path":"/c/` + strings.Repeat("a", 88) + `"}`; body != want {
		t.Errorf("got %s, want %s", body, want)
	}
}

// get sends what a browser would that has the cookie of a link.
func get(t *testing.T, now time.Time, v session.View, method, path, body string) string {
	t.Helper()
	g := New(Config{
		Sessions: lookout{view: v}, Clock: testingclock.NewFakePassiveClock(now), Limits: DefaultLimits(),
		Log: slog.New(slog.DiscardHandler),
	})
	r := httptest.NewRequestWithContext(t.Context(), method, "https://gateway.test"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(&http.Cookie{Name: cookieName, Value: strings.Repeat("a", 88)})
	w := httptest.NewRecorder()
	g.Public().ServeHTTP(w, r)
	answer, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}
