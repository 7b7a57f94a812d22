package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/session"
)

const (
	// maxJSON bounds what a page's script posts.
	maxJSON = 4 << 10
	// maxToken is above the length of every token.
	maxToken = 256
	// cookieLifetime is enough to go through Flinks Connect.
	cookieLifetime = 2 * time.Hour

	quickly = 10 * time.Second
	// slowly is enough for calls of the operator to Flinks.
	slowly = 75 * time.Second
)

// cookieName is the cookie that tells the landing page which link was pressed.
const cookieName = "__Host-link"

// state is what a page's script gets to know.
type state struct {
	State session.State `json:"state,omitempty"`
	// Path of the link's page, for the landing page.
	Path string `json:"path,omitempty"`
	// URL of what the page frames.
	URL string `json:"url,omitempty"`
}

// showLink is the page of a link. It changes nothing.
func (g *Gateway) showLink(w http.ResponseWriter, r *http.Request) {
	view, err := g.look(r)
	status := statusOf(view.State)
	if err != nil {
		view, status = session.View{State: session.StateUnavailable}, http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
	}
	g.writePage(w, r, linkPage(view, r.Header.Get("Accept-Language")), status)
}

func (g *Gateway) showState(w http.ResponseWriter, r *http.Request) {
	view, err := g.look(r)
	g.answer(w, view, err)
}

func (g *Gateway) look(r *http.Request) (session.View, error) {
	token, ok := tokenOf(r.PathValue("token"))
	if !ok {
		return session.View{State: session.StateLinkInvalid}, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), quickly)
	defer cancel()
	return g.sessions.Look(ctx, token)
}

// start asks for a live session: the person pressed the button.
func (g *Gateway) start(w http.ResponseWriter, r *http.Request) {
	token, ok := pressed(w, r)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), quickly)
	defer cancel()
	view, err := g.sessions.Start(ctx, token)
	g.answer(w, view, err)
}

// connect answers with what the page frames.
func (g *Gateway) connect(w http.ResponseWriter, r *http.Request) {
	token, ok := pressed(w, r)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), slowly)
	defer cancel()
	url, err := g.sessions.Connect(ctx, token)
	if err != nil {
		g.refuse(w, err)
		return
	}
	writeJSON(w, state{URL: url.Reveal()})
}

// linked is what Flinks Connect said to the page.
type linked struct {
	LoginID   string `json:"loginId"`
	RequestID string `json:"requestId"`
}

// finish tells what Flinks Connect said to the page.
func (g *Gateway) finish(w http.ResponseWriter, r *http.Request) {
	token, ok := tokenOf(r.PathValue("token"))
	if !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	var body linked
	if !readJSON(w, r, &body) {
		return
	}
	view, err := g.finishWith(w, r, token, body)
	g.answer(w, view, err)
}

func (g *Gateway) finishWith(w http.ResponseWriter, r *http.Request, token session.Identifier, l linked) (session.View, error) {
	// Whoever leaves now has linked their bank all the same. Flinks Connect may lead them
	// to the landing page while the link's page tells of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), slowly)
	defer cancel()
	view, err := g.sessions.Finish(ctx, token, session.NewIdentifier(l.LoginID), session.NewIdentifier(l.RequestID))
	if err == nil && view.State == session.StateDone {
		setCookie(w, "", -1)
	}
	return view, err
}

func (g *Gateway) showLanded(w http.ResponseWriter, r *http.Request) {
	g.writePage(w, r, landedPage(r.Header.Get("Accept-Language")), http.StatusOK)
}

// landed is finish for a person whom Flinks Connect led away from the page. The cookie
// says which link that was.
func (g *Gateway) landed(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		http.Error(w, "no link was opened", http.StatusBadRequest)
		return
	}
	token, ok := tokenOf(cookie.Value)
	if !ok {
		http.Error(w, "no link was opened", http.StatusBadRequest)
		return
	}
	var body linked
	if !readJSON(w, r, &body) {
		return
	}
	view, err := g.land(w, r, token, body)
	if err != nil {
		g.refuse(w, err)
		return
	}
	writeJSON(w, state{State: view.State, Path: "/c/" + token.Reveal()})
}

// land only looks if the page was loaded again: what was in its address is gone by then.
func (g *Gateway) land(w http.ResponseWriter, r *http.Request, token session.Identifier, l linked) (session.View, error) {
	if l.LoginID != "" {
		return g.finishWith(w, r, token, l)
	}
	ctx, cancel := context.WithTimeout(r.Context(), quickly)
	defer cancel()
	return g.sessions.Look(ctx, token)
}

// pressed reads the token of a press, and remembers it in the browser.
func pressed(w http.ResponseWriter, r *http.Request) (session.Identifier, bool) {
	token, ok := tokenOf(r.PathValue("token"))
	if !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return token, false
	}
	if !readJSON(w, r, &struct{}{}) {
		return token, false
	}
	setCookie(w, token.Reveal(), int(cookieLifetime.Seconds()))
	return token, true
}

// setCookie: Lax, for a person comes to the landing page from Flinks.
func setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// tokenOf drops what cannot be a token before anybody is asked about it.
func tokenOf(s string) (session.Identifier, bool) {
	if len(s) < 16 || len(s) > maxToken || strings.Trim(s, tokenLetters) != "" {
		return session.Identifier{}, false
	}
	return session.NewIdentifier(s), true
}

const tokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// readJSON reads a body that has these fields and no others.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	if mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(mediaType), "application/json") {
		http.Error(w, "the body must be JSON", http.StatusUnsupportedMediaType)
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		_, err = d.Token() // There must be no more.
		if errors.Is(err, io.EOF) {
			unhurried(w)
			return true
		}
		err = errors.Join(err, errors.New("more than one value"))
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
		return false
	}
	http.Error(w, "the body is not what is expected", http.StatusBadRequest)
	return false
}

// unhurried is called once the body was read to its end. Otherwise the server takes the
// time that a visitor has for sending as the time that we have for answering.
func unhurried(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // Only a recorder in a test cannot.
}

func (g *Gateway) answer(w http.ResponseWriter, v session.View, err error) {
	if err != nil {
		g.refuse(w, err)
		return
	}
	writeJSON(w, state{State: v.State})
}

func writeJSON(w http.ResponseWriter, s state) {
	text, err := json.Marshal(s)
	if err != nil {
		http.Error(w, "try again", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // If it fails, the person is gone.
}

// refuse says what kind of error it was, and nothing of it.
func (g *Gateway) refuse(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, session.ErrNotNow):
		http.Error(w, "look again", http.StatusConflict)
	case errors.Is(err, session.ErrInvalid):
		http.Error(w, "invalid", http.StatusBadRequest)
	case errors.Is(err, session.ErrNotFound):
		http.Error(w, "not found", http.StatusNotFound)
	default:
		w.Header().Set("Retry-After", "5")
		http.Error(w, "try again", http.StatusServiceUnavailable)
	}
}

func statusOf(s session.State) int {
	switch s {
	case session.StateLinkInvalid:
		return http.StatusNotFound
	case session.StateLinkExpired, session.StateLinkReplaced:
		return http.StatusGone
	default:
		return http.StatusOK
	}
}

func (g *Gateway) writePage(w http.ResponseWriter, r *http.Request, p page, status int) {
	if err := p.write(w, status); err != nil && r.Context().Err() == nil {
		g.log.Error("Page not written") // The error could hold what is on it.
	}
}
