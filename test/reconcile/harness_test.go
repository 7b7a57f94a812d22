package reconcile

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/controller/bankconnection"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/linkservice"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

const instanceName = "bank"

// harness is one namespace with one Flinks instance, a simulator of its own and a
// manager that can be killed.
type harness struct {
	t         *testing.T
	clock     *clocktesting.FakePassiveClock
	sim       *flinkssim.Server
	url       string
	namespace string
	// direct is never interfered with. Managers read what it wrote.
	direct client.WithWatch
	live   client.WithWatch
	// keys of links, as the managers that start have them.
	keys link.Keys
	// removed tells that one of the keys was removed.
	removed chan event.GenericEvent
	// What a manager may do at once: reconciles, and live sessions of each instance.
	workers, liveSessions int
	*incarnation

	due map[string]time.Time
	// reconciles of each connection.
	reconciles map[string]int
	canaries   []string
	mu         *sync.Mutex // guards tokens
	tokens     []string
	logStart   int
	// records is what all managers wrote into the audit log.
	records *testenv.Log
	events  *events.FakeRecorder
	told    []string
	errors  []string
}

// incarnation is one life of the manager.
type incarnation struct {
	effects     *effects
	connections *bankconnection.Reconciler
	linkService *linkservice.Service
	instances   *instance.Reconciler
	policies    *refreshpolicy.Reconciler
	// own reconciles the instances of namespaces.
	own *instance.Reconciler
	// shown are the connections that its tallies were told of.
	shown map[types.UID]*v1alpha1.BankConnection
}

// newHarness returns a namespace with a ready instance.
func newHarness(t *testing.T) *harness {
	t.Helper()
	h := newBareHarness(t)
	h.createInstance(nil)
	h.probe()
	return h
}

// newBareHarness returns a namespace without an instance.
func newBareHarness(t *testing.T, change ...func(*harness)) *harness {
	t.Helper()
	env := testenv.Start(t)
	h := &harness{
		mu:        &sync.Mutex{},
		t:         t,
		clock:     clocktesting.NewFakePassiveClock(time.Date(2031, 5, 6, 7, 8, 9, 123456789, time.UTC)),
		namespace: env.Namespace(t),
		due:       map[string]time.Time{}, reconciles: map[string]int{},
		events:   events.NewFakeRecorder(10_000),
		logStart: len(logs.String()), records: &testenv.Log{},
		workers: 16, liveSessions: 4, keys: linkKeys(t), removed: make(chan event.GenericEvent, 1),
	}
	for _, f := range change {
		f(h)
	}
	h.direct, h.live = clients(t, env.Config)
	// Logins of other tests are those of other customers.
	h.sim = flinkssim.New(flinkssim.Options{Clock: h.clock, CustomerID: string(uuid.NewUUID())})
	server := httptest.NewServer(h.sim.Handler())
	t.Cleanup(server.Close)
	h.url = server.URL
	keys := h.sim.Credentials()
	h.canaries = append(h.canaries, keys.SecretKey, keys.APIKey, keys.BearerToken)
	h.boot(nil)
	t.Cleanup(h.checkCanaries)
	return h
}

// noteToken keeps a token for the search for what leaked. Reconciles ask for them side by side.
func (h *harness) noteToken(token string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tokens = append(h.tokens, token)
}

// boot starts a new manager that remembers nothing; interfere may disturb what it
// does.
func (h *harness) boot(interfere func(*effects)) { h.incarnation = h.incarnate(interfere) }

// incarnate starts another manager.
func (h *harness) incarnate(interfere func(*effects)) *incarnation {
	h.t.Helper()
	e := &effects{token: h.noteToken}
	if interfere != nil {
		interfere(e)
	}
	cl, live := e.wrap(h.direct), e.wrap(h.live)
	all := manager.NewReconcilers(manager.Parts{
		Client: cl, Live: live, MayWriteSecrets: func() bool { return !e.unguarded },
		Flinks: flinksclient.New(flinksclient.Options{UserAgent: "test", Transport: e.transport(h.network())}),
		Budget: budget.New(h.workers, h.liveSessions),
		Clock:  h.clock, Recorder: h.events, Audit: audit.New(h.records, h.clock.Now, func(err error) { h.t.Error(err) }),
		Links: &login.Links{Keys: func() link.Keys { return h.keys }, Clock: h.clock, Removed: h.removed},
	})
	i := &incarnation{effects: e, connections: all.Connections, linkService: all.LinkService, policies: all.Policies, shown: map[types.UID]*v1alpha1.BankConnection{}}
	for _, r := range all.Instances {
		if r.Kind == v1alpha1.KindClusterFlinksInstance {
			i.instances = r
		} else {
			i.own = r
		}
	}
	i.show(h.ctx(), h.connectionsNow())
	return i
}

func (h *harness) ctx() context.Context { return h.t.Context() }

func (h *harness) instance() string { return h.namespace + "-" + instanceName }

func (h *harness) createInstance(change func(*v1alpha1.ClusterFlinksInstance, *corev1.Secret)) {
	h.t.Helper()
	keys := h.sim.Credentials()
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "keys"},
		Data:       map[string][]byte{"secretKey": []byte(keys.SecretKey), "apiKey": []byte(keys.APIKey)},
	}
	i := &v1alpha1.ClusterFlinksInstance{
		ObjectMeta: metav1.ObjectMeta{Name: h.instance()},
		Spec: v1alpha1.ClusterFlinksInstanceSpec{
			InstanceIdentity:     v1alpha1.InstanceIdentity{Instance: keys.Instance, CustomerID: keys.CustomerID},
			CredentialsSecretRef: v1alpha1.SecretReference{Name: "keys", Namespace: h.namespace},
			Endpoints:            &v1alpha1.Endpoints{API: h.url, Connect: h.url},
		},
	}
	if change != nil {
		change(i, s)
	}
	h.create(s)
	h.create(i)
	h.t.Cleanup(func() { h.discard(i) })
}

func (h *harness) create(o client.Object) {
	h.t.Helper()
	if err := h.direct.Create(h.ctx(), o); err != nil {
		h.t.Fatalf("creating %T %s: %v", o, o.GetName(), err)
	}
}

func (h *harness) update(o client.Object) {
	h.t.Helper()
	if err := h.direct.Update(h.ctx(), o); err != nil {
		h.t.Fatalf("updating %T %s: %v", o, o.GetName(), err)
	}
}

// probe reconciles the instance once.
func (h *harness) probe() ctrl.Result {
	h.t.Helper()
	h.catchUp()
	result, err := h.instances.Reconcile(h.ctx(), ctrl.Request{NamespacedName: types.NamespacedName{Name: h.instance()}})
	if err != nil {
		h.t.Fatalf("reconciling the instance: %v", err)
	}
	return result
}

// seed makes a login whose data is a day old.
func (h *harness) seed(username string) string {
	h.t.Helper()
	id := h.sim.SeedLogin(flinkssim.SeedOptions{Username: username, LastRefresh: h.clock.Now().Add(-24 * time.Hour)})
	h.canaries = append(h.canaries, id)
	return id
}

// connect creates a connection and the Secret with its login.
func (h *harness) connect(name, loginID string, change ...func(*v1alpha1.BankConnection)) {
	h.t.Helper()
	h.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name + "-login"},
		Data:       map[string][]byte{"loginId": []byte(loginID)},
	})
	h.createConnection(name, change...)
}

func (h *harness) createConnection(name string, change ...func(*v1alpha1.BankConnection)) {
	h.t.Helper()
	c := &v1alpha1.BankConnection{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name},
		Spec: v1alpha1.BankConnectionSpec{
			InstanceRef:      v1alpha1.InstanceReference{Kind: v1alpha1.KindClusterFlinksInstance, Name: h.instance()},
			LoginIDSecretRef: v1alpha1.LoginIDSecretReference{Name: name + "-login"},
		},
	}
	for _, f := range change {
		f(c)
	}
	h.create(c)
	h.due[name] = h.clock.Now()
	h.t.Cleanup(func() { h.strip(name) })
}

// strip removes an object that no manager looks after any more.
func (h *harness) strip(name string) {
	// Another test may be given the same port, and so the same logins.
	h.discard(&v1alpha1.BankConnection{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name}})
}

func (h *harness) discard(o client.Object) {
	patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))
	ctx := context.WithoutCancel(h.ctx())
	_ = h.live.Patch(ctx, o, patch)
	_ = h.live.Delete(ctx, o)
}

// reconcile reconciles a connection once. Errors are kept for the canary check and
// returned.
func (h *harness) reconcile(name string) (ctrl.Result, error) {
	h.t.Helper()
	h.catchUp()
	h.reconciles[name]++
	result, err := h.connections.Reconcile(h.ctx(), ctrl.Request{NamespacedName: h.key(name)})
	if err != nil {
		h.errors = append(h.errors, err.Error())
		ctrl.Log.Error(err, "Reconciler error")
	}
	return result, err
}

// key returns the key of a connection. In other namespaces than that of the harness the name has the
// namespace in front.
func (h *harness) key(name string) types.NamespacedName {
	if namespace, name, other := strings.Cut(name, "/"); other {
		return types.NamespacedName{Namespace: namespace, Name: name}
	}
	return types.NamespacedName{Namespace: h.namespace, Name: name}
}

func (h *harness) nameOf(key types.NamespacedName) string {
	if key.Namespace == h.namespace {
		return key.Name
	}
	return key.String()
}

// catchUp waits until the cache knows what was written through it. A manager would be
// told later of what it does not know yet, and a test has no watch.
func (h *harness) catchUp() {
	h.t.Helper()
	for _, list := range []client.ObjectList{&v1alpha1.ClusterFlinksInstanceList{}, &v1alpha1.FlinksInstanceList{}} {
		if err := h.direct.List(h.ctx(), list, client.UnsafeDisableDeepCopy); err != nil {
			h.t.Fatalf("waiting for the cache: %v", err)
		}
	}
	h.show(h.ctx(), h.connectionsNow())
}

// connectionsNow returns all that the cache has, once it knows what was written through it.
func (h *harness) connectionsNow() []v1alpha1.BankConnection {
	h.t.Helper()
	var list v1alpha1.BankConnectionList
	if err := h.direct.List(h.ctx(), &list, client.UnsafeDisableDeepCopy); err != nil {
		h.t.Fatalf("waiting for the cache: %v", err)
	}
	return list.Items
}

// run does what a manager's queue would do, for a span of simulated time.
func (h *harness) run(d time.Duration) {
	h.t.Helper()
	h.runUntil(d, func() bool { return false })
}

// runUntil runs until done, at the longest for d, and says whether it was done.
func (h *harness) runUntil(d time.Duration, done func() bool) bool {
	h.t.Helper()
	end := h.clock.Now().Add(d)
	for range 2_000 {
		if done() {
			return true
		}
		turn := h.letIn()
		name, at := h.earliest()
		if !turn.IsZero() && (name == "" || turn.Before(at)) && !turn.After(end) {
			h.clock.SetTime(turn)
			continue
		}
		if name == "" || at.After(end) {
			h.clock.SetTime(end)
			return done()
		}
		if at.After(h.clock.Now()) {
			h.clock.SetTime(at)
		}
		delete(h.due, name)
		result, err := h.reconcile(name)
		switch {
		case err != nil:
			h.due[name] = h.clock.Now().Add(time.Second)
		case result.RequeueAfter > 0:
			h.due[name] = h.clock.Now().Add(result.RequeueAfter)
		}
	}
	h.t.Fatal("hot loop: 2,000 reconciles in one run")
	return false
}

// letIn enqueues the connections whose turn it is to call, and says when there may be others;
// zero if there will not be.
func (h *harness) letIn() (next time.Time) {
	due, wait := h.connections.Watches().Timed.Due()
	for _, r := range due {
		h.due[h.nameOf(r.NamespacedName)] = h.clock.Now()
	}
	if wait == 0 {
		return next
	}
	return h.clock.Now().Add(wait)
}

func (h *harness) earliest() (name string, at time.Time) {
	for n, t := range h.due {
		if name == "" || t.Before(at) || (t.Equal(at) && n < name) {
			name, at = n, t
		}
	}
	return name, at
}

// poke makes a connection due, as a watch event does.
func (h *harness) poke(name string) { h.due[name] = h.clock.Now() }

func (h *harness) get(name string) *v1alpha1.BankConnection {
	h.t.Helper()
	c := &v1alpha1.BankConnection{}
	if err := h.live.Get(h.ctx(), types.NamespacedName{Namespace: h.namespace, Name: name}, c); err != nil {
		h.t.Fatalf("reading %s: %v", name, err)
	}
	return c
}

// gone reports whether an object no longer exists; then the cache knows it too.
func (h *harness) gone(name string) bool {
	h.t.Helper()
	key := types.NamespacedName{Namespace: h.namespace, Name: name}
	err := h.live.Get(h.ctx(), key, &v1alpha1.BankConnection{})
	if client.IgnoreNotFound(err) != nil {
		h.t.Fatalf("reading %s: %v", name, err)
	}
	if err == nil {
		return false
	}
	h.await(func(ctx context.Context) (bool, error) {
		err := h.direct.Get(ctx, key, &v1alpha1.BankConnection{})
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	return true
}

func (h *harness) edit(name string, change func(*v1alpha1.BankConnection)) {
	h.t.Helper()
	c := h.get(name)
	change(c)
	h.update(c)
	h.poke(name)
}

// request asks for a refresh.
func (h *harness) request(name, value string) {
	h.t.Helper()
	h.edit(name, func(c *v1alpha1.BankConnection) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RefreshRequestedAtAnnotation, value)
	})
}

func (h *harness) delete(name string) {
	h.t.Helper()
	if err := h.direct.Delete(h.ctx(), h.get(name)); err != nil {
		h.t.Fatalf("deleting %s: %v", name, err)
	}
	h.await(func(ctx context.Context) (bool, error) {
		c := &v1alpha1.BankConnection{}
		err := h.direct.Get(ctx, types.NamespacedName{Namespace: h.namespace, Name: name}, c)
		return err != nil || !c.DeletionTimestamp.IsZero(), client.IgnoreNotFound(err)
	})
	h.poke(name)
}

// awaitNoInstance waits until the cache knows that the instance is gone.
func (h *harness) awaitNoInstance() {
	h.t.Helper()
	key := types.NamespacedName{Name: h.instance()}
	h.await(func(ctx context.Context) (bool, error) {
		return apierrors.IsNotFound(h.direct.Get(ctx, key, &v1alpha1.ClusterFlinksInstance{})), nil
	})
}

// await waits until the cache knows what it does not know by itself: writes that
// carry no resourceVersion, or another form of the object.
func (h *harness) await(known func(context.Context) (bool, error)) {
	h.t.Helper()
	if err := wait.PollUntilContextTimeout(h.ctx(), time.Millisecond, 10*time.Second, true, known); err != nil {
		h.t.Fatalf("waiting for the cache: %v", err)
	}
}

// deleteSecret removes the Secret with a connection's login, even if a finalizer holds it.
func (h *harness) deleteSecret(name string) {
	h.discard(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name + "-login"}})
}

// condition returns "Status Reason" of a condition; "" if it is absent.
func condition(c *v1alpha1.BankConnection, conditionType string) string {
	got := meta.FindStatusCondition(c.Status.Conditions, conditionType)
	if got == nil {
		return ""
	}
	return fmt.Sprintf("%s %s", got.Status, got.Reason)
}

// noActionRequired is the condition of a connection whose customer does not have to act.
const noActionRequired = "UserActionRequired=False NoActionRequired"

// expect asserts conditions, written as "Type=Status Reason" or "Type=" for absent.
func (h *harness) expect(name string, conditions ...string) {
	h.t.Helper()
	c := h.get(name)
	for _, want := range conditions {
		conditionType, value, _ := strings.Cut(want, "=")
		if got := condition(c, conditionType); got != value {
			h.t.Errorf("%s is %q, want %q (status: %+v)", conditionType, got, value, c.Status)
		}
	}
}

// calls counts the journal by "Endpoint mode".
func (h *harness) calls() map[string]int {
	counts := map[string]int{}
	for _, e := range h.sim.Journal() {
		if e.Endpoint == "Connect" || e.Endpoint == "Person" {
			continue
		}
		counts[strings.TrimSpace(e.Endpoint+" "+e.Mode)]++
	}
	return counts
}
