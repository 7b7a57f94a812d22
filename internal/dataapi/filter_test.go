package dataapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

const (
	loginID   = "5e115eac-1209-4f19-641c-08d6d484e2fe"
	requestID = "006fd2f3-055b-4ef6-a9fc-c1261cd76ec6"
	one       = "c23d30cf-b6d9-4df0-9f8e-0c8e6c2a0001"
	two       = "c23d30cf-b6d9-4df0-9f8e-0c8e6c2a0002"
)

func dataOf(body io.Reader) *Data {
	is := func(id string) func(string) bool {
		return func(text string) bool { return strings.EqualFold(text, id) }
	}
	return &Data{
		Body: io.NopCloser(body), IsLogin: is(loginID),
		Reveals: func(text string) bool { return is(loginID)(text) || is(requestID)(text) },
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	for name, tc := range map[string]struct {
		in       string
		accounts []string
		want     string
		err      error
	}{
		"all of it": {
			`{"HttpStatusCode":200,"Accounts":[{"Id":"` + one + `","Balance":{"Current":1.10}},{"Transactions":[],"Id":"` + two + `"}],"InstitutionId":14,"Institution":"B","Login":{"Username":"u","LastRefresh":"x","Id":"` + loginID + `"},"Tag":"t","RequestId":"` + requestID + `"}`, nil,
			`{"Accounts":[{"Id":"` + one + `","Balance":{"Current":1.10}},{"Transactions":[],"Id":"` + two + `"}],"InstitutionId":14,"Institution":"B","Login":{"LastRefresh":"x"}}`, nil,
		},
		"one of them":            {`{"Accounts":[{"Transactions":[1,{"a":[]},null],"Id":"` + strings.ToUpper(one) + `","b":false},{"Id":"` + two + `","x":{"y":1}}]}`, []string{one}, `{"Accounts":[{"Transactions":[1,{"a":[]},null],"Id":"` + strings.ToUpper(one) + `","b":false}]}`, nil},
		"the last of them":       {`{"Accounts":[{"Id":"` + one + `","a":1},{"a":"é😀\u0000<","Id":"` + two + `"}]}`, []string{two}, `{"Accounts":[{"a":"é😀\u0000\u003c","Id":"` + two + `"}]}`, nil},
		"none of them":           {`{"Accounts":[{"Id":"` + one + `"}]}`, []string{}, `{"Accounts":[]}`, nil},
		"no id":                  {`{"Accounts":[{"a":1},{}]}`, []string{one}, `{"Accounts":[]}`, nil},
		"no id, and no filter":   {`{"Accounts":[{"a":1},{}]}`, nil, `{"Accounts":[{"a":1},{}]}`, nil},
		"names in other cases":   {`{"accounts":[{"ID":"` + one + `"}],"LOGIN":{"username":"u","TYPE":"Personal"}}`, []string{one}, `{"Accounts":[{"Id":"` + one + `"}],"Login":{"Type":"Personal"}}`, nil},
		"hidden names":           {`{"Accounts":[{"LoginId":"` + loginID + `","a":{"requestId":"x","UserName":"u","b":1}}]}`, nil, `{"Accounts":[{"a":{"b":1}}]}`, nil},
		"an identifier":          {`{"Accounts":[{"a":"` + strings.ToUpper(requestID) + `"}]}`, nil, "", ErrReveals},
		"an escaped identifier":  {`{"Accounts":[{"a":"\u0035` + loginID[1:] + `"}]}`, nil, "", ErrReveals},
		"an identifier as name":  {`{"Accounts":[{"` + loginID + `":1}]}`, nil, "", ErrReveals},
		"as name of the bank":    {`{"Accounts":[],"Institution":"` + loginID + `"}`, nil, "", ErrReveals},
		"another login":          {`{"Accounts":[],"Login":{"Id":"` + one + `"}}`, nil, "", ErrOtherLogin},
		"an id that is a number": {`{"Accounts":[{"Id":5}]}`, []string{one}, "", ErrMalformed},
		"two ids":                {`{"Accounts":[{"Id":"` + one + `","Id":"` + two + `"}]}`, []string{one}, "", ErrMalformed},
		"accounts twice":         {`{"Accounts":[],"Accounts":[]}`, nil, "", ErrMalformed},
		"no accounts":            {`{"HttpStatusCode":200}`, nil, "", ErrMalformed},
		"null":                   {`{"Accounts":null}`, nil, "", ErrMalformed},
		"an array":               {`[]`, nil, "", ErrMalformed},
		"nothing":                {``, nil, "", ErrMalformed},
		"more behind it":         {`{"Accounts":[]}{}`, nil, "", ErrMalformed},
		"cut off":                {`{"Accounts":[{"Id":"` + one + `"}]`, nil, "", ErrMalformed},
		"an account that is one": {`{"Accounts":["` + one + `"]}`, nil, "", ErrMalformed},
		"a compound bank":        {`{"Accounts":[],"Institution":{"a":"b"}}`, nil, "", ErrMalformed},
		"an error":               {`{"HttpStatusCode":500,"Accounts":[]}`, nil, "", ErrNotData},
		"an error in words":      {`{"Accounts":[],"FlinksCode":"AGGREGATION_ERROR"}`, nil, "", ErrNotData},
		"success in words":       {`{"HttpStatusCode":"200","FlinksCode":"OK","Accounts":[]}`, nil, `{"Accounts":[]}`, nil},
		"too deep":               {`{"Accounts":[{"a":` + deep + `}]}`, nil, "", ErrTooLarge},
		"too deep, and dropped":  {`{"a":` + deep + `,"Accounts":[]}`, nil, "", ErrTooLarge},
		"a long string":          {`{"Accounts":[{"a":"` + strings.Repeat("x", 3<<20) + `"}]}`, nil, "", ErrTooLarge},
		"a large account":        {`{"Accounts":[{"a":[` + strings.Repeat(`"`+strings.Repeat("x", 1000)+`",`, 9000) + `1],"Id":"` + one + `"}]}`, []string{one}, "", ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			_, err := copyAnswer(&out, dataOf(strings.NewReader(tc.in)), tc.accounts)
			if !errors.Is(err, tc.err) {
				t.Fatalf("error %v, want %v", err, tc.err)
			}
			if err == nil && out.String() != tc.want {
				t.Errorf("got  %s\nwant %s", out.String(), tc.want)
			}
		})
	}
}

// endless is an answer of some accounts, each of a size. It takes no memory.
type endless struct {
	accounts, each int
	rest           strings.Reader
	begun, ended   bool
	inAccount      int
}

const row = `{"Description":"PURCHASE 0001 AT A SHOP IN TOWN","Debit":12.50,"Balance":100.00},`

// Read implements io.Reader.
func (e *endless) Read(p []byte) (int, error) {
	for e.rest.Len() == 0 {
		switch {
		case e.ended:
			return 0, io.EOF
		case !e.begun:
			e.begun = true
			e.rest.Reset(`{"Accounts":[{"Transactions":[`)
		case e.inAccount < e.each:
			e.inAccount += len(row)
			e.rest.Reset(row)
		case e.accounts > 1:
			e.accounts--
			e.inAccount = 0
			e.rest.Reset(`{}],"Id":"` + one + `"},{"Transactions":[`)
		default:
			e.ended = true
			e.rest.Reset(`{}],"Id":"` + one + `"}]}`)
		}
	}
	return e.rest.Read(p)
}

// TestHeap: what is held does not depend on the size of an answer.
func TestHeap(t *testing.T) {
	for name, accounts := range map[string][]string{"selected": {one}} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		out := &watched{}
		if _, err := copyAnswer(out, dataOf(&endless{accounts: 6, each: 5 << 20}), accounts); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if grown := int64(max(out.most, after.HeapInuse)) - int64(before.HeapInuse); grown > 16<<20 {
			t.Errorf("%s: the heap grows by %d bytes", name, grown)
		}
	}
}

// watched is a writer that looks at the heap.
type watched struct {
	writes int
	most   uint64
}

// Write implements io.Writer.
func (w *watched) Write(p []byte) (int, error) {
	if w.writes++; w.writes%50 == 0 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		w.most = max(w.most, stats.HeapInuse)
	}
	return len(p), nil
}

// FuzzFilter: whatever Flinks sends, what is handed out is JSON, without an identifier and without an
// account that was not selected.
func FuzzFilter(f *testing.F) {
	f.Add(`{"HttpStatusCode":200,"Accounts":[{"Id":"` + one + `","a":[1,"x",{"b":null}]},{"a":1,"Id":"` + two + `"}],"Login":{"Id":"` + loginID + `","Username":"u"},"RequestId":"` + requestID + `"}`)
	f.Add(`{"Accounts":[{"Id":"` + one + `","LoginId":"` + loginID + `","x":{"Id":"` + two + `"}}]}`)
	f.Add(`{"accounts":[{"id":"` + two + `","ID":"` + one + `"}],"Accounts":[]}`)
	f.Add(`{"Accounts":[{"Transactions":[],"a":"` + requestID + `"}],"Institution":"B"}`)
	f.Fuzz(func(t *testing.T, in string) {
		for _, accounts := range [][]string{nil, {one}} {
			var out bytes.Buffer
			count, err := copyAnswer(&out, dataOf(strings.NewReader(in)), accounts)
			if strings.Contains(strings.ToLower(out.String()), `"`+loginID+`"`) || strings.Contains(strings.ToLower(out.String()), `"`+requestID+`"`) {
				t.Errorf("an identifier in %s", out.String())
			}
			if err != nil {
				continue
			}
			var got struct{ Accounts []map[string]any }
			if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got.Accounts) != count {
				t.Errorf("%d accounts in %s: %v", count, out.String(), err)
			}
			for _, a := range got.Accounts {
				if id, _ := a["Id"].(string); accounts != nil && !strings.EqualFold(id, one) {
					t.Errorf("an account of %s", out.String())
				}
			}
		}
	})
}
