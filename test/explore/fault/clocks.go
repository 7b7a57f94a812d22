package fault

import (
	"time"

	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// setRight is how long a clock is wrong.
const setRight = 25 * time.Minute

func init() {
	// step sets the clock of the machine wrong, until it is set right again.
	kinds["step"] = func(i *Injected) {
		i.act = func(e *world.Effect) error {
			i.w.ClocksMoved = true
			e.Process.Clock.Step(duration(i.Arg))
			i.w.After(setRight, func() { e.Process.Clock.Step(-duration(i.Arg)) })
			return nil
		}
	}
	kinds["slow"] = func(i *Injected) {
		i.act = func(e *world.Effect) error {
			i.w.ClocksMoved = true
			e.Process.Clock.SetRate(0.5)
			return nil
		}
	}
	// jump lets time pass for all processes between two instructions.
	kinds["jump"] = func(i *Injected) {
		i.act = func(*world.Effect) error { i.w.Pass(duration(i.Arg)); return nil }
	}
}
