package workload

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

var acme, twin = world.Name("acme"), world.Name("twin")

// Users of the bank: one whom it asks nothing, and one whom it asks a question.
const (
	quiet = "greatday_nomfa"
	asked = "Greatday"
)

type change = func(*v1alpha1.BankConnection)

// bank makes the shared instance, and the namespaces of everybody.
func bank(w *world.World) {
	w.Server.AddNamespace(world.Namespace, nil)
	w.Server.AddNamespace(world.SystemNamespace, nil)
	w.CreateInstance(world.InstanceName, w.AddFlinks(world.BankHost))
}

// connected makes the shared instance, and one connection with a login of that user.
func connected(user string, changes ...change) func(*world.World) {
	return func(w *world.World) {
		bank(w)
		connect(w, acme, user, changes...)
	}
}

// connect makes a connection with a login of that user.
func connect(w *world.World, key types.NamespacedName, user string, changes ...change) {
	w.CreateLogin(key, seed(w, user))
	w.CreateConnection(key, changes...)
}

// seed returns the login of a user at the bank. It makes one if there is none yet, whose data is
// a day old.
func seed(w *world.World, user string) string {
	for _, l := range w.Banks()[0].Logins() {
		if l.Username == user && !l.Deleted {
			return l.LoginID
		}
	}
	return w.Banks()[0].SeedLogin(flinkssim.SeedOptions{Username: user, LastRefresh: world.Epoch.Add(-24 * time.Hour)})
}

// step returns a step.
func step(after time.Duration, does string, do func(*world.World)) Step {
	return Step{After: after, Does: does, Do: do}
}

// undisturbed looks at a world in the middle of its story, unless something goes wrong in it.
func undisturbed(problem func(*world.World) string) func(*world.World) {
	return func(w *world.World) {
		if w.Disturbed {
			return
		}
		if text := problem(w); text != "" {
			w.Violate("L1", "in the middle: %s", text)
		}
	}
}

// looks returns a step that looks at what is said of the first connection in the middle of a story.
func looks(after time.Duration, reason string) Step {
	return step(after, "see that it is "+reason, undisturbed(func(w *world.World) string {
		return endsAs(w, end{acme.Name, reason})
	}))
}

// edit returns a step that changes a connection.
func edit(after time.Duration, key types.NamespacedName, does string, f change) Step {
	return step(after, does, func(w *world.World) { w.Edit(key, f) })
}

// remove returns a step that deletes a connection.
func remove(after time.Duration, key types.NamespacedName) Step {
	return step(after, "delete "+key.Name, func(w *world.World) { w.Delete(apiserver.BankConnection, key) })
}

// application returns a step from which an application wants a refresh.
func application(after time.Duration, key types.NamespacedName) Step {
	return step(after, "want a refresh of "+key.Name, func(w *world.World) {
		w.Actors = append(w.Actors, &world.Application{Key: key})
	})
}

// request returns a step that asks for a refresh once.
func request(after time.Duration, key types.NamespacedName, value string) Step {
	return step(after, "ask for a refresh of "+key.Name, func(w *world.World) {
		w.Annotate(key, v1alpha1.RefreshRequestedAtAnnotation, value)
	})
}

// person adds a person who opens the links of a connection, and answers after a while.
func person(key types.NamespacedName, delay, think time.Duration) func(*world.World) {
	return func(w *world.World) {
		w.Actors = append(w.Actors, &world.Person{Key: key, Delay: delay, Think: think})
	}
}

// both does two things.
func both(f, g func(*world.World)) func(*world.World) {
	return func(w *world.World) { f(w); g(w) }
}

func retained(c *v1alpha1.BankConnection) { c.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain }

func suspended(c *v1alpha1.BankConnection) { c.Spec.Suspend = true }

func resumed(c *v1alpha1.BankConnection) { c.Spec.Suspend = false }

func byGateway(c *v1alpha1.BankConnection) {
	c.Spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkGateway}}
}

// vouched is byGateway with an application that vouches for the customer's browser.
func vouched(c *v1alpha1.BankConnection) {
	byGateway(c)
	c.Spec.Reconnect.Link.Proof = v1alpha1.ProofApplication
	c.Spec.Reconnect.Link.Application = &v1alpha1.LinkApplication{
		URL: world.ApplicationURL, KeySecretRef: v1alpha1.LinkKeySecretReference{Name: world.ApplicationKey},
	}
}

func byGatewayInSecret(name string) change {
	return func(c *v1alpha1.BankConnection) {
		byGateway(c)
		c.Spec.Reconnect.Link.Destination = v1alpha1.LinkInSecret
		c.Spec.Reconnect.Link.SecretTemplate = &v1alpha1.SecretTemplate{Name: name}
	}
}

func inSecret(c *v1alpha1.BankConnection) {
	c.Spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkDirect, Destination: v1alpha1.LinkInSecret}}
	c.Spec.SessionHandOff = &v1alpha1.SessionHandOff{Destination: v1alpha1.SessionInSecret}
	c.Spec.Accounts = v1alpha1.AccountsAll
}

// every makes a connection refresh by itself.
func every(interval time.Duration) change {
	return func(c *v1alpha1.BankConnection) { c.Spec.RefreshPolicy = scheduled(interval) }
}

func scheduled(interval time.Duration) *v1alpha1.RefreshPolicySpec {
	return &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshScheduled, Interval: &metav1.Duration{Duration: interval}}
}

// loginIn makes a connection take its login from another Secret, or another key.
func loginIn(secret, key string) change {
	return func(c *v1alpha1.BankConnection) {
		c.Spec.LoginIDSecretRef = v1alpha1.LoginIDSecretReference{Name: secret, Key: key}
	}
}

// annotated sets an annotation of a connection.
func annotated(name, value string) change {
	return func(c *v1alpha1.BankConnection) { metav1.SetMetaDataAnnotation(&c.ObjectMeta, name, value) }
}
