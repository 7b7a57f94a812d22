package dataapi

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// Why an answer of Flinks is not handed out, or not to its end. The errors contain nothing of it.
var (
	// ErrMalformed: it is no JSON of the shape of an answer, or it was cut off.
	ErrMalformed = errors.New("dataapi: the answer of Flinks cannot be read")
	// ErrTooLarge: it, or a part of it that has to be held, is too large.
	ErrTooLarge = errors.New("dataapi: the answer of Flinks is too large")
	// ErrNotData: it says of itself that it is no data.
	ErrNotData = errors.New("dataapi: the answer of Flinks is an error")
	// ErrOtherLogin: it is about another login.
	ErrOtherLogin = errors.New("dataapi: the answer of Flinks is about another login")
	// ErrReveals: what would be handed out contains an identifier.
	ErrReveals = errors.New("dataapi: the answer of Flinks has an identifier among its data")
)

const (
	// maxAnswer bounds a whole answer, maxToken one string or number in it, and maxHeld what is
	// held of an account until its id is known, which comes last.
	maxAnswer = 256 << 20
	maxToken  = 1 << 20
	maxHeld   = 8 << 20
	maxDepth  = 32
)

// members are those of an answer that are handed out, by their names in lower case. All others
// are left out, also those that Flinks adds one day.
var members = map[string]string{
	"accounts": "Accounts", "institution": "Institution", "institutionname": "InstitutionName",
	"institutionid": "InstitutionId", "login": "Login",
}

// loginMembers are those of Login that are handed out.
var loginMembers = map[string]string{
	"lastrefresh": "LastRefresh", "type": "Type", "isscheduledrefresh": "IsScheduledRefresh",
}

// hidden are the names of members that are left out wherever they are in an account. All others
// are handed out: an account is what the application asked for, as Flinks has it.
var hidden = []string{"loginid", "requestid", "username"}

// filter copies an answer of Flinks, and leaves out what an application must not see. It holds a
// bounded part of it at a time.
type filter struct {
	in   *json.Decoder
	from *bounded
	out  *bufio.Writer
	data *Data
	// handsOut are the ids of accounts in lower case; all if nil.
	handsOut []string

	to    sink
	held  held
	depth int
	// isFirst is true in an object of which no member was written yet.
	isFirst bool
	// count is the number of accounts handed out.
	count int
	// account is what is known of the account that is being copied.
	account string
	// failed is an error of the writer.
	failed error
}

// sink is where the text goes that is being copied.
type sink int

const (
	toOutput sink = iota
	toHeld
	toNowhere
)

// copyAnswer copies an answer of Flinks to w, and returns the number of accounts that it handed
// out. Nothing is written of an answer that is known to be unusable before its first 32 KiB.
func copyAnswer(w io.Writer, data *Data, accounts []string) (count int, err error) {
	from := &bounded{from: data.Body}
	f := &filter{in: json.NewDecoder(from), from: from, out: bufio.NewWriterSize(w, 32<<10), data: data, handsOut: accounts}
	f.in.UseNumber()
	if err := f.answer(); err != nil {
		return f.count, f.cause(err)
	}
	f.flush()
	return f.count, f.failed
}

func (f *filter) flush() {
	if err := f.out.Flush(); err != nil && f.failed == nil {
		f.failed = err
	}
}

// cause returns the error to report: texts of encoding/json quote the answer.
func (f *filter) cause(err error) error {
	if f.failed != nil {
		return f.failed
	}
	for _, known := range []error{ErrTooLarge, ErrNotData, ErrOtherLogin, ErrReveals} {
		if errors.Is(err, known) {
			return known
		}
	}
	return ErrMalformed
}

func (f *filter) answer() error {
	seen := map[string]bool{}
	err := f.object(func(name string) error {
		lower := strings.ToLower(name)
		if seen[lower] {
			return ErrMalformed // What was said first is handed out already.
		}
		seen[lower] = true
		return f.member(lower)
	})
	if err != nil {
		return err
	}
	if !seen["accounts"] {
		return ErrMalformed
	}
	if _, err := f.next(); err != io.EOF { //nolint:errorlint // The decoder returns it as it is.
		return ErrMalformed
	}
	return nil
}

// member copies or judges a member of the answer.
func (f *filter) member(name string) error {
	switch name {
	case "httpstatuscode":
		return f.expect(func(text string) bool { return text == "" || text == "0" || text == "200" })
	case "flinkscode":
		return f.expect(func(text string) bool { return text == "" || text == "OK" })
	case "accounts":
		return f.named(members[name], f.accounts)
	case "login":
		return f.named(members[name], f.login)
	}
	if members[name] == "" {
		return f.skip()
	}
	return f.named(members[name], f.scalar)
}

// expect reads a scalar, and fails if it says that the answer is an error.
func (f *filter) expect(good func(text string) bool) error {
	t, err := f.next()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case nil:
		return nil
	case string:
		if good(t) {
			return nil
		}
	case json.Number:
		if good(t.String()) {
			return nil
		}
	}
	return ErrNotData
}

// login copies what may be known of the login.
func (f *filter) login() error {
	return f.object(func(name string) error {
		name = strings.ToLower(name)
		if name == "id" {
			t, err := f.next()
			if id, ok := t.(string); err == nil && (!ok || !f.data.IsLogin(id)) {
				return ErrOtherLogin
			}
			return err
		}
		if loginMembers[name] == "" {
			return f.skip()
		}
		return f.named(loginMembers[name], f.scalar)
	})
}

// accounts copies the accounts that are handed out.
func (f *filter) accounts() error {
	if err := f.delimiter('['); err != nil {
		return err
	}
	f.put("[")
	for f.in.More() {
		if err := f.oneAccount(); err != nil {
			return err
		}
	}
	f.put("]")
	return f.delimiter(']')
}

// oneAccount copies an account, once its id is known to be one that is handed out.
func (f *filter) oneAccount() error {
	f.account = ""
	if f.handsOut == nil {
		f.beginAccount()
	} else {
		f.to = toHeld
	}
	err := f.object(func(name string) error {
		if strings.EqualFold(name, "Id") {
			return f.named("Id", f.accountID)
		}
		return f.copied(name)
	})
	f.to = toOutput
	f.held.clear()
	return err
}

func (f *filter) accountID() error {
	t, err := f.next()
	if err != nil {
		return err
	}
	id, ok := t.(string)
	if !ok || id == "" || f.account != "" {
		return ErrMalformed
	}
	f.account = id
	if err := f.text(id); err != nil || f.to != toHeld {
		return err
	}
	if !slices.Contains(f.handsOut, strings.ToLower(id)) {
		f.to = toNowhere
		f.held.clear()
		return nil
	}
	f.beginAccount()
	for _, chunk := range f.held.chunks {
		f.write(chunk)
	}
	f.held.clear()
	return f.failed
}

func (f *filter) beginAccount() {
	f.to = toOutput
	if f.count++; f.count > 1 {
		f.put(",")
	}
}
