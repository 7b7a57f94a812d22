package flinks

import (
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/guid"
)

// MaxAccounts is the largest number of accounts in a result and in a Connect link.
const MaxAccounts = 100

// Account is one bank account of a login, without anything personal.
type Account struct {
	ID       string // GUID
	Type     string // letters, for instance Chequing; empty when absent or odd
	Currency string // three letters, for instance CAD; empty when absent or odd
}

// IsAccountID reports whether a text can be the id of an account: a GUID.
func IsAccountID(id string) bool { return guid.Is(id) }

// AccountsDetail is the outcome of a data call.
type AccountsDetail struct {
	// Pending: Flinks is still collecting. Ask GetAccountsDetailAsync every 10 s, for at
	// most 30 minutes. All other fields are zero.
	Pending bool
	// Accounts has at most MaxAccounts accounts; those without a GUID are dropped.
	Accounts []Account
	// LastRefresh is when the data was read from the bank, UTC; zero when never or not said.
	LastRefresh time.Time
	// Login is the login that the data belongs to; zero when not said.
	Login LoginID
	// ScheduledRefresh is the flag of Flinks' own nightly refresh.
	ScheduledRefresh bool
	// Institution is the bank's name, sanitised; may be empty.
	Institution string
	// InstitutionID is Flinks' number of the bank; 0 when absent.
	InstitutionID int
	// Tag is that of the Connect link with which the login was linked; zero when absent or
	// odd.
	Tag Tag
}
