package instance

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// wave is what is known of the deletions at one instance. Logins are known by their
// fingerprints.
type wave struct {
	counted time.Time
	// logins of the instance. They are only counted if any are deleted.
	logins int
	// parts are those of namespaces.
	parts map[string]*part
	// homes are the namespaces that logins count in for the limit of the instance: where
	// it was deleted, or else the first by name of those in which it waits.
	homes map[string]string
}

// part is what one namespace has of a wave.
type part struct {
	logins int
	// waiting are the logins in the wave when they were counted, and those that came by
	// since. None is in deleted as well.
	waiting map[string]bool
	// deleted says when a login was deleted.
	deleted map[string]time.Time
	// atHome is how many of waiting have their home here.
	atHome int
}

// newWave begins with what was deleted lately.
func newWave(now time.Time, old *wave) *wave {
	w := &wave{counted: now, parts: map[string]*part{}, homes: map[string]string{}}
	if old == nil {
		return w
	}
	for namespace, p := range old.parts {
		for login, at := range p.deleted {
			if now.Sub(at) < lifecycle.DeletionWindow {
				w.delete(at, namespace, login)
			}
		}
	}
	return w
}

func (w *wave) part(namespace string) *part {
	p := w.parts[namespace]
	if p == nil {
		p = &part{waiting: map[string]bool{}, deleted: map[string]time.Time{}}
		w.parts[namespace] = p
	}
	return p
}

// wait notes that a login is to be deleted.
func (w *wave) wait(namespace, login string) {
	p := w.part(namespace)
	if _, done := p.deleted[login]; done || p.waiting[login] {
		return
	}
	p.waiting[login] = true
	home, known := w.homes[login]
	switch {
	case !known:
	case w.parts[home].waiting[login] && namespace < home:
		w.parts[home].atHome--
	default:
		return
	}
	w.homes[login] = namespace
	p.atHome++
}

// delete notes that a login was deleted.
func (w *wave) delete(at time.Time, namespace, login string) {
	if home, known := w.homes[login]; known && w.parts[home].waiting[login] {
		w.parts[home].atHome--
	}
	p := w.part(namespace)
	delete(p.waiting, login)
	p.deleted[login] = at
	w.homes[login] = namespace
}

// countLogins counts the logins of the instance, and of each namespace with a part.
func (w *wave) countLogins(connections []v1alpha1.BankConnection) {
	if len(w.parts) == 0 {
		return
	}
	all, each := map[string]bool{}, map[string]map[string]bool{}
	for namespace, p := range w.parts {
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
		w.parts[namespace].logins = len(logins)
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

func (p *part) wave() lifecycle.PendingDeletions {
	return lifecycle.PendingDeletions{Waiting: len(p.waiting), Deleted: len(p.deleted), Logins: p.logins}
}

// facts returns what holds for each namespace, without that of one.
func (w *wave) facts(v View) lifecycle.Deletions {
	facts := lifecycle.Deletions{AtInstance: lifecycle.PendingDeletions{Logins: w.logins}, Confirmation: v.Confirmation()}
	if v.Identity.Limits != nil {
		facts.Limit = v.Identity.Limits.Deletions
	}
	for _, p := range w.parts {
		waiting := p.atHome
		if lifecycle.ExceedsOwn(p.wave(), facts.Limit) {
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
