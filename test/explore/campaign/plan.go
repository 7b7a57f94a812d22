package campaign

import (
	"math/rand/v2"

	"github.com/flinks-operator/flinks-operator/test/explore/fault"
	"github.com/flinks-operator/flinks-operator/test/explore/workload"
)

// family is a kind of cases: each places its faults everywhere in a workload.
type family struct {
	name string
	// faults are all single faults of the family in a workload.
	faults func(*Reference) []fault.Fault
}

// families are those of single faults.
var families = []family{
	{"crash", crashes},
	{"api", apiErrors},
	{"flinks", flinksErrors},
	{"stale", staleReads},
	{"watch", watchGaps},
	{"managers", managers},
	{"clock", clocks},
	{"restore", restores},
	{"mutate", mutations},
	{"secret", secrets},
}

// singles returns all cases with one fault.
func singles(w workload.Workload, r *Reference) []Case {
	var all []Case
	for _, f := range families {
		for _, one := range f.faults(r) {
			all = append(all, Case{Workload: w, Faults: []fault.Fault{one}})
		}
	}
	if !w.Few {
		return all
	}
	var some []Case
	for n := 0; n < len(all); n += oneIn {
		some = append(some, all[n])
	}
	return some
}

// oneIn is how many of the places of a large workload there are for each that is disturbed. It
// shares no factor with the numbers of faults at a place.
const oneIn = 41

// several returns n cases with several faults each, chosen by chance. Half of them have a crash.
func several(w workload.Workload, r *Reference, n int, chance *rand.Rand) []Case {
	var pool []fault.Fault
	for _, f := range families {
		pool = append(pool, f.faults(r)...)
	}
	crashes := crashes(r)
	var all []Case
	if w.Few {
		n /= oneIn
	}
	for range n {
		c := Case{Workload: w}
		if chance.IntN(2) == 0 {
			c.Faults = append(c.Faults, crashes[chance.IntN(len(crashes))])
		}
		for len(c.Faults) < 2 || len(c.Faults) < 5 && chance.IntN(3) == 0 {
			c.Faults = append(c.Faults, pool[chance.IntN(len(pool))])
		}
		all = append(all, c)
	}
	return all
}

func crashes(r *Reference) []fault.Fault {
	var all []fault.Fault
	for _, e := range r.Effects {
		if e.Cached {
			continue
		}
		all = append(all, fault.Fault{Kind: "crash", At: e.Index})
		all = append(all, fault.Fault{Kind: "crash", At: e.Index, After: true})
	}
	return all
}

func apiErrors(r *Reference) []fault.Fault {
	var all []fault.Fault
	for _, e := range r.Effects {
		if e.Cached || e.Endpoint != "" {
			continue
		}
		for _, name := range fault.APIErrors {
			if e.answers(name) {
				all = append(all, fault.Fault{Kind: "api", Arg: name, At: e.Index})
			}
		}
		for _, name := range []string{"internal", "timeout", "conflict"} {
			if e.Writes {
				all = append(all, fault.Fault{Kind: "api", Arg: name, At: e.Index, After: true})
			}
		}
	}
	return all
}

// answers reports whether the API server may answer an effect with an error. A kind whose definition
// is not served for a while is answered with 404; a Secret is not.
func (e Effect) answers(name string) bool {
	switch name {
	case "conflict", "invalid":
		return e.Writes
	case "notfound":
		return e.Writes && e.Kind != "Secret" && e.Kind != "Event"
	}
	return true
}

func flinksErrors(r *Reference) []fault.Fault {
	var all []fault.Fault
	for _, e := range r.Effects {
		if e.Endpoint == "" {
			continue
		}
		for _, name := range append(append([]string{}, fault.Unsent...), fault.Lost...) {
			all = append(all, fault.Fault{Kind: "flinks", Arg: name, At: e.Index, After: name == "reset"})
		}
		if fault.AsksBank(e.Endpoint) {
			for _, code := range fault.Outcomes {
				all = append(all, fault.Fault{Kind: "flinks", Arg: code, At: e.Index})
			}
		}
	}
	return all
}

func staleReads(r *Reference) []fault.Fault {
	var all []fault.Fault
	for _, e := range r.Effects {
		if !e.Cached {
			continue
		}
		for _, back := range []string{"-1", "-2", "-4"} {
			all = append(all, fault.Fault{Kind: "stale", Arg: e.Kind + "," + back, At: e.Index})
		}
	}
	return all
}

func watchGaps(r *Reference) []fault.Fault {
	var all []fault.Fault
	for _, e := range r.Effects {
		if e.Cached || !e.Writes || e.Endpoint != "" {
			continue
		}
		for _, span := range []int{5, 20, 60} {
			for _, kind := range []string{"BankConnection", "ClusterFlinksInstance"} {
				all = append(all,
					fault.Fault{Kind: "lag", Arg: kind, At: e.Index, To: e.Index + span},
					fault.Fault{Kind: "gap", Arg: kind, At: e.Index, To: e.Index + span})
			}
		}
		all = append(all, fault.Fault{Kind: "lag", Arg: "BankConnection", At: e.Index, To: e.Index + 2000})
		all = append(all, fault.Fault{Kind: "again", Arg: "BankConnection", At: e.Index})
	}
	return all
}

func managers(r *Reference) []fault.Fault {
	var all []fault.Fault
	for _, e := range r.Effects {
		if e.Cached {
			continue
		}
		for _, d := range []string{"25s", "3m", "15m"} {
			all = append(all, fault.Fault{Kind: "pause", Arg: d, At: e.Index})
			if e.Writes {
				all = append(all, fault.Fault{Kind: "pause", Arg: d, At: e.Index, After: true})
			}
		}
		all = append(all, fault.Fault{Kind: "both", Arg: "15m", At: e.Index}, fault.Fault{Kind: "stop", At: e.Index, After: true})
		if e.Endpoint != "" || e.Writes {
			all = append(all, fault.Fault{Kind: "hold", Arg: "35s", At: e.Index}, fault.Fault{Kind: "hold", Arg: "3m", At: e.Index, After: true})
		}
	}
	return all
}

func clocks(r *Reference) []fault.Fault {
	var all []fault.Fault
	for _, e := range r.Effects {
		if e.Cached || !e.Writes {
			continue
		}
		for _, d := range []string{"-30s", "30s", "-10m", "10m", "-1h", "1h", "-720h", "720h"} {
			all = append(all, fault.Fault{Kind: "step", Arg: d, At: e.Index, After: true})
		}
		for _, d := range []string{"40s", "10m", "35m"} {
			all = append(all, fault.Fault{Kind: "jump", Arg: d, At: e.Index})
		}
		all = append(all, fault.Fault{Kind: "slow", At: e.Index})
	}
	return all
}

func restores(r *Reference) []fault.Fault {
	var all []fault.Fault
	var writes []int
	for _, e := range r.Effects {
		if e.Cached || !e.Writes {
			continue
		}
		writes = append(writes, e.Index)
		all = append(all, fault.Fault{Kind: "velero", At: e.Index, After: true})
	}
	for n, to := range writes {
		for back := 1; back <= n && back <= 8; back = 2 * back {
			from := number(writes[n-back])
			all = append(all,
				fault.Fault{Kind: "etcd", Arg: from, At: to, After: true},
				fault.Fault{Kind: "etcd", Arg: from + ",bump", At: to, After: true})
		}
	}
	return all
}

// fields of a status that are changed past all rules.
var fields = []string{
	"observedGeneration", "conditions", "institution", "binding", "binding.instance", "binding.customerId",
	"binding.loginFingerprint", "binding.secretName", "binding.boundTime", "refreshPolicy", "lastRefreshTime", "lastObservedTime",
	"nextRefreshTime", "nextObserveTime", "refresh", "refresh.attempt", "internal.nonce", "refresh.state", "refresh.startTime",
	"refresh.notBefore", "refresh.lastResult", "reconnect", "reconnect.link.url", "reconnect.question.expirationTime", "reconnect.reason",
	"accounts", "lastHandledRequest", "lastHandledRequest.value", "lastHandledRequest.result", "lastError",
}

func mutations(r *Reference) []fault.Fault {
	var all []fault.Fault
	for n, e := range r.Effects {
		if e.Cached || e.Verb != "update" || n == 0 {
			continue
		}
		for _, field := range fields {
			for _, how := range fault.Hows {
				all = append(all, fault.Fault{Kind: "mutate", Arg: field + "," + how, At: e.Index, After: true})
			}
		}
	}
	return all
}

func secrets(r *Reference) []fault.Fault {
	var all []fault.Fault
	for _, e := range r.Effects {
		if e.Cached || !e.Writes {
			continue
		}
		for _, how := range fault.Spoils {
			all = append(all, fault.Fault{Kind: "secret", Arg: how, At: e.Index, After: true})
		}
		all = append(all, fault.Fault{Kind: "strip", At: e.Index, After: true})
	}
	return all
}
