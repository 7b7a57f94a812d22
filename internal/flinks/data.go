package flinks

import (
	"io"
	"time"
)

// DaysOfTransactions says which transactions a data call asks for.
type DaysOfTransactions string

// The documented values; empty asks for no transactions.
// Source: Flinks documentation, get accounts detail.
const (
	NoTransactions DaysOfTransactions = ""
	Days90         DaysOfTransactions = "Days90"
	Days365        DaysOfTransactions = "Days365"
)

// DataRequest is what a data call asks for.
type DataRequest struct {
	Transactions DaysOfTransactions
	// Accounts are the ids of those that are wanted, at most MaxAccounts; all of the login's if
	// there are none. Flinks refuses an id that the login does not have.
	Accounts []string
	// Patience bounds the wait for the beginning of the answer; the time limit of the client if
	// it is zero.
	Patience time.Duration
}

// DataStream is the outcome of a data call whose answer is handed on.
type DataStream struct {
	// Pending: Flinks is still collecting; Body is nil then.
	Pending bool
	// Body is what Flinks sends, as it is: a success, as far as its first 64 KiB tell. It must
	// be closed. Its errors are those of an *Error.
	Body io.ReadCloser
}
