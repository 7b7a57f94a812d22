// Package flinks is the HTTP client for the Flinks banking API.
//
// It holds four things: one call per remote operation ([Client]), the catalogue
// that turns a FlinksCode into a class and a remedy ([Catalogue]), identifiers
// that cannot be printed ([LoginID] and its kin), and the Connect link builder
// ([ConnectURL]).
//
// Three promises shape the code:
//
//   - Nothing that Flinks or a bank wrote leaves the package as text. Codes,
//     challenge types and account types come from closed or charset-limited
//     vocabularies; messages, prompts and user names are dropped. Errors never
//     wrap a transport error, because those print URLs, and a URL holds a loginId.
//   - A call that may disturb a person is sent at most once. [Client.Refresh] uses
//     a connection of its own and a body that cannot be rewound, so nothing below
//     this package can repeat it.
//   - Every failure says what is known about the request ([Delivery]): never sent,
//     answered, or ambiguous. Only an ambiguous one needs the long wait.
//
// The package knows nothing of Kubernetes and keeps no state besides idle
// connections. It holds no credentials: each call is given its own.
package flinks
