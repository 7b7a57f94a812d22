package fault

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

func init() {
	// gap stops the watch of a kind until another effect. Then the kind is listed again: what
	// came and went meanwhile is never seen.
	kinds["gap"] = func(i *Injected) {
		kind := apiserver.Kind(i.Arg)
		lag(i, kind, func(p *world.Process) { p.Cache.Relist(kind, 0) })
	}
	// lag stops the watch of a kind until another effect, and then delivers what it missed.
	kinds["lag"] = func(i *Injected) {
		lag(i, apiserver.Kind(i.Arg), func(*world.Process) {})
	}
	// again delivers every object of a kind once more.
	kinds["again"] = func(i *Injected) {
		i.act = func(e *world.Effect) error {
			i.w.After(0, func() { e.Process.Cache.Resync(apiserver.Kind(i.Arg)) })
			return nil
		}
	}
	// etcd puts the API server back to what it was at an earlier effect. With bump, resource
	// versions do not go back, as is advised.
	kinds["etcd"] = func(i *Injected) {
		from, bump := number(i.args()[0]), int64(0)
		if len(i.args()) > 1 {
			bump = 1_000_000
		}
		i.w.LinksInDoubt = true
		i.w.Hooks = append(i.w.Hooks, snapshot{i, from, bump})
	}
	// velero restores everything into a new cluster, as Velero does by default.
	kinds["velero"] = func(i *Injected) {
		empty := i.w.Server.Snapshot()
		i.act = func(*world.Effect) error {
			killAll(i.w)
			i.w.After(time.Second, func() { restore(i.w, empty) })
			i.w.After(reapplied, i.w.Reapply)
			return nil
		}
	}
	// strip takes the operator's finalizers off an object, as people do who are in a hurry.
	kinds["strip"] = func(i *Injected) {
		i.act = func(e *world.Effect) error {
			if e.API != nil && i.w.Server.Get(e.API.Kind, e.API.Key) != nil {
				// Without its finalizer a Secret goes before the login is deleted.
				i.w.Unclear = i.w.Unclear || e.API.Kind == apiserver.Secret && len(i.w.ContentsOrder) > 0
				i.w.StripFinalizers(e.API.Kind, e.API.Key)
			}
			return nil
		}
	}
}

// reapplied is when people and programs find that their objects are not as they want them.
const reapplied = 5 * time.Minute

// lag stops the watch of a kind from an effect to another.
func lag(i *Injected, kind apiserver.Kind, catchUp func(*world.Process)) {
	var of *world.Process
	i.act = func(e *world.Effect) error {
		of = e.Process
		of.Lags[kind] = true
		i.w.After(longestGap, func() { unlag(of, kind, catchUp) })
		return nil
	}
	i.end = func(*world.Effect) {
		if of != nil {
			unlag(of, kind, catchUp)
		}
	}
}

// longestGap is how long a watch is silent at the longest, before another one begins.
const longestGap = 5 * time.Minute

func unlag(p *world.Process, kind apiserver.Kind, catchUp func(*world.Process)) {
	if p.Lags[kind] {
		p.Lags[kind] = false
		catchUp(p)
	}
}

// snapshot remembers the API server after one effect, for a restore after another.
type snapshot struct {
	i    *Injected
	from int
	bump int64
}

// Before implements world.Hook.
func (s snapshot) Before(*world.Effect) error { return nil }

// After implements world.Hook.
func (s snapshot) After(e *world.Effect) error {
	if e.Index != s.from {
		return nil
	}
	taken := s.i.w.Server.Snapshot()
	s.i.act = func(*world.Effect) error {
		s.i.w.NoteRestore(taken.ResourceVersion())
		s.i.w.Unclear = s.i.w.Unclear || isYounger(s.i.w.Server, taken)
		s.i.w.Server.Restore(taken, s.bump)
		killAll(s.i.w)
		s.i.w.After(reapplied, s.i.w.Reapply)
		return nil
	}
	return nil
}

// isYounger reports whether a connection was created after a snapshot: one that shared its login does
// not know that any more, and may be deleted before the other one is there again.
func isYounger(server *apiserver.Server, taken *apiserver.Snapshot) bool {
	return slices.ContainsFunc(server.Log(apiserver.BankConnection), func(c apiserver.Change) bool {
		return c.Type == watch.Added && c.ResourceVersion > taken.ResourceVersion()
	})
}

// killAll ends every process: the API server restarts, and what speaks to it with it.
func killAll(w *world.World) {
	for _, p := range w.Processes() {
		p.Kill()
	}
}

// isHandedOut reports whether an object is a Secret with a link or a session. Backups leave
// those out, as docs/operate.md says.
func isHandedOut(o client.Object) bool {
	_, isSecret := o.(*corev1.Secret)
	return isSecret && (strings.HasSuffix(o.GetName(), "-reconnect") || strings.HasSuffix(o.GetName(), "-session"))
}

// restore makes a new cluster out of the backup of an old one.
func restore(w *world.World, empty *apiserver.Snapshot) {
	kept := slices.DeleteFunc(w.Server.Backup(apiserver.Kinds()...), isHandedOut)
	w.NoteRestore(0)
	w.Server.Restore(empty, 1_000_000)
	if err := w.Server.RestoreBackup(w.Context(), kept); err != nil {
		panic(err)
	}
}
