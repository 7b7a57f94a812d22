// Package flinkssim simulates one instance of Flinks: the banking API under
// /v3/{customerId}/BankingServices, the Connect pages under /v2/ and /, and the
// test bank Flinks Capital behind both. It is made for integrators: what costs
// a day of waiting at Flinks (a session that dies after 8 minutes, data that is
// gone after 90 days, a bank that texts a code) is one step of a virtual clock
// here, and what cannot be had on purpose (an answer that is lost after the
// call took effect) is a line of a fault script.
//
// # Use
//
//	sim := flinkssim.New(flinkssim.Options{})
//	api := httptest.NewServer(sim.Handler())
//	loginID := sim.SeedLogin(flinkssim.SeedOptions{Username: "Greatday"})
//	…
//	sim.InjectFault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", Drop: flinkssim.DropAfterCommit})
//	for _, e := range sim.Journal() { … }
//
// As a process of its own it is cmd/flinks-sim, with the same controls over HTTP
// ([Server.ControlHandler]). [Person] goes through the Connect pages as a bank's
// customer would.
//
// # How it is held together
//
// A [Server] holds logins and sessions. A login is a saved bank login, named by
// its LoginId; a session is what a RequestId names. Every request is described,
// matched against the faults, carried out and written to the journal before it
// is answered (exchange.go). The API (authorize.go, accounts.go, deletecard.go,
// nightly.go) and the pages (connect.go) drive the same sessions (sessions.go).
// What Flinks sends by itself, webhooks, waits in a queue until it is due and
// a test calls [Server.DeliverWebhooks] (webhooks.go).
//
// The wire format is written down here a second time on purpose (wire.go):
// sharing types with a client would hide a wrong field name from every test.
//
// # What is left to the instance
//
// Flinks' public documents disagree, are silent, or differ from older instances. There
// the simulator takes the strictest reading ([DefaultKnobs]): tokens are compulsory in
// Connect, and are spent by opening it; a tag stays with its Connect session; a
// RequestId ends with the details; DeleteCard says no more than 404 of an unknown login;
// and each call wants the one key that it is documented for, or the api key where it is
// documented for none. What gets along with that gets along with any instance. The kinder
// readings are knobs, one each ([Knobs]), and [Knobs.Kind] turns all of them, as
// profile=kind does on the command line and in the control API. docs/simulator.md lists
// every point with its knob and both values.
//
// # What it will never be
//
// It is no bank and no store: everything is in memory, passwords included, and
// is gone with the process. It knows one customer and one bank. It does not
// check the quality of data, enrich it, or share it with third parties. It has
// not been compared with a live Flinks host: it keeps to what is published, and
// says "assumed" where nothing is. Its control API has no authentication, so it
// must stay off any network that others can reach.
package flinkssim
