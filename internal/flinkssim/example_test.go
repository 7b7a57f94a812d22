package flinkssim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// authorize calls /Authorize with a token of its own, and returns the status and,
// for an error, the FlinksCode.
func authorize(sim *flinkssim.Server, url, body string) string {
	address := url + "/v3/" + sim.Credentials().CustomerID + "/BankingServices/Authorize"
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("flinks-auth-key", sim.MintAuthorizeToken())
	response, err := new(http.Client).Do(request)
	if err != nil {
		return "no answer"
	}
	defer response.Body.Close()
	var answer struct{ FlinksCode string }
	_ = json.NewDecoder(response.Body).Decode(&answer)
	return strings.TrimSpace(fmt.Sprint(response.StatusCode, " ", answer.FlinksCode))
}

func cached(loginID string) string {
	return `{"LoginId":"` + loginID + `","MostRecentCached":true}`
}

func live(loginID string) string {
	return `{"LoginId":"` + loginID + `","MostRecentCached":false,"Save":true}`
}

// Greatday's bank asks a question at each live call. A cached one contacts no bank.
func Example() {
	sim := flinkssim.New(flinkssim.Options{})
	api := httptest.NewServer(sim.Handler())
	defer api.Close()
	loginID := sim.SeedLogin(flinkssim.SeedOptions{Username: "Greatday"})

	fmt.Println(authorize(sim, api.URL, cached(loginID)))
	fmt.Println(authorize(sim, api.URL, live(loginID)))
	fmt.Println(authorize(sim, api.URL, live(loginID))) // while the first session waits for an answer
	if err := sim.CompleteMFA(loginID); err != nil {
		fmt.Println(err)
	}
	state, _ := sim.Login(loginID)
	fmt.Println("opened:", state.LiveOpened, "refused:", state.LiveRefused, "prompts:", state.Prompts)
	// Output:
	// 200
	// 203
	// 401 CONCURRENT_SESSION
	// opened: 1 refused: 1 prompts: 1
}

// The answer to a live call is lost after the call took effect: the journal shows what the
// caller cannot know.
func ExampleServer_InjectFault() {
	sim := flinkssim.New(flinkssim.Options{})
	api := httptest.NewServer(sim.Handler())
	defer api.Close()
	loginID := sim.SeedLogin(flinkssim.SeedOptions{Username: "greatday_nomfa"})

	lost := flinkssim.Fault{Endpoint: "Authorize", Mode: "live", Drop: flinkssim.DropAfterCommit}
	if err := sim.InjectFault(lost); err != nil {
		fmt.Println(err)
	}
	fmt.Println(authorize(sim, api.URL, live(loginID)))
	for _, e := range sim.Journal() {
		fmt.Println(e.Endpoint, e.Mode, "status:", e.Status, "session opened:", e.LiveSessionOpened)
	}
	// Output:
	// no answer
	// Authorize live status: 0 session opened: true
}

// A session that waits for an answer dies after eight minutes: one step of the simulator's
// clock. Until then there is no other for the same login.
func ExampleServer_Advance() {
	sim := flinkssim.New(flinkssim.Options{})
	api := httptest.NewServer(sim.Handler())
	defer api.Close()
	loginID := sim.SeedLogin(flinkssim.SeedOptions{Username: "Greatday"})

	fmt.Println(authorize(sim, api.URL, live(loginID)))
	fmt.Println("open sessions:", sim.OpenSessions(loginID))
	if err := sim.Advance(9 * time.Minute); err != nil {
		fmt.Println(err)
	}
	fmt.Println("open sessions:", sim.OpenSessions(loginID))
	fmt.Println(authorize(sim, api.URL, live(loginID)))
	// Output:
	// 203
	// open sessions: 1
	// open sessions: 0
	// 203
}

// A person links an account in Flinks Connect.
func ExamplePerson_Link() {
	sim := flinkssim.New(flinkssim.Options{})
	web := httptest.NewServer(sim.Handler())
	defer web.Close()

	connect := web.URL + "/v2/?demo=true&authorizeToken=" + sim.MintAuthorizeToken()
	result, err := flinkssim.Person{Username: "Greatday"}.Link(context.Background(), connect)
	if err != nil {
		fmt.Println(err)
		return
	}
	state, known := sim.Login(result.LoginID)
	fmt.Println(result.Institution, known, state.Linked)
	// Output: FlinksCapital true true
}
