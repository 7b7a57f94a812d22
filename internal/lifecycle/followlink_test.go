package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestFollowLink goes through what links of every kind and age lead to.
func TestFollowLink(t *testing.T) {
	found := func(s *fixture) lifecycle.LinkView { return lifecycle.ViewLink(s.now, s.Inputs) }
	state := func(state lifecycle.LinkState) func(*fixture) lifecycle.LinkView {
		return func(*fixture) lifecycle.LinkView { return lifecycle.LinkView{State: state} }
	}
	const newest, older = time.Duration(0), -time.Second
	for name, row := range map[string]struct {
		from              func(testing.TB) *fixture
		arrange           func(*fixture)
		connects, expired bool
		issued            time.Duration // after the newest link
		want              func(*fixture) lifecycle.LinkView
		open              bool
	}{
		"the newest":                      {newWanted, nil, false, false, newest, found, true},
		"an older one":                    {newWanted, nil, false, false, older, state(lifecycle.LinkReplaced), false},
		"an expired one":                  {newWanted, nil, false, true, newest, state(lifecycle.LinkExpired), false},
		"an expired older one":            {newWanted, nil, false, true, older, state(lifecycle.LinkExpired), false},
		"the newest, suspended":           {newWanted, suspend, false, false, newest, found, true},
		"not asked to act":                {newLinked, nil, false, false, newest, found, false},
		"not asked to act, expired":       {newLinked, nil, false, true, newest, found, false},
		"to link a bank":                  {newUnlinked, nil, true, false, newest, found, true},
		"to link a bank, an older one":    {newUnlinked, nil, true, false, older, state(lifecycle.LinkReplaced), false},
		"to link a bank, expired":         {newUnlinked, nil, true, true, newest, state(lifecycle.LinkExpired), false},
		"to link one that is linked":      {newLinked, nil, true, false, newest, state(lifecycle.LinkDone), false},
		"to link one, and one is wanted":  {newWanted, nil, true, true, older, state(lifecycle.LinkDone), false},
		"to link one, blocked":            {newWanted, suspend, true, false, newest, found, false},
		"to reconnect one that is not":    {newUnlinked, nil, false, false, newest, state(lifecycle.LinkReplaced), false},
		"to reconnect one that is going":  {newWanted, func(s *fixture) { s.delete() }, false, false, newest, found, true},
		"an older one of one that leaves": {newWanted, func(s *fixture) { s.delete() }, false, false, older, state(lifecycle.LinkReplaced), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := row.from(t)
			if row.arrange != nil {
				row.arrange(s)
			}
			link := lifecycle.LinkClaims{Connects: row.connects, KeyID: s.Gateway.SigningKey, Issued: s.now}
			if r := s.status().Reconnect; r != nil && r.Link.IssueTime != nil {
				link.Issued = r.Link.IssueTime.Add(row.issued)
			}
			got, open := lifecycle.FollowLink(s.now, s.Inputs, link, row.expired)
			if diff := cmp.Diff(row.want(s), got); diff != "" || open != row.open {
				t.Errorf("open %t, want %t (-want +got):\n%s", open, row.open, diff)
			}
		})
	}
}

// TestLinkOfAnotherKey: someone who stole a key that no longer signs, and knows when a link was
// issued, makes none that works.
func TestLinkOfAnotherKey(t *testing.T) {
	s := newWanted(t)
	s.Gateway = gatewayWith("k1", "k0", "k1")
	link := lifecycle.LinkClaims{KeyID: "k0", Issued: s.status().Reconnect.Link.IssueTime.Time}
	if got, open := lifecycle.FollowLink(s.now, s.Inputs, link, false); got.State != lifecycle.LinkReplaced || open {
		t.Errorf("it shows %+v, open %t", got, open)
	}
}

// TestUnverifiedLogin is what a customer finds while Flinks does not confirm the login that
// they linked.
func TestUnverifiedLogin(t *testing.T) {
	const (
		denied      = lifecycle.LinkNotVerified
		working     = lifecycle.LinkWorking
		unavailable = lifecycle.LinkUnavailable
	)
	for name, row := range map[string]struct {
		err                       *flinks.Error
		withoutLogin, withoutData lifecycle.LinkState
	}{
		"no answer of Flinks":        {nil, unavailable, unavailable},
		"no such login":              {gone(), denied, denied},
		"asked to act":               {replay(flinks.CodeInvalidPassword), denied, denied},
		"Flinks is still at work":    {refusal(flinks.OpObserve, flinks.CodeOperationPending, true), working, unavailable},
		"another session is open":    {refusal(flinks.OpObserve, flinks.CodeConcurrentSession, true), working, unavailable},
		"the login is in use":        {refusal(flinks.OpObserve, flinks.CodeCardInUse, true), working, working},
		"the session has ended":      {refusal(flinks.OpGetAccountsDetail, flinks.CodeSessionExpired, true), unavailable, working},
		"there is no such session":   {refusal(flinks.OpGetAccountsDetail, flinks.CodeSessionNonexistent, true), unavailable, working},
		"the reply was lost":         {noAnswer(flinks.OpObserve), unavailable, unavailable},
		"the bank is away":           {replay(flinks.CodeRetryLater), unavailable, unavailable},
		"Flinks wants fewer calls":   {throttled(time.Minute), unavailable, unavailable},
		"the keys are not accepted":  {refusal(flinks.OpObserve, flinks.CodeUnauthorized, false), unavailable, unavailable},
		"nothing was sent to Flinks": {notSent(flinks.OpObserve), unavailable, unavailable},
	} {
		if got := lifecycle.WithoutLogin(row.err); got != row.withoutLogin {
			t.Errorf("%s: without a login %s, want %s", name, got, row.withoutLogin)
		}
		if got := lifecycle.WithoutData(row.err); got != row.withoutData {
			t.Errorf("%s: without data %s, want %s", name, got, row.withoutData)
		}
	}
}
