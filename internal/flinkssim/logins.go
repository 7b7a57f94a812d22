package flinkssim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// identity is what a LoginId stands for: the same bank, username and language
// give the same LoginId for ever, whatever the password.
type identity struct {
	institution, username, language string
}

func newIdentity(institution, username, language string) identity {
	return identity{
		institution: cmp.Or(institution, institutionName),
		username:    strings.ToLower(username),
		language:    cmp.Or(strings.ToLower(language), "en"),
	}
}

// login is one bank login ("card") that the simulator knows of. It comes into
// being with the first live attempt and is linked by the first success.
type login struct {
	identity
	id       string
	username string // as typed
	linked   bool
	deleted  bool

	password           string
	credentialsSavedAt time.Time

	lastRefresh    time.Time
	lastCode       string   // how the last live attempt ended; cached calls replay it
	asked          *session // the last one with a question
	lastAttempt    time.Time
	lastCachedCall time.Time
	scheduled      bool
	tag            string
	days           string // how far back transactions reach, where Connect was told

	processingUntil time.Time
	detailsPending  bool // the next data call is a 202 in any case
	accountEra      int  // grows when the account ids change

	live             []*session
	opened, refused  int
	prompts, answers int
}

// findLogin returns a login that Flinks would admit to knowing.
func (s *Server) findLogin(loginID string) *login {
	l := s.logins[strings.ToLower(loginID)]
	if l == nil || !l.linked || l.deleted {
		return nil
	}
	return l
}

// loginFor returns the record of a bank login, made on first contact.
func (s *Server) loginFor(id identity, username string) *login {
	if l := s.byIdentity[id]; l != nil {
		return l
	}
	generation := strconv.Itoa(s.generations[id])
	l := &login{
		identity: id,
		username: username,
		id:       stableGUID("login", s.instance, id.institution, id.username, id.language, generation),
	}
	s.byIdentity[id], s.logins[l.id] = l, l
	return l
}

// forget deletes a login: linking it again gives another LoginId.
func (s *Server) forget(l *login) {
	l.deleted, l.password, l.lastRefresh = true, "", time.Time{}
	s.generations[l.identity]++
	delete(s.byIdentity, l.identity)
	for id, sess := range s.sessions {
		if sess.login == l {
			delete(s.sessions, id)
		}
	}
}

// behaviour returns the bank's view of the login's user.
func (l *login) behaviour() user {
	u, _ := lookupUser(l.identity.username)
	return u
}

func (l *login) body() loginBody {
	return loginBody{
		Username: l.username, IsScheduledRefresh: l.scheduled,
		LastRefresh: wireTime(l.lastRefresh), Type: "Personal", ID: l.id,
	}
}

// openSessions returns the live sessions that hold the login at the moment.
func (l *login) openSessions(now time.Time) int {
	l.live = slices.DeleteFunc(l.live, func(sess *session) bool { return !sess.holdsLogin(now) })
	return len(l.live)
}

// SeedOptions describe a login that was linked at some time in the past.
type SeedOptions struct {
	// Username is one of Flinks Capital's users or of the sim_ ones, with an
	// optional "+suffix" to have many; [DefaultUsername] by default.
	Username string `json:"username"`
	// Password is stored with the login; [DefaultPassword] by default.
	Password    string `json:"password"`
	Institution string `json:"institution"`
	// Language is en or fr and part of the identity of the login.
	Language string `json:"language"`
	Tag      string `json:"tag"`
	// Scheduled turns the nightly refresh on.
	Scheduled bool `json:"scheduled"`
	// LastRefresh is the last success; now by default.
	LastRefresh time.Time `json:"lastRefresh"`
	// NeverRefreshed leaves LastRefresh at Flinks' year 1.
	NeverRefreshed bool `json:"neverRefreshed"`
	// LastCode is how the last live attempt ended, which cached calls replay; OK by default.
	LastCode string `json:"lastCode"`
	// LastCachedCall counts for nightly eligibility; now by default.
	LastCachedCall time.Time `json:"lastCachedCall"`
	// CredentialsSavedAt is when the person last gave the password; now by default.
	CredentialsSavedAt time.Time `json:"credentialsSavedAt"`
}

// SeedLogin makes a linked login without a person and a page, and returns its
// LoginId. Seeding the same bank login again resets it.
func (s *Server) SeedLogin(o SeedOptions) (loginID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	username := cmp.Or(o.Username, DefaultUsername)
	l := s.loginFor(newIdentity(o.Institution, username, o.Language), username)
	l.linked, l.password = true, cmp.Or(o.Password, DefaultPassword)
	l.tag, l.scheduled = o.Tag, o.Scheduled
	l.lastCode = cmp.Or(o.LastCode, codeOK)
	l.lastRefresh = orTime(o.LastRefresh, now)
	if o.NeverRefreshed {
		l.lastRefresh = time.Time{}
	}
	l.lastAttempt = l.lastRefresh
	l.lastCachedCall = orTime(o.LastCachedCall, now)
	l.credentialsSavedAt = orTime(o.CredentialsSavedAt, now)
	l.processingUntil, l.detailsPending = time.Time{}, false
	return l.id
}

func orTime(t, fallback time.Time) time.Time {
	if t.IsZero() {
		return fallback
	}
	return t
}

// LoginState is what the simulator knows of a login, for assertions.
type LoginState struct {
	LoginID     string `json:"loginId"`
	Institution string `json:"institution"`
	Username    string `json:"username"`
	Language    string `json:"language"`
	Tag         string `json:"tag,omitempty"`
	// Linked is false until the first live success.
	Linked  bool `json:"linked"`
	Deleted bool `json:"deleted"`
	// Scheduled is the nightly refresh flag.
	Scheduled   bool      `json:"scheduled"`
	LastRefresh time.Time `json:"lastRefresh"`
	// LastCode is how the last live attempt ended.
	LastCode           string    `json:"lastCode"`
	LastAttempt        time.Time `json:"lastAttempt"`
	LastCachedCall     time.Time `json:"lastCachedCall"`
	CredentialsSavedAt time.Time `json:"credentialsSavedAt"`
	ProcessingUntil    time.Time `json:"processingUntil"`
	// OpenSessions is the number of live sessions that are open now.
	OpenSessions int `json:"openSessions"`
	// LiveOpened counts the live sessions ever opened, LiveRefused those turned away.
	LiveOpened  int `json:"liveOpened"`
	LiveRefused int `json:"liveRefused"`
	// Prompts counts the times that a person was asked something by the bank.
	Prompts int `json:"prompts"`
	// Answers counts the answers.
	Answers int `json:"answers"`
}

func (l *login) state(now time.Time) LoginState {
	return LoginState{
		LoginID: l.id, Institution: l.institution, Username: l.username, Language: l.language, Tag: l.tag,
		Linked: l.linked, Deleted: l.deleted, Scheduled: l.scheduled,
		LastRefresh: l.lastRefresh, LastCode: l.lastCode, LastAttempt: l.lastAttempt,
		LastCachedCall: l.lastCachedCall, CredentialsSavedAt: l.credentialsSavedAt, ProcessingUntil: l.processingUntil,
		OpenSessions: l.openSessions(now), LiveOpened: l.opened, LiveRefused: l.refused,
		Prompts: l.prompts, Answers: l.answers,
	}
}

// String masks the id and leaves the username out, so that it can be shown.
func (st LoginState) String() string {
	return fmt.Sprintf("login %s %s/%s linked=%t deleted=%t scheduled=%t last=%s at %s open=%d",
		mask(st.LoginID), st.Institution, st.Language, st.Linked, st.Deleted, st.Scheduled,
		cmp.Or(st.LastCode, "never"), wireTime(st.LastRefresh), st.OpenSessions)
}

// Login returns the state of a login, deleted ones included.
func (s *Server) Login(loginID string) (LoginState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.logins[strings.ToLower(loginID)]
	if l == nil {
		return LoginState{}, false
	}
	return l.state(s.clock.Now()), true
}

// Logins returns the state of every login, by LoginId.
func (s *Server) Logins() []LoginState {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]LoginState, 0, len(s.logins))
	for _, l := range s.logins {
		out = append(out, l.state(s.clock.Now()))
	}
	slices.SortFunc(out, func(a, b LoginState) int { return cmp.Compare(a.LoginID, b.LoginID) })
	return out
}
