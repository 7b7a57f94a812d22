// Package dataclient reads bank data from the data API of flinks-operator, in the cluster.
//
// The caller's ServiceAccount needs the ClusterRole flinks-operator-data-reader in the namespace
// of the BankConnection, and its pod mounts a token for the audience flinks-operator-data-api
// and the authorities of the API's certificate:
//
//	volumes:
//	  - name: data-api
//	    projected:
//	      sources:
//	        - serviceAccountToken: {path: token, audience: flinks-operator-data-api, expirationSeconds: 3600}
//	        - configMap: {name: flinks-operator-data-api-ca, items: [{key: ca.crt, path: ca.crt}]}
//
// Both files change while the pod runs, so the client reads them again: see File.
//
// Accounts are handed out one by one as they come, so memory holds one at a time. Whether an answer
// is whole is known at its end: treat what came before an error as nothing.
//
// A read costs the operator calls of Flinks, and unconditional ones are limited. To poll, send the
// ETag of the last answer as Query.IfNoneMatch: while there is nothing newer, the error is
// ErrNotModified, and that costs next to nothing.
//
// No error of this package contains a token, a URL or a part of the data, and nothing is logged.
// All requests go to the URL that New is given, through no proxy, and follow no redirect. The package
// needs the standard library alone.
package dataclient
