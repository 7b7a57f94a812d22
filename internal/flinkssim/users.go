package flinkssim

import (
	"slices"
	"strings"
	"time"
)

// Flinks Capital is Flinks' test bank, and the only bank of the simulator.
const (
	institutionName = "FlinksCapital"
	institutionID   = 14
	// DefaultPassword is the password of every user of Flinks Capital.
	DefaultPassword = "Everyday"
	// DefaultUsername is the user that a login is seeded for by default: a live
	// refresh of it needs no person.
	DefaultUsername = "greatday_nomfa"
)

// user is how the bank behaves towards one of its customers.
type user struct {
	name string
	// hint is what the Connect page says about the user.
	hint string
	// failure is the code with which every live attempt ends.
	failure string
	// refuses is the code with which a refresh is turned away before a session opens.
	refuses string
	// refusesAll extends refuses to cached calls and to first links.
	refusesAll bool
	// steps is what the bank asks in a live session, nil for nothing.
	steps func(language string, attempt int) []step
	// processing overrides the time that the data of a live 200 takes.
	processing time.Duration
	dispatched bool
	noActivity bool
	slow       bool
	maintained bool
	dollars    bool
}

// processingCeiling is how long Flinks lets data be processed.
const processingCeiling = 30 * time.Minute

// users are Flinks Capital's own test users, as published, and the simulator's
// (prefix sim_) for the cases that have no public one.
var users = []user{
	{name: "Greatday", hint: "one security question", steps: securityQuestion},
	{name: "greatday_nomfa", hint: "no question"},
	{name: "test_disabled_account", hint: "DISABLED_LOGIN", failure: codeDisabledLogin},
	{name: "test_service_unavailable", hint: "RETRY_LATER", failure: codeRetryLater},
	{name: "test_dispatched", hint: "data is dispatched, then partial", steps: securityQuestion, dispatched: true},
	{name: "test_pending", hint: "data stays pending", steps: securityQuestion, processing: processingCeiling},
	{name: "sim_multichoice", hint: "one choice", steps: multipleChoice},
	{name: "sim_multianswer", hint: "several choices", steps: multipleAnswers},
	{name: "sim_image", hint: "a picture", steps: pictures},
	{name: "sim_textorcall", hint: "a delivery choice, then a code", steps: textOrCall},
	{name: "sim_triple", hint: "three questions at once", steps: allThree},
	{name: "sim_otp_every_time", hint: "a texted code, each time", steps: textedCode},
	{name: "sim_concurrent", hint: "a refresh finds another session", refuses: codeConcurrentSession},
	{name: "sim_throttle", hint: "TOO_MANY_REQUESTS", refuses: codeTooManyRequests, refusesAll: true},
	{name: "sim_newaccount", hint: "NEW_ACCOUNT", failure: codeNewAccount},
	{name: "sim_disabled_institution", hint: "DISABLED_INSTITUTION", failure: codeDisabledInstitution},
	{name: "sim_aggregation_error", hint: "AGGREGATION_ERROR", failure: codeAggregationError},
	{name: "sim_maintenance", hint: "bank maintenance", maintained: true},
	{name: "sim_empty_tx", hint: "accounts without transactions", noActivity: true},
	{name: "sim_dollars", hint: "an account in US dollars too", dollars: true},
	{name: "sim_slow", hint: "a live call takes long", slow: true},
}

// lookupUser finds a user without regard to case. "name+anything" is another
// customer who behaves like name, for tests that need many logins.
func lookupUser(username string) (user, bool) {
	base, _, _ := strings.Cut(username, "+")
	i := slices.IndexFunc(users, func(u user) bool { return strings.EqualFold(u.name, base) })
	if i < 0 {
		return user{}, false
	}
	return users[i], true
}

// SetBankPassword changes a customer's password at the bank. Stored credentials
// go stale; linking again with the new password keeps the LoginId.
func (s *Server) SetBankPassword(username, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passwords[strings.ToLower(username)] = password
}

func (s *Server) bankPassword(username string) string {
	if p, ok := s.passwords[strings.ToLower(username)]; ok {
		return p
	}
	return DefaultPassword
}
