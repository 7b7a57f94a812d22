package linkservice

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// access returns the keys and the endpoint of the instance; false if there are none, which
// the instance says itself.
func (s *Service) access(ctx context.Context, q linkRequest) (a login.Access, ok bool, err error) {
	if a.Endpoint, err = q.instance.Endpoint(); err != nil || !q.instance.IsProven() {
		return a, false, nil //nolint:nilerr // The instance says what is wrong with it.
	}
	var problem string
	a.Credentials, problem, err = s.Logins.Credentials(ctx, q.instance)
	return a, problem == "", err
}

// admit takes the permission for calls to the instance, and makes the client for them.
// denied is what the customer sees if the limits of the instance deny it.
func (s *Service) admit(q *linkRequest, calls int) (release func(), denied *linkapi.View) {
	grant, denial := s.Admission.TakeForLink(q.instance, calls)
	if grant == nil {
		page := q.page
		page.State, page.Reason, page.Until = linkapi.StateUnavailable, instance.Reason(denial.Reason), denial.Until
		return nil, &page
	}
	q.flinks = s.Flinks(instance.Meter{Grant: grant, Clock: s.Clock, View: q.instance, ProbeQueue: s.Logins.ProbeQueue})
	return grant.Release, nil
}

// refused notes what Flinks answered instead of success; nil if it answered nothing.
func (s *Service) refused(ctx context.Context, q linkRequest, err error) *flinks.Error {
	remote, err := s.Logins.Refusal(q.instance, err)
	if err != nil {
		return nil //nolint:nilerr // Said above.
	}
	log.FromContext(ctx).Info("Flinks refused a call for a link", "connection", q.name(), "operation", remote.Op, "code", remote.Code)
	return remote
}
