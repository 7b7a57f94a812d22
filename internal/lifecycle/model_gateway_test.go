package lifecycle_test

import (
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

const (
	gatewayURL = "https://connect.example.com/c/"
	sealed     = "sealed:"
)

// linkPromises is what has to be remembered to see the promises about the gateway kept.
type linkPromises struct {
	// pressed reports whether the customer clicked and no live session was claimed for it
	// yet.
	pressed     bool
	requestedAt time.Time
	// attended are the live sessions from presses that reached the bank since it last
	// let Flinks in.
	attended []time.Time
	// linkMade is when the newest link says that it was made.
	linkMade time.Time
	links    int
}

// gatewayGoes: the gateway is taken out of the instance, or put there.
func (w *walk) gatewayGoes() {
	w.outside.Gateway = oneOf(w.f, nil, gateway(), gateway(), gateway())
	if g := w.outside.Gateway; g != nil {
		g.Lifetime = oneOf(w.f, 0, time.Hour, 24*time.Hour)
	}
	w.outside.Instance.HasGateway = w.outside.Gateway != nil || w.f.chance(30)
	w.log("gateway: %+v, %v", w.outside.Gateway, w.outside.Instance.HasGateway)
	w.poke()
}

// asksLink asks for another link.
func (w *walk) asksLink() {
	w.links++
	value := "link-" + strconv.Itoa(w.links)
	w.log("%s", value)
	w.change(func(c *v1alpha1.BankConnection) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.LinkRequestedAtAnnotation, value)
	})
}

// replica returns what a replica that does not lead sees, possibly an older state.
func (w *walk) replica() lifecycle.Inputs {
	inputs := w.outside
	inputs.Connection = w.stored.BankConnection
	if w.otherLives && w.f.chance(10) {
		inputs.Connection = w.other.cached
	}
	inputs.Duplicate = inputs.Duplicate && inputs.Connection.Status.Binding != nil
	return inputs
}

// replicaWrites writes what a replica decided; that fails if the object is another by now.
func (w *walk) replicaWrites(inputs lifecycle.Inputs, st v1alpha1.BankConnectionStatus) bool {
	c := inputs.Connection.DeepCopy()
	c.Status = throughJSON(w.t, st)
	if !w.stored.put(c) {
		return false
	}
	w.poke()
	return true
}

// hints: Flinks, or another party with its key, sends a webhook.
func (w *walk) hints() {
	inputs := w.replica()
	if st, ok := lifecycle.RequestObserve(w.now, inputs); ok && w.replicaWrites(inputs, st) {
		w.log("a webhook")
	}
}

// usesLink lets the customer use a link to the gateway.
func (w *walk) usesLink() {
	inputs := w.travels(w.replica(), v1alpha1.JourneyOpened)
	switch v := lifecycle.ViewLink(w.now, inputs); v.State {
	case lifecycle.LinkStart:
		if !w.clicks(inputs) {
			w.broken("the page offers a click that is not taken")
		}
	case lifecycle.LinkResume:
		inputs = w.travels(inputs, v1alpha1.JourneyLeftForBank)
		url := strings.TrimPrefix(inputs.Connection.Status.Internal.SealedSession, sealed)
		w.log("customer %s on the page", w.f.customerAnswers(w.now, url))
		w.finishes(inputs)
	case lifecycle.LinkConnect:
		inputs = w.travels(inputs, v1alpha1.JourneyLeftForBank)
		w.log("customer %s on the page", w.f.customerConnects(w.now))
		if v.Reason == v1alpha1.ReasonConnectRequired && w.secretProblem == v1alpha1.ReasonSecretNotFound {
			w.secretProblem = ""
		}
		w.finishes(inputs)
	default: // They may look at a page that is a moment old, and still has the button.
		if !w.clicks(inputs) {
			w.log("customer finds %s", v.State)
		}
	}
}

// clicks lets the customer click the button, and reports whether that is taken.
func (w *walk) clicks(inputs lifecycle.Inputs) bool {
	st, ok := lifecycle.RequestRefresh(w.now, inputs)
	if ok && w.replicaWrites(inputs, st) {
		w.log("customer clicks the button")
		w.pressed, w.requestedAt = true, w.now
	}
	return ok
}

// travels writes that the customer came that far, unless the write comes too late, and returns what the
// replica sees then.
func (w *walk) travels(inputs lifecycle.Inputs, to v1alpha1.JourneyState) lifecycle.Inputs {
	st, ok := lifecycle.Travel(to, lifecycle.UseLink)(w.now, inputs)
	if !ok || !w.f.chance(80) || !w.replicaWrites(inputs, st) {
		return inputs
	}
	w.log("customer %s", to)
	inputs.Connection = w.stored.BankConnection
	return inputs
}

// journeyKept: a customer never goes back on their way with one link, unless they abandoned it.
func (w *walk) journeyKept(before, st *v1alpha1.BankConnectionStatus) {
	if problem := brokenJourney(st.Link); problem != "" {
		w.broken("journey: %s: %+v", problem, st.Link)
	}
	if problem := brokenAttempts(st.Attempts); problem != "" {
		w.broken("%s: %+v", problem, st.Attempts)
	}
	was, is := before.Link, st.Link
	if was == nil || is == nil || brokenJourney(was) != "" || !was.IssuedTime.Equal(&is.IssuedTime) || was.State == v1alpha1.JourneyAbandoned {
		return
	}
	way := []v1alpha1.JourneyState{
		v1alpha1.JourneyIssued, v1alpha1.JourneyOpened, v1alpha1.JourneyLeftForBank, v1alpha1.JourneyReturned,
		v1alpha1.JourneyAbandoned, v1alpha1.JourneyExpired, v1alpha1.JourneyCompleted,
	}
	if slices.Index(way, is.State) < slices.Index(way, was.State) {
		w.broken("the journey went from %s back to %s", was.State, is.State)
	}
}

func (w *walk) finishes(inputs lifecycle.Inputs) {
	if st, ok := lifecycle.Travel(v1alpha1.JourneyReturned, lifecycle.FinishLink)(w.now, inputs); ok && w.f.chance(80) && w.replicaWrites(inputs, st) {
		w.log("customer came through Flinks Connect")
	}
}

// seals hides the session that a live call left open.
func (m *manager) seals(f *flight) {
	if f.inputs.ByGateway() && f.outcome.Link.URL != "" {
		f.outcome.Link.SealedSession, f.outcome.Link.URL = sealed+f.outcome.Link.URL, ""
	}
}

// pressClaimed: a live session starts once for each click, at once, and not too often.
func (w *walk) pressClaimed(before *v1alpha1.BankConnection) {
	g := before.Status.Internal.GatewayRequest
	if g == nil || g.Action != v1alpha1.GatewayRefresh || before.Status.Reconnect == nil {
		w.broken("a click that is not recorded, or not allowed")
		return
	}
	if !w.pressed {
		w.broken("two live sessions for one click")
	}
	if age := w.now.Sub(w.requestedAt); age > time.Minute+time.Second && !w.isCorrupted(w.now, time.Hour) {
		w.broken("a live session for a click of %v ago", age)
	}
	w.pressed, w.unattended, w.reissued = false, nil, 0
}

// attendedAnswered counts the results of a click.
func (w *walk) attendedAnswered() {
	w.attended = append(w.attended, w.claimedAt)
	recent := 0
	for _, t := range w.attended {
		if w.now.Sub(t) < 24*time.Hour {
			recent++
		}
	}
	if recent > 5 {
		w.broken("%d live sessions from presses within a day", recent)
	}
}

// gatewayKept: only a customer who has to act has a link that works, and no trace of a
// session outlives it.
func (w *walk) gatewayKept(before, st *v1alpha1.BankConnectionStatus, inputs lifecycle.Inputs) {
	deleting := !w.stored.DeletionTimestamp.IsZero()
	r := st.Reconnect
	if g := st.Internal.GatewayRequest; g != nil && deleting {
		w.broken("%s is asked of an object that goes", g.Action)
	}
	if st.Internal.SealedSession != "" {
		w.sessionKept(st, inputs, deleting)
	}
	if r != nil {
		w.linkPlaced(before, r, inputs)
	}
}

// linkPlaced: the link to the gateway is where the spec wants it, and only there.
func (w *walk) linkPlaced(before *v1alpha1.BankConnectionStatus, r *v1alpha1.ReconnectStatus, inputs lifecycle.Inputs) {
	isOwn := strings.HasPrefix(r.Link.URL, gatewayURL)
	inSecret := inputs.LinkInSecret()
	wanted := inputs.ByGateway() && inputs.Gateway != nil && !w.stored.Spec.Suspend && w.stored.DeletionTimestamp.IsZero()
	switch {
	case wanted && inSecret && r.Link.SecretName != "" && w.link != nil && w.corrupted.IsZero():
		w.linkKept(before, r, inputs, w.link.url)
	case isOwn != (wanted && !inSecret):
		w.broken("the link is %q", r.Link.URL)
	case inputs.ByGateway() && r.Link.URL != "" && !isOwn:
		w.broken("a session is in the link %q", r.Link.URL)
	case isOwn:
		w.linkKept(before, r, inputs, r.Link.URL)
	}
}

func (w *walk) sessionKept(st *v1alpha1.BankConnectionStatus, inputs lifecycle.Inputs, deleting bool) {
	if deleting || st.Reconnect == nil || st.Refresh.State != v1alpha1.RefreshAwaitingUser || !inputs.ByGateway() {
		w.broken("a session is kept in state %s", st.Refresh.State)
		return
	}
	if age := w.now.Sub(st.Reconnect.Question.IssueTime.Time); age >= lifecycle.SessionIdle {
		w.broken("a session is kept for %v", age)
	}
}

// linkKept: a link is the one that the status speaks of, works, and is younger than
// every other before it.
func (w *walk) linkKept(before *v1alpha1.BankConnectionStatus, r *v1alpha1.ReconnectStatus, inputs lifecycle.Inputs, url string) {
	claims := lifecycle.LinkClaims{
		Connects: r.Reason == v1alpha1.ReasonConnectRequired, KeyID: r.Link.KeyID, Issued: r.Link.IssueTime.Time, Expires: r.Link.ExpirationTime.Time,
	}
	switch {
	case url != inputs.Gateway.Link(claims):
		w.broken("the link %q is not of %+v", url, claims)
	case !w.now.Before(claims.Expires), !inputs.Gateway.KnowsKey(claims.KeyID):
		w.broken("a link that does not work any more")
	case claims.Connects && w.stored.Status.Binding != nil, !claims.Connects && w.stored.Status.Binding == nil && w.corrupted.IsZero():
		w.broken("a link of the wrong kind: %q", r.Link.URL)
	}
	was := before.Reconnect
	replaced := was != nil && was.Link.IssueTime != nil && was.Link.URL != "" && was.Link.URL != r.Link.URL
	if claims.Issued.Before(w.linkMade) || replaced && !claims.Issued.After(w.linkMade) && was.Reason != v1alpha1.ReasonConnectRequired {
		w.broken("a link of %v after one of %v", claims.Issued, w.linkMade)
	}
	w.linkMade = claims.Issued
}

// servesPage: whatever happened before, a customer who has to act finds the page, and one
// click brings new data.
func (w *walk) servesPage() {
	w.outside.Gateway = gateway()
	w.edit(byGateway)
	w.edit(manual)
	w.works(time.Hour)
	w.f.last = flinks.CodeQuestionNotFound
	w.pass(time.Hour)
	w.hints()
	w.works(time.Minute)
	w.usesLink()
	if !w.pressed {
		w.broken("the customer finds %+v", lifecycle.ViewLink(w.now, w.replica()))
	}
	w.works(time.Hour)
	if v := lifecycle.ViewLink(w.now, w.replica()); w.pressed || v.State != lifecycle.LinkDone {
		w.broken("after a click the customer finds %+v", v)
	}
}

// works lets the manager work for a while.
func (w *walk) works(d time.Duration) {
	for end := w.now.Add(d); !w.leader.wake.IsZero() && w.leader.wake.Before(end); {
		w.work()
	}
}
