package budget

// The shares of the slots for live sessions, as multiples of the free ones. So the first to
// come gets nearly all and never the last one: the next to come finds a free slot, and as
// sessions end the shares become equal.
const (
	// namespaceShare is that of a namespace, of the slots of an instance.
	namespaceShare = 4
	// instanceShare is that of an instance, of all slots.
	instanceShare = 2
)

// available returns how many of a number of slots a priority may use: one in five, and at
// least one where there are several, is reserved for Urgent.
func available(slots int, priority Priority) int {
	if priority == Urgent || slots < 2 {
		return slots
	}
	return slots - max(1, slots/5)
}

// liveSlots returns the number of live sessions that an instance may have at once.
func (b *Budget) liveSlots(e *ledger) int { return min(e.limits.LiveSessions, b.LivePerInstance) }

// usableSlots returns how many slots of an instance a priority may use for live sessions. One that
// is overdue may use the reserve, but for no more sessions than it could have without those that
// people asked for.
func (b *Budget) usableSlots(e *ledger, priority Priority) int {
	slots := b.liveSlots(e)
	usable := available(slots, priority)
	if e.isOverdue(priority) && e.belowUrgent < usable {
		return slots
	}
	return usable
}

// hasSlot reports whether one more call may be under way.
func (b *Budget) hasSlot(e *ledger, priority Priority, live bool) bool {
	if b.Total > 0 && b.underWay >= available(b.Total, priority) {
		return false
	}
	if !live {
		usable := available(b.CallsPerInstance, priority)
		return e.calls < usable && (priority != Reading || e.reads < max(1, usable/2))
	}
	left := available(b.LiveTotal, priority) - b.live
	return e.live < b.usableSlots(e, priority) && e.live < instanceShare*left
}

// hasShare reports whether the share of a namespace allows another live session.
func (b *Budget) hasShare(e *ledger, priority Priority, namespace string) bool {
	return e.byNamespace[namespace] < namespaceShare*(b.usableSlots(e, priority)-e.live)
}

// takeSlot counts what a caller is permitted, and freeSlot takes it back.
func (b *Budget) takeSlot(e *ledger, req Request) {
	b.underWay++
	if req.Live {
		b.countLive(e, req, 1)
		return
	}
	e.count(req, 1)
}

func (b *Budget) freeSlot(e *ledger, req Request) {
	b.underWay--
	if req.Live {
		b.countLive(e, req, -1)
		return
	}
	e.count(req, -1)
}

// count adds n calls of a request.
func (e *ledger) count(req Request, n int) {
	e.calls += n
	if req.Priority == Reading {
		e.reads += n
	}
}

// countLive adds n live sessions of a request's priority and namespace.
func (b *Budget) countLive(e *ledger, req Request, n int) {
	b.live += n
	e.live += n
	if req.Priority != Urgent {
		e.belowUrgent += n
	}
	if e.byNamespace == nil {
		e.byNamespace = map[string]int{}
	}
	if e.byNamespace[req.Namespace] += n; e.byNamespace[req.Namespace] == 0 {
		delete(e.byNamespace, req.Namespace)
	}
}
