package instance

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// pendingDeletions counts the deletions at one instance. Logins are known by their
// fingerprints.
type pendingDeletions struct {
	counted time.Time
	// logins of the instance. They are only counted if any are deleted.
	logins int
	// namespaces with deletions, by name.
	namespaces map[string]*namespaceDeletions
	// homes are the namespaces that logins count in for the limit of the instance: where
	// it was deleted, or else the first by name of those in which it waits.
	homes map[string]string
}

// namespaceDeletions counts those of one namespace.
type namespaceDeletions struct {
	logins int
	// waiting are the logins that were to be deleted when they were counted, and those that
	// were added since. None is in deleted as well.
	waiting map[string]bool
	// deleted says when a login was deleted.
	deleted map[string]time.Time
	// atHome is how many of waiting have their home here.
	atHome int
}

// newPendingDeletions starts with what was deleted within the window.
func newPendingDeletions(now time.Time, old *pendingDeletions) *pendingDeletions {
	w := &pendingDeletions{counted: now, namespaces: map[string]*namespaceDeletions{}, homes: map[string]string{}}
	if old == nil {
		return w
	}
	for namespace, p := range old.namespaces {
		for login, at := range p.deleted {
			if now.Sub(at) < lifecycle.DeletionWindow {
				w.delete(at, namespace, login)
			}
		}
	}
	return w
}

func (w *pendingDeletions) in(namespace string) *namespaceDeletions {
	p := w.namespaces[namespace]
	if p == nil {
		p = &namespaceDeletions{waiting: map[string]bool{}, deleted: map[string]time.Time{}}
		w.namespaces[namespace] = p
	}
	return p
}

// wait notes that a login is to be deleted.
func (w *pendingDeletions) wait(namespace, login string) {
	p := w.in(namespace)
	if _, done := p.deleted[login]; done || p.waiting[login] {
		return
	}
	p.waiting[login] = true
	home, known := w.homes[login]
	switch {
	case !known:
	case w.namespaces[home].waiting[login] && namespace < home:
		w.namespaces[home].atHome--
	default:
		return
	}
	w.homes[login] = namespace
	p.atHome++
}

// delete notes that a login was deleted.
func (w *pendingDeletions) delete(at time.Time, namespace, login string) {
	if home, known := w.homes[login]; known && w.namespaces[home].waiting[login] {
		w.namespaces[home].atHome--
	}
	p := w.in(namespace)
	delete(p.waiting, login)
	p.deleted[login] = at
	w.homes[login] = namespace
}

// countLogins counts the logins of the instance, and of each namespace with deletions.
func (w *pendingDeletions) countLogins(connections []v1alpha1.BankConnection) {
	if len(w.namespaces) == 0 {
		return
	}
	all, each := map[string]bool{}, map[string]map[string]bool{}
	for namespace, p := range w.namespaces {
		each[namespace] = map[string]bool{}
		for login := range p.deleted {
			all[login], each[namespace][login] = true, true
		}
	}
	for i := range connections {
		one := connections[i : i+1]
		addLogins(all, one)
		if logins := each[connections[i].Namespace]; logins != nil {
			addLogins(logins, one)
		}
	}
	w.logins = len(all)
	for namespace, logins := range each {
		w.namespaces[namespace].logins = len(logins)
	}
}

// addLogins adds those that connections are bound to.
func addLogins(logins map[string]bool, connections []v1alpha1.BankConnection) {
	for i := range connections {
		if b := connections[i].Status.Binding; b != nil {
			logins[b.LoginFingerprint] = true
		}
	}
}

func (p *namespaceDeletions) pending() lifecycle.PendingDeletions {
	return lifecycle.PendingDeletions{Waiting: len(p.waiting), Deleted: len(p.deleted), Logins: p.logins}
}

// facts returns what holds for each namespace, without that of one.
func (w *pendingDeletions) facts(v View) lifecycle.Deletions {
	facts := lifecycle.Deletions{AtInstance: lifecycle.PendingDeletions{Logins: w.logins}, Confirmation: v.Confirmation()}
	if v.Identity.Limits != nil {
		facts.Limit = v.Identity.Limits.Deletions
	}
	for _, p := range w.namespaces {
		waiting := p.atHome
		if lifecycle.ExceedsOwn(p.pending(), facts.Limit) {
			waiting = 0
		}
		facts.AtInstance.Waiting += waiting
		facts.AtInstance.Deleted += len(p.deleted)
		if waiting+len(p.deleted) > 0 {
			facts.Namespaces++
		}
	}
	return facts
}
