package fault

import (
	"time"

	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

func init() {
	kinds["crash"] = func(i *Injected) {
		i.act = func(e *world.Effect) error { i.w.LinksInDoubt = true; e.Process.Kill(); return nil }
	}
	// stop is a rollout: the process is asked to stop, and is gone when the grace period is over.
	kinds["stop"] = func(i *Injected) {
		i.act = func(e *world.Effect) error {
			i.w.LinksInDoubt = true
			e.Process.Stop()
			i.w.After(gracePeriod, e.Process.Kill)
			return nil
		}
	}
	// pause freezes the whole process in the middle of an effect. Another one takes over, and
	// the first one then goes on, until it notices.
	kinds["pause"] = func(i *Injected) {
		i.act = func(e *world.Effect) error {
			p, d := e.Process, duration(i.Arg)
			// No status may tell of a Secret whose write takes longer than the process waits for it.
			i.w.Unclear = i.w.Unclear || d > world.ReconcileTimeout && e.API != nil && e.API.Kind == apiserver.Secret && e.Writes()
			i.w.LinksInDoubt = true
			p.Freeze()
			i.w.After(d, func() {
				p.Thaw()
				i.w.After(notices, p.Kill)
			})
			i.w.Pause(d)
			return nil
		}
	}
	// hold keeps one reconcile, or call of the link service, in the middle of an effect, while the process goes on.
	// A read of the cache takes no time, and may be made with a lock that others wait for.
	kinds["hold"] = func(i *Injected) {
		i.act = func(e *world.Effect) error {
			if !e.Cached() {
				i.w.Pause(duration(i.Arg))
			}
			return nil
		}
	}
	// both starts a second leader, while the first one goes on for a while.
	kinds["both"] = func(i *Injected) {
		i.act = func(e *world.Effect) error {
			i.w.LinksInDoubt = true
			first := e.Process
			i.w.After(0, func() { i.w.Start() })
			i.w.After(duration(i.Arg), first.Kill)
			return nil
		}
	}
}

const (
	// notices is how long a process that lost its lease goes on.
	notices = 10 * time.Second
	// gracePeriod is that of the Deployment.
	gracePeriod = 300 * time.Second
)

func duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		panic(err)
	}
	return d
}
