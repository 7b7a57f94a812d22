// Package invariant says what must hold in every world, whatever goes wrong in it. It judges by
// what is true: by the history of the API server and the journal of the simulator, and never by
// what the operator believes.
package invariant

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// Checker watches one world.
type Checker struct {
	w *world.World
	// logins are those that fingerprints stand for, as they were found out by calls.
	logins map[string]string
	// runs is what is known of the reconciles that are under way.
	runs map[int]*run
	// sessions are the live sessions that were opened, by login, newest last.
	sessions map[string][]opened
	// requests are the values of refresh-requested-at that led to a claim.
	requests map[types.UID]map[string]bool
	calls
	effort effort
	nights nights
	// garbled reports whether an answer of Flinks was one that can be read and says nothing.
	garbled bool
	// own are the newest versions of objects that processes wrote.
	own map[string]int64
	// deleters are the objects that logins were first deleted for.
	deleters map[string]types.UID
	// deleted are the logins that DeleteCard was called for with a definite answer, and when.
	deleted map[string][]time.Time
	// refreshed is when the data of a login were last new, as a journal says.
	lastWrite time.Time
	lastCall  time.Time
	callCount int
	liveCalls int
	writes    int
	secrets   int
}

// run is one reconcile, or call of the link service.
type run struct {
	process *world.Process
	// key of the connection that is reconciled; empty for something else.
	key types.NamespacedName
	// fence is the version of the API server that was last read live, and confirmation the one
	// that its instance was last read live from; 0 if it was not.
	fence, confirmation int64
	// login that Flinks was last asked for, and claim the claim that was written.
	login string
	claim *v1alpha1.RefreshStatus
	// opened is the login of the session that its live call opened, until it does the next thing.
	opened string
	// claimed is when, and sent when a call of Flinks began.
	claimed, sent time.Time
	// began is when the run was first heard of, by the true clock.
	began time.Time
	// unattended reports whether its claim was not asked for.
	unattended bool
	// live is its live call, and definite what Flinks answered to that beyond doubt.
	live     *world.Effect
	definite string
}

// opened is a live session at the bank.
type opened struct {
	entry flinkssim.Entry
	// arrived is when the answer reached the operator; zero if it did not.
	arrived time.Time
	// ours reports whether the operator opened it, and by is the connection that it opened it for.
	ours bool
	by   types.NamespacedName
}

// Watch begins to watch a world. It must come before what disturbs the world.
func Watch(w *world.World) *Checker {
	c := &Checker{
		w: w, logins: map[string]string{}, runs: map[int]*run{}, own: map[string]int64{}, sessions: map[string][]opened{},
		requests: map[types.UID]map[string]bool{}, deleted: map[string][]time.Time{},
		deleters: map[string]types.UID{}, calls: newCalls(), effort: newEffort(), nights: newNights(),
	}
	w.Hooks = append(w.Hooks, c)
	w.Entries = c.heard
	return c
}

// Before implements world.Hook.
func (c *Checker) Before(e *world.Effect) error {
	if r := c.runOf(e); e.HTTP != nil {
		r.sent = c.w.Now()
		c.checkSending(e, r)
	}
	return nil
}

// After implements world.Hook.
func (c *Checker) After(e *world.Effect) error {
	r := c.runOf(e)
	if !e.Cached() {
		reached.LoadOrStore(e.Kind(), true)
	}
	if e.HTTP != nil {
		c.called(e, r)
		return nil
	}
	c.asked(e, r)
	switch {
	case e.API.Kind == apiserver.Event:
		c.checkEvent(e)
	case e.API.Verb.Writes():
		c.wrote(e, r)
	}
	return nil
}

func (c *Checker) runOf(e *world.Effect) *run {
	r := c.runs[e.Run]
	if r != nil && r.opened != "" {
		c.noteArrival(r)
	}
	if r == nil {
		r = &run{process: e.Process, began: c.w.Now()}
		if kind, name, ok := strings.Cut(e.Routine, " "); ok && kind == "bankconnection" {
			r.key.Namespace, r.key.Name, _ = strings.Cut(name, "/")
		}
		c.runs[e.Run] = r
	}
	return r
}

// asked notes a read.
func (c *Checker) asked(e *world.Effect, r *run) {
	a := e.API
	if a.Verb.Writes() {
		return
	}
	if a.Kind == apiserver.Secret {
		c.readSecret(e, r)
	}
	if !a.Cached && a.Err == nil && a.Kind == apiserver.BankConnection {
		r.fence = c.w.Server.ResourceVersion()
	}
	if a.Cached && a.Err == nil && a.Kind == apiserver.BankConnection && a.Key == r.key {
		c.checkOwnWrites(e)
	}
	if !a.Cached && a.Err == nil && a.Kind == apiserver.ClusterFlinksInstance {
		r.confirmation = c.w.Server.ResourceVersion()
	}
}

// wrote judges a write, and notes what it says.
func (c *Checker) wrote(e *world.Effect, r *run) {
	a := e.API
	c.writes, c.lastWrite = c.writes+1, c.w.Now()
	c.checkForm(e)
	if a.Err != nil || !a.Changed {
		return
	}
	change := c.newest(a.Kind)
	if change == nil || change.Key != a.Key {
		return
	}
	c.own[e.Process.Name+" "+change.Key.String()] = change.ResourceVersion
	c.checkSpec(e, change)
	was, _ := change.Old.(*v1alpha1.BankConnection)
	is, ok := change.Object.(*v1alpha1.BankConnection)
	if !ok || was == nil {
		return
	}
	c.checkBinding(e, r, was, is)
	c.checkClaim(e, r, was, is)
	c.checkWrites(e, was, is)
	c.checkTruth(e, was, is)
	c.checkRecorded(e, r, is)
	if e.API.Subresource != "" {
		c.checkLink(e, is)
		c.checkJourney(e, was, is)
		c.checkUse(e, was, is)
		c.checkSelection(e, was, is)
		c.checkReadWrites(e, was, is)
	}
	c.checkRelease(e, was, is, change.Type == watch.Deleted)
}

// newest returns the newest change of a kind.
func (c *Checker) newest(kind apiserver.Kind) *apiserver.Change {
	log := c.w.Server.Log(kind)
	if len(log) == 0 {
		return nil
	}
	return &log[len(log)-1]
}

// heard notes what the journals say.
func (c *Checker) heard(_ *world.Bank, entries []flinkssim.Entry) {
	for _, e := range entries {
		c.callCount++
		if e.LiveSessionOpened && !asksBank(e) {
			c.sessions[e.LoginID] = append(c.sessions[e.LoginID], opened{entry: e})
		}
	}
}

// asksBank reports whether a call is one of those with which the operator opens live sessions.
func asksBank(e flinkssim.Entry) bool {
	return e.Endpoint == "Authorize" || e.Endpoint == "AuthorizeAsync"
}

// called judges a call of Flinks that the operator made.
func (c *Checker) called(e *world.Effect, r *run) {
	c.lastCall = c.w.Now()
	for _, entry := range e.HTTP.Entries {
		if entry.Endpoint == "Authorize" && entry.LoginID != "" {
			r.login = entry.LoginID
		}
		switch {
		case asksBank(entry) && entry.Mode == "live":
			c.liveCalls++
			c.checkLive(e, r, entry)
			r.live, r.definite = e, definiteAnswer(entry)
		case entry.Endpoint == "AuthorizeAsync" && entry.FlinksCode == "CONCURRENT_SESSION" && entry.Fault == "":
			c.checkRefused(e, entry)
		case entry.Endpoint == "DeleteCard":
			c.checkDelete(e, r, entry)
		}
		c.checkAnswer(e, r, entry)
		c.checkRead(e, entry)
		c.garbled = c.garbled || strings.Contains(entry.Fault, flinkssim.BodyWrongType)
	}
	c.checkKeys(e, r)
	c.noteNight(e, r)
}

// violate notes a violation that an effect shows.
func (c *Checker) violate(invariant string, e *world.Effect, format string, args ...any) {
	c.w.Violate(invariant, "%s (%s)", fmt.Sprintf(format, args...), e)
}

// connections returns those that are stored.
func (c *Checker) connections() []*v1alpha1.BankConnection {
	var all []*v1alpha1.BankConnection
	for _, o := range c.w.Server.List(apiserver.BankConnection) {
		all = append(all, o.(*v1alpha1.BankConnection))
	}
	return all
}

// hasFinalizer reports whether an object has the finalizer of the operator.
func hasFinalizer(o client.Object) bool {
	return slices.Contains(o.GetFinalizers(), v1alpha1.Finalizer)
}
