// Package login reads what is known of a BankConnection and of its login: the facts in the
// cluster, the loginId in its Secret, the keys of its instance, and the other connections
// that have the same login. The reconciler and the link service both read it; nothing here
// writes to the cluster.
package login

import (
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
)

// Reader reads connections and their logins. It is safe for concurrent use.
type Reader struct {
	// Client reads from the cache, which must have the indexes that AddIndexes adds.
	Client client.Reader
	// Live reads from the API server.
	Live            client.Reader
	Secrets         secret.Reader
	Instances       instance.Resolver
	CredentialCache *instance.CredentialCache
	ProbeQueue      *instance.ProbeQueue
	Deletions       *instance.Deletions
	Admission       instance.Admission
	Clock           clock.PassiveClock
	// Links to gateways; nil if the link API is not served.
	Links *Links
}
