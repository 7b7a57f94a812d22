package flinkssim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Everything Flinks sends is written down here, field by field and in the order
// of the published examples. Keys are PascalCase, except inside Links.

type link struct {
	Rel     string  `json:"rel"`
	Href    string  `json:"href"`
	Example *string `json:"example"`
}

type loginBody struct {
	Username           string `json:"Username"`
	IsScheduledRefresh bool   `json:"IsScheduledRefresh"`
	LastRefresh        string `json:"LastRefresh"`
	Type               string `json:"Type"`
	ID                 string `json:"Id"`
}

// authorizedBody is the 200 of Authorize.
type authorizedBody struct {
	Links           []link    `json:"Links"`
	HTTPStatusCode  int       `json:"HttpStatusCode"`
	InstitutionName string    `json:"InstitutionName,omitempty"`
	Login           loginBody `json:"Login"`
	InstitutionID   int       `json:"InstitutionId"`
	Institution     string    `json:"Institution"`
	RequestID       string    `json:"RequestId"`
}

type challengeBody struct {
	Type      string   `json:"Type"`
	Prompt    string   `json:"Prompt"`
	Iterables []string `json:"Iterables,omitempty"`
}

// challengedBody is the 203 of Authorize. It names no login: for a first link
// the LoginId is unknown until the 200.
type challengedBody struct {
	Links              []link          `json:"Links"`
	HTTPStatusCode     int             `json:"HttpStatusCode"`
	SecurityChallenges []challengeBody `json:"SecurityChallenges"`
	Institution        string          `json:"Institution"`
	RequestID          string          `json:"RequestId"`
}

// workingBody is the 202 of AuthorizeAsync.
type workingBody struct {
	HTTPStatusCode int    `json:"HttpStatusCode"`
	RequestID      string `json:"RequestId"`
}

// flatError is what the request and key checks answer: never a RequestId.
type flatError struct {
	HTTPStatusCode int    `json:"HttpStatusCode"`
	Message        string `json:"Message"`
	FlinksCode     string `json:"FlinksCode,omitempty"`
}

// bankError is a refusal by the bank session: always with a RequestId.
type bankError struct {
	Links              []link          `json:"Links"`
	HTTPStatusCode     int             `json:"HttpStatusCode"`
	Message            string          `json:"Message,omitempty"`
	FlinksCode         string          `json:"FlinksCode"`
	SecurityChallenges []challengeBody `json:"SecurityChallenges,omitempty"`
	Institution        string          `json:"Institution"`
	RequestID          string          `json:"RequestId"`
}

// pendingBody is the 202 of the data calls.
type pendingBody struct {
	FlinksCode     string `json:"FlinksCode,omitempty"`
	Links          []link `json:"Links"`
	HTTPStatusCode int    `json:"HttpStatusCode"`
	Message        string `json:"Message"`
	RequestID      string `json:"RequestId"`
}

type tokenBody struct {
	HTTPStatusCode int    `json:"HttpStatusCode"`
	Token          string `json:"Token"`
}

// deletedBody is the one answer that says StatusCode instead of HttpStatusCode.
type deletedBody struct {
	StatusCode int    `json:"StatusCode"`
	Message    string `json:"Message"`
}

// wireTime prints a time as Flinks does: UTC, up to seven fractional digits and
// no zone. The zero time is Flinks' "never refreshed", 0001-01-01T00:00:00.
func wireTime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.9999999")
}

var authorizationLinks = []link{{Rel: "Authorization", Href: "/Authorize"}}

func pendingLinks(call, requestID string) []link {
	example := "/" + call + "/" + requestID
	return []link{{Rel: call, Href: "/" + call, Example: &example}}
}

// dataLinks returns the calls that an authorised session may go on with.
func (k *Knobs) dataLinks(rels ...string) []link {
	links := make([]link, 0, len(rels))
	for _, rel := range rels {
		if rel == "Statements" && !k.StatementsLink {
			continue
		}
		links = append(links, link{Rel: rel, Href: "/Get" + rel})
	}
	return links
}

// flexBool accepts true and "true": Flinks' pages print both.
type flexBool bool

// UnmarshalJSON reads a boolean or its quoted form.
func (b *flexBool) UnmarshalJSON(data []byte) error {
	v, err := strconv.ParseBool(strings.ToLower(strings.Trim(string(data), `"`)))
	if err != nil {
		return fmt.Errorf("reading a boolean: %w", err)
	}
	*b = flexBool(v)
	return nil
}

// flexStrings accepts ["a"] and "a": arrays are documented, plain strings are
// what an old client sends.
type flexStrings []string

// UnmarshalJSON reads an array of strings or one bare string.
func (f *flexStrings) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*f = flexStrings{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(data, &many); err != nil {
		return fmt.Errorf("reading an answer: %w", err)
	}
	*f = many
	return nil
}
