// Package apiserver is a Kubernetes API server in memory, for tests that need tens of thousands of
// fresh ones: a store with the semantics that the operator and its users can observe, clients that
// speak to it, and caches that lag behind it as informers do.
//
//	server := apiserver.New(apiserver.Options{Clock: clock})
//	users := server.Client(apiserver.ClientOptions{})
//	cache := server.NewCache()
//	manager := server.Client(apiserver.ClientOptions{Cache: cache, ReadYourWrites: true, Gate: gate})
//
// A [Server] holds the four custom resources, Secrets and Namespaces; Events are recorded only. It is
// deterministic: given the same calls and the same clock it gives the same UIDs, resource versions
// and answers. It starts no goroutine, waits for nothing and is not safe for concurrent use; several
// servers may run side by side.
//
// What it answers is what kube-apiserver answers, with the same reasons and codes; the conformance
// tests run random sequences on both. What it does not model, it refuses with a panic that says so,
// so that no test rests on behaviour that was made up.
//
// Faults are injected at one place, the [Gate], through which every call of a client passes twice:
// before the server sees it, and before the caller sees the answer.
package apiserver
