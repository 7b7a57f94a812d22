// Package flinks is the vocabulary of the Flinks banking API, for packages that decide as well as
// for those that call it. The package client below it makes the calls.
//
// It has four parts: the results and errors of the remote operations ([Authorization],
// [AccountsDetail], [Error]), the catalogue that maps a FlinksCode to a class and a remedy
// ([Catalogue]), identifiers that cannot be printed ([LoginID] and others), and the addresses
// of an instance ([Endpoint], [ConnectURL]).
//
// Nothing that Flinks or a bank wrote is in a result as text. Codes, challenge types and
// account types come from closed or charset-limited vocabularies; messages, prompts and user
// names are dropped.
//
// The package does no I/O: it imports neither net/http nor Kubernetes.
package flinks
