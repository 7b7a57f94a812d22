package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// operation is one call, in terms that mean the same on both servers.
type operation struct {
	verb apiserver.Verb
	kind apiserver.Kind
	// slot is which of the few names of a sequence it is about.
	slot        int
	subresource string
	metadata    bool // PartialObjectMetadata instead of the type
	// age says from which of the states of the object that the caller has seen it starts: 0 is the
	// newest. With none that old it starts from a fresh one.
	age     int
	changes []change
	// lock makes a merge patch carry the resource version.
	lock bool
	// body is a patch as it is, instead of one made of changes.
	body string
	// uid and version say which preconditions a deletion has: none, right or wrong.
	uid, version precondition
	selector     selector
}

type precondition int

const (
	none precondition = iota
	right
	wrong
)

// selector is that of a list.
type selector struct{ labels, fields string }

const slots = 2

// generate makes a sequence of operations. The same seed gives the same one.
func generate(seed uint64) []operation {
	g := generator{rand.New(rand.NewPCG(seed, 0))}
	kinds := g.kinds()
	ops := []operation{{verb: apiserver.Create, kind: kinds[0]}}
	for range 12 + g.IntN(6) {
		ops = append(ops, g.operation(kinds[g.IntN(len(kinds))]))
	}
	return ops
}

type generator struct{ *rand.Rand }

// kinds returns those that a sequence is about: few, so that calls meet.
func (g generator) kinds() []apiserver.Kind {
	all := []apiserver.Kind{
		apiserver.BankConnection, apiserver.BankConnection, apiserver.BankConnection, apiserver.Secret,
		apiserver.RefreshPolicy, apiserver.FlinksInstance, apiserver.ClusterFlinksInstance,
	}
	kinds := []apiserver.Kind{all[g.IntN(len(all))]}
	if g.chance(40) {
		kinds = append(kinds, all[g.IntN(len(all))])
	}
	if g.chance(15) {
		kinds = append(kinds, apiserver.Namespace)
	}
	return kinds
}

func (g generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g generator) operation(kind apiserver.Kind) operation {
	o := operation{kind: kind, slot: min(g.IntN(slots*3)/2, slots-1)}
	if g.chance(20) {
		o.age = 1 + g.IntN(2)
	}
	custom := kind != apiserver.Secret && kind != apiserver.Namespace
	switch n := g.IntN(100); {
	case n < 10:
		o.verb, o.changes = apiserver.Create, g.changes(kind, "", 40)
	case n < 28:
		o.verb, o.changes = apiserver.Update, g.changes(kind, "", 100)
	case n < 50 && custom:
		o.verb, o.subresource, o.changes = apiserver.Update, "status", g.changes(kind, "status", 100)
	case n < 72:
		g.patch(&o, custom)
	case n < 83:
		o.verb, o.uid, o.version = apiserver.Delete, g.precondition(), g.precondition()
	case n < 91:
		o.verb, o.metadata = apiserver.Get, g.chance(25)
	default:
		o.verb, o.metadata, o.selector = apiserver.List, g.chance(25), g.selector(kind)
	}
	return o
}

func (g generator) patch(o *operation, custom bool) {
	o.verb = apiserver.Patch
	if custom && g.chance(30) {
		o.subresource = "status"
	}
	switch {
	case g.chance(35):
		bodies := patches(o.kind, o.subresource)
		o.body = bodies[g.IntN(len(bodies))]
	case o.subresource == "" && g.chance(40):
		o.metadata, o.lock, o.changes = true, g.chance(70), g.pick(metadataChanges(), 1+g.IntN(2))
	default:
		o.lock, o.changes = g.chance(60), g.changes(o.kind, o.subresource, 100)
	}
}

// changes returns some that suit the endpoint, and now and then one that does not.
func (g generator) changes(kind apiserver.Kind, subresource string, percent int) []change {
	if !g.chance(percent) {
		return nil
	}
	mine, others := specChanges(kind), statusChanges(kind)
	if subresource == "status" {
		mine, others = others, mine
	}
	picked := g.pick(mine, 1+g.IntN(2))
	if g.chance(40) {
		picked = append(picked, g.pick(metadataChanges(), 1)...)
	}
	if g.chance(15) {
		picked = append(picked, g.pick(others, 1)...)
	}
	return picked
}

func (g generator) pick(from []change, n int) (picked []change) {
	for range n {
		if len(from) > 0 {
			picked = append(picked, from[g.IntN(len(from))])
		}
	}
	return picked
}

func (g generator) precondition() precondition {
	if g.chance(60) {
		return none
	}
	if g.chance(60) {
		return right
	}
	return wrong
}

func (g generator) selector(kind apiserver.Kind) selector {
	labels := []string{"", "", "a=1", "a!=1", "a in (1,2),b", "!a"}
	fields := []string{"", "", "metadata.name=NAME", "metadata.name!=NAME", "metadata.namespace=NAMESPACE", "spec.nothing=1"}
	switch kind {
	case apiserver.BankConnection:
		fields = append(fields, "spec.loginIdSecretRef.name=login", "status.institution=FlinksCapital", "status.institution=",
			"status.binding.loginFingerprint=", "status.binding.loginFingerprint!=,spec.instanceRef.name=toolbox")
	case apiserver.Secret:
		fields = append(fields, "type=Opaque", "type!=Opaque")
	case apiserver.Namespace:
		fields = append(fields, "status.phase=Active", "status.phase=Terminating")
	default: // The others have no fields of their own to select by.
	}
	return selector{labels[g.IntN(len(labels))], fields[g.IntN(len(fields))]}
}

// patches returns bodies that are written by hand. Those of the other endpoint's fields are
// well-typed: where they are not, the real server loses track of who manages which field, and
// stores that.
func patches(kind apiserver.Kind, subresource string) []string {
	all := []string{
		`{"metadata":{"finalizers":["example.com/x"]}}`, `{"metadata":{"finalizers":null}}`, `{"metadata":{"finalizers":[]}}`,
		`{"metadata":{"labels":{"a":"1","b":null}}}`, `{"metadata":{"labels":null}}`, `{"metadata":{"annotations":{"example.com/asked":"later"}}}`,
		`{"metadata":{"resourceVersion":"VERSION","labels":{"a":"3"}}}`, `{"metadata":{"resourceVersion":"1","labels":{"a":"4"}}}`,
		`{"metadata":{"uid":"UID","resourceVersion":"VERSION","finalizers":null}}`, `{"metadata":{"uid":"00000000-0000-0000-0000-000000000000"}}`,
		`{"metadata":{"name":"another"}}`, `{"metadata":{"generation":7}}`,
		`{"metadata":{"unknown":"field"}}`, `{"metadata":{"labels":{"a":1}}}`, `{"metadata":null}`, `{}`, `[]`, `{`, `null`, `"text"`, `{"unknown":1}`,
	}
	if subresource == "status" {
		return append(all, statusPatches(kind)...)
	}
	all = append(all, `{"kind":"Other"}`, `{"apiVersion":"v2"}`)
	switch kind {
	case apiserver.BankConnection:
		all = append(all, `{"spec":{"suspend":"yes"}}`, `{"spec":{"unknown":{"field":1}}}`, `{"spec":null}`,
			`{"spec":{"refreshPolicy":{"type":"Scheduled","interval":"90m"}}}`, `{"spec":{"refreshPolicy":{"type":"Scheduled","interval":90}}}`,
			`{"spec":{"refreshPolicy":{"type":"Scheduled","interval":"soon"}}}`, `{"spec":{"deletionPolicy":null,"reconnect":{"language":"fr"}}}`,
			`{"spec":{"instanceRef":{"name":"other"}}}`, `{"status":null}`, `{"status":{"institution":"Elsewhere"}}`)
	case apiserver.FlinksInstance, apiserver.ClusterFlinksInstance:
		all = append(all, `{"spec":{"limits":{"burst":300}}}`, `{"spec":{"limits":{"burst":"300"}}}`, `{"spec":{"limits":{"burst":1.5}}}`,
			`{"spec":{"credentialsSecretRef":null}}`, `{"status":{"protectedSecretName":"keys"}}`)
	case apiserver.Secret:
		all = append(all, `{"data":{"loginId":"dHdv"}}`, `{"data":{"loginId":"not base64!"}}`, `{"data":null}`, `{"stringData":{"more":"text"}}`,
			`{"type":"other"}`, `{"immutable":true}`)
	case apiserver.Namespace:
		all = append(all, `{"spec":{"finalizers":[]}}`, `{"status":{"phase":"Terminating"}}`)
	default: // For the others, those of every kind will do.
	}
	return all
}

func statusPatches(kind apiserver.Kind) []string {
	all := []string{`{"status":null}`, `{"status":{}}`, `{"status":{"observedGeneration":2}}`, `{"status":{"observedGeneration":"2"}}`,
		`{"status":{"conditions":[{"type":"Ready"}]}}`, `{"status":{"unknown":true,"conditions":null}}`, `{"status":[]}`}
	switch kind {
	case apiserver.BankConnection:
		return append(all, `{"status":{"institution":"Elsewhere"}}`, `{"status":{"institution":7}}`, `{"spec":{"suspend":true}}`,
			`{"status":{"lastRefreshTime":"yesterday"}}`, `{"status":{"lastRefreshTime":"2026-01-01T00:00:00.5+02:00"}}`, `{"status":{"unknown":true,"institution":"x"}}`)
	case apiserver.FlinksInstance, apiserver.ClusterFlinksInstance:
		return append(all, `{"spec":{"limits":{"burst":300}}}`, `{"status":{"protectedSecretName":"keys"}}`, `{"status":{"connections":{"total":1}}}`)
	default:
		return all
	}
}

// key returns the name that a slot stands for.
func (o *operation) key(namespace string) types.NamespacedName {
	name := fmt.Sprintf("%s-%d", namespace, o.slot)
	switch o.kind {
	case apiserver.Namespace:
		return types.NamespacedName{Name: []string{namespace, name}[o.slot]}
	case apiserver.ClusterFlinksInstance:
		return types.NamespacedName{Name: name}
	default:
		return types.NamespacedName{Namespace: namespace, Name: name}
	}
}

// String tells of an operation in a report.
func (o operation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", o.verb, o.kind)
	if o.subresource != "" {
		fmt.Fprintf(&b, "/%s", o.subresource)
	}
	if o.metadata {
		b.WriteString(" (metadata)")
	}
	if o.verb != apiserver.List {
		fmt.Fprintf(&b, " %d", o.slot)
	}
	if o.age > 0 {
		fmt.Fprintf(&b, ", %d versions ago", o.age)
	}
	for _, c := range o.changes {
		fmt.Fprintf(&b, ", %s", c.name)
	}
	if o.lock {
		b.WriteString(", locked")
	}
	if o.body != "" {
		fmt.Fprintf(&b, " %s", o.body)
	}
	if o.verb == apiserver.Delete {
		names := []string{"no", "right", "wrong"}
		fmt.Fprintf(&b, ", %s UID, %s version", names[o.uid], names[o.version])
	}
	if o.selector != (selector{}) {
		fmt.Fprintf(&b, " where %q and %q", o.selector.labels, o.selector.fields)
	}
	return b.String()
}
