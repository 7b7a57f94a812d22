package flinkstest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"testing"
)

// canaries are the secrets of these tests in every spelling that prints them.
var canaries = func() (out []string) {
	for _, c := range []string{RawLogin, RawRequest, RawToken, RawSecretKey, RawAPIKey, RawBearerToken, "/BankingServices", "Greatday", "canary-prompt"} {
		raw := []byte(c)
		out = append(out,
			c, url.QueryEscape(c), strings.ReplaceAll(c, "-", ""),
			hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw),
			strings.Trim(fmt.Sprintf("%d", raw), "[]"), strings.Trim(fmt.Sprintf("%#v", raw), "[]byte{}"))
	}
	for i := range out {
		out[i] = strings.ToLower(out[i])
	}
	return out
}()

// leaks returns the first canary found in the text.
func leaks(text string) string {
	text = strings.ToLower(text)
	for _, c := range canaries {
		if strings.Contains(text, c) {
			return c
		}
	}
	return ""
}

// renderings prints v in every way that a log line, a status or an event might.
func renderings(v any) map[string]string {
	out := map[string]string{}
	for _, flag := range []string{"", "+", "#", " ", "40"} {
		for _, verb := range "vTtbcdoOqxXUeEfFgGsp" {
			format := "%" + flag + string(verb)
			out[format] = fmt.Sprintf(format, v)
		}
	}
	out["Sprint"], out["Sprintln"] = fmt.Sprint(v), fmt.Sprintln(v)
	out["Errorf"] = fmt.Errorf("outer: %v", v).Error()
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"slog text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"slog json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("x", "value", v, slog.Group("g", "v", v))
		out[name] = b.String()
	}
	if raw, err := json.Marshal(v); err == nil {
		out["json"] = string(raw)
	} else {
		out["json error"] = err.Error()
	}
	if raw, err := xml.Marshal(v); err == nil {
		out["xml"] = string(raw)
	}
	return out
}

// CheckPrint fails the test if any way to print a value shows one of the identifiers.
func CheckPrint(t testing.TB, name string, v any) {
	t.Helper()
	for how, text := range renderings(v) {
		if canary := leaks(text); canary != "" {
			t.Errorf("%s printed with %s holds %s: %s", name, how, canary, text)
		}
	}
}
