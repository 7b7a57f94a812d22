// Package client is the HTTP client for the Flinks banking API: one method of [Client] for
// each remote operation.
//
// Two promises shape the code, besides that of package flinks about text:
//
//   - A call that may disturb a person is sent at most once. [Client.Refresh] uses
//     a connection of its own and a body that cannot be rewound, so nothing below
//     this package can repeat it.
//   - Every failure says what is known about the request ([flinks.Delivery]): never sent,
//     answered, or ambiguous. Only an ambiguous one needs the long wait. No failure wraps a
//     transport error, because those print URLs, and a URL can contain a loginId.
//
// The package knows nothing of Kubernetes and keeps no state besides idle
// connections. It holds no credentials: each call is given its own.
package client
