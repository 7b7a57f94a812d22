package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestJudgeLink goes through what the data of a session can say, an hour after the link was made
// and a minute after Flinks Connect was opened.
func TestJudgeLink(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	now, issued, opened := f.now, f.now.Add(-time.Hour), f.now.Add(-time.Minute)
	evidence := func(change ...func(*lifecycle.LinkEvidence)) lifecycle.LinkEvidence {
		e := lifecycle.LinkEvidence{SameLogin: true, LastRefresh: now, Issued: issued}
		for _, f := range change {
			f(&e)
		}
		return e
	}
	reported := func(e *lifecycle.LinkEvidence) { e.Reported = true }
	tagged := func(e *lifecycle.LinkEvidence) { e.Tag = lifecycle.TagOfLink }
	tagOfOther := func(e *lifecycle.LinkEvidence) { e.Tag = lifecycle.TagOfOther }
	otherLogin := func(e *lifecycle.LinkEvidence) { e.SameLogin = false }
	read := func(at time.Time) func(*lifecycle.LinkEvidence) {
		return func(e *lifecycle.LinkEvidence) { e.LastRefresh = at }
	}
	for name, row := range map[string]struct {
		opened   time.Time
		evidence lifecycle.LinkEvidence
		want     lifecycle.Proof
	}{
		"tag":                                   {opened, evidence(tagged), lifecycle.Proven},
		"tag, Connect was not opened":           {time.Time{}, evidence(tagged), lifecycle.Proven},
		"tag, the age of the data is not known": {opened, evidence(tagged, read(time.Time{})), lifecycle.Proven},
		"tag, data older than the link":         {opened, evidence(tagged, read(issued.Add(-6*time.Minute))), lifecycle.Refuted},
		"tag of another link":                   {opened, evidence(tagOfOther), lifecycle.Refuted},
		"tag, another login":                    {opened, evidence(tagged, otherLogin), lifecycle.Refuted},
		"no tag":                                {opened, evidence(), lifecycle.ProofMissing},

		"session":                                   {opened, evidence(reported), lifecycle.Proven},
		"session with the tag":                      {opened, evidence(reported, tagged), lifecycle.Proven},
		"session, the clocks differ a little":       {opened, evidence(reported, read(opened.Add(-4*time.Minute))), lifecycle.Proven},
		"session, data from before Connect":         {opened, evidence(reported, read(opened.Add(-6*time.Minute))), lifecycle.ProofMissing},
		"session with the tag, data from before":    {opened, evidence(reported, tagged, read(opened.Add(-6*time.Minute))), lifecycle.ProofMissing},
		"session, data older than the link":         {opened, evidence(reported, read(issued.Add(-6*time.Minute))), lifecycle.Refuted},
		"session, the age of the data is not known": {opened, evidence(reported, read(time.Time{})), lifecycle.ProofMissing},
		"session with another tag":                  {opened, evidence(reported, tagOfOther), lifecycle.Refuted},
		"session of another login":                  {opened, evidence(reported, otherLogin), lifecycle.Refuted},
		"session, Connect was not opened":           {time.Time{}, evidence(reported), lifecycle.ProofMissing},
		"session, Connect was opened an hour ago":   {now.Add(-time.Hour), evidence(reported), lifecycle.ProofMissing},
	} {
		st := f.status().DeepCopy()
		if !row.opened.IsZero() {
			st.Internal.ConnectOpenTime = lifecycle.Past(row.opened)
		}
		if got := lifecycle.JudgeLink(now, st, row.evidence); got != row.want {
			t.Errorf("%s: %v, not %v", name, got, row.want)
		}
	}
}
