// Package dataapi is the data API: how an application in the cluster reads the data of a
// BankConnection from the operator. The package knows HTTP and the shape of the answers, and
// nothing of Kubernetes: it answers every caller, so put it behind authentication and
// authorization.
package dataapi

import (
	"net/url"
	"strings"
)

const (
	// Audience is that of the tokens that callers present. It is no audience of the API server,
	// so a token that is stolen here opens nothing there.
	Audience = "flinks-operator-data-api"
	// Group of the resource that a caller must be allowed to get.
	Group = "connect.flinks-operator.dev"
	// Resource that a caller must be allowed to get.
	Resource = "bankconnections"
	// Subresource of Resource.
	Subresource = "data"

	root     = "/v1/namespaces/"
	accounts = "accounts"
	// maxName is the length of the longest name that an object can have.
	maxName = 253
)

// Transactions says which transactions an answer has.
type Transactions string

// The transactions that can be asked for.
const (
	TransactionsNone    Transactions = "None"
	TransactionsDays90  Transactions = "Days90"
	TransactionsDays365 Transactions = "Days365"
)

// Target is what a path names.
type Target struct{ Namespace, Name string }

// Path returns the path of the accounts of a connection.
func (t Target) Path() string {
	return root + t.Namespace + "/" + Resource + "/" + t.Name + "/" + accounts
}

// ParsePath returns what a path names; false if there is nothing under that path, for any
// caller. It takes no path but the one that Path returns.
func ParsePath(path string) (t Target, ok bool) {
	parts := strings.Split(path, "/")
	if len(parts) != 7 {
		return t, false
	}
	t = Target{Namespace: parts[3], Name: parts[5]}
	return t, isName(t.Namespace) && isName(t.Name) && path == t.Path()
}

// isName reports whether an object can have a name.
func isName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// parseQuery returns the transactions that a query asks for, None if it does not say; false for
// a query that means nothing.
func parseQuery(raw string) (t Transactions, ok bool) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return "", false
	}
	for name, values := range query {
		if name != "transactions" || len(values) != 1 {
			return "", false
		}
		t = Transactions(values[0])
	}
	switch t {
	case "":
		return TransactionsNone, len(query) == 0
	case TransactionsNone, TransactionsDays90, TransactionsDays365:
		return t, true
	}
	return "", false
}
