package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// wanted returns what encoding/json finds of a webhook; ok is false if it is not one object.
func wanted(body []byte) (n webhookPayload, ok bool) {
	top := map[string]json.RawMessage{}
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) || json.Unmarshal(body, &top) != nil {
		return webhookPayload{}, false
	}
	login := map[string]json.RawMessage{}
	_ = json.Unmarshal(top["Login"], &login) // It need not be an object.
	n.responseType, n.requestID, n.rootLoginID = short(top["ResponseType"]), short(top["RequestId"]), short(top["LoginId"])
	n.login.id, n.login.lastRefresh = short(login["Id"]), short(login["LastRefresh"])
	return n, true
}

// short returns a text that is not too long to be kept.
func short(raw json.RawMessage) (s string) {
	if len(raw) > maxKept {
		return ""
	}
	_ = json.Unmarshal(raw, &s) // It need not be a text.
	return s
}

func depthOf(body []byte) (deepest int) {
	depth, inText, escaped := 0, false, false
	for _, b := range body {
		switch {
		case escaped:
			escaped = false
		case inText && b == '\\':
			escaped = true
		case b == '"':
			inText = !inText
		case inText:
		case b == '{' || b == '[':
			depth++
			deepest = max(deepest, depth)
		case b == '}' || b == ']':
			depth--
		}
	}
	return deepest
}

const aPayload = `{"HttpStatusCode":200,"Accounts":[{"Id":"1","Title":"Chequing","LoginId":"not this","Transactions":[{"Credit":1.5e3,"Debit":null}],
	"Login":{"Id":"nor this"}}],"Login":{"Username":"Greatday","IsScheduledRefresh":false,"LastRefresh":"2031-05-06T11:59:00.2021503",
	"Type":"Personal","Id":"5e115eac-1209-4f19-641c-08d6d484e2fe"},"RequestId":"0a7b4e3c-5d2f-4c1e-9b8a-77c6d5e4f3a2",
	"ResponseType":"GetAccountsDetail","Tag":"t"}`

func seeds() []string {
	return []string{
		aPayload, "{}", " \n{ } \t", `{"LoginId":"a"}`, `{"LoginId":"a","LoginId":7}`, `{"Login":{"Id":"a"},"Login":{}}`,
		`{"Login":{"Id":"a"},"Login":"b"}`, `{"Login":[{"Id":"a"}]}`, `{"Login.Id":"a"}`, `{"Login":{"Login":{"Id":"a"}}}`,
		`{"\u004cogin":{"\u0049d":"\u0061"}}`, `{"LoginId":"\"\\\/\b\f\n\r\t\ud83d\ude00"}`, `{"LoginId":"é漢😀"}`,
		"{\"LoginId\":\"\xff\"}", `{"loginid":"a","LOGINID":"b"}`, `{"LoginId":null}`, `{"LoginId":true,"RequestId":-1.5E+7}`,
		`{"LoginId":["a"]}`, `{"LoginId":{"Id":"a"}}`, `{"":"","a":[[],{},[{}]]}`, `{"LoginId":"` + strings.Repeat("a", maxKept-2) + `"}`,
		`{"LoginId":"` + strings.Repeat("a", maxKept-1) + `"}`, `{"` + strings.Repeat("LoginId", 100) + `":"a"}`,
		`{"a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`,
		// Not JSON.
		"", " ", "{", `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":"b`, `{"a":"b\`, `{"a":1,`, `{"a":1,}`, `{,}`, `{a:1}`, `{"a" 1}`,
		`{"a":1 "b":2}`, `{"a":}`, `{"a":]}`, `{"a":[1,]}`, `{"a":[1}`, `[]`, `"a"`, `7`, `null`, `{}{}`, `{} x`, "{\"a\":\"\n\"}", "{\"a\":\x00}",
		`{"a":"\x"}`, "\ufeff{}", `{"a":'b'}`, `{"LoginId":"\u12"}`,
	}
}

// What is not looked for may be odd; what is, may not.
func FuzzPayload(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := parsePayload(bytes.NewReader(body))
		if err != nil && !errors.Is(err, errNotJSON) {
			t.Fatalf("the error is %v", err)
		}
		if err != nil && got != (webhookPayload{}) {
			t.Fatalf("%+v in spite of %v", got, err)
		}
		slow, slowErr := parsePayload(iotest.OneByteReader(bytes.NewReader(body)))
		if got != slow || !errors.Is(slowErr, err) {
			t.Fatalf("%+v, %v; read slowly %+v, %v", got, err, slow, slowErr)
		}
		want, ok := wanted(body)
		if !ok || depthOf(body) > maxDepth {
			return
		}
		if err != nil || got != want {
			t.Fatalf("%+v, %v; encoding/json finds %+v", got, err, want)
		}
	})
}

func TestPayload(t *testing.T) {
	got, err := parsePayload(strings.NewReader(aPayload))
	want := webhookPayload{responseType: "GetAccountsDetail", requestID: aRequest}
	want.login.id, want.login.lastRefresh = aLogin, "2031-05-06T11:59:00.2021503"
	if err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

func TestPayloadRefuses(t *testing.T) {
	for _, body := range seeds() {
		if _, ok := wanted([]byte(body)); ok {
			continue
		}
		if _, err := parsePayload(strings.NewReader(body)); !errors.Is(err, errNotJSON) && body != `{"a":"\x"}` {
			t.Errorf("%q: %v", body, err)
		}
	}
	deep := `{"a":` + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1) + `}`
	if _, err := parsePayload(strings.NewReader(deep)); !errors.Is(err, errNotJSON) {
		t.Errorf("too deep: %v", err)
	}
	if _, err := parsePayload(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(aPayload)))); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("a reader that breaks off: %v", err)
	}
}

// A payload is never held, whatever it is made of.
func TestPayloadNeedsNoMemory(t *testing.T) {
	for name, unit := range map[string]string{
		"one long text": "a", "escapes": `\u0061`, "one long number": "1",
	} {
		t.Run(name, func(t *testing.T) {
			quote := `"`
			if name == "one long number" {
				quote = ""
			}
			body := func() io.Reader {
				long := io.LimitReader(&repeated{text: unit}, 6<<20)
				return io.MultiReader(strings.NewReader(`{"LoginId":"a","x":`+quote), long, strings.NewReader(quote+`,"RequestId":"b"}`))
			}
			var n webhookPayload
			var err error
			took := allocated(func() { n, err = parsePayload(body()) })
			if err != nil || n.rootLoginID != "a" || n.requestID != "b" || took > 64<<10 {
				t.Errorf("%+v, %v, with %d KiB", n, err, took>>10)
			}
		})
	}
}

// repeated is a text without an end.
type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.text[r.at]
		r.at = (r.at + 1) % len(r.text)
	}
	return len(p), nil
}
