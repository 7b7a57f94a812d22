package flinkssim

import (
	"testing"
	"time"
)

// newNight returns a simulator of an instance whose nightly refresh works.
func newNight(t *testing.T) *harness {
	t.Helper()
	return newHarness(t, func(k *Knobs) { k.NightlyWorks = true })
}

func (h *harness) nightlyStatus() answer {
	h.t.Helper()
	return h.call("GET", "GetNightlyRefreshStatus", "", "Authorization", "Bearer bearer")
}

func TestNightlyEligibility(t *testing.T) {
	old := start.Add(-nightlyWindow - time.Second)
	tests := []struct {
		name string
		seed SeedOptions
		want string // the card, if ineligible
	}{
		{"fine", SeedOptions{Scheduled: true}, ""},
		{"off", SeedOptions{LastRefresh: old}, ""},
		{"a transient error", SeedOptions{Scheduled: true, LastCode: "BANK_MAINTENANCE_RETRY_LATER"}, ""},
		{"no success for a week", SeedOptions{Scheduled: true, LastRefresh: old},
			`{"LoginId":"$login","LastRefreshDate":"2026-02-25T10:20:29.1234567","LastRefreshState":"Completed","LastRefreshErrorCode":null}`},
		{"no cached call for a week", SeedOptions{Scheduled: true, LastCachedCall: old},
			`{"LoginId":"$login","LastRefreshDate":"` + startText + `","LastRefreshState":"Completed","LastRefreshErrorCode":null}`},
		{"an unanswered question", SeedOptions{Scheduled: true, LastCode: codeQuestionNotFound},
			`{"LoginId":"$login","LastRefreshDate":"` + startText + `","LastRefreshState":"AnsweringSecurityChallenge","LastRefreshErrorCode":null}`},
		{"an error of the login", SeedOptions{Scheduled: true, LastCode: codeInvalidPassword},
			`{"LoginId":"$login","LastRefreshDate":"` + startText + `","LastRefreshState":"Failed","LastRefreshErrorCode":"INVALID_PASSWORD"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newNight(t)
			id := h.SeedLogin(tt.seed)
			wantAnswer(t, h.nightlyStatus(), 200, `{"HttpStatusCode":200,"IneligibleCards":[`+tt.want+`]}`, id)
		})
	}
}

func TestACachedCallKeepsALoginEligible(t *testing.T) {
	h := newNight(t)
	id := h.SeedLogin(SeedOptions{Scheduled: true, LastCachedCall: start.Add(-8 * 24 * time.Hour)})
	if n := h.RunNightly(); n != 0 {
		t.Errorf("tried %d logins, want none", n)
	}
	h.authorize(cachedCall(id))
	if n := h.RunNightly(); n != 1 {
		t.Errorf("tried %d logins, want one", n)
	}
}

func TestNightlyRefreshAsksNoCustomer(t *testing.T) {
	h := newNight(t)
	quiet := h.SeedLogin(SeedOptions{Scheduled: true})
	asking := h.SeedLogin(SeedOptions{Username: "Greatday", Scheduled: true})
	h.pass(24 * time.Hour)
	if n := h.RunNightly(); n != 2 {
		t.Fatalf("tried %d logins, want 2", n)
	}
	if state, _ := h.Login(quiet); !state.LastRefresh.Equal(h.Now()) {
		t.Errorf("got last refresh %v", state.LastRefresh)
	}
	if state, _ := h.Login(asking); state.LastCode != codeQuestionNotFound || state.OpenSessions != 0 {
		t.Errorf("got %+v", state)
	}
	wantCode(t, h.authorize(cachedCall(asking)), 401, codeQuestionNotFound)
}

func TestScheduledFlagIsReadBack(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	for _, on := range []string{"true", "false"} {
		h.call("PATCH", "SetScheduledRefresh", `{"LoginId":"`+id+`","IsActivated":`+on+`}`, "x-api-key", "api")
		state, _ := h.Login(id)
		if want := on == "true"; state.Scheduled != want {
			t.Errorf("got %t, want %t", state.Scheduled, want)
		}
	}
}

// Without it, every login that is to have it is ineligible, and nothing happens.
func TestNightlyRefreshThatIsNotSupported(t *testing.T) {
	h := newHarness(t)
	id := h.SeedLogin(SeedOptions{Scheduled: true})
	wantAnswer(t, h.nightlyStatus(), 200, `{"HttpStatusCode":200,"IneligibleCards":[{"LoginId":"$login",
		"LastRefreshDate":"`+startText+`","LastRefreshState":"Completed","LastRefreshErrorCode":null}]}`, id)
	h.pass(24 * time.Hour)
	if n := h.RunNightly(); n != 0 {
		t.Errorf("tried %d logins", n)
	}
}
