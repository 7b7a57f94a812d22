package dataapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"time"
)

// Backend finds the data of a connection. Its errors are *Problem.
type Backend interface {
	Read(context.Context, Request) (Answer, error)
}

// Request is what a caller asks for.
type Request struct {
	Target

	// Caller is the name of the user that the API server knows the caller by.
	Caller       string
	Transactions Transactions
	// Has reports whether the caller has a version already; nil for a read without a condition.
	Has func(Version) bool
}

// Version identifies what the data of a connection is made of.
type Version struct {
	// UID of the object.
	UID string
	// DataTime is when the bank gave Flinks the data.
	DataTime time.Time
	// Accounts are those that are handed out, in lower case; all of the login's if nil.
	Accounts []string
}

// Answer is the data of a connection, or says that the caller has it.
type Answer struct {
	Version Version
	// Data is nil if the caller has this version.
	Data *Data
}

// Data is an answer of Flinks that was not read yet.
type Data struct {
	// Body is what Flinks sends.
	Body io.ReadCloser
	// IsLogin reports whether a text is the loginId that the data must be of.
	IsLogin func(text string) bool
	// Reveals reports whether a text is an identifier that no application may see.
	Reveals func(text string) bool
	// Done is called once the data was handed out, with the number of accounts. It is not whole
	// if the answer was cut off.
	Done func(accounts int, whole bool)
}

// ETag returns the entity tag of a version, with the transactions that were asked for.
func (v Version) ETag(t Transactions) string {
	handedOut := "all"
	if v.Accounts != nil {
		handedOut = strings.Join(slices.Sorted(slices.Values(v.Accounts)), ",")
	}
	parts := []string{v.UID, v.DataTime.UTC().Format(time.RFC3339), handedOut, string(t)}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// matches reports whether one of the tags of an If-None-Match is a given one. A star stands for
// any, which would be true of data that the caller has never seen, so it matches nothing.
func matches(header []string, tag string) bool {
	for _, field := range header {
		for part := range strings.SplitSeq(field, ",") {
			if strings.TrimPrefix(strings.TrimSpace(part), "W/") == tag {
				return true
			}
		}
	}
	return false
}
