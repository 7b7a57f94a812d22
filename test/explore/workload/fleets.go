package workload

import (
	"fmt"
	"time"

	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// fleet is how many connections there are in a fleet.
const fleet = 14

// fleets returns the workloads with many connections.
func fleets() []Workload {
	return []Workload{
		{
			ID: "W18", Title: "the operator is restarted among many connections", Few: true,
			Prepare: func(w *world.World) {
				manyConnected(w)
				for n := range 3 {
					w.Actors = append(w.Actors, &world.Application{Key: numbered(n), From: world.Epoch.Add(5 * time.Minute)})
				}
			},
			Steps: []Step{step(5*time.Minute+2*time.Second, "restart", restart)},
		},
		{
			ID: "W19", Title: "many connections are deleted by mistake, and then on purpose", Few: true, Prepare: manyConnected,
			Steps: []Step{
				step(20*time.Minute, "delete all", deleteFleet),
				step(15*time.Minute, "confirm", confirmed(90*time.Minute)),
			},
			Ends: noneLeft,
		},
	}
}

func noneLeft(w *world.World) string {
	if n := len(w.Server.List(apiserver.BankConnection)); n > 0 {
		return fmt.Sprintf("%d connections are left", n)
	}
	return ""
}

// restart ends the process that leads, if one does.
func restart(w *world.World) {
	if leader := w.Leader(); leader != nil {
		leader.Kill()
	}
}

func numbered(n int) world.Key { return world.Name(fmt.Sprintf("c%02d", n)) }

func manyConnected(w *world.World) {
	bank(w)
	for n := range fleet {
		connect(w, numbered(n), fmt.Sprintf("%s+%02d", quiet, n))
	}
}
