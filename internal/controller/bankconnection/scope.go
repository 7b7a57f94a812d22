package bankconnection

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// scope is what one reconcile works with.
type scope struct {
	lifecycle.Inputs
	view    instance.View
	session session
	flinks  Flinks
	// leads reports whether this process still leads, and the reconcile has time left.
	leads func() bool
	// release returns the permission to call, so that another connection can have it.
	release func()
	// ahead is nil if access was not read ahead.
	ahead *readAhead
}

// readAhead is what came of reading the login and the keys before anything else. A reconcile goes
// by one read: what is called for a little later is the bound login in any case, and a claim
// is only good for seconds.
type readAhead struct {
	access  login.Access
	problem string
}

func (s *scope) name() types.NamespacedName { return client.ObjectKeyFromObject(s.Connection) }

// readFacts reads the inputs of a decision, from the cache and from memory.
func (r *Reconciler) readFacts(ctx context.Context, c *v1alpha1.BankConnection) (*scope, error) {
	facts, view, err := r.Logins.ReadFacts(ctx, c)
	if err != nil {
		return nil, err
	}
	s := &scope{view: view, session: r.memory.recall(c)}
	s.Facts = facts
	s.Memory = s.session.memory
	s.HasSession, s.IsAsync = s.session.opens(c), s.session.use == awaitsOutcome
	s.RebindAsked, s.Ineligible = s.session.rebindAsked(), r.IneligibleLogins.Contains(c)
	return s, nil
}
