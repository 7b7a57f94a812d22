package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	// The periods that Flinks publishes. The contract of an instance may differ, hence
	// spec.retention.
	dataRetention        = 90 * 24 * time.Hour
	credentialsRetention = 30 * 24 * time.Hour

	// expiryNotice is how long before the data expires the status announces it, but at
	// most a ninth of the retention: an announcement from the first day on tells nothing.
	expiryNotice      = 10 * 24 * time.Hour
	expiryNoticeShare = 9
)

// retention returns how long the instance keeps what belongs to a login.
func (s *state) retention() (data, credentials time.Duration) {
	r := s.Instance.Retention
	if r == nil {
		r = &v1alpha1.Retention{}
	}
	return durationOr(r.Data, dataRetention), durationOr(r.Credentials, credentialsRetention)
}

// noteExpiry records when Flinks may drop what belongs to the login.
func (s *state) noteExpiry() {
	switch {
	case s.st.LastRefreshTime == nil:
		s.st.DataExpiryTime, s.st.CredentialsExpiryTime = nil, nil
		return
	case s.Instance.Problem == v1alpha1.ReasonInstanceNotFound && knowsExpiry(s.st):
		return // The effective retention is not known now.
	}
	data, credentials := s.retention()
	s.st.DataExpiryTime = future(s.st.LastRefreshTime.Add(data))
	s.st.CredentialsExpiryTime = future(s.st.LastRefreshTime.Add(credentials))
}

func knowsExpiry(st *v1alpha1.BankConnectionStatus) bool {
	return Pending(st.LastRefreshTime.Time, st.DataExpiryTime) && Pending(st.LastRefreshTime.Time, st.CredentialsExpiryTime)
}

// needsCredentials reports whether a live session at a time needs the customer, because
// Flinks may have dropped the credentials by then. It does not read the recorded time,
// which a user may have edited.
func (s *state) needsCredentials(at time.Time) bool {
	last := s.st.LastRefreshTime
	_, credentials := s.retention()
	return last != nil && !at.Before(last.Add(credentials))
}

// expiring returns the reason that Flinks soon drops the data, or may have dropped it;
// empty if neither.
func expiring(now time.Time, st *v1alpha1.BankConnectionStatus) string {
	switch {
	case st.LastRefreshTime == nil || st.DataExpiryTime == nil:
		return ""
	case due(now, st.DataExpiryTime):
		return v1alpha1.ReasonDataExpired
	case !now.Before(noticeTime(st)):
		return v1alpha1.ReasonDataExpiresSoon
	}
	return ""
}

// noticeTime returns when the status announces that the data expires.
func noticeTime(st *v1alpha1.BankConnectionStatus) time.Time {
	kept := st.DataExpiryTime.Sub(st.LastRefreshTime.Time)
	return st.DataExpiryTime.Add(-min(expiryNotice, kept/expiryNoticeShare))
}

// expiryInstants returns the times at which the expiry of the data changes the status.
func expiryInstants(st *v1alpha1.BankConnectionStatus) []time.Time {
	if st.LastRefreshTime == nil || st.DataExpiryTime == nil {
		return nil
	}
	return []time.Time{noticeTime(st), st.DataExpiryTime.Time}
}
