package dataclient_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/dataclient"
	"github.com/flinks-operator/flinks-operator/internal/dataapi"
)

// cutOff sends a part of an answer, and closes the connection as the data API does.
func cutOff(part string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		answers(http.StatusOK, "application/json", part)(w, req)
		if err := http.NewResponseController(w).Flush(); err != nil {
			panic(err)
		}
		panic(http.ErrAbortHandler)
	}
}

// TestWhole: a part is never taken for the whole, wherever it ends, and nothing of it is in an error.
func TestWhole(t *testing.T) {
	t.Parallel()
	const whole = `{"Institution":"canary","Accounts":[{"Id":"a"},{"Id":"b"}],"Login":{"Type":"Personal"}}`
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		is     error
		count  int
	}{
		"whole":                        {answers(200, "application/json", whole), nil, 2},
		"no account":                   {answers(200, "application/json", `{"Accounts":[]}`), nil, 0},
		"cut off before its accounts":  {cutOff(whole[:20]), dataclient.ErrCutOff, 0},
		"cut off in an account":        {cutOff(whole[:50]), dataclient.ErrCutOff, 1},
		"cut off behind its accounts":  {cutOff(whole[:60]), dataclient.ErrCutOff, 2},
		"cut off behind the last byte": {cutOff(whole), dataclient.ErrCutOff, 2},
		"cut off before the first one": {cutOff(""), dataclient.ErrCutOff, 0},
		"half a document":              {answers(200, "application/json", whole[:60]), dataclient.ErrAnswer, 2},
		"two documents":                {answers(200, "application/json", whole+whole), dataclient.ErrAnswer, 2},
		"accounts twice":               {answers(200, "application/json", `{"Accounts":[{}],"Accounts":[{}]}`), dataclient.ErrAnswer, 1},
		"no accounts":                  {answers(200, "application/json", `{"canary":1}`), dataclient.ErrAnswer, 0},
		"accounts that are no list":    {answers(200, "application/json", `{"Accounts":{"canary":1}}`), dataclient.ErrAnswer, 0},
		"a list":                       {answers(200, "application/json", `["canary"]`), dataclient.ErrAnswer, 0},
		"nothing":                      {answers(200, "application/json", ""), dataclient.ErrAnswer, 0},
		"no JSON":                      {answers(200, "application/json", `{"Accounts":[canary]}`), dataclient.ErrAnswer, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := serving(t, tc.answer).Accounts(t.Context(), "lending", "acme", dataclient.Query{})
			if err != nil {
				t.Fatal(err)
			}
			all, err := accountsOf(data)
			if !errors.Is(err, tc.is) || len(all) != tc.count {
				t.Errorf("%d accounts, %v", len(all), err)
			}
			if err != nil {
				expectNoSecret(t, err)
			}
		})
	}
}

// TestRead: the document as it is, and an error at the end of a part.
func TestRead(t *testing.T) {
	t.Parallel()
	for text, answer := range map[string]http.HandlerFunc{"whole": answers(200, "application/json", "whole"), "part": cutOff("part")} {
		data, err := serving(t, answer).Accounts(t.Context(), "lending", "acme", dataclient.Query{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(data)
		if string(got) != text || (text == "part") != errors.Is(err, dataclient.ErrCutOff) || text == "whole" && err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if n, again := data.Read(make([]byte, 1)); n != 0 || again == nil {
			t.Errorf("after the end it reads %d bytes, %v", n, again)
		}
		_ = data.Close()
	}
}

// TestStop: a caller that wants no more, or whose context ends, ends the request.
func TestStop(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	client := serving(t, func(w http.ResponseWriter, req *http.Request) {
		answers(200, "application/json", `{"Accounts":[{"Id":"a"},`)(w, req)
		_ = http.NewResponseController(w).Flush()
		<-req.Context().Done()
		gone <- struct{}{}
	})
	data, err := client.Accounts(t.Context(), "lending", "acme", dataclient.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range data.Accounts() {
		if err != nil {
			t.Error(err)
		}
		break
	}
	<-gone
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if data, err = client.Accounts(ctx, "lending", "acme", dataclient.Query{}); err != nil {
		t.Fatal(err)
	}
	for _, err = range data.Accounts() {
		cancel()
	}
	if !errors.Is(err, dataclient.ErrCutOff) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	<-gone
}

// TestBounds: neither an account nor a document is read without an end.
func TestBounds(t *testing.T) {
	t.Parallel()
	const large, huge = 1 << 20, 8 << 20
	account := `{"Transactions":"` + strings.Repeat("x", large/4) + `"},`
	for name, tc := range map[string]struct {
		head, text string
		// most is the most that is handed out.
		most int
	}{
		"an account that does not end": {`{"Accounts":["`, strings.Repeat("x", 64<<10), 0},
		"a member that does not end":   {`{"Institution":"`, strings.Repeat("x", 64<<10), 0},
		"accounts that do not end":     {`{"Accounts":[`, account, 4 * huge / large},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			client := serving(t, func(w http.ResponseWriter, req *http.Request) {
				answers(200, "application/json", tc.head)(w, req)
				for err := error(nil); err == nil && sent < 100*huge; sent += len(tc.text) {
					_, err = io.WriteString(w, tc.text)
				}
			})
			dataclient.SetLimits(client, huge, large)
			data, err := client.Accounts(t.Context(), "lending", "acme", dataclient.Query{})
			if err != nil {
				t.Fatal(err)
			}
			if all, err := accountsOf(data); !errors.Is(err, dataclient.ErrAnswer) || len(all) > tc.most || tc.most > 0 && len(all) < tc.most/2 {
				t.Errorf("%d accounts, %v", len(all), err)
			}
		})
	}
}

// TestServer: the client reads what the handler of the data API writes.
func TestServer(t *testing.T) {
	t.Parallel()
	body := `{"HttpStatusCode":200,"Accounts":[` + strings.Repeat(`{"Id":"a","Transactions":[{"Amount":1.50,"Description":"é"}]},`, 5000) + `{"Id":"b"}],"Login":{"Id":"l","Type":"Personal"}}`
	client := serving(t, (&dataapi.Server{Backend: backend{body}}).ServeHTTP)
	data, err := client.Accounts(t.Context(), "lending", "acme", dataclient.Query{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := accountsOf(data)
	if err != nil || len(all) != 5001 || !bytes.Contains(all[0], []byte(`"Amount":1.50`)) {
		t.Errorf("%d accounts, %v", len(all), err)
	}
	if data.ETag == "" || strconv.Itoa(data.Time.Year()) != "2031" {
		t.Errorf("tag %s, time %s", data.ETag, data.Time)
	}
	if _, err := client.Accounts(t.Context(), "lending", "acme", dataclient.Query{IfNoneMatch: data.ETag}); !errors.Is(err, dataclient.ErrNotModified) {
		t.Errorf("error %v", err)
	}
	_, err = client.Accounts(t.Context(), "lending", "acme", dataclient.Query{Transactions: "Days30"})
	if problem, ok := errors.AsType[*dataclient.Problem](err); !ok || problem.Reason != dataclient.InvalidRequest {
		t.Errorf("error %v", err)
	}
}
