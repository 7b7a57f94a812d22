package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestNoteRevocation: the time that is in force is the one in the annotation, but never later than
// when it was first seen, and never earlier than before.
func TestNoteRevocation(t *testing.T) {
	now := time.Date(2031, 5, 6, 7, 8, 9, 500_000_000, time.UTC)
	second := now.Truncate(time.Second)
	for name, row := range map[string]struct {
		noted      time.Duration // 0 for none
		annotation string
		want       time.Duration // from the second
		invalid    string
	}{
		"none":                  {},
		"now":                   {annotation: "2031-05-06T07:08:09Z"},
		"in another zone":       {annotation: "2031-05-06T03:08:09-04:00"},
		"an hour ago":           {annotation: "2031-05-06T06:08:09Z", want: -time.Hour},
		"ahead":                 {annotation: "2999-01-01T00:00:00Z", want: time.Second},
		"earlier than the last": {noted: -time.Minute, annotation: "2031-05-06T06:08:09Z", want: -time.Minute},
		"removed":               {noted: -time.Minute, want: -time.Minute},
		"no time":               {noted: -time.Minute, annotation: "now", want: -time.Minute, invalid: v1alpha1.ReasonRevocationUnreadable},
		"before all":            {annotation: "0001-01-01T00:00:00Z", invalid: v1alpha1.ReasonRevocationUnreadable},
	} {
		t.Run(name, func(t *testing.T) {
			var st v1alpha1.InstanceStatus
			if row.noted != 0 {
				before := lifecycle.Past(second.Add(row.noted))
				st.LinkRevocation = &v1alpha1.LinkRevocation{RequestTime: *before, EffectiveTime: *before}
			}
			for range 2 { // The second time changes nothing.
				r := lifecycle.Revocation{Annotation: row.annotation, Noted: st.LinkRevocation}
				if got := r.Note(now, &st); got != row.invalid {
					t.Errorf("invalid because of %q", got)
				}
				now = now.Add(time.Minute)
			}
			now = now.Add(-2 * time.Minute)
			revoked := row.noted != 0 || row.annotation != "" && row.invalid == ""
			switch {
			case (st.LinkRevocation != nil) != revoked:
				t.Errorf("it noted %+v", st.LinkRevocation)
			case revoked && !st.LinkRevocation.EffectiveTime.Time.Equal(second.Add(row.want)):
				t.Errorf("in force is %v", st.LinkRevocation.EffectiveTime)
			}
		})
	}
}
