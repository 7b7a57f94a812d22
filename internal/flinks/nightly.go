package flinks

import "time"

// NightlyStatus lists the logins that Flinks' own nightly refresh leaves out.
type NightlyStatus struct {
	// Ineligible logins have nightly refresh switched on and are not refreshed. A login
	// that is absent is either fine or not switched on.
	Ineligible []IneligibleLogin
}

// IneligibleLogin is one login that nightly refresh leaves out.
type IneligibleLogin struct {
	Login       LoginID   // match it with LoginID.Equal
	LastRefresh time.Time // UTC; zero = never, or not said
	State       string    // what the last refresh was doing: at most 64 letters, else empty
	Code        Code      // its error; empty when there was none
}
