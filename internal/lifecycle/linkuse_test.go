package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

var (
	thisBrowser  = strings.Repeat("a", 43)
	otherBrowser = strings.Repeat("b", 43)
)

// visited is a connection whose link was used.
func visited(now time.Time, proof v1alpha1.LinkProof, use *v1alpha1.LinkUse) lifecycle.Inputs {
	issued := metav1.NewTime(now.Add(-time.Hour))
	if use != nil && use.LinkIssueTime.IsZero() {
		use.LinkIssueTime = issued
	}
	return lifecycle.Inputs{Facts: lifecycle.Facts{Connection: &v1alpha1.BankConnection{
		Spec: v1alpha1.BankConnectionSpec{Reconnect: &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkGateway, Proof: proof}}},
		Status: v1alpha1.BankConnectionStatus{
			Reconnect: &v1alpha1.ReconnectStatus{Reason: v1alpha1.ReasonConnectRequired, Link: v1alpha1.LinkStatus{IssueTime: &issued}},
			Internal:  v1alpha1.InternalStatus{LinkUse: use},
		},
	}}}
}

func TestVisitLink(t *testing.T) {
	now := time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) metav1.Time { return metav1.NewTime(now.Add(-d)) }
	proven := func(challenge string, used, proof time.Duration) *v1alpha1.LinkUse {
		p := ago(proof)
		return &v1alpha1.LinkUse{Challenge: challenge, UseTime: ago(used), ProofTime: &p}
	}
	unproven := func(challenge string, used time.Duration) *v1alpha1.LinkUse {
		return &v1alpha1.LinkUse{Challenge: challenge, UseTime: ago(used)}
	}
	replaced := unproven(otherBrowser, 0)
	replaced.LinkIssueTime = ago(2 * time.Hour)
	const none, application = v1alpha1.ProofNone, v1alpha1.ProofApplication
	for name, tc := range map[string]struct {
		proof     v1alpha1.LinkProof
		use       *v1alpha1.LinkUse
		browser   string
		was, want lifecycle.LinkState
		acts      bool
	}{
		"nothing asked":                   {none, nil, "", lifecycle.LinkConnect, lifecycle.LinkConnect, true},
		"nothing said":                    {"", nil, "", lifecycle.LinkConnect, lifecycle.LinkConnect, true},
		"used here":                       {none, unproven(thisBrowser, time.Minute), thisBrowser, lifecycle.LinkStart, lifecycle.LinkStart, true},
		"used elsewhere":                  {none, unproven(otherBrowser, time.Minute), thisBrowser, lifecycle.LinkStart, lifecycle.LinkInUse, false},
		"used elsewhere, before a click":  {none, unproven(otherBrowser, time.Minute), "", lifecycle.LinkResume, lifecycle.LinkInUse, false},
		"used elsewhere, at work":         {none, unproven(otherBrowser, time.Minute), thisBrowser, lifecycle.LinkWorking, lifecycle.LinkWorking, false},
		"used elsewhere, long ago":        {none, unproven(otherBrowser, 15*time.Minute+time.Second), thisBrowser, lifecycle.LinkStart, lifecycle.LinkStart, true},
		"another link was used":           {none, replaced, thisBrowser, lifecycle.LinkStart, lifecycle.LinkStart, true},
		"a proof asked":                   {application, nil, thisBrowser, lifecycle.LinkConnect, lifecycle.LinkProofRequired, false},
		"a proof asked, before a click":   {application, nil, "", lifecycle.LinkStart, lifecycle.LinkProofRequired, false},
		"a proof asked, at work":          {application, nil, thisBrowser, lifecycle.LinkWorking, lifecycle.LinkWorking, false},
		"a proof asked, done":             {application, nil, thisBrowser, lifecycle.LinkDone, lifecycle.LinkDone, false},
		"proven":                          {application, proven(thisBrowser, 0, 59*time.Minute), thisBrowser, lifecycle.LinkResume, lifecycle.LinkResume, true},
		"proven an hour ago":              {application, proven(thisBrowser, 0, time.Hour), thisBrowser, lifecycle.LinkResume, lifecycle.LinkProofRequired, false},
		"used before a proof was asked":   {application, unproven(thisBrowser, 0), thisBrowser, lifecycle.LinkResume, lifecycle.LinkProofRequired, false},
		"proven elsewhere":                {application, proven(otherBrowser, 0, 0), thisBrowser, lifecycle.LinkConnect, lifecycle.LinkInUse, false},
		"proven elsewhere, no more used":  {application, proven(otherBrowser, 20*time.Minute, 20*time.Minute), thisBrowser, lifecycle.LinkConnect, lifecycle.LinkProofRequired, false},
		"proven elsewhere, before clicks": {application, proven(otherBrowser, 20*time.Minute, 20*time.Minute), "", lifecycle.LinkConnect, lifecycle.LinkProofRequired, false},
	} {
		t.Run(name, func(t *testing.T) {
			v, acts := lifecycle.VisitLink(now, visited(now, tc.proof, tc.use), lifecycle.LinkView{State: tc.was}, tc.browser)
			if v.State != tc.want || acts != tc.acts {
				t.Errorf("%s, acts: %v; want %s, %v", v.State, acts, tc.want, tc.acts)
			}
			if v.State == lifecycle.LinkInUse && !v.Until.After(now) {
				t.Errorf("until %v", v.Until)
			}
		})
	}
}

// TestUseIsWrittenRarely: clicks in a row change nothing, and neither does the same proof.
func TestUseIsWrittenRarely(t *testing.T) {
	now := time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)
	in := visited(now, v1alpha1.ProofApplication, nil)
	write := func(after time.Duration, change lifecycle.StatusChange, want bool) {
		t.Helper()
		st, ok := change(now.Add(after), in)
		if ok != want {
			t.Errorf("after %v it writes: %v", after, ok)
		}
		if ok {
			in.Connection = in.Connection.DeepCopy()
			in.Connection.Status = st
		}
	}
	use, prove := lifecycle.InBrowser(thisBrowser, lifecycle.UseLink), lifecycle.ProveLink(thisBrowser)
	write(0, prove, true)
	write(0, prove, false)
	write(4*time.Minute, use, false)
	write(5*time.Minute, use, true)
	if in.Connection.Status.Internal.LinkUse.ProofTime == nil {
		t.Error("a click forgets the proof")
	}
	write(59*time.Minute, prove, false)
	write(60*time.Minute, prove, true)
	write(61*time.Minute, lifecycle.InBrowser("", lifecycle.UseLink), false)
	write(61*time.Minute, lifecycle.InBrowser(otherBrowser, lifecycle.UseLink), true)
	if in.Connection.Status.Internal.LinkUse.ProofTime != nil {
		t.Error("another browser has the proof")
	}
}
