package flinkssim

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ConnectOptions are the options that a page of Connect was opened with.
type ConnectOptions struct {
	// Consent: Connect asks for consent itself.
	Consent      bool   `json:"consent"`
	CustomerName string `json:"customerName"`
	TermsURL     string `json:"termsUrl"`
	ConsentText  string `json:"consentText"`
	// Theme is light or dark.
	Theme string `json:"theme"`
	// The colours are six hexadecimal digits.
	BackgroundColor string `json:"backgroundColor"`
	ForegroundColor string `json:"foregroundColor"`
	// DaysOfTransactions is Days90 or Days365.
	DaysOfTransactions string `json:"daysOfTransactions"`
	ScheduleRefresh    bool   `json:"scheduleRefresh"`
	Selector           bool   `json:"selector"`
	SelectorMultiple   bool   `json:"selectorMultiple"`
	// SelectorCurrency is cad or usd.
	SelectorCurrency string `json:"selectorCurrency"`
}

// optionReader reads parameters, and takes nothing that is not one of their documented values.
type optionReader struct {
	query url.Values
	err   error
}

func readConnectOptions(r *optionReader) ConnectOptions {
	return ConnectOptions{
		Consent:            r.flag("consentEnable", true),
		CustomerName:       r.text("customerName"),
		TermsURL:           r.address("termsUrl"),
		ConsentText:        r.text("consentTitleAppendedText"),
		Theme:              r.word("theme", "light", "dark"),
		BackgroundColor:    r.color("backgroundColor"),
		ForegroundColor:    r.color("foregroundColor1"),
		DaysOfTransactions: r.word("daysOfTransactions", "Days90", "Days365"),
		ScheduleRefresh:    r.flag("scheduleRefresh", false),
		Selector:           r.flag("accountSelectorEnable", false),
		SelectorMultiple:   r.flag("accountSelectorMultiple", false),
		SelectorCurrency:   r.word("accountSelectorCurrency", "cad", "usd"),
	}
}

// read returns a value; a parameter that is there has to have one, and to be there once.
func (r *optionReader) read(name string, ok func(string) bool) string {
	values := r.query[name]
	switch {
	case len(values) == 0:
		return ""
	case len(values) > 1 || !ok(values[0]):
		r.err = fmt.Errorf("%s has no value that is documented", name)
	}
	return values[0]
}

func (r *optionReader) word(name string, allowed ...string) string {
	return r.read(name, func(v string) bool { return slices.Contains(allowed, v) })
}

func (r *optionReader) flag(name string, absent bool) bool {
	value := r.word(name, "true", "false")
	return value == "true" || value == "" && absent
}

func (r *optionReader) text(name string) string {
	return r.read(name, func(v string) bool {
		return v != "" && utf8.ValidString(v) && !strings.ContainsFunc(v, unicode.IsControl)
	})
}

func (r *optionReader) color(name string) string {
	return r.read(name, func(v string) bool { return len(v) == 6 && strings.Trim(v, "0123456789abcdefABCDEF") == "" })
}

func (r *optionReader) address(name string) string {
	return r.read(name, func(v string) bool {
		_, err := readRedirectURL(v)
		return err == nil
	})
}
