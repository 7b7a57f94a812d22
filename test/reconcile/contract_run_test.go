package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestContractIsComplete: no code comes into the catalogue without a row here.
func TestContractIsComplete(t *testing.T) {
	t.Parallel()
	rows := map[string]string{}
	for _, row := range contract {
		rows[row.code+" "+row.meaning] = row.class
		if (row.never == "") != (len(row.wires) > 0) {
			t.Errorf("%s %s: either there is an answer, or a reason why not", row.code, row.meaning)
		}
	}
	catalogue := map[string]string{}
	for _, e := range flinks.Catalogue() {
		catalogue[string(e.Code)+" "+string(e.Meaning)] = string(e.Class)
	}
	if diff := cmp.Diff(catalogue, rows); diff != "" {
		t.Errorf("the contract (-catalogue +contract):\n%s", diff)
	}
}

// operation is one of the four calls, and how to make a connection make it.
type operation struct {
	name, endpoint, mode string
	effect               func(callEffects) effect
	prepare              func(h *harness, name string)
}

var operations = []operation{
	{"observe", "Authorize", "cached", func(e callEffects) effect { return e.observe }, func(h *harness, name string) {
		h.clock.SetTime(h.get(name).Status.NextObserveTime.Time)
	}},
	{"refresh", "Authorize", "live", func(e callEffects) effect { return e.refresh }, func(h *harness, name string) {
		h.request(name, "r")
	}},
	{"collect", "GetAccountsDetail", "", func(e callEffects) effect { return e.collect }, func(h *harness, name string) {
		h.request(name, "r")
		h.once(name)
	}},
	{"delete", "DeleteCard", "", func(e callEffects) effect { return e.delete }, func(h *harness, name string) {
		h.delete(name)
		h.once(name) // The claim comes first.
	}},
}

// TestContract gives each answer to each call, once, and looks at what a single
// reconcile makes of it.
func TestContract(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.canaries = append(h.canaries, session)
			n := 0
			for _, row := range contract {
				for _, w := range row.wires {
					n++
					name := fmt.Sprintf("c%03d", n)
					t.Run(strings.Join([]string{row.code, row.meaning, w.name}, " "), func(t *testing.T) {
						defer func(outer *testing.T) { h.t = outer }(h.t)
						h.t = t
						h.answered(op, row, w, name)
					})
				}
			}
		})
	}
}

// answered brings a new connection to make the call, and gives it the answer.
func (h *harness) answered(op operation, row contractRow, w wire, name string) {
	h.t.Helper()
	h.boot(nil) // What an answer did to the instance is forgotten.
	login := h.seed("greatday_nomfa+" + name)
	h.connect(name, login)
	h.once(name)
	for h.get(name).Status.Refresh.State == v1alpha1.RefreshCollecting {
		h.once(name)
		h.clock.SetTime(h.clock.Now().Add(lifecycle.CollectPoll))
	}
	op.prepare(h, name)

	fault := w.fault
	fault.Endpoint, fault.Mode, fault.LoginID = op.endpoint, op.mode, login
	now := h.clock.Now().UTC().Format("2006-01-02T15:04:05.9999999")
	fault.Body = strings.NewReplacer("{login}", login, "{now}", now).Replace(fault.Body)
	if w.astray {
		h.effects.astray = op.endpoint
	} else {
		h.fault(fault)
	}
	calls, _ := h.once(name)
	h.effects.astray = ""
	h.sim.ClearFaults()

	want := op.effect(row.effects())
	if diff := cmp.Diff(op.calls(row, w, want), calls); diff != "" {
		h.t.Errorf("calls (-want +got):\n%s", diff)
	}
	if op.name == "delete" && want.blocked == "" {
		if !h.gone(name) {
			h.t.Errorf("still there: %+v", h.get(name).Status)
		}
		return
	}
	h.assertEffect(op, row, want, name)
	h.assertSettled(want, name)
}

// calls returns what one reconcile is to ask of Flinks.
func (op operation) calls(row contractRow, w wire, want effect) []string {
	var calls []string
	if op.endpoint == "Authorize" {
		calls = append(calls, "GenerateAuthorizeToken")
	}
	if !w.astray {
		calls = append(calls, strings.TrimSpace(op.endpoint+" "+op.mode))
	}
	if op.name == "delete" && row.class == "gone" && want.blocked == "" {
		calls = append(calls, "GenerateAuthorizeToken") // "Gone" counts only if the keys work.
	}
	if want.state == v1alpha1.RefreshAwaitingUser {
		calls = append(calls, "GenerateAuthorizeToken") // The link needs one.
	}
	return calls
}

// once reconciles a connection once, and returns what that called and wrote.
func (h *harness) once(name string) (calls, effects []string) {
	h.t.Helper()
	before, done := len(h.sim.Journal()), len(h.effects.names)
	if _, err := h.reconcile(name); err != nil {
		h.t.Fatalf("reconciling: %v", err)
	}
	for _, e := range h.sim.Journal()[before:] {
		calls = append(calls, strings.TrimSpace(e.Endpoint+" "+e.Mode))
	}
	return calls, h.effects.names[done:]
}

func (h *harness) assertEffect(op operation, row contractRow, want effect, name string) {
	h.t.Helper()
	c := h.get(name)
	blocked := ""
	if want.blocked != "" {
		blocked = "True " + want.blocked
	}
	person := noActionRequired
	if want.person != "" {
		person = "UserActionRequired=" + want.person
	}
	h.expect(name, "Ready="+want.ready, "Authorized="+want.authorized, person,
		"Stalled="+want.stalled, "DeletionBlocked="+blocked, "DataFresh=True DataFresh", "Reconciling=")
	if !slices.Contains(c.Finalizers, v1alpha1.Finalizer) {
		h.t.Errorf("finalizers: %v", c.Finalizers)
	}
	var state v1alpha1.RefreshState
	if c.Status.Refresh != nil {
		state = c.Status.Refresh.State
	}
	var result v1alpha1.RequestResult
	if c.Status.LastHandledRequest != nil {
		result = c.Status.LastHandledRequest.Result
	}
	if state != want.state || result != want.result {
		h.t.Errorf("the session is %q, the request %q, not %q and %q", state, result, want.state, want.result)
	}
	// A deletion leaves the rest of the status as it was.
	h.assertError(row, want, op.name == "delete" || want.noError, c.Status.LastError)
}

// assertError asserts that lastError is what the answer counts for.
func (h *harness) assertError(row contractRow, want effect, none bool, got *v1alpha1.LastError) {
	h.t.Helper()
	if none || got == nil {
		if !none || got != nil {
			h.t.Errorf("lastError is %+v", got)
		}
		return
	}
	if want.takenFor != "" {
		row = rowOf(want.takenFor)
	}
	if got.Code != row.code || got.Class != row.class || !strings.Contains(got.Remedy, row.remedy) || row.remedy == "" {
		h.t.Errorf("lastError is %+v, not %s of class %s: …%s…", *got, row.code, row.class, row.remedy)
	}
}

// rowOf finds a row by its code and, if the code has several, its class.
func rowOf(name string) contractRow {
	code, class, _ := strings.Cut(name, " ")
	for _, row := range contract {
		if row.code == code && (class == "" || row.class == class) {
			return row
		}
	}
	return contractRow{}
}

// assertSettled asserts that a second reconcile right away does nothing, or the one
// thing that is due, and the third nothing.
func (h *harness) assertSettled(want effect, name string) {
	h.t.Helper()
	calls, writes := h.once(name)
	if diff := cmp.Diff(want.then, calls); diff != "" {
		h.t.Errorf("calls of the next reconcile (-want +got):\n%s", diff)
	}
	if want.then == nil && len(writes) > 0 {
		h.t.Errorf("a second reconcile writes: %v", writes)
	}
	h.clock.SetTime(h.clock.Now().Add(time.Millisecond))
	if calls, writes = h.once(name); len(calls)+len(writes) > 0 {
		h.t.Errorf("calls %v, effects %v though all is done", calls, writes)
	}
	if stats := h.sim.LiveStats(); stats.MaxPerLogin > 1 || len(stats.Overlaps) != 0 {
		h.t.Errorf("overlapping live sessions: %+v", stats)
	}
}
