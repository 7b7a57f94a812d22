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

// hasSlot reports whether one more call may be under way.
func (b *Budget) hasSlot(e *ledger, priority Priority, live bool) bool {
	if b.Total > 0 && b.underWay >= available(b.Total, priority) {
		return false
	}
	if !live {
		return e.calls < available(b.CallsPerInstance, priority)
	}
	left := available(b.LiveTotal, priority) - b.live
	return e.live < available(b.liveSlots(e), priority) && e.live < instanceShare*left
}

// hasShare reports whether the share of a namespace allows another live session.
func (b *Budget) hasShare(e *ledger, priority Priority, namespace string) bool {
	return e.byNamespace[namespace] < namespaceShare*(available(b.liveSlots(e), priority)-e.live)
}

// takeSlot counts what a caller is permitted, and freeSlot takes it back.
func (b *Budget) takeSlot(e *ledger, req Request) {
	b.underWay++
	if req.Live {
		b.countLive(e, req.Namespace, 1)
		return
	}
	e.calls++
}

func (b *Budget) freeSlot(e *ledger, req Request) {
	b.underWay--
	if req.Live {
		b.countLive(e, req.Namespace, -1)
		return
	}
	e.calls--
}

// countLive adds n to the live sessions of a namespace.
func (b *Budget) countLive(e *ledger, namespace string, n int) {
	b.live += n
	e.live += n
	if e.byNamespace == nil {
		e.byNamespace = map[string]int{}
	}
	if e.byNamespace[namespace] += n; e.byNamespace[namespace] == 0 {
		delete(e.byNamespace, namespace)
	}
}
