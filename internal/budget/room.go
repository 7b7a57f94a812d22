package budget

// What one may have of the live places, as a multiple of what is left of them. So the first
// to come gets nearly all and never the last one: the next to come finds a place, and as
// sessions end all come to equal parts.
const (
	// namespaceShare is that of a namespace, of the places of an instance.
	namespaceShare = 4
	// instanceShare is that of an instance, of all places.
	instanceShare = 2
)

// room is what a class may use of so many places: one in five, and at least one where there
// are several, is kept for what a person waits for.
func room(places int, class Class) int {
	if class == Urgent || places < 2 {
		return places
	}
	return places - max(1, places/5)
}

// livePlaces are those of an instance.
func (b *Budget) livePlaces(e *ledger) int { return min(e.limits.LiveSessions, b.LivePerInstance) }

// hasRoom reports whether a place among the calls under way is free for a class.
func (b *Budget) hasRoom(e *ledger, class Class, live bool) bool {
	if b.Total > 0 && b.underWay >= room(b.Total, class) {
		return false
	}
	if !live {
		return e.calls < room(b.CallsPerInstance, class)
	}
	left := room(b.LiveTotal, class) - b.live
	return e.live < room(b.livePlaces(e), class) && e.live < instanceShare*left
}

// mayHave reports whether a namespace may have another of the live places that are left.
func (b *Budget) mayHave(e *ledger, class Class, namespace string) bool {
	return e.byNamespace[namespace] < namespaceShare*(room(b.livePlaces(e), class)-e.live)
}

// occupies counts what a caller is allowed, and vacates takes it back.
func (b *Budget) occupies(e *ledger, ask Ask) {
	b.underWay++
	if ask.Live {
		b.seat(e, ask.Namespace, 1)
		return
	}
	e.calls++
}

func (b *Budget) vacates(e *ledger, ask Ask) {
	b.underWay--
	if ask.Live {
		b.seat(e, ask.Namespace, -1)
		return
	}
	e.calls--
}

// seat counts a live session of a namespace.
func (b *Budget) seat(e *ledger, namespace string, n int) {
	b.live += n
	e.live += n
	if e.byNamespace == nil {
		e.byNamespace = map[string]int{}
	}
	if e.byNamespace[namespace] += n; e.byNamespace[namespace] == 0 {
		delete(e.byNamespace, namespace)
	}
}
