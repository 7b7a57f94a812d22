package lifecycle_test

import (
	"slices"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// reads lets an application read the data through the data API, which changes nothing: that there is
// newer data than the status says is a reason to look, and no more.
func (w *walk) reads() {
	inputs := w.replica()
	d := lifecycle.ReadData(w.now, inputs.Facts)
	w.log("an application reads: %s %s", d.Obstacle, d.Cause)
	if d.Obstacle != "" {
		w.refusedToRead(inputs, d)
		return
	}
	w.mayRead(inputs, d)
	if w.f.down || w.f.gone || !w.f.lastRefresh.After(d.DataTime) || !lifecycle.IsObserveDue(w.now, inputs.Connection, 0) {
		return
	}
	if st, ok := lifecycle.RequestObserve(w.now, inputs); ok && w.replicaWrites(inputs, st) {
		w.log("the read found newer data")
	}
}

// mayRead: data is handed out of a bound login that the object owns, while it is neither deleted nor
// suspended, and of no account that the customer did not select.
func (w *walk) mayRead(inputs lifecycle.Inputs, d lifecycle.DataReading) {
	c := inputs.Connection
	selected := c.Status.Selection
	switch {
	case c.Status.Binding == nil, inputs.Duplicate, !c.DeletionTimestamp.IsZero(), c.Spec.Suspend, inputs.Instance.Problem != "":
		w.broken("data is handed out")
	case d.DataTime.IsZero():
		w.broken("data is handed out that never was")
	case d.Accounts == nil && selected != nil:
		w.broken("all accounts are handed out where %d are selected", len(selected.AccountIDs))
	case d.Accounts != nil && len(d.Accounts) == 0:
		w.broken("none of the accounts are handed out")
	}
	for _, id := range d.Accounts {
		if selected != nil && !slices.ContainsFunc(selected.AccountIDs, func(s string) bool { return strings.EqualFold(s, id) }) {
			w.broken("an account is handed out that was not selected")
		}
	}
}

// refusedToRead: what keeps an application from the data is so.
func (w *walk) refusedToRead(inputs lifecycle.Inputs, d lifecycle.DataReading) {
	c := inputs.Connection
	is := map[lifecycle.DataObstacle]bool{
		lifecycle.DataBeingDeleted: !c.DeletionTimestamp.IsZero(),
		lifecycle.DataSuspended:    c.Spec.Suspend,
		lifecycle.DataOfOther:      true, // The status may say so, until the next reconcile.
		lifecycle.DataWantsUser:    c.Status.Reconnect != nil,
		lifecycle.DataNotBound:     c.Status.Binding == nil,
		lifecycle.DataMissing:      c.Status.LastRefreshTime == nil || c.Status.DataExpiryTime != nil,
		lifecycle.DataNotSelected:  d.Cause != "",
		lifecycle.DataInstance:     inputs.Instance.Problem != "",
	}
	if !is[d.Obstacle] {
		w.broken("no data is handed out because of %q, which is not so", d.Obstacle)
	}
}
