package world

import (
	"net/http"
	"net/http/cookiejar"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/linkservice"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// LinkRequest begins the names of the routines that answer the gateway.
const LinkRequest = "link request "

// Person is the customer of the bank. They open every link that they find, after a while,
// and answer what they are asked.
type Person struct {
	Key types.NamespacedName
	// Delay is from the time that there is a link until they open it, Think from then until
	// they answer.
	Delay, Think time.Duration
	// Leaves is how long they leave the page of the first link alone once they have opened it.
	Leaves time.Duration
	// Wrong is how many answers are wrong before they are right.
	Wrong int
	// Username at the bank, for a person who has to log in.
	Username string
	// Password at the bank; empty for the one that everybody has.
	Password string
	// Mistaken is another login of theirs, which they come back with at first; empty for none.
	Mistaken string
	// MaxLinks bounds how many links they open; 0 for no bound.
	MaxLinks int
	// Browser is the secret that the gateway gave their browser; empty if it gave it none.
	Browser string
	// Vouched reports whether the application knows them as the customer.
	Vouched bool
	// Insists reports whether they try what the page does not offer.
	Insists bool

	link   string // the newest that they know of
	opened int
	next   func(*World) // what they do next, and when
	at     time.Time
	polls  int
	others int // times that the page spoke of another login
}

// Opened returns how many links they opened.
func (p *Person) Opened() int { return p.opened }

// Act implements Actor.
func (p *Person) Act(w *World) bool {
	if p.next != nil {
		if w.now.Before(p.at) {
			return false
		}
		next := p.next
		p.next = nil
		next(w)
		return true
	}
	if !w.isCustomerWanted(p.Key) {
		p.link = "" // The clock of the operator may go back, and the next link be the same one.
		return false
	}
	link := w.Link(p.Key)
	if link == "" || link == p.link || p.MaxLinks > 0 && p.opened >= p.MaxLinks {
		return false
	}
	p.link = link
	p.then(w, p.Delay, p.open)
	return true
}

// Next implements Actor.
func (p *Person) Next(*World) time.Time {
	if p.next == nil {
		return time.Time{}
	}
	return p.at
}

func (p *Person) then(w *World, after time.Duration, next func(*World)) {
	p.next, p.at = next, w.now.Add(after)
}

// open follows the link.
func (p *Person) open(w *World) {
	p.opened++
	if strings.HasPrefix(p.link, Gateway) {
		p.polls = 0
		shown := p.view(w)
		_ = w.CallLinkService("open", func(s *linkservice.Service) error {
			_, err := s.Open(w.Context(), p.visit())
			return err
		})
		if p.Leaves > 0 {
			p.then(w, p.Leaves, p.look)
			p.Leaves = 0
			return
		}
		if shown.State == linkapi.StateStart { // They do not wait for what the page asks when it is shown.
			p.click(w)
			p.pollAgain(w)
			return
		}
		p.look(w)
		return
	}
	answer := p.resume(w, p.link)
	p.then(w, p.Think, func(w *World) {
		if _, err := answer(w); err != nil {
			w.Say("person: %v", err)
		}
	})
}

// resume opens the bank's question, whose token is spent by that. They answer it on that page
// later, as far as it lets them.
func (p *Person) resume(w *World, url string) (answer func(*World) (flinkssim.LinkResult, error)) {
	walk, err := p.hands(w).Resume(w.Context(), url)
	return func(w *World) (flinkssim.LinkResult, error) {
		if err != nil {
			return flinkssim.LinkResult{}, err
		}
		return walk.Rest(w.Context())
	}
}

// hands returns what the person types with.
func (p *Person) hands(w *World) flinkssim.Person {
	hands := flinkssim.Person{Username: p.Username, Password: p.Password, Client: w.browser()}
	if p.Mistaken != "" {
		hands.Username, hands.Password, p.Mistaken = p.Mistaken, "", ""
	}
	if p.Wrong > 0 {
		p.Wrong--
		hands.Answers = wrongAnswers
	}
	return hands
}

var wrongAnswers = func() map[string][]string {
	wrong := map[string][]string{}
	for question := range flinkssim.FlinksCapitalAnswers() {
		wrong[question] = []string{"I do not remember"}
	}
	return wrong
}()

const (
	pagePoll = 5 * time.Second
	// maxPolls is when a person closes a page that does nothing, and comes again later.
	maxPolls   = 60
	comeAgain  = 20 * time.Minute
	finishPoll = 10 * time.Second
	// maxOthers is how often they believe the page that they came back with another login.
	maxOthers = 3
)

// look sees what the gateway's page shows, and does what it asks for.
func (p *Person) look(w *World) {
	// Where there is no answer, the page shows what it showed, and looks again.
	switch view := p.view(w); view.State {
	case linkapi.StateDone, linkapi.StateLinkInvalid, linkapi.StateLinkReplaced, linkapi.StateLinkExpired:
		if w.Link(p.Key) == p.link { // The page was answered by a replica whose cache is old.
			p.then(w, comeAgain, p.look)
		}
		return
	case linkapi.StateStart:
		p.click(w)
	case linkapi.StateResume, linkapi.StateConnect:
		p.connect(w, view.State)
		return
	case linkapi.StateProofRequired:
		switch {
		case p.Vouched:
			p.prove(w, view.ProofURL)
			return
		case p.Insists:
			p.insist(w)
			return
		}
	default: // There is nothing to do but to wait.
	}
	p.pollAgain(w)
}

// view returns what the gateway's page shows; the zero View without an answer.
func (p *Person) view(w *World) (view linkapi.View) {
	_ = w.CallLinkService("view", func(s *linkservice.Service) error {
		shown, err := s.View(w.Context(), p.visit())
		if err == nil {
			view = shown
		}
		return err
	})
	return view
}

// click clicks the button of the page.
func (p *Person) click(w *World) {
	_ = w.CallLinkService("start", func(s *linkservice.Service) error {
		_, err := s.Start(w.Context(), p.visit())
		return err
	})
}

func (p *Person) pollAgain(w *World) {
	p.polls++
	if p.polls%maxPolls == 0 {
		p.then(w, comeAgain, p.look)
		return
	}
	p.then(w, pagePoll, p.look)
}

// connect goes through Flinks Connect, and comes back to the gateway's page.
func (p *Person) connect(w *World, state linkapi.State) {
	var url string
	_ = w.CallLinkService("connect", func(s *linkservice.Service) error {
		got, err := s.Connect(w.Context(), p.visit())
		if err == nil {
			url = got.Reveal()
		}
		return err
	})
	if url == "" {
		p.pollAgain(w)
		return
	}
	w.entered(p)
	pass := func(w *World) (flinkssim.LinkResult, error) { return p.hands(w).Link(w.Context(), url) }
	if state == linkapi.StateResume {
		pass = p.resume(w, url)
	}
	p.then(w, p.Think, func(w *World) {
		result, err := pass(w)
		if err != nil {
			p.pollAgain(w)
			return
		}
		p.polls = 0 // It is another page.
		p.finish(w, result)
	})
}

// finish tells the gateway what Connect said, until it is content.
func (p *Person) finish(w *World, result flinkssim.LinkResult) {
	var view linkapi.View
	var selected []linkapi.Identifier
	for _, id := range result.AccountIDs {
		selected = append(selected, linkapi.NewIdentifier(id))
	}
	err := w.CallLinkService("finish", func(s *linkservice.Service) (err error) {
		view, err = s.Finish(w.Context(), p.visit(), linkapi.NewIdentifier(result.LoginID), linkapi.NewIdentifier(result.RequestID), selected...)
		return err
	})
	// A clock that is wrong cannot tell whether the bank was linked after the person pressed.
	w.Unclear = w.Unclear || view.State == linkapi.StateNotVerified && w.ClocksMoved
	p.polls++
	if (err != nil || view.State == linkapi.StateWorking || view.State == linkapi.StateUnavailable) && p.polls < maxPolls {
		p.then(w, finishPoll, func(w *World) { p.finish(w, result) })
		return
	}
	if view.State == linkapi.StateOtherLogin {
		p.others++
	}
	if err == nil && view.Reason == v1alpha1.ReasonDuplicateLogin || p.others > maxOthers {
		return // The page says that they cannot go on, and they do not come again.
	}
	p.then(w, pagePoll, p.look)
}

func tokenOf(link string) linkapi.Identifier {
	return linkapi.NewIdentifier(strings.TrimPrefix(link, Gateway+login.LinkPath))
}

// isCustomerWanted reports whether a connection says that the customer has to act.
func (w *World) isCustomerWanted(key types.NamespacedName) bool {
	c := w.Connection(key)
	return c != nil && c.Status.Reconnect != nil
}

// Link returns the person's link to a connection, wherever it is delivered; empty if there is
// none.
func (w *World) Link(key types.NamespacedName) string {
	c := w.Connection(key)
	if c == nil || c.Status.Reconnect == nil {
		return ""
	}
	r := c.Status.Reconnect
	if r.Link.SecretName == "" {
		return r.Link.URL
	}
	s, _ := w.Server.Get(apiserver.Secret, types.NamespacedName{Namespace: key.Namespace, Name: r.Link.SecretName}).(*corev1.Secret)
	if s == nil {
		return ""
	}
	return string(s.Data["url"])
}

// browser returns a browser of its own.
func (w *World) browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Transport: browser{w}, Jar: jar}
}

// CallLinkService calls the link service of a process. Without one that is alive there is no answer.
func (w *World) CallLinkService(what string, call func(*linkservice.Service) error) error {
	for _, p := range w.processes {
		if p.dead || p.frozen || p.ctx.Err() != nil {
			continue
		}
		err := linkapi.ErrUnavailable
		w.spawn(p, LinkRequest+what, true, func() { err = call(p.Links) })
		if err != nil {
			w.Say("%s%s: %v", LinkRequest, what, err)
		}
		return err
	}
	return linkapi.ErrUnavailable
}
