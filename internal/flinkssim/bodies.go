package flinkssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
)

// form is the published form of a field of a request.
type form int

const (
	formText form = iota
	formFlag
	formList
	formAnswers // an object of lists
)

// published are the fields of requests, in every spelling that a page of Flinks
// prints. SetScheduledRefresh is the exception: its page prints camel case, and every
// known client sends Pascal case.
var published = map[string]form{
	"LoginId": formText, "loginId": formText, "RequestId": formText, "Tag": formText,
	"Username": formText, "username": formText, "Password": formText, "Institution": formText, "Language": formText,
	"DaysOfTransactions": formText,
	"MostRecentCached":   formFlag, "Save": formFlag, "ScheduleRefresh": formFlag,
	"IsActivated": formFlag, "isActivated": formFlag,
	"WithAccountIdentity": formFlag, "WithKYC": formFlag, "WithTransactions": formFlag, "WithBalance": formFlag,
	"AccountsFilter":    formList,
	"SecurityResponses": formAnswers,
}

var errNotPublished = errors.New("the request is not in the form that is published")

// decode reads the body; no body at all is an empty object.
func (x *exchange) decode(into any) error {
	if len(x.body) == 0 {
		return nil
	}
	body := x.body
	if !x.knobs.LenientBodies {
		var err error
		if body, err = x.asPublished(); err != nil {
			return err
		}
	}
	// encoding/json matches names without regard to case, as Flinks evidently does.
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("reading the request body: %w", err)
	}
	return nil
}

// asPublished returns the body without the names that no page prints; it refuses values in
// another form.
func (x *exchange) asPublished() ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(x.header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, errNotPublished
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(x.body, &fields); err != nil {
		return nil, fmt.Errorf("reading the request body: %w", err)
	}
	for name, value := range fields {
		want, known := published[name]
		switch {
		case !known:
			delete(fields, name)
		case !want.of(value):
			return nil, errNotPublished
		}
	}
	return encode(fields), nil
}

// of reports whether a value has the form. null has none: a field without a value is
// to be left out.
func (f form) of(value json.RawMessage) bool {
	switch f {
	case formFlag:
		return value[0] == 't' || value[0] == 'f'
	case formList:
		return value[0] == '['
	case formAnswers:
		var answers map[string]json.RawMessage
		if json.Unmarshal(value, &answers) != nil || answers == nil {
			return false
		}
		for _, given := range answers {
			if !formList.of(given) {
				return false
			}
		}
		return true
	default:
		return value[0] == '"'
	}
}
