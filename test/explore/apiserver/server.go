package apiserver

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Options of a server.
type Options struct {
	// Clock gives creation and deletion times.
	Clock clock.PassiveClock
}

// Server is an API server. Its zero value is of no use; see [New].
type Server struct {
	clock clock.PassiveClock
	// objects are those that exist. What is in here is never changed, only replaced.
	objects map[Kind]map[types.NamespacedName]client.Object
	// forms are the forms of statuses, of stored objects where it is not written.
	forms map[client.Object]statusForm
	// log is everything that ever happened, kind by kind.
	log map[Kind][]Change
	// version is the newest resource version, compacted the oldest that can be watched from.
	version, compacted int64
	// named counts the UIDs that were given out. A restore does not take them back.
	named  int64
	events []RecordedEvent
}

// Change is an entry of the watch log: one object became another.
type Change struct {
	// Type is Added, Modified or Deleted.
	Type            watch.EventType
	Kind            Kind
	Key             types.NamespacedName
	ResourceVersion int64
	// Object is what a watch delivers: the new state, or with Deleted the last one. Old is the state
	// before, nil with Added. Both are the server's own: read only.
	Object, Old client.Object
}

// New returns a server with nothing in it but the namespace default.
func New(o Options) *Server {
	s := &Server{clock: o.Clock, objects: map[Kind]map[types.NamespacedName]client.Object{}, forms: map[client.Object]statusForm{}, log: map[Kind][]Change{}}
	for kind := range resources {
		s.objects[kind] = map[types.NamespacedName]client.Object{}
	}
	s.AddNamespace(metav1.NamespaceDefault, nil)
	return s
}

// ResourceVersion returns that of the newest change.
func (s *Server) ResourceVersion() int64 { return s.version }

// Get returns an object as it is stored, for reading only, or nil.
func (s *Server) Get(kind Kind, key types.NamespacedName) client.Object { return s.objects[kind][key] }

// List returns the stored objects of a kind, for reading only, in order of namespace and name.
func (s *Server) List(kind Kind) []client.Object {
	return sorted(s.objects[kind])
}

// Log returns every change of a kind, oldest first.
func (s *Server) Log(kind Kind) []Change { return s.log[kind] }

// Versions returns the states that an object had, oldest first; nil stands for a time in which it
// did not exist.
func (s *Server) Versions(kind Kind, key types.NamespacedName) []client.Object {
	versions := []client.Object{nil}
	for _, c := range s.log[kind] {
		switch {
		case c.Key != key:
		case c.Type == watch.Deleted:
			versions = append(versions, nil)
		default:
			versions = append(versions, c.Object)
		}
	}
	return versions
}

// at returns the objects of a kind as they were at a resource version.
func (s *Server) at(kind Kind, version int64) map[types.NamespacedName]client.Object {
	if version >= s.version {
		return s.objects[kind]
	}
	then := map[types.NamespacedName]client.Object{}
	for _, c := range s.log[kind] {
		switch {
		case c.ResourceVersion > version:
			return then
		case c.Type == watch.Deleted:
			delete(then, c.Key)
		default:
			then[c.Key] = c.Object
		}
	}
	return then
}

func sorted(objects map[types.NamespacedName]client.Object) []client.Object {
	all := make([]client.Object, 0, len(objects))
	for _, o := range objects {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b client.Object) int {
		return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
	})
	return all
}

// commit stores a new state and tells the watches.
func (s *Server) commit(r *resource, o client.Object) {
	key := client.ObjectKeyFromObject(o)
	s.version++
	o.SetResourceVersion(strconv.FormatInt(s.version, 10))
	change := Change{watch.Modified, r.kind, key, s.version, o, s.objects[r.kind][key]}
	if change.Old == nil {
		change.Type = watch.Added
	}
	s.objects[r.kind][key] = o
	s.log[r.kind] = append(s.log[r.kind], change)
}

// remove ends an object. Watches are told its last stored state, with the version of its end.
func (s *Server) remove(r *resource, key types.NamespacedName) {
	old := s.objects[r.kind][key]
	s.version++
	last := old.DeepCopyObject().(client.Object)
	last.SetResourceVersion(strconv.FormatInt(s.version, 10))
	delete(s.objects[r.kind], key)
	s.log[r.kind] = append(s.log[r.kind], Change{watch.Deleted, r.kind, key, s.version, last, old})
}

func (s *Server) newUID() types.UID {
	s.named++
	return types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012x", s.named))
}

// now returns the time in whole seconds, as it is stored.
func (s *Server) now() metav1.Time { return metav1.Unix(s.clock.Now().Unix(), 0) }

// own returns a copy of an object that came from outside, as decoding its encoding would give it.
func own(r *resource, o client.Object) client.Object {
	c := o.DeepCopyObject().(client.Object)
	r.whole.normalise(reflect.ValueOf(c).Elem())
	c.SetManagedFields(nil)
	return c
}

func (r *resource) equal(a, b client.Object) bool {
	return r.whole.equal(reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem())
}

func notFound(r *resource, name string) error { return apierrors.NewNotFound(r.gr, name) }
