package lifecycle

// Refusal is a refresh-requested-at value that is refused with an action, and why; zero if
// none is.
type Refusal struct{ Request, Reason string }

func (r Refusal) refusal() Refusal { return r }
