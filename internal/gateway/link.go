package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	quickly = 10 * time.Second
	// slowly is enough for calls of the operator to Flinks.
	slowly = 75 * time.Second
)

// showLink is the page of a link. It changes nothing.
func (g *Gateway) showLink(w http.ResponseWriter, r *http.Request) {
	view, err := g.look(r)
	status := statusOf(view.State)
	if err != nil {
		view, status = linkapi.View{State: linkapi.StateUnavailable}, http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
	}
	g.writePage(w, r, linkPage(view, r.Header.Get("Accept-Language")), status)
}

func (g *Gateway) showState(w http.ResponseWriter, r *http.Request) {
	view, err := g.look(r)
	g.answer(w, view, err)
}

func (g *Gateway) look(r *http.Request) (linkapi.View, error) {
	token, ok := tokenOf(r.PathValue("token"))
	if !ok {
		return linkapi.View{State: linkapi.StateLinkInvalid}, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), quickly)
	defer cancel()
	return g.backend.View(ctx, token)
}

// start asks for a live session: the person pressed the button.
func (g *Gateway) start(w http.ResponseWriter, r *http.Request) {
	token, ok := pressed(w, r)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), quickly)
	defer cancel()
	view, err := g.backend.Start(ctx, token)
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
	url, err := g.backend.Connect(ctx, token)
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

func (g *Gateway) finishWith(w http.ResponseWriter, r *http.Request, token linkapi.Identifier, l linked) (linkapi.View, error) {
	// Whoever leaves now has linked their bank all the same. Flinks Connect may lead them
	// to the landing page while the link's page tells of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), slowly)
	defer cancel()
	view, err := g.backend.Finish(ctx, token, linkapi.NewIdentifier(l.LoginID), linkapi.NewIdentifier(l.RequestID))
	if err == nil && view.State == linkapi.StateDone {
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
func (g *Gateway) land(w http.ResponseWriter, r *http.Request, token linkapi.Identifier, l linked) (linkapi.View, error) {
	if l.LoginID != "" {
		return g.finishWith(w, r, token, l)
	}
	ctx, cancel := context.WithTimeout(r.Context(), quickly)
	defer cancel()
	return g.backend.View(ctx, token)
}

func statusOf(s linkapi.State) int {
	switch s {
	case linkapi.StateLinkInvalid:
		return http.StatusNotFound
	case linkapi.StateLinkExpired, linkapi.StateLinkReplaced:
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
