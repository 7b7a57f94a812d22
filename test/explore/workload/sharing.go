package workload

import (
	"maps"
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

var onSame = loginIn("acme-login", "")

// shared returns the workloads in which several connections have one login, or one Secret.
func shared() []Workload { return slices.Concat(deletedTwins(), passedOn()) }

// deletedTwins returns those that delete connections with one login.
func deletedTwins() []Workload {
	return []Workload{
		{
			ID: "W14", Title: "two connections with one login, and the younger one is deleted", Prepare: twins(quiet),
			Steps: []Step{remove(30*time.Minute, twin), application(5*time.Minute, acme)},
			Ends:  ends(nil, end{"acme", v1alpha1.ReasonRefreshed}, end{"twin", gone}),
		},
		{
			ID: "W26", Title: "two connections with one login, both are asked, and the older one is deleted", Prepare: twins(quiet),
			Steps: []Step{
				request(5*time.Minute, twin, "once"), request(time.Second, acme, "once"), remove(30*time.Minute, acme),
				application(5*time.Minute, twin),
			},
			Ends: ends(nil, end{"acme", gone}, end{"twin", v1alpha1.ReasonRefreshed}),
		},
		{
			ID: "W27", Title: "two connections with one login are deleted together", Prepare: twins(quiet),
			Steps: []Step{removeBoth()},
			Ends:  ends([]string{quiet}, end{"acme", gone}, end{"twin", gone}),
		},
		{
			ID: "W28", Title: "two connections with one login are deleted together, and the older one retains it",
			Prepare: twins(quiet, retained), Steps: []Step{removeBoth()},
			Ends: ends(nil, end{"acme", gone}, end{"twin", gone}),
		},
		{
			ID: "W42", Title: "the same, and the younger one retains it", Prepare: twinsOf(quiet, retained),
			Steps: []Step{removeBoth()},
			Ends:  ends(nil, end{"acme", gone}, end{"twin", gone}),
		},
	}
}

// passedOn returns those in which another connection takes a login over.
func passedOn() []Workload {
	return []Workload{
		{
			ID: "W29", Title: "a connection is renamed: created, and then deleted", Prepare: connected(quiet),
			Steps: []Step{
				step(30*time.Minute, "create it under another name", func(w *world.World) { w.CreateConnection(twin, onSame) }),
				remove(0, acme), application(10*time.Minute, twin),
			},
			Ends: ends(nil, end{"acme", gone}, end{"twin", v1alpha1.ReasonRefreshed}),
		},
		{
			ID: "W35", Title: "the Secret goes on to another login, another connection takes it, and the first one is deleted",
			Prepare: both(connected(quiet), person(twin, time.Minute, time.Minute)),
			Steps: []Step{
				step(10*time.Minute, "another login", func(w *world.World) {
					w.PutSecret(world.Name("acme-login"), map[string]string{"loginId": seed(w, asked)})
				}),
				step(time.Minute, "another connection", func(w *world.World) { w.CreateConnection(twin, onSame) }),
				remove(20*time.Minute, acme),
				step(20*time.Minute, "the old login is put back, until acme is gone", putBack),
				application(time.Hour, twin),
			},
			Ends: ends([]string{quiet}, end{"acme", gone}, end{"twin", v1alpha1.ReasonRefreshed}),
		},
		{
			ID: "W25", Title: "one Secret with two logins, and one of them is deleted",
			Prepare: func(w *world.World) {
				bank(w)
				w.CreateSecret(world.Name("acme-login"), map[string]string{"one": seed(w, quiet), "two": seed(w, asked)})
				w.CreateConnection(acme, loginIn("acme-login", "one"))
				w.CreateConnection(twin, loginIn("acme-login", "two"))
				person(twin, time.Minute, time.Minute)(w)
			},
			Steps: []Step{application(5*time.Minute, twin), remove(30*time.Minute, acme)},
			Ends:  ends([]string{quiet}, end{"acme", gone}, end{"twin", v1alpha1.ReasonRefreshed}),
		},
		{
			ID: "W40", Title: "the older of two is deleted while the bank waits, and the younger one is asked",
			Prepare: both(twins(asked), person(twin, time.Minute, time.Minute)),
			Steps: []Step{
				request(5*time.Minute, acme, "once"), edit(time.Minute, acme, "retain", retained), remove(time.Second, acme),
				application(5*time.Second, twin),
			},
			Ends: ends(nil, end{"acme", gone}, end{"twin", v1alpha1.ReasonRefreshed}),
		},
		{
			ID: "W39", Title: "the status is lost while the bank waits, and a refresh is asked for",
			Prepare: both(connected(asked), person(acme, 4*time.Minute, time.Minute)),
			Steps: []Step{
				request(5*time.Minute, acme, "once"), step(time.Minute, "lose the status", loseStatus(acme)),
				request(10*time.Second, acme, "unbound"), application(50*time.Second, acme),
			},
		},
	}
}

// putBack puts the old login into the Secret for as long as acme needs it for its deletion, and
// then the one that is in use.
func putBack(w *world.World) {
	login := seed(w, asked)
	if w.Connection(acme) != nil {
		login = w.Banks()[0].Logins()[0].LoginID
	}
	key := world.Name("acme-login")
	if data := map[string]string{"loginId": login}; !maps.Equal(data, w.SecretData(key)) {
		w.PutSecret(key, data)
	}
	w.After(20*time.Minute, func() { putBack(w) })
}

// removeBoth deletes both twins, long after they are ready, before the operator can act on
// one of them.
func removeBoth() Step {
	return step(30*time.Minute, "delete both", func(w *world.World) {
		w.Delete(apiserver.BankConnection, acme)
		w.Delete(apiserver.BankConnection, twin)
	})
}

// twins makes two connections with one login, the second one a little later.
func twins(user string, changes ...change) func(*world.World) {
	return func(w *world.World) {
		connected(user, changes...)(w)
		w.After(2*time.Minute, func() { w.CreateConnection(twin, onSame) })
	}
}

// twinsOf returns the same with changes to the second one.
func twinsOf(user string, changes ...change) func(*world.World) {
	return func(w *world.World) {
		connected(user)(w)
		w.After(2*time.Minute, func() { w.CreateConnection(twin, append(changes, onSame)...) })
	}
}
