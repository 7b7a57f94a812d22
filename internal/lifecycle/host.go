package lifecycle

import (
	"slices"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// maxProvenHosts is how many API hosts a binding names.
const maxProvenHosts = 8

// IsHostProven reports whether an API host has answered for the bound login. Flinks
// gives the same answer for a login that was deleted and for one that another instance
// has, so only such a host can say that the login is gone: an address that is mistyped
// must not pass for a deletion.
func IsHostProven(b *v1alpha1.Binding, host string) bool {
	return b != nil && host != "" && slices.Contains(b.HostFingerprints, host)
}

// proveHost notes that an API host answered for the bound login.
func proveHost(b *v1alpha1.Binding, o Outcome) {
	if b == nil || o.Identity.Host == "" || o.Identity.Fingerprint != b.LoginFingerprint || !confirms(o) || IsHostProven(b, o.Identity.Host) {
		return
	}
	hosts := slices.Concat(b.HostFingerprints, []string{o.Identity.Host})
	b.HostFingerprints = hosts[max(0, len(hosts)-maxProvenHosts):]
}

// doubted is the outcome with an answer that says less, if it is that the bound login is
// unknown, or may mean that, and comes from a host that cannot know.
func (o Outcome) doubted(b *v1alpha1.Binding) Outcome {
	if b == nil || o.Err == nil || IsHostProven(b, o.Identity.Host) || o.Err.Class != flinks.ClassGone && !o.Err.IsBareNotFound() {
		return o
	}
	doubt := *o.Err
	doubt.Code = flinks.CodeHostUnproven
	doubt.Class = flinks.Lookup(string(doubt.Code), false).Class
	o.Err = &doubt
	return o
}
