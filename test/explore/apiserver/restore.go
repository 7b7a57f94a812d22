package apiserver

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Snapshot is what etcd holds at one moment.
type Snapshot struct {
	objects map[Kind]map[types.NamespacedName]client.Object
	log     map[Kind][]Change
	version int64
}

// Snapshot returns the state of the server now.
func (s *Server) Snapshot() *Snapshot {
	taken := &Snapshot{objects: map[Kind]map[types.NamespacedName]client.Object{}, log: map[Kind][]Change{}, version: s.version}
	for kind := range s.objects {
		taken.objects[kind] = maps.Clone(s.objects[kind])
		taken.log[kind] = slices.Clip(s.log[kind])
	}
	return taken
}

// ResourceVersion returns that of the newest change in it.
func (s *Snapshot) ResourceVersion() int64 { return s.version }

// Restore puts etcd back to a snapshot of this server. Without a bump, resource versions go back
// too, and are given out once more: a cache that has seen later ones sees nothing until they come by
// again. With a bump, they go on from the snapshot's plus bump, and all that was before counts as
// compacted: every watch ends, and its cache lists again.
func (s *Server) Restore(taken *Snapshot, bump int64) {
	s.version = taken.version + bump
	for kind := range resources {
		s.objects[kind] = maps.Clone(taken.objects[kind])
		s.log[kind] = taken.log[kind]
	}
	s.compacted = min(s.compacted, s.version) // That goes back with the rest.
	if bump > 0 {
		s.compacted = s.version
	}
}

// Backup returns what Velero keeps of objects of some kinds.
func (s *Server) Backup(kinds ...Kind) []client.Object {
	var kept []client.Object
	for _, kind := range kinds {
		for _, o := range s.List(kind) {
			kept = append(kept, o.DeepCopyObject().(client.Object))
		}
	}
	return kept
}

// RestoreBackup creates what is not there from a backup, as Velero does by default: with its name,
// labels, annotations and spec, but without its status, finalizers, owners and UID.
func (s *Server) RestoreBackup(ctx context.Context, kept []client.Object) error {
	for _, o := range kept {
		r := resourceOf(o)
		if s.Get(r.kind, client.ObjectKeyFromObject(o)) != nil {
			continue
		}
		restored := own(r, o)
		m := objectMeta(restored)
		m.Finalizers, m.OwnerReferences, m.ResourceVersion, m.GenerateName = nil, nil, "", ""
		if _, err := s.create(ctx, r, restored); err != nil {
			return err
		}
	}
	return nil
}

// Mutate changes what is stored, past all rules: to a state that only a defect, another version or a
// hand could have left. It has a new resource version, and the watches see it.
func (s *Server) Mutate(kind Kind, key types.NamespacedName, change func(client.Object)) {
	o := s.Get(kind, key).DeepCopyObject().(client.Object)
	change(o)
	valid := own(resources[kind], o)
	valid.SetResourceVersion(strconv.FormatInt(s.version, 10))
	s.commit(resources[kind], valid)
}
