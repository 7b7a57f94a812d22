package flinks

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// ConsentPage says whether Flinks Connect asks for consent. Newer and older documents give
// different defaults, so that nothing but Connect's own word for it is sure.
type ConsentPage string

const (
	// ConsentShown asks.
	ConsentShown ConsentPage = "true"
	// ConsentHidden does not.
	ConsentHidden ConsentPage = "false"
)

// ConnectOptions say what Flinks Connect shows and asks for. Zero fields are left out.
type ConnectOptions struct {
	Consent            ConsentPage
	CustomerName       string // of the company that asks for consent
	TermsURL           string // of the company; absolute
	ConsentText        string // follows the title of the consent page
	Theme              string // light or dark
	BackgroundColor    string // six hexadecimal digits
	ForegroundColor    string // six hexadecimal digits
	DaysOfTransactions string // Days90 or Days365
	AccountSelector    bool   // let the customer choose accounts
	SelectorMultiple   bool   // more than one of them
	SelectorCurrency   string // cad or usd
}

// maxOptionRunes bounds a text that the customer reads.
const maxOptionRunes = 256

func (o ConnectOptions) check() error {
	if !oneOf(string(o.Consent), string(ConsentShown), string(ConsentHidden)) || !oneOf(o.Theme, "light", "dark") ||
		!oneOf(o.DaysOfTransactions, "Days90", "Days365") || !oneOf(o.SelectorCurrency, "cad", "usd") {
		return ErrConnectOption
	}
	if !isColor(o.BackgroundColor) || !isColor(o.ForegroundColor) || !isLine(o.CustomerName) || !isLine(o.ConsentText) {
		return ErrConnectOption
	}
	if o.TermsURL != "" && !isLandingPage(o.TermsURL) {
		return ErrConnectOption
	}
	return nil
}

// oneOf reports whether an option is one of its values, or left out.
func oneOf(value string, allowed ...string) bool {
	return value == "" || slices.Contains(allowed, value)
}

func isColor(value string) bool {
	return value == "" || len(value) == 6 && strings.Trim(value, "0123456789abcdefABCDEF") == ""
}

func isLine(value string) bool {
	return utf8.ValidString(value) && utf8.RuneCountInString(value) <= maxOptionRunes && !strings.ContainsFunc(value, isControl)
}

// write adds the options in the order of the documentation's table.
func (o ConnectOptions) write(q *query) {
	q.add("consentEnable", string(o.Consent))
	q.add("customerName", o.CustomerName)
	q.add("termsUrl", o.TermsURL)
	q.add("consentTitleAppendedText", o.ConsentText)
	q.add("theme", o.Theme)
	q.add("backgroundColor", o.BackgroundColor)
	q.add("foregroundColor1", o.ForegroundColor)
	q.add("daysOfTransactions", o.DaysOfTransactions)
	q.flag("accountSelectorEnable", o.AccountSelector)
	q.flag("accountSelectorMultiple", o.SelectorMultiple)
	q.add("accountSelectorCurrency", o.SelectorCurrency)
}
