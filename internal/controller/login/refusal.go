package login

import (
	"errors"

	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Refusal returns the error of a call as what Flinks answered instead of success, and any
// other error as it is. Keys that may be refused are the instance's trouble: it is probed,
// and its connections wait for the result.
func (r *Reader) Refusal(v instance.View, err error) (*flinks.Error, error) {
	remote, ok := errors.AsType[*flinks.Error](err)
	if !ok {
		return nil, err
	}
	if lifecycle.SuspectsKeys(remote) {
		r.CredentialCache.Forget(v.Key)
		r.ProbeQueue.Add(v)
	}
	return remote, nil
}
