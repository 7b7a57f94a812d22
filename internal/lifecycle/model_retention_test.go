package lifecycle_test

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

const day = 24 * time.Hour

// editsRetention lets an administrator change how long Flinks keeps data.
func (w *walk) editsRetention() {
	kept := &v1alpha1.Retention{
		Data:        &metav1.Duration{Duration: oneOf(w.f, day, 9*day, 90*day, 3650*day)},
		Credentials: &metav1.Duration{Duration: oneOf(w.f, day, 2*day, 30*day, 3650*day)},
	}
	w.outside.Instance.Retention = oneOf(w.f, nil, kept)
	w.log("retention %+v", w.outside.Instance.Retention)
	w.poke()
}

// kept returns how long an instance keeps data and credentials.
func kept(i lifecycle.Instance) (data, credentials time.Duration) {
	if i.Retention == nil {
		return 90 * day, 30 * day
	}
	return i.Retention.Data.Duration, i.Retention.Credentials.Duration
}

// credentialsClaimed: what Flinks may have forgotten the credentials for is not begun
// without the customer.
func (w *walk) credentialsClaimed(st *v1alpha1.BankConnectionStatus, inputs lifecycle.Inputs) {
	_, credentials := kept(inputs.Instance)
	if st.LastRefreshTime != nil && w.now.Sub(st.LastRefreshTime.Time) >= credentials {
		w.broken("an unattended refresh %v after the last one", w.now.Sub(st.LastRefreshTime.Time))
	}
}

// expires: what is said of the end of data and credentials follows from their age, and
// nothing is planned for afterwards.
func (w *walk) expires(st *v1alpha1.BankConnectionStatus, inputs lifecycle.Inputs) {
	if !inputs.Connection.DeletionTimestamp.IsZero() {
		return
	}
	last := st.LastRefreshTime
	if last == nil {
		if st.DataExpiryTime != nil || st.CredentialsExpiryTime != nil {
			w.broken("something expires that there never was")
		}
		return
	}
	data, credentials := kept(inputs.Instance)
	if !st.DataExpiryTime.Time.Equal(last.Add(data)) || !st.CredentialsExpiryTime.Time.Equal(last.Add(credentials)) {
		w.broken("data of %v expire at %v, credentials at %v", last, st.DataExpiryTime, st.CredentialsExpiryTime)
	}
	if next := st.NextRefreshTime; next != nil && next.Sub(last.Time) >= credentials {
		w.broken("a refresh is planned for %v, without credentials", next)
	}
	expired := slices.ContainsFunc(st.Conditions, func(c metav1.Condition) bool { return c.Reason == v1alpha1.ReasonDataExpired })
	if expired != (w.now.Sub(last.Time) >= data) {
		w.broken("data of %v: expired is %v", last, expired)
	}
}
