package invariant

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// State is what the end of a world is compared by.
type State struct {
	// Objects and Logins are what is there, without what differs from run to run.
	Objects, Logins []string
	// Calls of Flinks, and live ones.
	Calls, LiveCalls int
	// RestartCalls, RestartWrites and RestartSecrets are what another process did that found
	// everything as it is.
	RestartCalls, RestartWrites, RestartSecrets int
	// QuietCalls and QuietWrites are what happened while nothing was due.
	QuietCalls, QuietWrites int
}

// End brings a world to its end, and returns its state.
func (c *Checker) End() State {
	s := State{Calls: c.callCount, LiveCalls: c.liveCalls}
	s.Objects, s.Logins = c.objects(), c.loginsLeft()
	c.checkWoken()
	c.checkNights()
	s.QuietCalls, s.QuietWrites = c.quiet()
	if leader := c.w.Leader(); leader != nil && !c.w.Failed() {
		leader.Kill()
		s.RestartCalls, s.RestartWrites, s.RestartSecrets = c.restart()
	}
	if s.RestartCalls+s.RestartWrites+s.RestartSecrets+s.QuietCalls+s.QuietWrites > 0 && !c.w.Disturbed {
		c.w.Violate("S7", "%d calls and %d writes while nothing was due, and %d calls, %d writes and %d reads of Secrets by a restart",
			s.QuietCalls, s.QuietWrites, s.RestartCalls, s.RestartWrites, s.RestartSecrets)
	}
	c.checkStale()
	c.checkVouched()
	c.checkLeaks()
	return s
}

// Tolerance is what the faults of a case may leave behind for good.
type Tolerance struct {
	// Faults is how many there were.
	Faults int
	// Status may differ: a fault changed it past all rules.
	Status bool
	// Person reports whether connections may wait for a person, who is not in every story.
	Person bool
	// Accounts may be missing until the next refresh: the time for them ran out.
	Accounts bool
	// Times in a status may be wrong until the next observe: a clock was.
	Times bool
	// Codes of what went wrong last may be others, or missing: the past is another one.
	Codes bool
	// Requests that were made once may have been answered in another way.
	Requests bool
	// Logins may be deleted or not: the story may end either way.
	Logins bool
	// Answers of Flinks that a login remembers may be others.
	Answers bool
	// Nights may be left to Flinks or not: what was switched on is not on record any more.
	Nights bool
	// Deliveries to Secrets may be missing until the next observe: they were denied.
	Deliveries bool
	// Holds on Secrets may be missing, or stay behind, until the next time that they are read.
	Holds bool
	// Several reports whether the story may have another end, which it judges itself.
	Several bool
	// Open are words of the state, such as "request", that may say something else.
	Open []string
}

// Compare reports what differs from the end of the same workload without faults (L1).
func (c *Checker) Compare(is, want State, may Tolerance) {
	if may.Person {
		is.Objects, want.Objects = withoutAwaiting(is.Objects, want.Objects)
	}
	is.Objects = withoutWithholding(is.Objects, want.Objects)
	if difference := compareLines(may.mask(is.Objects), may.mask(want.Objects)); difference != "" && !may.Status && !may.Several {
		c.w.Violate("L1", "other objects than without the faults: %s", difference)
	}
	if difference := compareLines(may.mask(is.Logins), may.mask(want.Logins)); difference != "" && !may.Logins {
		c.w.Violate("L1", "other logins than without the faults: %s", difference)
	}
	c.compareCounts(is, want, may)
}

// compareCounts reports what was called and written too often (S6, S7).
func (c *Checker) compareCounts(is, want State, may Tolerance) {
	if most := 3*want.Calls + 60*may.Faults + 20; is.Calls > most && !may.Times {
		c.w.Violate("S6", "%d calls of Flinks, and %d without the faults", is.Calls, want.Calls)
	}
	if may.Status || may.Times {
		return
	}
	if is.QuietWrites > want.QuietWrites || is.QuietCalls > want.QuietCalls {
		c.w.Violate("S7", "%d writes and %d calls while nothing was due", is.QuietWrites, is.QuietCalls)
	}
	if is.RestartWrites > want.RestartWrites || is.RestartCalls > want.RestartCalls || is.RestartSecrets > want.RestartSecrets {
		c.w.Violate("S7", "a restart led to %d calls, %d writes and %d reads of Secrets", is.RestartCalls, is.RestartWrites, is.RestartSecrets)
	}
}

var (
	accounts   = regexp.MustCompile(` accounts=[0-9]+`)
	codes      = regexp.MustCompile(` (refresh|wanted|error|last)=\S*| request=\S* \S*`)
	finalizers = regexp.MustCompile(` finalizers=\S+`)
	unheld     = regexp.MustCompile(` SecretUnprotected=True [A-Za-z]+`)

	undelivered = regexp.MustCompile(` SecretNotDelivered=True [A-Za-z]+`)
	handedOut   = regexp.MustCompile(`^Secret \S+-session `)

	nightly    = regexp.MustCompile(` scheduled=\S*`)
	lastAnswer = regexp.MustCompile(` last=\S*`)

	requests   = regexp.MustCompile(` request=\S* \S*`)
	unanswered = regexp.MustCompile(`QuestionUnanswered`)
)

// leaveOut takes a word and what it says out of a line.
func leaveOut(line, word string) string {
	said := regexp.MustCompile(`\b` + word + `=(\[[^\]]*\]|[^ \]]*)( [A-Z]\w*)? ?`)
	return strings.Join(strings.Fields(said.ReplaceAllString(line, "")), " ")
}

func (may Tolerance) mask(lines []string) []string {
	var masked []string
	for _, line := range lines {
		switch {
		case may.Holds && strings.HasPrefix(line, "Secret ") && strings.Contains(line, " deleting=true"):
		case may.Deliveries && handedOut.MatchString(line):
		default:
			masked = append(masked, may.maskLine(line))
		}
	}
	return masked
}

func (may Tolerance) maskLine(line string) string {
	drop := func(may bool, all ...*regexp.Regexp) {
		for _, one := range all {
			if may {
				line = one.ReplaceAllString(line, "")
			}
		}
	}
	for _, word := range may.Open {
		line = leaveOut(line, word)
	}
	drop(may.Accounts, accounts)
	drop(may.Answers, lastAnswer)
	drop(may.Nights, nightly)
	drop(may.Deliveries, undelivered)
	drop(may.Holds, unheld)
	drop(may.Holds && strings.HasPrefix(line, "Secret "), finalizers)
	drop(may.Requests, requests)
	drop(may.Codes, codes)
	if may.Codes {
		line = unanswered.ReplaceAllString(line, "LinkExpired")
	}
	return line
}

// awaits is how the description of a connection says that a person is needed.
const awaits = " UserActionRequired=True"

// AwaitsPerson reports whether a connection cannot go on without a person.
func AwaitsPerson(w *world.World) bool {
	return slices.ContainsFunc(w.Server.List(apiserver.BankConnection), func(o client.Object) bool {
		return meta.IsStatusConditionTrue(o.(*v1alpha1.BankConnection).Status.Conditions, v1alpha1.ConditionUserActionRequired)
	})
}

// withoutAwaiting leaves the connections out that wait for a person.
func withoutAwaiting(is, want []string) (restIs, restWant []string) {
	awaiting := map[string]bool{}
	for _, line := range is {
		if object, rest, _ := strings.Cut(line, " deleting="); strings.Contains(rest, awaits) {
			awaiting[object] = true
		}
	}
	left := func(lines []string) []string {
		return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
			object, _, _ := strings.Cut(line, " deleting=")
			return awaiting[object]
		})
	}
	return left(is), left(want)
}

// withholds is how the description of a connection says that the selection is not known.
const withholds = "AccountsWithheld=True SelectionUnknown "

// withoutWithholding leaves out that less is handed out than without the faults: what the customer
// selected is lost with a status, or if it is reported too late. That more is handed out is left in.
func withoutWithholding(is, want []string) []string {
	lines := slices.Clone(is)
	for n, line := range lines {
		object, _, _ := strings.Cut(line, " deleting=")
		wanted := slices.ContainsFunc(want, func(other string) bool {
			return strings.HasPrefix(other, object+" ") && strings.Contains(other, withholds)
		})
		if !wanted {
			lines[n] = strings.Replace(line, withholds, "", 1)
		}
	}
	return lines
}

func compareLines(is, want []string) string {
	var difference []string
	for _, line := range is {
		if !slices.Contains(want, line) {
			difference = append(difference, "+ "+line)
		}
	}
	for _, line := range want {
		if !slices.Contains(is, line) {
			difference = append(difference, "- "+line)
		}
	}
	return strings.Join(difference, "; ")
}

// objects returns the objects that are left, in a few words.
func (c *Checker) objects() []string {
	var lines []string
	for _, o := range c.connections() {
		lines = append(lines, describe(o))
	}
	for _, kind := range []apiserver.Kind{apiserver.Secret, apiserver.FlinksInstance, apiserver.ClusterFlinksInstance, apiserver.RefreshPolicy} {
		for _, o := range c.w.Server.List(kind) {
			lines = append(lines, fmt.Sprintf("%s %s/%s finalizers=%v deleting=%v%s", kind, o.GetNamespace(), o.GetName(),
				o.GetFinalizers(), o.GetDeletionTimestamp() != nil, conditionsOf(o)))
		}
	}
	return lines
}

func describe(o *v1alpha1.BankConnection) string {
	st := o.Status
	var b strings.Builder
	fmt.Fprintf(&b, "BankConnection %s/%s deleting=%v finalizers=%v", o.Namespace, o.Name, o.DeletionTimestamp != nil, o.Finalizers)
	b.WriteString(conditionsOf(o))
	if st.Binding != nil {
		fmt.Fprintf(&b, " bound=%s secret=%s", st.Binding.LoginFingerprint, st.Binding.SecretName)
	}
	if st.Refresh != nil {
		fmt.Fprintf(&b, " refresh=%s", st.Refresh.State)
	}
	if st.Reconnect != nil {
		fmt.Fprintf(&b, " wanted=%s", st.Reconnect.Reason)
	}
	if st.LastHandledRequest != nil {
		fmt.Fprintf(&b, " request=%s %s", st.LastHandledRequest.Result, st.LastHandledRequest.Reason)
	}
	if st.LastError != nil {
		fmt.Fprintf(&b, " error=%s", st.LastError.Code)
	}
	fmt.Fprintf(&b, " accounts=%d", len(st.Accounts))
	return b.String()
}

func conditionsOf(o any) string {
	var conditions []string
	add := func(all []metav1.Condition) {
		for _, c := range all {
			conditions = append(conditions, fmt.Sprintf("%s=%s %s", c.Type, c.Status, c.Reason))
		}
	}
	switch o := o.(type) {
	case *v1alpha1.BankConnection:
		add(o.Status.Conditions)
	case *v1alpha1.FlinksInstance:
		add(o.Status.Conditions)
	case *v1alpha1.ClusterFlinksInstance:
		add(o.Status.Conditions)
	case *v1alpha1.RefreshPolicy:
		add(o.Status.Conditions)
	}
	slices.Sort(conditions)
	return fmt.Sprintf(" %v", conditions)
}

// loginsLeft returns the logins at the banks.
func (c *Checker) loginsLeft() []string {
	var lines []string
	for _, b := range c.w.Banks() {
		for _, l := range b.Logins() {
			if strings.Contains(l.Username, "stranger") {
				continue
			}
			lines = append(lines, fmt.Sprintf("%s/%s deleted=%v scheduled=%v last=%s open=%d", b.Host, l.Username, l.Deleted, l.Scheduled, lastCode(l), l.OpenSessions))
		}
	}
	return lines
}

func lastCode(l flinkssim.LoginState) string { return l.LastCode }

const (
	// quietSpan is how long the world is watched while nothing is due.
	quietSpan = 20 * time.Hour
	// restartSpan is how long another process is watched that finds everything as it is.
	restartSpan = 2 * time.Minute
	// dueSpan is above what takes place when something is due.
	dueSpan = 10 * time.Minute
)

// quiet watches the world until something is due, and counts what it does. It leaves time for a
// restart before that.
func (c *Checker) quiet() (calls, writes int) {
	end := c.nextDue()
	for range 3 {
		if end.After(c.w.Now()) {
			break
		}
		c.w.Run(dueSpan)
		end = c.nextDue()
	}
	if !end.After(c.w.Now()) {
		return 0, 0
	}
	calls, writes = c.callCount, c.writes
	c.w.RunUntil(end, func() bool { return false })
	return c.callCount - calls, c.writes - writes
}

// nextDue returns a time shortly before something is due, at the latest at the end of quietSpan.
func (c *Checker) nextDue() time.Time {
	end := c.w.Now().Add(quietSpan)
	for _, o := range c.connections() {
		for _, t := range dueTimes(o) {
			if before := t.Add(-restartSpan - time.Minute); before.Before(end) {
				end = before
			}
		}
	}
	return end
}

// dueTimes returns when something is planned to happen to a connection.
func dueTimes(o *v1alpha1.BankConnection) []time.Time {
	var all []time.Time
	st := o.Status
	for _, t := range []*metav1.Time{st.NextObserveTime, st.NextRefreshTime, st.DataExpiryTime, st.CredentialsExpiryTime} {
		if t != nil {
			all = append(all, t.Time)
		}
	}
	if st.Refresh != nil && st.Refresh.NotBefore != nil && st.Refresh.NotBefore.After(world.Epoch) {
		all = append(all, st.Refresh.NotBefore.Time)
	}
	if r := st.Reconnect; r != nil {
		for _, t := range []*metav1.Time{r.Question.ExpirationTime, r.Link.ExpirationTime} {
			if t != nil {
				all = append(all, t.Time)
			}
		}
	}
	return all
}

// restart lets another process find everything as it is.
func (c *Checker) restart() (calls, writes, secrets int) {
	calls, writes, secrets = c.callCount, c.writes, c.secrets
	c.w.Run(restartSpan)
	return c.callCount - calls, c.writes - writes, c.secrets - secrets
}

// checkWoken: what is not final has a timer that wakes it (L1).
func (c *Checker) checkWoken() {
	leader := c.w.Leader()
	if leader == nil {
		c.w.Violate("L1", "there is no leader at the end")
		return
	}
	for _, o := range c.connections() {
		key := types.NamespacedName{Namespace: o.Namespace, Name: o.Name}
		if at, ok := leader.Planned("bankconnection", key); !ok && !isFinal(o) {
			c.w.Violate("L1", "nothing will wake %s: %s", key, describe(o))
		} else if ok && at.Sub(c.w.Now()) > longestWait && !c.isMutated(o) {
			c.w.Violate("L1", "%s is woken only after %s", key, at.Sub(c.w.Now()))
		}
	}
}

// longestWait is above the longest observe interval of a workload.
const longestWait = 9 * 24 * time.Hour

// isFinal reports whether only a person, or a change of an object, can bring a connection on.
func isFinal(o *v1alpha1.BankConnection) bool { return o.Spec.Suspend }
