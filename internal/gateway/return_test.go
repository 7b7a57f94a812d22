package gateway

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// TestReturnURL: what the application put into its address stays, and nothing but the result is added.
func TestReturnURL(t *testing.T) {
	for given, want := range map[string]string{
		"https://app.example.com":                                   "https://app.example.com?result=Completed",
		"https://app.example.com/banks?connection=acme":             "https://app.example.com/banks?connection=acme&result=Completed",
		"https://app.example.com/b?b=1&a=%2F&connection=acme#/done": "https://app.example.com/b?b=1&a=%2F&connection=acme&result=Completed#/done",
		"https://app.example.com:8443/a%2Fb?x=é":                    "https://app.example.com:8443/a%2Fb?x=é&result=Completed",
		"http://app.example.com/":                                   "", "/c/x": "", "javascript:alert(1)": "", "https:app.example.com": "", "https:///x": "", "": "",
	} {
		if got := returnURL(linkapi.View{State: linkapi.StateDone, ReturnURL: given}, resultCompleted); got != want {
			t.Errorf("%q becomes %q, not %q", given, got, want)
		}
		for _, state := range everyState {
			if got := returnURL(linkapi.View{State: state, ReturnURL: given}, resultCompleted); state != linkapi.StateDone && got != "" {
				t.Errorf("a customer in %s is led to %q", state, got)
			}
		}
	}
}

// TestWhoIsLedBack: the script of a page that is done leads back at once, and a page that is opened
// then has a link alone.
func TestWhoIsLedBack(t *testing.T) {
	s := newFixture(t)
	s.view = linkapi.View{State: linkapi.StateDone, ReturnURL: "https://app.example.com/banks?connection=acme"}
	for name, body := range map[string]string{
		"state": s.get(aLink + "/state").Body.String(), "start": s.post(aLink+"/start", "{}").Body.String(),
		"finish": s.post(aLink+"/finish", aPost).Body.String(), "landed": s.post("/landed", landed("", true), aConnectCookie...).Body.String(),
	} {
		var got stateAnswer
		if err := json.Unmarshal([]byte(body), &got); err != nil || got.ReturnURL != "https://app.example.com/banks?connection=acme&result=Completed" {
			t.Errorf("%s answers %s, %v", name, body, err)
		}
	}
	w := s.get(aLink)
	d := parsed(t, w)
	if got := attribute(d.id("return"), "href"); got != "https://app.example.com/banks?connection=acme&result=AlreadyFixed" || w.Code != http.StatusOK {
		t.Errorf("the page has a link to %q", got)
	}
	if got := textOf(d.id("title")); got != languages[english].alreadyFixed.Title || len(d.all("script")) != 0 {
		t.Errorf("the page says %q, and has %d scripts", got, len(d.all("script")))
	}
	if got := textOf(parsed(t, s.get(aLink+"?"+justDone)).id("title")); got != languages[english].states[linkapi.StateDone].Title {
		t.Errorf("a customer who comes from the landing page reads %q", got)
	}
	s.view.State = linkapi.StateStart
	if got := textOf(parsed(t, s.get(aLink+"?"+justDone)).id("title")); got != languages[english].states[linkapi.StateStart].Title {
		t.Errorf("a customer who is not done reads %q", got)
	}
	if body := s.get(aLink + "/state").Body.String(); body != `{"state":"Start"}` {
		t.Errorf("a customer who is not done is told %s", body)
	}
}
