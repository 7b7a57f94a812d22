// Package audit writes audit records: one line of JSON for each thing that a person or an
// application did, with the object, the outcome and the time. A record has no identifier of
// Flinks and no address; see docs/audit.md.
package audit

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// Kind is the kind of every record.
const Kind = "AuditRecord"

// Logger is the name of the logger that writes the records.
const Logger = "audit"

// timeLayout is RFC 3339 with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// Act is what was done, and what came of it.
type Act struct {
	Action  Action  `json:"action"`
	Outcome Outcome `json:"outcome"`
	// Reason why the action was refused, why a login was left at Flinks, or why data was not read
	// to its end: a reason of the API, a state of the page, or one that docs/audit.md lists.
	// Otherwise empty.
	Reason string `json:"reason,omitempty"`
}

// Object is what the action was done to. Its name is left out, because platforms may name
// objects after customers.
type Object struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	UID       string `json:"uid"`
}

// Instance names the instance that the object is of, or that it is itself.
type Instance struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// Client is the browser that something was done in.
type Client struct {
	// KeyID is the id of the link key that the pseudonym was made with. Pseudonyms of
	// different keys cannot be compared.
	KeyID string `json:"keyId,omitempty"`
	// Pseudonym of the browser's network; empty if the address is not known.
	Pseudonym string `json:"pseudonym,omitempty"`
}

// Record is what is known of an act, besides the time.
type Record struct {
	Act

	Object   Object   `json:"object"`
	Instance Instance `json:"instance"`
	// Client is nil if it was done in no browser.
	Client *Client `json:"client,omitempty"`
	// Reading is nil if no data was read.
	Reading *Reading `json:"reading,omitempty"`
}

// Reading is what an application read.
type Reading struct {
	// Caller is the name of the user that the API server knows the application by.
	Caller string `json:"caller"`
	// Accounts is the number of accounts that were handed out.
	Accounts int `json:"accounts"`
}

// line is a record as it is written.
type line struct {
	Time       string `json:"time"`
	Logger     string `json:"logger"`
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Record
}

// Log writes records. It is safe for concurrent use, and a nil Log writes nothing.
type Log struct {
	now    func() time.Time
	failed func(error)

	mu sync.Mutex
	to io.Writer
}

// New returns a Log. It calls failed when a record cannot be written.
func New(to io.Writer, now func() time.Time, failed func(error)) *Log {
	return &Log{now: now, failed: failed, to: to}
}

// Write writes a record with the time of now.
func (l *Log) Write(r Record) {
	if l == nil {
		return
	}
	text, err := json.Marshal(line{l.now().UTC().Format(timeLayout), Logger, APIVersion, Kind, r})
	if err == nil {
		l.mu.Lock()
		_, err = l.to.Write(append(text, '\n'))
		l.mu.Unlock()
	}
	if err != nil {
		l.failed(err)
	}
}
