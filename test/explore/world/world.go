package world

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// World is one world, from its beginning to its end.
type World struct {
	// Server is the API server.
	Server *apiserver.Server
	// Users is the client of everybody but the operator.
	Users *apiserver.Client
	// Hooks are asked about every effect, in order.
	Hooks []Hook
	// Deny, if set, is asked about every write, as an admission webhook is.
	Deny func(*apiserver.Effect) error
	// Actors act by themselves.
	Actors []Actor
	// NoteSites makes effects name the function that they come from, which costs time.
	NoteSites bool
	// Entries, if set, is told of what the journals of the simulators say.
	Entries func(*Bank, []flinkssim.Entry)
	// ContentsOrder are the kinds that go first when a namespace is deleted.
	ContentsOrder []apiserver.Kind
	// Restores of the API server, and Mutations of connections: after them, what the operator
	// wrote down cannot be relied upon.
	Restores  []Restore
	Mutations map[types.NamespacedName]time.Time
	// ClocksMoved reports whether the clock of a process was ever wrong.
	ClocksMoved bool
	// Disturbed reports whether anything goes wrong by intention.
	Disturbed bool
	// Unclear reports whether what went wrong makes another story of it: how it ends
	// without that says nothing.
	Unclear bool
	// WritesInDoubt reports whether a write that was stored may have been answered by an error.
	WritesInDoubt bool
	// LinksInDoubt reports whether a status may not tell what the Secret with a link holds:
	// another process wrote the Secret and no status, or the status was put back or edited.
	LinksInDoubt bool
	// AnyLogins reports whether logins may end either way, deleted or not.
	AnyLogins bool
	// Spoilt are the login Secrets that were spoilt.
	Spoilt map[types.NamespacedName]Spoilt
	// Vouched are the browsers that the application signed a ticket for, and Entered those that
	// Flinks Connect was opened in.
	Vouched map[Browser]bool
	Entered []Browser
	// Stripped reports whether a user took finalizers off an object, and Torn is when connections
	// that were being deleted went because of that, and their status with them.
	Stripped bool
	Torn     map[types.NamespacedName]time.Time

	ctx        context.Context
	now        time.Time
	effects    int
	runs       int
	processes  []*Process
	routines   []*routine
	current    *routine
	banks      []*Bank
	links      link.Keys
	sinks      sinks
	violations []Violation
	reconciles int
	recent     map[string]recent
	ending     bool
	timers     timers
	desired    desired
	gone       map[string]bool        // namespaces that were deleted
	revoked    bool                   // whether a login was deleted at Flinks
	noSecrets  []types.NamespacedName // Secrets that were deleted
	outage     time.Time              // until when no process is started
}

// Violation of an invariant.
type Violation struct {
	// Invariant that does not hold, such as S4.
	Invariant string
	// Text says what happened.
	Text string
	// Time and Effect are when it was noticed.
	Time   time.Time
	Effect int
}

func (v Violation) String() string {
	return fmt.Sprintf("%s at effect %d, %s after the start: %s", v.Invariant, v.Effect, v.Time.Sub(Epoch).Round(time.Millisecond), v.Text)
}

// Actor is a person or a program that acts whenever nothing else is to be done.
type Actor interface {
	// Act does what is to be done now, and reports whether that was anything.
	Act(*World) bool
	// Next is when it may be time to act again by the passing of time alone; zero for never.
	Next(*World) time.Time
}

// New returns a world in which nothing runs yet.
func New(ctx context.Context) *World {
	w := &World{ctx: ctx, now: Epoch, Mutations: map[types.NamespacedName]time.Time{}, Torn: map[types.NamespacedName]time.Time{},
		Spoilt: map[types.NamespacedName]Spoilt{}, desired: desired{}, gone: map[string]bool{}, recent: map[string]recent{}}
	w.ctx = logr.NewContext(ctx, logr.New(w.sinks.log("gateway")))
	w.Actors = []Actor{&w.timers}
	w.Server = apiserver.New(apiserver.Options{Clock: w.newClock()})
	w.Users = w.Server.Client(apiserver.ClientOptions{})
	key, err := link.NewKey([]byte("0123456789abcdef0123456789abcdef"), time.Time{})
	if err != nil {
		panic(err)
	}
	keys, err := link.NewKeys(key)
	if err != nil {
		panic(err)
	}
	w.links = keys
	return w
}

// Now returns the true time.
func (w *World) Now() time.Time { return w.now }

// Effects returns the number of the newest effect.
func (w *World) Effects() int { return w.effects }

// Processes returns all that ever were, in order of their start.
func (w *World) Processes() []*Process { return w.processes }

// Leader returns the process that reconciles, the newest if there are several; nil if none does.
func (w *World) Leader() *Process {
	for _, p := range slices.Backward(w.processes) {
		if p.Leads() {
			return p
		}
	}
	return nil
}

// Context of what people and programs do.
func (w *World) Context() context.Context { return w.ctx }

// Violate notes that an invariant does not hold. The world goes no further.
func (w *World) Violate(invariant, format string, args ...any) {
	w.violations = append(w.violations, Violation{invariant, fmt.Sprintf(format, args...), w.now, w.effects})
}

// Violations returns those that were noted, in order.
func (w *World) Violations() []Violation { return w.violations }

// Failed reports whether an invariant does not hold.
func (w *World) Failed() bool { return len(w.violations) > 0 }

// NoteRestore notes that the API server is about to be put back to a resource version, or to
// a backup without versions if that is 0.
func (w *World) NoteRestore(version int64) {
	w.Restores = append(w.Restores, Restore{w.now, version})
	w.After(0, w.checkBound)
}

// Restore of the API server.
type Restore struct {
	Time time.Time
	// Version that it was put back to; 0 for a backup.
	Version int64
}

// Spoilt is what was in a Secret before it was spoilt, and after that.
type Spoilt struct{ Whole, Left map[string]string }

// NoteMutation notes that the status of a connection is about to be changed past all rules.
func (w *World) NoteMutation(key types.NamespacedName) { w.Mutations[key] = w.now }

// recent counts what a controller did about one key within a minute.
type recent struct {
	since time.Time
	count int
}

// hotLoop is how often a key may be reconciled within a minute.
const hotLoop = 120

func (w *World) noteReconcile(c *controller, key reconcile.Request) {
	w.reconciles++
	name := c.p.Name + " " + c.set.Name + " " + key.String()
	r := w.recent[name]
	if w.now.Sub(r.since) >= time.Minute {
		r = recent{since: w.now}
	}
	r.count++
	w.recent[name] = r
	if r.count == hotLoop {
		w.Violate("S7", "hot loop: %s was reconciled %d times within a minute", name, r.count)
	}
}

// Reconciles returns how many there were so far.
func (w *World) Reconciles() int { return w.reconciles }

func (w *World) noteError(c *controller, key reconcile.Request, err error) {
	w.sinks.error(c.p.Name+" "+c.set.Name+" "+key.String(), err)
}

// Close ends the world: nothing in it may be used any more.
func (w *World) Close() { w.end() }
