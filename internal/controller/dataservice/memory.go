package dataservice

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/internal/dataapi"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// session is one that Flinks is still collecting data for.
type session struct {
	requestID flinks.RequestID
	// async is true once Flinks said that it is collecting.
	async bool
	// dataTime is what the look that opened the session said; zero if nothing.
	dataTime        time.Time
	opened, touched time.Time
	// transactions and accounts are what was asked for.
	transactions dataapi.Transactions
	accounts     string
}

// goesOn reports whether a session is still open, and was opened to ask for the same.
func (s session) goesOn(now time.Time, like session) bool {
	return !s.requestID.IsZero() && s.transactions == like.transactions && s.accounts == like.accounts &&
		now.Before(s.opened.Add(sessionLife)) && now.Before(s.touched.Add(idleLife))
}

// connection is what is remembered of one.
type connection struct {
	// asking reports whether a caller waits for Flinks.
	asking  bool
	session session
	// looked is when Flinks was last asked, and dataTime the newest time of data that it told.
	looked, dataTime time.Time
	reads            []time.Time
	used             time.Time
}

// memory holds what is remembered of connections. It is safe for concurrent use.
type memory struct {
	mu    sync.Mutex
	known map[types.UID]*connection
}

// do lets f see, and change, what is remembered of a connection.
func (m *memory) do(now time.Time, uid types.UID, f func(*connection)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.known[uid]
	if c == nil {
		m.makeRoom()
		c = &connection{}
		m.known[uid] = c
	}
	c.used = now
	f(c)
}

// makeRoom forgets the connection that was not read for the longest time, if there is no room for
// another. One that a caller waits for stays.
func (m *memory) makeRoom() {
	if m.known == nil {
		m.known = map[types.UID]*connection{}
	}
	if len(m.known) < maxRemembered {
		return
	}
	var oldest types.UID
	for uid, c := range m.known {
		if !c.asking && (oldest == "" || c.used.Before(m.known[oldest].used)) {
			oldest = uid
		}
	}
	delete(m.known, oldest)
}

// read counts a read, and returns the zero time; if there were too many within the minute, it
// returns how long to wait.
func (c *connection) read(now time.Time) (wait time.Duration) {
	for len(c.reads) > 0 && !now.Before(c.reads[0].Add(time.Minute)) {
		c.reads = c.reads[1:]
	}
	if len(c.reads) >= readsPerMinute {
		return c.reads[0].Add(time.Minute).Sub(now)
	}
	c.reads = append(c.reads, now)
	return 0
}
