package lifecycle

import (
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// DataReading says what an application may read of a connection.
type DataReading struct {
	// Obstacle is why it may read nothing now; empty if it may. Cause is a reason of the API that
	// says more.
	Obstacle DataObstacle
	Cause    string
	// Accounts are the ids of those that are handed out, in lower case; all of the login's if nil.
	Accounts []string
	// DataTime is when the bank gave Flinks the newest data that is known.
	DataTime time.Time
}

// DataObstacle is why an application may read nothing.
type DataObstacle string

// The obstacles.
const (
	// DataBeingDeleted: the object is being deleted.
	DataBeingDeleted DataObstacle = "BeingDeleted"
	// DataSuspended: the object is suspended.
	DataSuspended DataObstacle = "Suspended"
	// DataOfOther: another object owns the login.
	DataOfOther DataObstacle = "DuplicateLogin"
	// DataWantsUser: there is no usable data until the customer acts.
	DataWantsUser DataObstacle = "UserActionRequired"
	// DataNotBound: no login is bound.
	DataNotBound DataObstacle = "NotBound"
	// DataMissing: Flinks never had data, or has dropped it.
	DataMissing DataObstacle = "NoData"
	// DataNotSelected: no account may be handed out.
	DataNotSelected DataObstacle = "SelectionUnknown"
	// DataInstance: the instance cannot be used.
	DataInstance DataObstacle = "InstanceUnavailable"
)

// ReadData decides whether an application may read the data of a connection. It needs facts
// alone, so that a caller who has the newest data costs no call.
func ReadData(now time.Time, f Facts) DataReading {
	d := DataReading{}
	if t := f.Connection.Status.LastRefreshTime; t != nil {
		d.DataTime = t.Time
	}
	if d.Obstacle, d.Cause = f.dataObstacle(now); d.Obstacle != "" {
		return d
	}
	accounts, all, problem := HandOut(f.Connection)
	if problem != "" {
		d.Obstacle, d.Cause = DataNotSelected, problem
		return d
	}
	if !all {
		d.Accounts = make([]string, 0, len(accounts))
		for _, id := range accounts {
			d.Accounts = append(d.Accounts, strings.ToLower(id))
		}
	}
	return d
}

// dataObstacle returns why the data may not be read, whichever accounts were selected; empty if
// nothing prevents it.
func (f Facts) dataObstacle(now time.Time) (o DataObstacle, cause string) {
	st := &f.Connection.Status
	usable := hasUsableData(now, st)
	switch {
	case !f.Connection.DeletionTimestamp.IsZero():
		return DataBeingDeleted, ""
	case f.Connection.Spec.Suspend:
		return DataSuspended, ""
	case f.Duplicate || isDuplicate(st):
		return DataOfOther, ""
	case !usable && st.Reconnect != nil && st.Reconnect.Reason != "":
		return DataWantsUser, st.Reconnect.Reason
	case st.Binding == nil:
		return DataNotBound, ""
	case f.Instance.Problem != "":
		return DataInstance, f.Instance.Problem
	case !usable:
		return DataMissing, ""
	}
	return "", ""
}

// hasUsableData reports whether Flinks has data of the bound login that it has not dropped.
func hasUsableData(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	expired := st.DataExpiryTime != nil && !now.Before(st.DataExpiryTime.Time)
	return st.Binding != nil && st.LastRefreshTime != nil && !expired
}

// DataLook is what a look at Flinks means to an application that reads.
type DataLook string

// What a look means.
const (
	// DataReadable: the session of the answer opens the data.
	DataReadable DataLook = "Readable"
	// DataNeedsUser: the bank wants the customer, and there is no older data.
	DataNeedsUser DataLook = "NeedsUser"
	// DataLoginGone: Flinks does not know the login.
	DataLoginGone DataLook = "LoginGone"
	// DataNotNow: asking again later may help.
	DataNotNow DataLook = "NotNow"
)

// JudgeLook judges a failed look. That a refresh failed says nothing of the data: the session of
// a refusal that is replayed opens what was there before.
func JudgeLook(err *flinks.Error) DataLook {
	switch {
	case err.InSession && !err.RequestID.IsZero():
		return DataReadable
	case err.Class == flinks.ClassUser:
		return DataNeedsUser
	case err.Class == flinks.ClassGone:
		return DataLoginGone
	}
	return DataNotNow
}

// NeedsUser returns why the customer has to act; empty if they do not.
func NeedsUser(c *v1alpha1.BankConnection) (reason string) {
	if r := c.Status.Reconnect; r != nil {
		return r.Reason
	}
	return ""
}

// IsObserveDue reports whether an application that has the newest known data may make the operator
// look for newer data: a minute after the last look, and not while a session is under way, whose
// outcome the operator reads by itself.
func IsObserveDue(now time.Time, c *v1alpha1.BankConnection, pace time.Duration) bool {
	last := c.Status.LastObservedTime
	return (last == nil || !now.Before(last.Add(pace))) && !SessionMayBeOpen(now, &c.Status) && !isUnderWay(&c.Status)
}
