package flinkssim

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// quietServer returns a simulator with one login that asks a question, for tests in a
// bubble of fake time: its clock is the bubble's.
func quietServer(change ...func(*Knobs)) (s *Server, loginID string) {
	k := DefaultKnobs()
	k.RequireAuthorizeToken = false
	for _, c := range change {
		c(&k)
	}
	s = New(Options{Knobs: k})
	return s, s.SeedLogin(SeedOptions{Username: "Greatday"})
}

// aborted is what direct returns for a connection that was closed without an answer.
const aborted = -1

// direct sends Authorize to the handler itself, since sockets and fake time do
// not go together.
func direct(ctx context.Context, s *Server, body string) <-chan int {
	done := make(chan int, 1)
	go func() {
		defer func() {
			if recover() != nil {
				done <- aborted
			}
		}()
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(ctx, "POST", "/v3/"+ToolboxCustomerID+"/BankingServices/Authorize", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		s.Handler().ServeHTTP(w, r)
		done <- w.Code
	}()
	return done
}

func TestLiveLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, id := quietServer(func(k *Knobs) { k.LiveLatency = 210 * time.Second })
		first := direct(t.Context(), s, liveCall(id))
		synctest.Wait()
		if e := s.Journal()[0]; !e.InFlight || !e.LiveSessionOpened || e.LoginID != id || e.RequestID == "" {
			t.Errorf("got %+v, want a live session in flight", e)
		}
		if code := <-direct(t.Context(), s, liveCall(id)); code != 401 {
			t.Errorf("got %d, want the second attempt refused at once", code)
		}
		if code := <-direct(t.Context(), s, cachedCall(id)); code != 200 {
			t.Errorf("got %d, want the outcome of before", code)
		}
		if code := <-first; code != 203 {
			t.Errorf("got %d", code)
		}
	})
}

func TestALiveCallGoesOnWithoutItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, id := quietServer(func(k *Knobs) { k.LiveLatency = time.Hour })
		ctx, cancel := context.WithCancel(t.Context())
		done := direct(ctx, s, liveCall(id))
		synctest.Wait()
		cancel()
		<-done
		if state, _ := s.Login(id); state.OpenSessions != 1 || state.LastCode != codeQuestionNotFound || state.Prompts != 1 {
			t.Errorf("got %+v, want the person to be asked all the same", state)
		}
		if e := s.Journal()[0]; !e.Committed || e.InFlight {
			t.Errorf("got %+v", e)
		}
	})
}

// TestManyAtOnce is for the race detector, and for the one rule that must hold.
func TestManyAtOnce(t *testing.T) {
	s, id := quietServer()
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			<-direct(t.Context(), s, liveCall(id))
			<-direct(t.Context(), s, cachedCall(id))
			s.Journal()
			s.Logins()
			s.LiveStats()
			if i%10 == 0 {
				_ = s.Advance(time.Second)
				_ = s.InjectFault(Fault{Endpoint: "Nothing"})
				s.SeedLogin(SeedOptions{})
			}
		})
	}
	wg.Wait()
	if state, _ := s.Login(id); state.LiveOpened != 1 || state.LiveRefused != 39 || s.MaxConcurrentLive() != 1 {
		t.Errorf("got %+v", state)
	}
}
