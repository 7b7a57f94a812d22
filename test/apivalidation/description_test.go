package apivalidation

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// between finds the bounds of a duration in the message of its rule.
var between = regexp.MustCompile(`a duration between (\w+) and (\w+)`)

// numericBounds returns the least and the greatest value of a number or of a duration.
func numericBounds(schema *apiextensionsv1.JSONSchemaProps) (found []string) {
	for _, bound := range []*float64{schema.Minimum, schema.Maximum} {
		if bound != nil {
			found = append(found, strconv.FormatFloat(*bound, 'f', -1, 64))
		}
	}
	for _, rule := range schema.XValidations {
		if m := between.FindStringSubmatch(rule.Message); m != nil {
			found = append(found, m[1:]...)
		}
	}
	return found
}

// enumValues returns the values of an enum, or of a list whose items are one.
func enumValues(schema *apiextensionsv1.JSONSchemaProps) (found []string) {
	if schema.Items != nil {
		schema = schema.Items.Schema
	}
	for _, value := range schema.Enum {
		found = append(found, strings.Trim(string(value.Raw), `"`))
	}
	return found
}

// describes reports whether the description has all these words.
func describes(schema *apiextensionsv1.JSONSchemaProps, words []string) bool {
	has := strings.FieldsFunc(schema.Description, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return !slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(has, word) })
}
