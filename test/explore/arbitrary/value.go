package arbitrary

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
)

// values makes values of a schema. They are near the time of the object's clock.
type values struct {
	*Source

	now time.Time
}

// of returns a value of a schema; rich values have fields that need not be there. Rules may
// reject it.
func (v values) of(schema *structuralschema.Structural, rich bool) any {
	switch schema.Type {
	case "object":
		return v.object(schema, rich)
	case "array":
		list := []any{}
		for range v.length(schema, rich) {
			list = append(list, v.of(schema.Items, rich))
		}
		return list
	case "boolean":
		return v.N(2) == 1
	case "integer", "number":
		return v.number(schema)
	default:
		return v.text(schema)
	}
}

func (v values) object(schema *structuralschema.Structural, rich bool) map[string]any {
	o := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		property := schema.Properties[name]
		required := schema.ValueValidation != nil && slices.Contains(schema.ValueValidation.Required, name)
		if required || rich && v.Chance(2) {
			o[name] = v.of(&property, rich && v.Chance(2))
		}
	}
	if more := schema.AdditionalProperties; more != nil && more.Structural != nil {
		for range v.N(3) {
			o[OneOf(v.Source, "team", "example.com/team", "app.kubernetes.io/name")] = v.of(more.Structural, false)
		}
	}
	return o
}

func (v values) length(schema *structuralschema.Structural, rich bool) int {
	least, most := 0, 4
	if given := schema.ValueValidation; given != nil {
		if given.MinItems != nil {
			least = int(*given.MinItems)
		}
		if given.MaxItems != nil {
			most = int(*given.MaxItems)
		}
	}
	if !rich {
		return least
	}
	return min(least+v.N(3), max(most, least))
}

func (v values) number(schema *structuralschema.Structural) int64 {
	all := []int64{0, 1, 2, 3, 7, 100, 365, 1<<31 - 1, -1}
	if given := schema.ValueValidation; given != nil {
		if given.Minimum != nil {
			all = append(all, int64(*given.Minimum))
		}
		if given.Maximum != nil {
			all = append(all, int64(*given.Maximum))
		}
	}
	return OneOf(v.Source, all...)
}

// distances are how far times are from now.
var distances = []time.Duration{
	0, time.Second, time.Minute, 13 * time.Minute, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 91 * 24 * time.Hour, 100 * 365 * 24 * time.Hour,
}

func (v values) time() string {
	switch v.N(16) {
	case 14:
		return "1970-01-01T00:00:00Z"
	case 15:
		return "9999-12-31T23:59:59Z"
	}
	distance := OneOf(v.Source, distances...)
	if v.N(2) == 1 {
		distance = -distance
	}
	return v.now.Add(distance).UTC().Format(time.RFC3339)
}

// texts are what a text may be, where the schema accepts it.
var texts = []string{
	"acme", "acme-login", "acme-session", "acme-reconnect", "toolbox", "lending", "flinks-system", "loginId", "default", "daily", "", "x", "True", "é — 銀行",
	"0s", "1ns", "1m0s", "10m0s", "1h0m0s", "24h0m0s", "720h0m0s", "2160h0m0s", "8760h0m0s", "876000h0m0s", "2562047h47m16s", "-1h0m0s",
	"0123456789abcdef0123456789abcdef", "00000000000000000000000000000000", "43387ca6-0391-4c82-857d-70d95f087ecb", "B0DEBB48-F9F1-46C6-80A4-08D7DD88D478", "c2VhbGVkU2Vzc2lvbg",
	"X2Nq1bJc9wDkq3p7mEoGd2R4sT6uV8yZ0aBcDeFgHiI", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop-",
	"https://banks.example.com/c/x", "https://app.example.com/done?a=1&b=2", "http://127.0.0.1:8090", "https://connect.example.com",
	"0 9 * * 1-5", "*/5 * * * *", "0 0 31 2 *", "@daily", "America/Toronto", "UTC", "Nowhere/Else", "00:00", "09:00", "23:59", "24:00",
	"2026-03-01T12:00:00Z", "9999-12-31T23:59:59Z", "INVALID_PASSWORD", "SUCCESS", "user", "transient", "gone", "Ready", "MFARequired", "Refreshed",
	"help@example.com", "a.b+c@example.co.uk", "+1 (514) 555-0100", "911", "#f7f7f7", "#1C2733", "line\nbreak", "\x00", strings.Repeat("a", 63), strings.Repeat("b", 253), strings.Repeat("c", 2048),
}

func (v values) text(schema *structuralschema.Structural) any {
	given := schema.ValueValidation
	switch {
	case given == nil:
		return OneOf(v.Source, texts...)
	case len(given.Enum) > 0:
		return OneOf(v.Source, given.Enum...).Object
	case given.Format == "date-time":
		return v.time()
	}
	if fitting := textsFor(given); len(fitting) > 0 {
		return OneOf(v.Source, fitting...)
	}
	return ""
}

var patterns sync.Map // string → *regexp.Regexp

// textsFor returns the texts that a schema accepts, as far as it says so by length and pattern.
func textsFor(given *structuralschema.ValueValidation) []string {
	pattern, _ := patterns.LoadOrStore(given.Pattern, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(given.Pattern) }))
	matches := pattern.(func() *regexp.Regexp)().MatchString
	return slices.DeleteFunc(slices.Clone(texts), func(s string) bool {
		n := int64(utf8.RuneCountInString(s))
		return !matches(s) || given.MinLength != nil && n < *given.MinLength || given.MaxLength != nil && n > *given.MaxLength
	})
}
